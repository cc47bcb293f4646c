"""The liquidation cascade: one path, step by step (docs/MODEL.md section 3). The kernel.

Cost grows with what happens: a step without forced trading compares two prices with the fronts of two queues, and that
is all.
"""

from __future__ import annotations

import math

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_notional, unit_value
from engine.intrinsics import call_at, number_at
from engine.kernel.layers import close_fund, open_layers
from engine.kernel.orders import (
    execute,
    followed,
    impact_of,
    is_stop,
    market_ratio,
    new_event,
    note_prices,
    plan_walk,
    position_trigger,
    set_flow,
    set_reference,
    unrealized,
    would_deleverage,
)
from engine.kernel.settlement import settle
from engine.kernel.state import HALT, LONG, MOST_EVENTS, SHORT, PricePath, Record, Rows, RunBuffers
from engine.kernel.trigger_queue import mark_moved, may_reach, next_in_line, reset_queue
from engine.sharing.policy_record import ADL

NO_LIMIT = 2**62


@inlined
def part_to_close(i: int, buffers: RunBuffers, state: Record, venue: Record) -> float:
    """Return the share of position i that one forced order closes."""
    position, part = buffers.positions[i], venue.liquidation_fraction
    if part == 1.0 or position.size * (1.0 - part) <= max(venue.min_size, buffers.terms[i].dust):
        return 1.0
    if position.collateral + unrealized(buffers, i, state.value) <= 0.0 or is_stop(buffers, i, state, venue):
        return 1.0
    return part


@inlined
def is_asked(deficit: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> bool:
    """Tell whether the trigger of a rule that closes positions, if it has one, is met by a position's deficit."""
    if policy.trigger_at == 0:
        return True
    state.asked_deficit = deficit
    return number_at(policy.trigger_at, buffers, state, venue, policy) > 0.0


@inlined
def force_out(i: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> bool:
    """Force position i out by an order or by auto-deleveraging; False when the price band halts trading instead."""
    side, position = buffers.terms[i].side, buffers.positions[i]
    part = part_to_close(i, buffers, state, venue)
    value, after = plan_walk(side, position.size * part, state, venue)
    if abs(impact_of(after, venue)) > state.price_band:
        return False
    if policy.family == ADL:  # which is asked about the whole position
        whole = value if part == 1.0 else plan_walk(side, position.size, state, venue)[0]
        equity = position.collateral + side * position.size * (whole - buffers.terms[i].entry_value)
        notional = side * position.size * abs(whole)
        is_beyond = would_deleverage(-equity, notional, state, venue)
        if is_beyond and is_asked(-equity, buffers, state, venue, policy):
            call_at(policy.deleverage_at, i, buffers, state, venue, policy)
            return True
    execute(i, part, value, after, buffers, state, venue)
    return True


@inlined
def meet_trigger(trigger: float, close: float, state: Record, venue: Record) -> None:
    """Move the reference on to where the mark reaches a trigger, and by rounding no further than the step's close."""
    low, high = min(state.reference, close), max(state.reference, close)
    set_reference(min(max(trigger / state.mark_growth, low), high), state, venue)


@inlined
def trade(close: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Force out whoever the step forces out: at its opening, then on the way of the reference to `close`.

    Every triggered long, then every triggered short, and again until neither side has one; then the next on the side
    that the move threatens, where the mark meets its trigger, and again. Ends at a halt.
    """
    k, n_idle = LONG, 0
    most = max(buffers.events.size, MOST_EVENTS) if buffers.events.size > 0 else NO_LIMIT
    while state.n_events <= most:  # with more the run will be refused
        is_moving = n_idle == 2
        row, mark = k, state.mark
        if is_moving:
            row, mark = LONG if close < state.reference else SHORT, close * state.mark_growth
        i = next_in_line(buffers, row, mark) if may_reach(row, mark, buffers) else -1
        if i < 0:
            if is_moving:
                return
            k, n_idle = SHORT if k == LONG else LONG, n_idle + 1
            continue
        if is_moving:
            meet_trigger(buffers.positions[i].trigger, close, state, venue)
            note_prices(buffers.steps[state.step], state)
            k = LONG
        n_idle = 0
        if not force_out(i, buffers, state, venue, policy):
            state.halted_until = state.step + venue.halt_steps
            new_event(HALT, i, buffers.terms[i].side * buffers.positions[i].size, buffers, state)
            return
        note_prices(buffers.steps[state.step], state)


@inner
def scale_margin(buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Set this step's dynamic margin and move every trigger when it changed."""
    ratio = market_ratio(venue.is_margin_by_liquidity, state, venue)
    scale = followed(ratio, venue.margin_base, venue.margin_slope, venue.margin_low, venue.margin_high)
    if scale == state.margin_scale:
        return
    state.margin_scale = scale
    for i in range(buffers.positions.size):
        if buffers.positions[i].size > 0.0:
            buffers.positions[i].trigger = position_trigger(buffers, i, state, venue)
            mark_moved(buffers, i)


@inlined
def start(first: float, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Mark the book at the first price; market makers take the other side of an unbalanced book."""
    reset_queue(buffers, state.n_long)
    buffers.adl_index_state[LONG].high, buffers.adl_index_state[SHORT].high = 0.0, 0.0  # both sides are forgotten
    set_flow(0.0, state, venue)
    set_reference(first, state, venue)
    state.depth = venue.depth
    open_layers(state, venue)
    state.halted_until = -1
    state.margin_scale = 1.0
    state.price_band = venue.band_base if venue.has_band_follow == 0 else math.inf
    state.first = first
    state.open_interest = 0.5 * state.gross_size * unit_notional(first, venue.is_inverse != 0)
    state.has_base = 1 - venue.is_entry_base
    state.variance = venue.reference_variance
    state.settled_value = unit_value(first, venue.is_inverse != 0)
    state.maker_cost = state.maker_size * state.settled_value
    step = buffers.steps[0]
    step.mark, step.mark_low, step.mark_high, step.fund = first, first, first, venue.fund


@inlined
def finish_step(steps: Rows, state: Record, venue: Record) -> None:
    """Record the step; update the fund's peak and the volatility estimate."""
    t = state.step
    steps[t].mark, steps[t].impact = state.mark, state.impact
    close_fund(t, steps, state, venue)
    if venue.has_volatility != 0:
        change = math.log(state.mark / steps[t - 1].mark)
        state.variance = venue.margin_decay * state.variance + (1.0 - venue.margin_decay) * change * change


@inlined
def follow_volatility(buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Set the step's depth, then margin and price band where they follow, by the volatility up to the step before."""
    if venue.depth_floor < 1.0:
        ratio = math.sqrt(venue.reference_variance / state.variance)
        state.depth = venue.depth * min(max(ratio, venue.depth_floor), 1.0)
    if venue.has_margin_scale != 0:
        scale_margin(buffers, state, venue)
    if venue.has_band_follow != 0:
        ratio = market_ratio(venue.is_band_by_liquidity, state, venue)
        state.price_band = followed(ratio, venue.band_base, venue.band_slope, venue.band_low, venue.band_high)


@inlined
def run_prices(path: PricePath, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Take the reference through one step, and force out whoever it reaches: docs/MODEL.md section 3."""
    t = state.step
    step, close = buffers.steps[t], path.closes[t]
    if state.flow != 0.0:
        set_flow(state.flow * venue.decay, state, venue)
    set_reference(path.opens[t] if path.opens.size > 0 else path.closes[t - 1], state, venue)
    step.mark_low, step.mark_high = state.mark, state.mark
    step.impact_low, step.impact_high = state.impact, state.impact
    if t > state.halted_until:
        end = close * state.mark_growth
        if may_reach(LONG, min(state.mark, end), buffers) or may_reach(SHORT, max(state.mark, end), buffers):
            trade(close, buffers, state, venue, policy)
    set_reference(close, state, venue)
    step.mark_low, step.mark_high = min(step.mark_low, state.mark), max(step.mark_high, state.mark)


@compiled
def run_path(path: PricePath, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Run one path; buffers and state are changed in place.

    `state` is zero but for `maker_size`, minus the net size of the book, and `n_long`. `buffers.steps` is zero, the
    positions as at the start.
    """
    start(path.closes[0], buffers, state, venue)
    last = path.closes.size - 1
    until_settlement = venue.settlement_interval
    for t in range(1, last + 1):
        state.step = t
        if venue.has_volatility != 0:
            follow_volatility(buffers, state, venue)
        run_prices(path, buffers, state, venue, policy)
        if buffers.tiers.shape[0] > 0:
            call_at(policy.collect_at, t, buffers, state, venue, policy)
        until_settlement -= 1
        if t == last or until_settlement == 0:
            until_settlement = venue.settlement_interval
            if state.residual_long > 0.0 or state.residual_short > 0.0:
                if buffers.rules.size > 0:
                    call_at(policy.settle_at, t, buffers, state, venue, policy)
                else:
                    settle(buffers, state, venue, policy)
            state.settlement += 1
            state.settled_value = state.value
        finish_step(buffers.steps, state, venue)
