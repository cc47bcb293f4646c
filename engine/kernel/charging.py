"""The charges of one settlement under any money policy: a kernel of its own, which the cascade calls by its address."""

from __future__ import annotations

from engine.compile import compiled, inlined
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
    Table,
)
from engine.sharing.claims import amount_to_raise, claims_and_weights
from engine.sharing.rules import split


@inlined
def fill_claims(measures: Table, policy: Record) -> None:
    """Fill rows CAP and WEIGHT by what was measured."""
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


@inlined
def split_claims(amount: float, measures: Table, policy: Record) -> None:
    """Fill row CHARGE with what raises `amount` from the claims."""
    raised = amount_to_raise(policy, amount, measures[CAP], measures[WEIGHT])
    split(policy.rule, raised, measures[CAP], measures[WEIGHT], measures[CHARGE])


@inlined
def largest_rate(measures: Table) -> float:
    """Return the largest charge as a share of the profit."""
    rate = 0.0
    for i in range(measures.shape[1]):
        if measures[PROFIT, i] > 0.0:
            rate = max(rate, measures[CHARGE, i] / measures[PROFIT, i])
    return rate


@compiled
def charges_by_rule(amount: float, spared: float, buffers: RunBuffers, policy: Record) -> float:
    """Fill row CHARGE for what raises `amount` from the side other than `spared` (0: all); return the largest rate."""
    measures = buffers.measures
    fill_claims(measures, policy)
    if spared != 0.0:
        for i in range(buffers.positions.size):
            if buffers.terms[i].side == spared:
                measures[CAP, i] = 0.0
                measures[WEIGHT, i] = 0.0
    split_claims(amount, measures, policy)
    return largest_rate(measures) if buffers.settlements.size > 0 else 0.0
