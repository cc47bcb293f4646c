"""The sale of an account's collateral in assets, each along an order book of its own.

docs/MODEL.md section 8, "Collateral". Assets leave an account in their order; market makers buy them.
"""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.impact import LARGEST_WALK, PER_DEPTH, displacement
from engine.kernel.accounts.barriers import fire_asset
from engine.kernel.accounts.log import absorb, fill_event, note_mark, walk_book
from engine.kernel.accounts.margin import NOBODY, has_other, note_changed
from engine.kernel.accounts.state import AccountBuffers
from engine.kernel.layers import log_deficit
from engine.kernel.orders import move_flow
from engine.kernel.state import COLLATERAL, Record

SOLD_AT_MOST = 1.0 - math.exp(-LARGEST_WALK)  # of depth / 0.01: what one walk of the linear law raises
MOST_ROUNDS = 60
NO_ROW = 0  # of an account without a position: deficits wait together, but where accounts with positions alone pay


@inlined
def has_units(a: int, buffers: AccountBuffers) -> bool:
    """Tell whether an account has collateral in assets."""
    n_held = 0
    for j in range(buffers.assets.size):
        n_held += 1 if buffers.units[a, j] > 0.0 else 0
    return n_held > 0


@inner
def units_for(need: float, asset: Record) -> float:
    """Return how many units of an asset its book takes for `need`: the walk whose proceeds that is.

    Linear law: need = (1 - exp(-v)) depth / 0.01 for a walk of length v. Square-root law: Newton's method on the flow L
    that is sold, L mean(L) = need / depth, concave and rising, so that steps from below stay below.
    """
    if math.isinf(asset.depth):
        return need / asset.book_price
    if asset.is_linear_impact != 0:
        per_money = PER_DEPTH * (1.0 + asset.thinning * 100.0 * abs(asset.impact)) / asset.depth
        if per_money * need < SOLD_AT_MOST:
            return -math.log1p(-per_money * need) / (per_money * asset.book_price)
        return need * LARGEST_WALK / (SOLD_AT_MOST * asset.book_price)
    target = need / asset.depth
    sold = target
    for _ in range(MOST_ROUNDS):
        mean, after = walk_book(1.0, sold * asset.depth / asset.book_price, asset)
        missing = target - sold * mean / asset.book_price
        step = missing / math.exp(displacement(after) - asset.impact)
        sold += step
        if abs(step) <= 1e-16 * sold:
            break
    return sold * asset.depth / asset.book_price


@inner
def sell_one(a: int, j: int, need: float, buffers: AccountBuffers, state: Record) -> None:
    """Sell as much of an account's asset j as brings `need`, all of it where that is less."""
    account, asset, held = buffers.accounts[a], buffers.assets[j], buffers.units[a, j]
    value, flow = walk_book(1.0, held, asset)
    sold, money = held, held * value
    if money > need:
        sold, money = min(units_for(need, asset), held), need
        value, flow = walk_book(1.0, sold, asset)
    at = state.n_events
    state.n_events += 1
    is_logged = at < buffers.events.size
    if is_logged:
        row = buffers.events[at]
        fill_event(row, COLLATERAL, a, sold, asset, buffers, state)
        row.position, row.market, row.trigger, row.fill, row.realized = NOBODY, j, 0.0, value, money
    move_flow(flow, asset, asset)
    asset.maker_size += sold
    asset.maker_cost += money
    buffers.units[a, j] = held - sold
    buffers.proceeds[a] += money
    account.cash += money
    if is_logged:
        buffers.events[at].mark_after = asset.mark
    note_mark(j, asset, buffers.asset_marks, state)
    fire_asset(j, buffers, state)


@inner
def sell_collateral(a: int, is_all: bool, buffers: AccountBuffers, state: Record) -> None:
    """Sell an account's collateral, asset by asset, until its cash is not below 0, or all of it."""
    for j in range(buffers.assets.size):
        cash = buffers.accounts[a].cash
        if buffers.units[a, j] > 0.0 and (is_all or cash < 0.0):
            sell_one(a, j, math.inf if is_all else -cash, buffers, state)


@inlined
def note_owing(a: int, buffers: AccountBuffers, state: Record) -> None:
    """Have an account that has no position left repay its loan when the turn is over, in the order of accounts."""
    if buffers.accounts[a].cash >= 0.0 or has_other(a, NOBODY, buffers) or not has_units(a, buffers):
        return
    at = state.n_owing
    while at > 0 and buffers.owing[at - 1] > a:
        buffers.owing[at] = buffers.owing[at - 1]
        at -= 1
    buffers.owing[at] = a
    state.n_owing += 1


@inner
def repay(a: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Sell collateral of an account without a position until its loan is repaid; what is missing is a deficit."""
    note_changed(a, buffers, state)
    sell_collateral(a, False, buffers, state)
    account, step = buffers.accounts[a], buffers.steps[state.step]
    deficit = max(-account.cash, 0.0)
    if deficit == 0.0:
        return
    before = step.fund_paid, step.venue_paid, step.backstop_paid
    account.cash = 0.0
    absorb(deficit, 0.0, NO_ROW, buffers, state, venue)
    if state.n_events <= buffers.events.size:
        log_deficit(buffers.events[state.n_events - 1], deficit, before, step)


@inner
def repay_owing(buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Have everybody repay whom a deleveraging left without a position and with a loan."""
    for at in range(state.n_owing):
        repay(buffers.owing[at], buffers, state, venue)
    state.n_owing = 0


@inner
def repay_all(buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Have everybody repay whom a settlement left with a loan and without a position."""
    for a in range(buffers.accounts.size):
        is_owing = buffers.accounts[a].cash < 0.0 and not has_other(a, NOBODY, buffers)
        if is_owing and has_units(a, buffers):
            repay(a, buffers, state, venue)
