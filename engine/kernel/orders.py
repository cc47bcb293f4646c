"""One forced order: its walk of the order book, what it leaves, and which layers pay at once.

docs/MODEL.md section 3 (order, fill, fee) and section 4, layers 2 to 4.
"""

from __future__ import annotations

import math

from engine.compile import inlined
from engine.contracts import SHORT_WALK, mean_growth, unit_price, unit_value
from engine.kernel.state import LIQUIDATION, LONG, SHORT, STOP, Desk, Record
from engine.kernel.trigger_queue import note_moved, push, replace_top
from engine.margin import liquidation_value, trigger_price
from engine.sharing.policies import ADL

LARGEST_WALK = 1.0
LARGEST_IMPACT = 3.0
LARGEST_RATE = 0.999


@inlined
def set_prices(state: Record, venue: Record) -> None:
    """Set book price B = F exp(x) and mark price P = F exp((1 - index_weight) x)."""
    if state.impact == 0.0:
        state.book_price = state.reference
        state.mark = state.reference
    else:
        state.book_price = state.reference * math.exp(state.impact)
        state.mark = state.book_price
        if venue.index_weight == 1.0:
            state.mark = state.reference
        elif venue.index_weight != 0.0:
            state.mark = state.reference * math.exp((1.0 - venue.index_weight) * state.impact)
    state.value = unit_value(state.mark, venue.is_inverse != 0)


@inlined
def move_prices(after: float, state: Record, venue: Record) -> None:
    """Set the impact and the prices after an order; a short walk moves them from where they are."""
    change = after - state.impact
    state.impact = after
    if abs(change) >= SHORT_WALK or after == 0.0:
        set_prices(state, venue)
        return
    state.book_price *= 1.0 + change * mean_growth(change)
    if venue.index_weight == 1.0:
        return
    if venue.index_weight == 0.0:
        state.mark = state.book_price
    else:
        seen = (1.0 - venue.index_weight) * change
        state.mark *= 1.0 + seen * mean_growth(seen)
    state.value = unit_value(state.mark, venue.is_inverse != 0)


@inlined
def position_liquidation(desk: Desk, i: int, state: Record, venue: Record) -> float:
    """Return the present liquidation price of an open position."""
    fixed, trader = desk.fixed[i], desk.traders[i]
    rate = fixed.rate
    if state.margin_scale != 1.0:
        rate = min(rate * state.margin_scale, LARGEST_RATE)
    return liquidation_value(
        fixed.side, trader.size, fixed.entry_value, trader.collateral, rate, fixed.amount, venue.is_inverse != 0
    )


@inlined
def position_trigger(desk: Desk, i: int, state: Record, venue: Record) -> float:
    """Return the present trigger price of an open position."""
    fixed = desk.fixed[i]
    return trigger_price(fixed.side, position_liquidation(desk, i, state, venue), fixed.stop)


@inlined
def is_stop(desk: Desk, i: int, state: Record, venue: Record) -> bool:
    """Tell whether the position's trigger is its stop; a stop at the liquidation price is a liquidation."""
    stop = desk.fixed[i].stop
    if stop != desk.traders[i].trigger:
        return False
    return position_liquidation(desk, i, state, venue) != stop


@inlined
def unrealized(desk: Desk, i: int, value: float) -> float:
    """Return a position's profit at f(price) = `value`, signed."""
    fixed = desk.fixed[i]
    return fixed.side * desk.traders[i].size * (value - fixed.entry_value)


@inlined
def total_equity(desk: Desk, i: int, value: float) -> float:
    """Return wallet + collateral + unrealized profit of a trader, at f(price) = `value`."""
    trader = desk.traders[i]
    return trader.wallet + trader.collateral + unrealized(desk, i, value)


@inlined
def touch(desk: Desk, i: int, state: Record) -> None:
    """Note that the run changes a trader and, where profit counts from settlements, its equity at the last one."""
    trader = desk.traders[i]
    if trader.base_stamp < 0:
        desk.touched[state.n_touched] = i
        state.n_touched += 1
        trader.base_stamp = 0
    if state.has_base != 0 and trader.base_stamp != state.settlement + 1:
        trader.base_equity = total_equity(desk, i, state.settled_value)
        trader.base_stamp = state.settlement + 1


@inlined
def fund_capacity(state: Record, venue: Record) -> float:
    """Return what the insurance fund can pay now, its drawdown limit respected."""
    peak = max(state.fund, state.past_peak)
    floor = (1.0 - venue.fund_max_drawdown) * peak if venue.fund_max_drawdown < 1.0 else 0.0
    return max(0.0, min(state.fund, state.fund - floor))


@inlined
def absorb(deficit: float, side: float, desk: Desk, state: Record, venue: Record) -> None:
    """Pass a deficit down the fund, the venue's capital and the backstop; carry the rest to the next settlement."""
    step = desk.steps[state.step]
    left = deficit
    paid = min(left, fund_capacity(state, venue))
    state.fund -= paid
    step.fund_paid += paid
    left -= paid
    paid = min(left, state.venue_capital)
    state.venue_capital -= paid
    step.venue_paid += paid
    left -= paid
    paid = min(left, max(state.backstop - venue.backstop_kept, 0.0))
    state.backstop -= paid
    step.backstop_paid += paid
    left -= paid
    if side > 0.0:
        state.residual_long += left
    else:
        state.residual_short += left


@inlined
def would_deleverage(deficit: float, state: Record, venue: Record, policy: Record) -> bool:
    """Tell whether the order is replaced by auto-deleveraging: its deficit exceeds what layers 2 to 4 can pay."""
    if policy.family != ADL or deficit <= 0.0:
        return False
    return deficit > fund_capacity(state, venue) + state.venue_capital + state.backstop


@inlined
def new_event(kind: int, i: int, size: float, desk: Desk, state: Record) -> int:
    """Start a row of the event log and return its index, -1 when the log is full; the count goes on."""
    at = state.n_events
    state.n_events += 1
    if at >= desk.events.size:
        return -1
    row = desk.events[at]
    row.step, row.kind, row.trader, row.against = state.step, kind, i, -1
    row.size, row.trigger, row.fill = size, desk.traders[i].trigger, state.book_price
    row.mark_before, row.mark_after, row.book_price = state.mark, state.mark, state.book_price
    row.bankruptcy, row.collateral, row.equity = 0.0, 0.0, 0.0
    row.fee, row.residual, row.deficit, row.carried = 0.0, 0.0, 0.0, 0.0
    row.fund_paid, row.venue_paid, row.backstop_paid = 0.0, 0.0, 0.0
    row.realized, row.charge, row.fund = 0.0, 0.0, state.fund
    return at


@inlined
def execute(
    i: int, part: float, value: float, impact_after: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> None:
    """Sell (or buy back) the part of position i at f(fill) = `value`, and pass on what it leaves."""
    touch(desk, i, state)
    fixed, trader, step = desk.fixed[i], desk.traders[i], desk.steps[state.step]
    stop, inverse = is_stop(desk, i, state, venue), venue.is_inverse != 0
    size, collateral = trader.size * part, trader.collateral * part
    at = new_event(STOP if stop else LIQUIDATION, i, fixed.side * size, desk, state)
    profit = fixed.side * size * (value - fixed.entry_value)
    equity = collateral + profit
    notional = size * abs(value)  # f is the price, or minus one over it
    fee = 0.0 if stop else min(max(equity, 0.0), venue.liquidation_fee * notional)
    rest = max(equity, 0.0) - fee
    deficit = max(-equity, 0.0)
    held, pledged = trader.size, trader.collateral
    move_prices(impact_after, state, venue)
    state.fund += fee
    if stop or venue.is_residual_to_trader != 0:
        trader.wallet += rest
    else:
        state.fund += rest
    state.maker_size += fixed.side * size
    state.maker_cost += fixed.side * size * value
    step.forced += notional
    before = step.fund_paid, step.venue_paid, step.backstop_paid
    if deficit > 0.0:
        step.deficit += deficit
        absorb(deficit, fixed.side, desk, state, venue)
    _close_part(i, part, desk, state, venue)
    if trader.liquidated_at < 0:
        trader.liquidated_at = state.step
    if at >= 0:
        row = desk.events[at]
        row.mark_after, row.fill = state.mark, unit_price(value, inverse)
        row.bankruptcy = unit_price(fixed.entry_value - fixed.side * pledged / held, inverse)
        row.collateral, row.equity = collateral, equity
        row.fee, row.residual, row.deficit = fee, rest, deficit
        row.fund_paid, row.venue_paid = step.fund_paid - before[0], step.venue_paid - before[1]
        row.backstop_paid = step.backstop_paid - before[2]
        row.carried = deficit - row.fund_paid - row.venue_paid - row.backstop_paid
        row.realized, row.fund = profit, state.fund


@inlined
def _close_part(i: int, part: float, desk: Desk, state: Record, venue: Record) -> None:
    trader = desk.traders[i]
    if part == 1.0:
        trader.size = 0.0
        trader.collateral = 0.0
        return
    k = LONG if desk.fixed[i].side > 0.0 else SHORT
    trader.size *= 1.0 - part
    trader.collateral *= 1.0 - part
    trader.trigger = position_trigger(desk, i, state, venue)
    if trader.is_moved != 0 and desk.front[k].heap_size > 0 and desk.heap[k, 0].trader == i:
        replace_top(desk, k)
    else:
        note_moved(desk, i)
        push(desk, i)
