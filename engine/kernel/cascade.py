"""The liquidation cascade: one path, step by step (docs/MODEL.md section 3). The kernel.

Cost grows with what happens: a step without forced trading looks at the front of two queues and nothing else.
"""

from __future__ import annotations

import math

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_value, walk_value
from engine.intrinsics import call_at
from engine.kernel.orders import (
    LARGEST_IMPACT,
    LARGEST_WALK,
    execute,
    is_stop,
    new_event,
    position_trigger,
    set_prices,
    would_deleverage,
)
from engine.kernel.settlement import settle
from engine.kernel.state import HALT, LONG, MOST_EVENTS, SHORT, Floats, Record, Rows, RunBuffers
from engine.kernel.trigger_queue import mark_moved, next_in_line, reset_queue

NO_LIMIT = 2**62


@inlined
def force_out(i: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> bool:
    """Force position i out by an order or by auto-deleveraging; False when the price band halts trading instead."""
    side, position, inverse = buffers.terms[i].side, buffers.positions[i], venue.is_inverse != 0
    part = venue.liquidation_fraction
    if is_stop(buffers, i, state, venue) or position.size * (1.0 - part) <= max(venue.min_size, buffers.terms[i].dust):
        part = 1.0
    size = position.size * part
    usd = size if inverse else size * state.book_price
    thinner = 1.0 + venue.thinning * 100.0 * abs(state.impact)
    impact = min(0.01 * usd * thinner / venue.depth, LARGEST_WALK)
    after = min(max(state.impact - side * impact, -LARGEST_IMPACT), LARGEST_IMPACT)
    if abs(after) > venue.price_band:
        return False
    value = walk_value(state.book_price, impact, side > 0.0, inverse)
    equity = position.collateral * part + side * size * (value - buffers.terms[i].entry_value)
    if would_deleverage(-equity, state, venue, policy):
        call_at(policy.deleverage_at, i, buffers, state, venue, policy)
    else:
        execute(i, part, value, after, buffers, state, venue)
    return True


@inlined
def force_both_sides(buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Force out every triggered long, then every triggered short, and again until neither side has one or a halt."""
    k, n_idle = LONG, 0
    most = max(buffers.events.size, MOST_EVENTS) if buffers.events.size > 0 else NO_LIMIT
    while n_idle < 2:
        if state.n_events > most:  # the run will be refused
            return
        i = next_in_line(buffers, k, state)
        if i < 0:
            k = SHORT if k == LONG else LONG
            n_idle += 1
            continue
        n_idle = 0
        if not force_out(i, buffers, state, venue, policy):
            state.halted_until = state.step + venue.halt_steps
            new_event(HALT, i, buffers.terms[i].side * buffers.positions[i].size, buffers, state)
            return


@inner
def scale_margin(buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Set this step's dynamic margin and move every trigger when it changed."""
    scale = min(max(math.sqrt(state.variance / venue.reference_variance), 1.0), venue.margin_cap)
    if scale == state.margin_scale:
        return
    state.margin_scale = scale
    for i in range(buffers.positions.size):
        if buffers.positions[i].size > 0.0:
            buffers.positions[i].trigger = position_trigger(buffers, i, state, venue)
            mark_moved(buffers, i, state)


@inlined
def start(prices: Floats, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Mark the book at the first price; market makers take the other side of an unbalanced book."""
    reset_queue(buffers, state.n_long)
    buffers.adl_index_state[LONG].high, buffers.adl_index_state[SHORT].high = 0.0, 0.0  # both sides are forgotten
    state.impact = 0.0
    state.reference = prices[0]
    set_prices(state, venue)
    state.fund = venue.fund
    state.past_peak = -math.inf if venue.has_peak_window != 0 and venue.peak_window == 0 else venue.fund
    state.venue_capital = venue.venue_capital
    state.backstop = venue.backstop
    state.halted_until = -1
    state.next_long, state.next_short = -math.inf, -math.inf
    state.margin_scale = 1.0
    state.has_base = 1 - venue.is_entry_base
    state.variance = venue.reference_variance
    state.settled_value = unit_value(prices[0], venue.is_inverse != 0)
    state.maker_cost = state.maker_size * state.settled_value
    buffers.steps[0].mark = prices[0]
    buffers.steps[0].fund = venue.fund


@inlined
def finish_step(steps: Rows, state: Record, venue: Record) -> None:
    """Record the step; update the fund's peak and the volatility estimate."""
    t = state.step
    step = steps[t]
    step.mark, step.impact, step.fund = state.mark, state.impact, state.fund
    if venue.has_peak_window == 0:
        state.past_peak = max(state.past_peak, state.fund)
    elif venue.fund_max_drawdown < 1.0:
        state.past_peak = -math.inf
        for u in range(max(0, t + 1 - venue.peak_window), t + 1):
            state.past_peak = max(state.past_peak, steps[u].fund)
    if venue.margin_cap > 1.0:
        change = math.log(step.mark / steps[t - 1].mark)
        state.variance = venue.margin_decay * state.variance + (1.0 - venue.margin_decay) * change * change


@compiled
def run_path(prices: Floats, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Run one path; buffers and state are changed in place.

    `prices` (n_steps + 1,) is the reference path in USD per coin, the first price included. `state` is zero but for
    `maker_size`, minus the net size of the book, and `n_long`. `buffers.steps` is zero, the positions as at the start.
    """
    start(prices, buffers, state, venue)
    last = prices.size - 1
    until_settlement = venue.settlement_interval
    for t in range(1, last + 1):
        state.step = t
        if venue.margin_cap > 1.0:
            scale_margin(buffers, state, venue)
        state.impact *= venue.decay
        state.reference = prices[t]
        set_prices(state, venue)
        if t > state.halted_until and (-state.mark >= state.next_long or state.mark >= state.next_short):
            force_both_sides(buffers, state, venue, policy)
        until_settlement -= 1
        if t == last or until_settlement == 0:
            until_settlement = venue.settlement_interval
            if state.residual_long > 0.0 or state.residual_short > 0.0:
                settle(buffers, state, venue, policy)
            state.settlement += 1
            state.settled_value = state.value
        finish_step(buffers.steps, state, venue)
