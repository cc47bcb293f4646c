"""What pays a deficit before anybody is charged: fund, venue's capital, backstop (docs/MODEL.md section 4).

The same for positions in one market and for accounts: `step`, `state` and `venue` are the records of either.
"""

from __future__ import annotations

import math

from engine.compile import inlined
from engine.kernel.state import Record, Rows


@inlined
def open_layers(state: Record, venue: Record) -> None:
    """Fill the layers as they are at the start of a run."""
    state.fund, state.venue_capital, state.backstop = venue.fund, venue.venue_capital, venue.backstop
    state.fund_position, state.held = 0.0, 0.0
    state.past_peak = -math.inf if venue.has_peak_window != 0 and venue.peak_window == 0 else venue.fund


@inlined
def close_fund(t: int, steps: Rows, state: Record, venue: Record) -> None:
    """Record the fund at the end of a step; let its positions run off, and update the peak of its money."""
    steps[t].fund = state.fund
    state.fund_position *= venue.fund_position_decay
    if venue.has_peak_window == 0:
        state.past_peak = max(state.past_peak, state.fund)
    elif venue.fund_max_drawdown < 1.0:
        state.past_peak = -math.inf
        for u in range(max(0, t + 1 - venue.peak_window), t + 1):
            state.past_peak = max(state.past_peak, steps[u].fund)


@inlined
def fund_capacity(state: Record, venue: Record) -> float:
    """Return what the insurance fund can pay now, its drawdown limit respected."""
    peak = max(state.fund, state.past_peak)
    floor = (1.0 - venue.fund_max_drawdown) * peak if venue.fund_max_drawdown < 1.0 else 0.0
    return max(0.0, min(state.fund, state.fund - floor))


@inlined
def use_of_limit(notional: float, state: Record, venue: Record) -> float:
    """Return what the fund holds once it takes over an order's `notional`, signed, as a share of what it may hold."""
    if venue.has_position_limit == 0 or notional == 0.0:
        return 0.0
    held = max(abs(notional), abs(state.fund_position + venue.fund_intake * notional))
    most = venue.fund_position_limit * state.fund
    return held / most if most > 0.0 else math.inf


@inlined
def layers_can_pay(notional: float, state: Record, venue: Record) -> float:
    """Return what fund, capital and backstop can pay together of a deficit.

    An order whose `notional`, signed by its side, is more than the fund may take over has nothing from it.
    """
    capacity = fund_capacity(state, venue) if use_of_limit(notional, state, venue) <= 1.0 else 0.0
    return capacity + (state.venue_capital + max(state.backstop - venue.backstop_kept, 0.0))


@inlined
def pay_from_layers(deficit: float, notional: float, step: Record, state: Record, venue: Record) -> float:
    """Let the fund, the venue's capital and the backstop pay, in that order; return what is left.

    `notional` of the order that left the deficit, signed by its side; 0 where the fund takes nothing over.
    """
    left = deficit
    paid = min(left, fund_capacity(state, venue))
    if venue.has_position_limit != 0 and paid > 0.0:
        state.held = max(state.held, use_of_limit(notional, state, venue))
        state.fund_position += venue.fund_intake * notional
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
    return left - paid


@inlined
def note_unfunded(left: float, step: Record, state: Record) -> None:
    """Add to what nobody pays."""
    state.unfunded += left
    step.unfunded += left


@inlined
def log_deficit(row: Record, deficit: float, before: tuple[float, float, float], step: Record) -> None:
    """Write into a row of the log what the layers paid of a deficit; `before` is what they had paid in the step."""
    row.deficit = deficit
    row.fund_paid, row.venue_paid = step.fund_paid - before[0], step.venue_paid - before[1]
    row.backstop_paid = step.backstop_paid - before[2]
    row.carried = deficit - row.fund_paid - row.venue_paid - row.backstop_paid
