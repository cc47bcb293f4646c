"""One path of accounts in several markets, step by step and in pieces (docs/MODEL.md section 8). The kernel.

Cost grows with what happens: a piece in which no mark reaches a barrier compares two numbers a market.
"""

from __future__ import annotations

import math

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_value
from engine.kernel.accounts.barriers import fire, fire_asset
from engine.kernel.accounts.collateral import repay_all
from engine.kernel.accounts.log import note_mark
from engine.kernel.accounts.margin import NOBODY
from engine.kernel.accounts.orders import take_turn
from engine.kernel.accounts.queues import EMPTY, look, open_phase, take_next, unpark
from engine.kernel.accounts.ranks import forget_ranks
from engine.kernel.accounts.settlement import settle
from engine.kernel.accounts.state import (
    IMPACT,
    IMPACT_HIGH,
    IMPACT_LOW,
    MARK,
    MARK_HIGH,
    MARK_LOW,
    AccountBuffers,
    MarketPaths,
    note_account,
)
from engine.kernel.layers import close_fund, note_unfunded, open_layers
from engine.kernel.orders import followed, set_flow, set_reference
from engine.kernel.state import MOST_EVENTS, Floats, Record, Table

NO_LIMIT = 2**62


@inner
def force_out(buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Look at who may be triggered and give turns, queue by queue, until nobody waits."""
    most = max(buffers.events.size, MOST_EVENTS) if buffers.events.size > 0 else NO_LIMIT
    look(buffers, state, venue)
    while state.n_queued > 0 and state.n_events <= most:  # with more the run will be refused
        for r in range(buffers.rows.size):
            if buffers.rows[r].queue == EMPTY:
                continue
            open_phase(r, buffers, state, venue)
            while state.heap_size > 0 and state.n_events <= most:
                p, is_stop = take_next(buffers, state, venue)
                if p != NOBODY:
                    take_turn(p, is_stop, buffers, state, venue, policy)
                look(buffers, state, venue)
            state.phase = NOBODY


@inlined
def set_price(k: int, piece: int, n_pieces: int, close: float, market: Record, marks: Floats, state: Record) -> None:
    """Move the reference of market or asset k to where it is after a piece of the step."""
    reference = market.opening * math.exp(piece / n_pieces * market.log_move)
    set_reference(close if piece == n_pieces else reference, market, market)
    note_mark(k, market, marks, state)


@inner
def scale_margins(buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Set this step's dynamic margin of every market; where one changed, everybody is looked at."""
    is_changed = False
    for k in range(buffers.markets.size):
        market = buffers.markets[k]
        ratio = math.sqrt(market.variance / market.reference_variance)
        scale = followed(ratio, 1.0, 1.0, 1.0, venue.margin_cap)
        is_changed = is_changed or scale != market.margin_scale
        market.margin_scale = scale
    if is_changed:
        forget_ranks(buffers, state)
        for a in range(buffers.accounts.size):
            note_account(a, buffers, state)


@inlined
def open_market(k: int, t: int, closes: Table, opens: Table, market: Record, marks: Floats, venue: Record) -> bool:
    """Let the impact of market or asset k decay and its reference open the step; tell whether a halt has just ended."""
    if market.depth_floor < 1.0:
        ratio = math.sqrt(market.reference_variance / market.variance)
        market.depth = market.depth_usual * min(max(ratio, market.depth_floor), 1.0)
    if market.flow != 0.0:
        set_flow(market.flow * market.decay, market, market)
    close = closes[k, t]
    start = opens[k, t] if opens.shape[1] > 0 else closes[k, t - 1]
    market.opening = close if venue.is_at_once != 0 else start
    market.log_move = math.log(close / market.opening) if close != market.opening else 0.0
    set_reference(market.opening, market, market)
    marks[MARK_LOW, k, t], marks[MARK_HIGH, k, t] = market.mark, market.mark
    marks[IMPACT_LOW, k, t], marks[IMPACT_HIGH, k, t] = market.impact, market.impact
    return bool(market.halted_until >= 0 and market.halted_until < t)


@inner
def run_step(t: int, path: MarketPaths, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Take the references through one step, from its opening in equal pieces to its close."""
    widest, is_over = 0.0, False
    for k in range(buffers.markets.size):
        market = buffers.markets[k]
        is_over = open_market(k, t, path.closes, path.opens, market, buffers.marks, venue) or is_over
        widest = max(widest, abs(market.log_move))
        fire(k, buffers, state)
    for j in range(buffers.assets.size):
        open_market(j, t, path.asset_closes, path.asset_opens, buffers.assets[j], buffers.asset_marks, venue)
        widest = max(widest, abs(buffers.assets[j].log_move))
        fire_asset(j, buffers, state)
    if is_over and state.n_parked > 0:
        unpark(buffers, state)
    if state.n_pending > 0:
        force_out(buffers, state, venue, policy)
    n_pieces = math.ceil(widest / venue.piece)
    for piece in range(1, n_pieces + 1):
        for k in range(buffers.markets.size):
            if buffers.markets[k].log_move != 0.0:
                set_price(k, piece, n_pieces, path.closes[k, t], buffers.markets[k], buffers.marks, state)
                fire(k, buffers, state)
        for j in range(buffers.assets.size):
            if buffers.assets[j].log_move != 0.0:
                set_price(j, piece, n_pieces, path.asset_closes[j, t], buffers.assets[j], buffers.asset_marks, state)
                fire_asset(j, buffers, state)
        if state.n_pending > 0:
            force_out(buffers, state, venue, policy)


@inner
def finish_step(t: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Record the step; update the fund's peak and every market's volatility."""
    close_fund(t, buffers.steps, state, venue)
    for k in range(buffers.markets.size):
        market = buffers.markets[k]
        buffers.marks[MARK, k, t], buffers.marks[IMPACT, k, t] = market.mark, market.impact
        if venue.has_volatility != 0:
            change = math.log(market.mark / buffers.marks[MARK, k, t - 1])
            market.variance = venue.margin_decay * market.variance + (1.0 - venue.margin_decay) * change * change
    for j in range(buffers.assets.size):
        asset = buffers.assets[j]
        buffers.asset_marks[MARK, j, t], buffers.asset_marks[IMPACT, j, t] = asset.mark, asset.impact


@inner
def start(path: MarketPaths, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Mark every market at its first price; market makers take the other side of what is open."""
    open_layers(state, venue)
    state.phase, state.has_base = NOBODY, 1 - venue.is_entry_base
    buffers.steps[0].fund = venue.fund
    for k in range(buffers.markets.size):
        market, first = buffers.markets[k], path.closes[k, 0]
        start_market(k, first, market, buffers.marks)
        market.settled_value = unit_value(first, venue.is_inverse != 0)
        market.maker_cost = market.maker_size * market.settled_value
    for j in range(buffers.assets.size):
        start_market(j, path.asset_closes[j, 0], buffers.assets[j], buffers.asset_marks)


@inner
def start_market(k: int, first: float, market: Record, marks: Floats) -> None:
    """Set market or asset k to its first price, without a displacement."""
    set_flow(0.0, market, market)
    set_reference(first, market, market)
    market.halted_until = -1
    market.variance, market.margin_scale, market.depth = market.reference_variance, 1.0, market.depth_usual
    marks[MARK, k, 0], marks[MARK_LOW, k, 0], marks[MARK_HIGH, k, 0] = first, first, first


@inner
def settle_step(t: int, is_last: bool, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Share what waits, and have those repay whom it left owing; what is missing then waits, at the end for nobody."""
    if state.has_residual != 0:
        settle(buffers, state, venue, policy)
        if buffers.assets.size > 0:
            repay_all(buffers, state, venue)
    for k in range(buffers.markets.size):
        market = buffers.markets[k]
        market.settled_value = market.value
        if is_last and state.has_residual != 0:
            note_unfunded(market.residual_long + market.residual_short, buffers.steps[t], state)
            market.residual_long, market.residual_short = 0.0, 0.0
    state.settlement += 1


@compiled
def run_accounts(path: MarketPaths, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Run one path; buffers and state are changed in place.

    `state` is zero, `buffers` as they are made for the start, market makers' sizes in them.
    """
    start(path, buffers, state, venue)
    last = path.closes.shape[1] - 1
    until_settlement = venue.settlement_interval
    for t in range(1, last + 1):
        state.step = t
        if venue.margin_cap > 1.0:
            scale_margins(buffers, state, venue)
        run_step(t, path, buffers, state, venue, policy)
        until_settlement -= 1
        if t == last or until_settlement == 0:
            until_settlement = venue.settlement_interval
            settle_step(t, t == last, buffers, state, venue, policy)
        finish_step(t, buffers, state, venue)
