"""Layers 2 to 4 of the waterfall (docs/MODEL.md section 4): what they can pay, and what they pay of one deficit."""

from __future__ import annotations

import math
from typing import Any

from tests.model.oracle_state import State


def fund_can_pay(state: Any) -> float:
    """All of the fund, or down to its drawdown limit below the peak of the window."""
    venue, window = state.venue, state.venue.fund_peak_window
    ends = state.fund_ends if window is None else state.fund_ends[max(state.step - window, 0) :]
    peak = max([state.fund, *ends])
    return max(0.0, min(state.fund, state.fund - (1 - venue.fund_max_drawdown) * peak))


def is_beyond_limit(state: Any, notional: float) -> bool:
    """Whether the fund would hold more, net, than it may: the order alone, or with what is left of those before it."""
    venue = state.venue
    if not notional or venue.fund_position_limit == math.inf:
        return False
    held = max(abs(notional), abs(state.fund_position + intake(venue.fund_position_half_life) * notional))
    return state.is_above(held, venue.fund_position_limit * max(state.fund, 0.0), held)


def intake(half_life: float) -> float:
    """What is left at a step's end of what came in evenly over it: the mean of 2^(-u / half_life), 0 <= u <= 1."""
    return 1.0 if half_life == math.inf else -math.expm1(-math.log(2) / half_life) * half_life / math.log(2)


def layers_can_pay(state: State, notional: float) -> float:
    promised = sum(state.residual.values()) if state.venue.fund_payout == "pro_rata" else 0.0
    of_fund = 0.0 if is_beyond_limit(state, notional) else fund_can_pay(state)
    return of_fund + state.venue_capital + backstop(state) - state.vault_kept - promised


def backstop(state: State) -> float:
    return state.members + state.assessments + state.vault


def pay_from_layers(state: State, deficit: float, notional: float) -> float:
    """Layers 2 to 4 at once, in order; returns what is left for the policy. `notional` is what the fund takes over."""
    paid = min(deficit, fund_can_pay(state))
    if paid:
        state.fund_position += intake(state.venue.fund_position_half_life) * notional
    state.fund -= paid
    left = deficit - paid
    for layer in ("venue_capital", "members", "assessments", "vault"):
        kept = state.vault_kept if layer == "vault" else 0.0
        paid = min(left, getattr(state, layer) - kept)
        setattr(state, layer, getattr(state, layer) - paid)
        left -= paid
    return left
