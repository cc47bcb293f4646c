"""One forced order: its walk of the order book, what it leaves, and which layers pay at once.

docs/MODEL.md section 3 (order, fill, fee) and section 4, layers 2 to 4.
"""

from __future__ import annotations

import math

from engine.compile import inlined
from engine.contracts import SHORT_WALK, mean_growth, unit_price, unit_value
from engine.impact import displacement, line_walk, root_walk
from engine.kernel.layers import layers_can_pay, log_deficit, pay_from_layers
from engine.kernel.state import LIQUIDATION, STOP, Record, RunBuffers
from engine.kernel.trigger_queue import key_of, note_moved, queue_up, replace_top
from engine.margin import liquidation_value, requirement, trigger_price


@inlined
def set_reference(reference: float, state: Record, venue: Record) -> None:
    """Set the reference F, the book price B = F exp(x) and the mark P = F exp((1 - index_weight) x)."""
    state.reference = reference
    state.book_price = reference * state.book_growth
    state.mark = reference * state.mark_growth
    state.value = unit_value(state.mark, venue.is_inverse != 0)


@inlined
def impact_of(flow: float, venue: Record) -> float:
    """Return the displacement x of a flow, which under the linear law is x itself."""
    return flow if venue.is_linear_impact != 0 else displacement(flow)


@inlined
def set_flow(flow: float, state: Record, venue: Record) -> None:
    """Set the net forced flow, the displacement x, exp(x) and exp((1 - index_weight) x); prices stay to be set."""
    state.flow = flow
    state.impact = impact_of(flow, venue)
    state.book_growth, state.mark_growth = 1.0, 1.0
    if state.impact != 0.0:
        state.book_growth = math.exp(state.impact)
        state.mark_growth = state.book_growth
        if venue.index_weight != 0.0:
            state.mark_growth = math.exp((1.0 - venue.index_weight) * state.impact)


@inlined
def move_flow(flow: float, state: Record, venue: Record) -> None:
    """Set the flow and the prices after an order; a short walk moves them from where they are."""
    after = impact_of(flow, venue)
    change = after - state.impact
    if abs(change) >= SHORT_WALK or after == 0.0:
        set_flow(flow, state, venue)
    else:
        state.flow, state.impact = flow, after
        state.book_growth *= 1.0 + change * mean_growth(change)
        seen = (1.0 - venue.index_weight) * change
        state.mark_growth *= 1.0 + seen * mean_growth(seen)
    set_reference(state.reference, state, venue)


@inlined
def plan_walk(side: float, size: float, state: Record, venue: Record) -> tuple[float, float]:
    """Return f(fill) of an order that closes `size` of a position of this side, and the flow after it."""
    inverse = venue.is_inverse != 0
    usd = size if inverse else size * state.book_price
    if venue.is_linear_impact != 0:
        return line_walk(state.book_price, state.impact, usd, state.depth, venue.thinning, side, inverse)
    after = state.flow - side * usd / state.depth
    return root_walk(state.book_price, state.flow, after, inverse), after


@inlined
def note_prices(step: Record, state: Record) -> None:
    """Widen the range of the step's marks and displacements to those of the moment."""
    step.mark_low, step.mark_high = min(step.mark_low, state.mark), max(step.mark_high, state.mark)
    step.impact_low, step.impact_high = min(step.impact_low, state.impact), max(step.impact_high, state.impact)


@inlined
def position_liquidation(buffers: RunBuffers, i: int, state: Record, venue: Record) -> float:
    """Return the present liquidation price of an open position."""
    terms, position = buffers.terms[i], buffers.positions[i]
    return liquidation_value(
        terms.side,
        position.size,
        terms.entry_value,
        position.collateral,
        terms.rate,
        terms.amount,
        buffers.lines,
        state.margin_scale,
        venue.is_inverse != 0,
        venue.is_entry_maintenance != 0,
    )


@inlined
def requirement_at(value: float, j: int, buffers: RunBuffers, state: Record, venue: Record) -> float:
    """Return the maintenance requirement of a position at f(price) = `value`, dynamic margin in it."""
    terms = buffers.terms[j]
    basis = terms.entry_value if venue.is_entry_maintenance != 0 else value
    notional = buffers.positions[j].size * abs(basis)
    return requirement(notional, terms.rate, terms.amount, buffers.lines, state.margin_scale)


@inlined
def position_trigger(buffers: RunBuffers, i: int, state: Record, venue: Record) -> float:
    """Return the present trigger price of an open position."""
    terms = buffers.terms[i]
    return trigger_price(terms.side, position_liquidation(buffers, i, state, venue), terms.stop)


@inlined
def is_stop(buffers: RunBuffers, i: int, state: Record, venue: Record) -> bool:
    """Tell whether the position's trigger is its stop; a stop at the liquidation price is a liquidation."""
    stop = buffers.terms[i].stop
    if stop != buffers.positions[i].trigger:
        return False
    return position_liquidation(buffers, i, state, venue) != stop


@inlined
def unrealized(buffers: RunBuffers, i: int, value: float) -> float:
    """Return a position's profit at f(price) = `value`, signed."""
    terms = buffers.terms[i]
    return terms.side * buffers.positions[i].size * (value - terms.entry_value)


@inlined
def total_equity(buffers: RunBuffers, i: int, value: float) -> float:
    """Return wallet + collateral + unrealized profit of a trader, at f(price) = `value`."""
    position = buffers.positions[i]
    return position.wallet + position.collateral + unrealized(buffers, i, value)


@inlined
def note_changed(buffers: RunBuffers, i: int, state: Record) -> None:
    """Note that the run changes a trader and, where profit counts from settlements, its equity at the last one."""
    position = buffers.positions[i]
    if position.base_stamp < 0:
        buffers.changed[state.n_changed] = i
        state.n_changed += 1
        position.base_stamp = 0
    if state.has_base != 0 and position.base_stamp != state.settlement + 1:
        position.base_equity = total_equity(buffers, i, state.settled_value)
        position.base_stamp = state.settlement + 1


@inlined
def market_ratio(is_liquidity: int, state: Record, venue: Record) -> float:
    """Return volatility up to the step before, or the depth of this step, over the usual one."""
    if is_liquidity != 0:
        return state.depth / venue.depth
    return math.sqrt(state.variance / venue.reference_variance)


@inlined
def followed(ratio: float, base: float, slope: float, low: float, high: float) -> float:
    """Return a setting that follows the market (engine.Follow)."""
    grown = ratio if slope == 1.0 else ratio**slope
    return min(max(base * grown, low), high)


@inlined
def absorb(deficit: float, notional: float, side: float, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Pass a deficit down the layers, at once or, where they pay pro rata, at the settlement, which gets the rest."""
    step = buffers.steps[state.step]
    step.deficit += deficit
    left = deficit if venue.is_pooled != 0 else pay_from_layers(deficit, notional, step, state, venue)
    if side > 0.0:
        state.residual_long += left
    else:
        state.residual_short += left


@inlined
def would_deleverage(deficit: float, notional: float, state: Record, venue: Record) -> bool:
    """Tell whether the order is replaced by auto-deleveraging: its deficit exceeds what layers 2 to 4 can pay.

    Where the layers pay pro rata, what waits for the settlement has its claim on them before it.
    """
    capacity = layers_can_pay(notional, state, venue)
    if venue.is_pooled != 0:
        capacity -= state.residual_long + state.residual_short
    return deficit > 0.0 and deficit > capacity


@inlined
def new_event(kind: int, i: int, size: float, buffers: RunBuffers, state: Record) -> int:
    """Start a row of the event log and return its index, -1 when the log is full; the count goes on."""
    at = state.n_events
    state.n_events += 1
    if at >= buffers.events.size:
        return -1
    row = buffers.events[at]
    row.step, row.kind, row.trader, row.against = state.step, kind, i, -1
    row.size, row.trigger, row.fill = size, buffers.positions[i].trigger, state.book_price
    row.reference = state.reference
    row.mark_before, row.mark_after, row.book_price = state.mark, state.mark, state.book_price
    row.bankruptcy, row.collateral, row.equity = 0.0, 0.0, 0.0
    row.fee, row.residual, row.deficit, row.carried = 0.0, 0.0, 0.0, 0.0
    row.fund_paid, row.venue_paid, row.backstop_paid = 0.0, 0.0, 0.0
    row.realized, row.charge, row.fund = 0.0, 0.0, state.fund
    return at


@inlined
def execute(
    i: int, part: float, value: float, flow_after: float, buffers: RunBuffers, state: Record, venue: Record
) -> None:
    """Sell (or buy back) the part of position i at f(fill) = `value`, and pass on what it leaves.

    The margin of a part stays with the position. Reads the terms and the prices; writes position, queue, prices,
    layers, market makers, the step's sums and the log.
    """
    note_changed(buffers, i, state)
    terms, position, step = buffers.terms[i], buffers.positions[i], buffers.steps[state.step]
    stop = is_stop(buffers, i, state, venue)
    size = position.size * part
    at = new_event(STOP if stop else LIQUIDATION, i, terms.side * size, buffers, state)
    equity = position.collateral + terms.side * position.size * (value - terms.entry_value)
    notional = size * abs(value)  # f is the price, or minus one over it
    fee = 0.0 if stop else venue.liquidation_fee * notional
    if venue.is_penalty_beyond_equity == 0:
        fee = min(max(equity if part == 1.0 else position.collateral + unrealized(buffers, i, state.value), 0.0), fee)
    rest, deficit = 0.0, 0.0
    if part == 1.0:
        rest, deficit = max(equity - fee, 0.0), max(fee - equity, 0.0)
    if at >= 0:
        _log_margin(buffers.events[at], i, equity, (fee, rest), value, buffers, venue)
    move_flow(flow_after, state, venue)
    state.fund += fee
    if stop or venue.is_residual_to_trader != 0:
        position.wallet += rest
    else:
        state.fund += rest
    state.maker_size += terms.side * size
    state.maker_cost += terms.side * size * value
    step.forced += notional
    before = step.fund_paid, step.venue_paid, step.backstop_paid
    if deficit > 0.0:
        absorb(deficit, terms.side * notional, terms.side, buffers, state, venue)
    _close_part(i, part, terms.side * size * (value - terms.entry_value) - fee, buffers, state, venue)
    if position.liquidated_at < 0:
        position.liquidated_at = state.step
    if at >= 0:
        row = buffers.events[at]
        row.mark_after, row.fund = state.mark, state.fund
        log_deficit(row, deficit, before, step)


@inlined
def _log_margin(
    row: Record,
    i: int,
    equity: float,
    flows: tuple[float, float],
    value: float,
    buffers: RunBuffers,
    venue: Record,
) -> None:
    """Write into an event what becomes of the margin; `flows` are fee and rest."""
    terms, position, inverse = buffers.terms[i], buffers.positions[i], venue.is_inverse != 0
    row.bankruptcy = unit_price(terms.entry_value - terms.side * position.collateral / position.size, inverse)
    row.fill, row.collateral, row.equity = unit_price(value, inverse), position.collateral, equity
    row.realized = row.size * (value - terms.entry_value)
    row.fee, row.residual = flows


@inlined
def _close_part(i: int, part: float, gain: float, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Take the part out of the position; what it gained, its fee deducted, stays with a position that stays open."""
    position = buffers.positions[i]
    if part == 1.0:
        position.size = 0.0
        position.collateral = 0.0
        return
    k = position.row
    position.size *= 1.0 - part
    position.collateral += gain
    position.trigger = position_trigger(buffers, i, state, venue)
    if position.is_moved != 0 and buffers.front[k].heap_size > 0 and buffers.heap[k, 0].item == i:
        replace_top(buffers, k)
    else:
        note_moved(buffers, i)
        queue_up(buffers, i)
    front = buffers.front[k]  # what a part loses may bring the trigger nearer than the key that its side waits for
    front.next = min(front.next, key_of(buffers, i))
