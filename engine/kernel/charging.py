"""The charges of one settlement under any money policy: a kernel of its own, which the cascade calls by its address."""

from __future__ import annotations

from engine.compile import compiled
from engine.kernel.state import (
    CAP,
    CASH,
    CHARGE,
    EQUITY,
    LEVERAGE,
    NOTIONAL,
    PLACE,
    PROFIT,
    RECORD,
    SIZE,
    WEIGHT,
    Record,
    RunBuffers,
)
from engine.sharing.claims import amount_to_raise, claims_and_weights
from engine.sharing.rules import split


@compiled
def charges_by_rule(amount: float, spared: float, buffers: RunBuffers, policy: Record) -> float:
    """Fill row CHARGE for what raises `amount` from the side other than `spared` (0: all); return the largest rate."""
    measures = buffers.measures
    claims_and_weights(
        policy,
        measures[PROFIT],
        measures[EQUITY],
        measures[CASH],
        measures[SIZE],
        measures[LEVERAGE],
        measures[NOTIONAL],
        measures[PLACE],
        measures[RECORD],
        measures[CAP],
        measures[WEIGHT],
    )
    if spared != 0.0:
        for i in range(buffers.positions.size):
            if buffers.terms[i].side == spared:
                measures[CAP, i] = 0.0
                measures[WEIGHT, i] = 0.0
    raised = amount_to_raise(policy, amount, measures[CAP], measures[WEIGHT])
    split(policy.rule, raised, measures[CAP], measures[WEIGHT], measures[CHARGE])
    rate = 0.0
    if buffers.settlements.size > 0:
        for i in range(buffers.positions.size):
            if measures[PROFIT, i] > 0.0:
                rate = max(rate, measures[CHARGE, i] / measures[PROFIT, i])
    return rate
