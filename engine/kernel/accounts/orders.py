"""One turn of an account: the orders that close a part or all of its positions, and what becomes of its margin.

docs/MODEL.md section 8, "The turn"; an order's walk and a position's own margin are those of section 3.
"""

from __future__ import annotations

import numpy as np

from engine.compile import inlined, inner
from engine.contracts import unit_price
from engine.intrinsics import call_at
from engine.kernel.accounts.barriers import fire
from engine.kernel.accounts.collateral import has_units, repay_owing, sell_collateral
from engine.kernel.accounts.log import absorb, new_event, note_mark, walk_book
from engine.kernel.accounts.margin import (
    NOBODY,
    can_trade,
    closed_by,
    equity_of,
    has_other,
    note_changed,
    profit_of,
    value_of_units,
)
from engine.kernel.accounts.queues import empty_queues
from engine.kernel.accounts.ranks import touch
from engine.kernel.accounts.state import AccountBuffers
from engine.kernel.layers import layers_can_pay, log_deficit
from engine.kernel.orders import impact_of, move_flow
from engine.kernel.state import HALT, LIQUIDATION, STOP, Record
from engine.sharing.policy_record import ADL


@inlined
def part_to_close(p: int, is_stop: bool, buffers: AccountBuffers, venue: Record) -> float:
    """Return the share of a position that one order closes."""
    terms, part = buffers.terms[p], venue.liquidation_fraction
    if part == 1.0 or is_stop:
        return 1.0
    if buffers.size[p] * (1.0 - part) <= max(buffers.markets[terms.market].min_size, terms.dust):
        return 1.0
    return 1.0 if equity_of(terms.account, buffers) <= 0.0 else part


@inlined
def plan(p: int, part: float, buffers: AccountBuffers) -> tuple[float, float]:
    """Return f(fill) of an order for a part of a position, and its market's flow after it."""
    terms = buffers.terms[p]
    return walk_book(terms.side, buffers.size[p] * part, buffers.markets[terms.market])


@inlined
def execute(p: int, part: float, is_stop: bool, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Close a part of a position along its market's book; what an account's last order leaves passes on."""
    value, flow = plan(p, part, buffers)
    terms = buffers.terms[p]
    a, k = terms.account, terms.market
    note_changed(a, buffers, state)
    account, market, step = buffers.accounts[a], buffers.markets[k], buffers.steps[state.step]
    size = buffers.size[p] * part
    at = new_event(STOP if is_stop else LIQUIDATION, p, terms.side * size, buffers, state)
    is_last = part == 1.0 and not has_other(a, p, buffers)
    gain, notional = terms.side * size * (value - terms.entry_value), size * abs(value)
    equity = account.cash + gain + value_of_units(a, buffers) if is_last else equity_of(a, buffers)
    fee = 0.0 if is_stop else min(max(equity, 0.0), venue.liquidation_fee * notional)
    move_flow(flow, market, market)
    market.maker_size += terms.side * size
    market.maker_cost += terms.side * size * value
    step.forced += notional
    state.fund += fee
    rest, deficit = 0.0, 0.0
    before = step.fund_paid, step.venue_paid, step.backstop_paid
    if is_last:
        account.cash = account.cash + gain - fee
        rest, deficit = pass_on(a, is_stop, buffers, state, venue)
    else:
        account.cash += gain - fee
    buffers.size[p] = 0.0 if part == 1.0 else buffers.size[p] * (1.0 - part)
    if deficit > 0.0:
        absorb(deficit, terms.side * notional, terms.row, buffers, state, venue)
    if account.liquidated_at < 0:
        account.liquidated_at = state.step
    if at >= 0:
        row = buffers.events[at]
        row.fill, row.mark_after, row.realized = unit_price(value, venue.is_inverse != 0), market.mark, gain
        row.equity, row.fee, row.residual, row.fund = equity, fee, rest, state.fund
        log_deficit(row, deficit, before, step)
    note_mark(k, market, buffers.marks, state)
    fire(k, buffers, state)


@inlined
def pass_on(a: int, is_stop: bool, buffers: AccountBuffers, state: Record, venue: Record) -> tuple[float, float]:
    """Give what an account's last order and its collateral leave to trader or fund; return it, and what is missing.

    Collateral is sold until cash is not below 0; all of it where the fund keeps the rest.
    """
    account, is_fund_s = buffers.accounts[a], not is_stop and venue.is_residual_to_trader == 0
    if has_units(a, buffers):
        sell_collateral(a, is_fund_s, buffers, state)
    rest, deficit = max(account.cash, 0.0), max(0.0 - account.cash, 0.0)
    account.cash = 0.0
    if is_fund_s:
        state.fund += rest
    elif account.is_isolated != 0:
        account.wallet += rest
    else:
        account.cash = rest
    return rest, deficit


@inlined
def halt(p: int, buffers: AccountBuffers, state: Record) -> None:
    """Halt forced trading in a position's market for the rest of the step and its halt steps more."""
    k = buffers.terms[p].market
    buffers.markets[k].halted_until = state.step + buffers.markets[k].halt_steps
    new_event(HALT, p, buffers.terms[p].side * buffers.size[p], buffers, state)
    empty_queues(k, buffers, state)


@inlined
def is_beyond_band(p: int, part: float, buffers: AccountBuffers) -> bool:
    """Tell whether an order would carry its market's displacement past the price band."""
    market = buffers.markets[buffers.terms[p].market]
    _, flow = plan(p, part, buffers)
    return bool(abs(impact_of(flow, market)) > market.price_band)


@inlined
def equity_after(first: int, last: int, is_stop: bool, buffers: AccountBuffers, state: Record, venue: Record) -> float:
    """Return the equity of an account after the fills of a turn, what stays open at the marks.

    A position in isolated margin is asked about as a whole, even where a part alone would be closed.
    """
    a = buffers.terms[first].account
    if buffers.accounts[a].is_isolated != 0:
        value, _ = plan(first, 1.0, buffers)
        return buffers.accounts[a].cash + profit_of(first, value, buffers)
    total = equity_of(a, buffers)
    for p in range(first, last):
        if can_trade(p, buffers, state):
            part, terms = part_to_close(p, is_stop, buffers, venue), buffers.terms[p]
            value, _ = plan(p, part, buffers)
            total += terms.side * (buffers.size[p] * part) * (value - buffers.markets[terms.market].value)
    return total


@inlined
def last_order(first: int, last: int, is_stop: bool, buffers: AccountBuffers, state: Record, venue: Record) -> float:
    """Return the notional, signed by its side, of the order of a turn that is filled last: what would be taken over."""
    is_isolated, notional = buffers.accounts[buffers.terms[first].account].is_isolated != 0, 0.0
    for p in range(first, last):
        if is_isolated or can_trade(p, buffers, state):
            part = 1.0 if is_isolated else part_to_close(p, is_stop, buffers, venue)
            notional = buffers.terms[p].side * buffers.size[p] * part * abs(plan(p, part, buffers)[0])
    return notional


@inner
def take_turn(p: int, is_stop: bool, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Force out what one turn of a position's account closes: by orders, or by auto-deleveraging."""
    a = buffers.terms[p].account
    account = buffers.accounts[a]
    first, last = closed_by(a, p, is_stop, buffers, venue)
    state.cause = buffers.terms[p].market
    if policy.family == ADL:
        if account.is_isolated != 0 and is_beyond_band(p, part_to_close(p, is_stop, buffers, venue), buffers):
            halt(p, buffers, state)
            return
        deficit = -equity_after(first, last, is_stop, buffers, state, venue)
        notional = 0.0
        if venue.has_position_limit != 0:
            notional = last_order(first, last, is_stop, buffers, state, venue)
        if deficit > layers_can_pay(notional, state, venue):
            call_at(policy.deleverage_at, np.int64(a), buffers, state, venue, policy)
            if state.n_owing > 0:
                repay_owing(buffers, state, venue)
            return
    is_done = False
    for o in range(first, last):
        if can_trade(o, buffers, state):
            part = part_to_close(o, is_stop, buffers, venue)
            if is_beyond_band(o, part, buffers):
                halt(o, buffers, state)
            else:
                execute(o, part, is_stop, buffers, state, venue)
                is_done = True
    if is_done:
        if has_other(a, NOBODY, buffers):
            touch(a, buffers, state)
        account.n_turns += 1
        state.n_turns += 1
        if not is_stop:
            account.is_in_liquidation = 1
