"""Layers 2 to 4 of the waterfall (docs/MODEL.md section 4): what they can pay, and what they pay of one deficit."""

from __future__ import annotations

from tests.model.oracle_state import State


def fund_can_pay(state: State) -> float:
    """All of the fund, or down to its drawdown limit below the peak of the window."""
    venue, window = state.venue, state.venue.fund_peak_window
    ends = state.fund_ends if window is None else state.fund_ends[max(state.step - window, 0) :]
    peak = max([state.fund, *ends])
    return max(0.0, min(state.fund, state.fund - (1 - venue.fund_max_drawdown) * peak))


def layers_can_pay(state: State) -> float:
    promised = sum(state.residual.values()) if state.venue.fund_payout == "pro_rata" else 0.0
    return fund_can_pay(state) + state.venue_capital + backstop(state) - state.vault_kept - promised


def backstop(state: State) -> float:
    return state.members + state.assessments + state.vault


def pay_from_layers(state: State, deficit: float) -> float:
    """Layers 2 to 4 at once, in order; returns what is left for the policy."""
    paid = min(deficit, fund_can_pay(state))
    state.fund -= paid
    left = deficit - paid
    for layer in ("venue_capital", "members", "assessments", "vault"):
        kept = state.vault_kept if layer == "vault" else 0.0
        paid = min(left, getattr(state, layer) - kept)
        setattr(state, layer, getattr(state, layer) - paid)
        left -= paid
    return left
