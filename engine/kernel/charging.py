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
    SIZE,
    WEIGHT,
    Desk,
    Record,
)
from engine.sharing.claims import amount_to_raise, claims_and_weights
from engine.sharing.rules import split


@compiled
def charges_by_rule(amount: float, spared: float, desk: Desk, policy: Record) -> float:
    """Fill row CHARGE for what raises `amount` from the side other than `spared` (0: all); return the largest rate."""
    work = desk.work
    claims_and_weights(
        policy,
        work[PROFIT],
        work[EQUITY],
        work[CASH],
        work[SIZE],
        work[LEVERAGE],
        work[NOTIONAL],
        work[PLACE],
        work[CAP],
        work[WEIGHT],
    )
    if spared != 0.0:
        for i in range(desk.traders.size):
            if desk.fixed[i].side == spared:
                work[CAP, i] = 0.0
                work[WEIGHT, i] = 0.0
    raised = amount_to_raise(policy, amount, work[CAP], work[WEIGHT])
    split(policy.rule, raised, work[CAP], work[WEIGHT], work[CHARGE])
    rate = 0.0
    if desk.settlements.size > 0:
        for i in range(desk.traders.size):
            if work[PROFIT, i] > 0.0:
                rate = max(rate, work[CHARGE, i] / work[PROFIT, i])
    return rate
