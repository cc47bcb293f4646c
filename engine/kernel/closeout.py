"""Auto-deleveraging inside the cascade: one bankrupt position is closed against open positions of the other side.

docs/MODEL.md section 5. The order book and the mark are left alone, and so is the fund but for a surplus
that market makers find.
"""

from __future__ import annotations

from engine.compile import compiled, inner
from engine.contracts import unit_price, unit_value
from engine.kernel.counterparties import choose_among_all, choose_in_order
from engine.kernel.orders import absorb, new_event, position_trigger, touch
from engine.kernel.ranks import choose_ranked, note_partly_closed
from engine.kernel.state import (
    CHARGE,
    COUNTERPARTY,
    DELEVERAGED,
    Desk,
    Record,
)
from engine.kernel.trigger_queue import mark_moved
from engine.sharing.policy_record import PRICES, Taking

PRICE_MARK, PRICE_PREVIOUS_MARK, PRICE_BLEND = (PRICES.index(name) for name in ("mark", "previous_mark", "blend"))
TAKE_SCAN = int(Taking.SCAN)


@inner
def closing_value(bankruptcy: float, desk: Desk, state: Record, venue: Record, policy: Record) -> float:
    """Return f(price) at which the defaulter and its counterparties are closed."""
    if policy.price_rule == PRICE_MARK:
        return state.value
    if policy.price_rule == PRICE_PREVIOUS_MARK:
        return unit_value(desk.steps[state.step - 1].mark, venue.is_inverse != 0)
    if policy.price_rule == PRICE_BLEND:
        return policy.blend * bankruptcy + (1.0 - policy.blend) * state.value
    return bankruptcy


@inner
def close_counterparty(j: int, size: float, unit_charge: float, desk: Desk, state: Record, venue: Record) -> float:
    """Close `size` of position j at the closing price and return the charge; negative is a gain."""
    touch(desk, j, state)
    fixed, trader = desk.fixed[j], desk.traders[j]
    share = 1.0 if size == trader.size else size / trader.size
    charge = size * unit_charge
    released = trader.collateral * share
    trader.wallet += released + fixed.side * size * (state.value - fixed.entry_value) - charge
    if share == 1.0:
        trader.size = 0.0
        trader.collateral = 0.0
    else:
        trader.size -= size
        trader.collateral -= released
    if trader.wallet < 0.0:
        trader.collateral += trader.wallet
        trader.wallet = 0.0
    trader.charge += charge
    if trader.size > 0.0:
        trader.trigger = position_trigger(desk, j, state, venue)
        mark_moved(desk, j, state)
    return charge


@compiled
def close_out(i: int, desk: Desk, state: Record, venue: Record, policy: Record) -> None:
    """Close the whole bankrupt position i against the other side; market makers take what nobody is left to take."""
    touch(desk, i, state)
    state.is_widely_touched = 1
    inverse = venue.is_inverse != 0
    fixed, trader = desk.fixed[i], desk.traders[i]
    side, size, collateral, entry = fixed.side, trader.size, trader.collateral, fixed.entry_value
    bankruptcy = entry - side * collateral / size
    closing = closing_value(bankruptcy, desk, state, venue, policy)
    unit_charge = side * (closing - state.value)
    count, taken = -1, size
    if policy.adl_rule == TAKE_SCAN:
        start = (policy.seed + state.n_events) % desk.traders.size
        count, taken = choose_in_order(size, side, unit_charge, start, desk, state)
    elif desk.ranks.shape[1] > 0:
        count = choose_ranked(size, side, unit_charge, desk, state, venue, policy)
    is_ranked = count >= 0
    if not is_ranked:
        count, taken = choose_among_all(size, side, unit_charge, desk, state, venue, policy)
    at = new_event(DELEVERAGED, i, side * size, desk, state)
    if at >= 0:
        row = desk.events[at]
        row.fill, row.bankruptcy = unit_price(closing, inverse), unit_price(bankruptcy, inverse)
        row.collateral, row.equity = collateral, collateral + side * size * (state.value - entry)
        row.realized = taken
    trader.size = 0.0
    trader.collateral = 0.0
    if trader.liquidated_at < 0:
        trader.liquidated_at = state.step
    _close_counterparties(i, count, is_ranked, closing, unit_charge, desk, state, venue)
    left = 0.0
    if closing != bankruptcy and taken > 0.0:
        left = collateral * taken / size + side * taken * (closing - entry)
    _settle_defaulter(side, left, size - taken, collateral * (size - taken) / size, entry, desk, state, venue, policy)


@inner
def _close_counterparties(
    i: int,
    count: int,
    is_ranked: bool,
    closing: float,
    unit_charge: float,
    desk: Desk,
    state: Record,
    venue: Record,
) -> None:
    for at in range(count):
        j = desk.payers[at]
        fixed, trader = desk.fixed[j], desk.traders[j]
        size = min(desk.work[CHARGE, j], trader.size)
        if size <= 0.0:
            continue
        gain = fixed.side * size * (state.value - fixed.entry_value)
        event = new_event(COUNTERPARTY, j, fixed.side * size, desk, state)
        charge = close_counterparty(j, size, unit_charge, desk, state, venue)
        if event >= 0:
            row = desk.events[event]
            row.against, row.fill = i, unit_price(closing, venue.is_inverse != 0)
            row.realized, row.charge = gain, charge
        if trader.size > 0.0 and desk.ranks.shape[1] > 0:
            note_partly_closed(j, is_ranked, desk)


@inner
def _settle_defaulter(
    side: float,
    left: float,
    rest: float,
    collateral: float,
    entry: float,
    desk: Desk,
    state: Record,
    venue: Record,
    policy: Record,
) -> None:
    """Pass on what is left of the closed part, and hand the rest of the position to market makers at the mark."""
    step = desk.steps[state.step]
    if left > 0.0:
        state.fund += left
    elif left < 0.0:
        step.deficit -= left
        absorb(-left, side, desk, state, venue)
    if rest <= 0.0:
        return
    state.maker_size += side * rest
    state.maker_cost += side * rest * state.value
    equity = collateral + side * rest * (state.value - entry)
    if equity >= 0.0:
        state.fund += equity
    else:
        state.unfunded -= equity
        step.unfunded -= equity
