"""From the state of the traders to claims and weights: the one function that every money policy goes through."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.compile import allocating, compiled_allocating
from engine.sharing.policy_record import Claim, Weight
from engine.sharing.rules import split

Record = Any  # a row of POLICY_DTYPE, read by field name in compiled code
Floats = NDArray[np.float64]

CLAIM_PROFIT, CLAIM_EQUITY, CLAIM_CASH = int(Claim.PROFIT), int(Claim.EQUITY), int(Claim.CASH)
CLAIM_NONE, CLAIM_CONTRIBUTION = int(Claim.NONE), int(Claim.CONTRIBUTION)
WEIGHT_CLAIM, WEIGHT_ONE, WEIGHT_SIZE = int(Weight.CLAIM), int(Weight.ONE), int(Weight.SIZE)
WEIGHT_POWER, TIER_FLAT_LAST, TIER_ORDER = int(Weight.POWER), int(Weight.TIER_FLAT_LAST), int(Weight.TIER_ORDER)

KNOWN_CLAIMS = (CLAIM_NONE, CLAIM_PROFIT, CLAIM_EQUITY, CLAIM_CASH, CLAIM_CONTRIBUTION)
KNOWN_WEIGHTS = (WEIGHT_CLAIM, WEIGHT_ONE, WEIGHT_SIZE, WEIGHT_POWER, TIER_FLAT_LAST, TIER_ORDER)

LARGEST_WEIGHT = 1e150


@allocating
def _log_term(base: float, exponent: float) -> float:
    return 0.0 if exponent == 0.0 else exponent * np.log(base)


@allocating
def power_weight(
    policy: Record, profit: float, leverage: float, notional: float, equity: float, record: float
) -> float:
    """Return profit^a leverage^b notional^c (equity / notional)^d record^e, at most 1e150; 0^0 = 1.

    A trader without a position (leverage and notional 0, equity / notional infinite) has weight 0 under a positive
    exponent of the first two and the largest weight, paying first, under a negative one; 0 where the two meet.
    """
    a, b, c = policy.profit_exponent, policy.leverage_exponent, policy.notional_exponent
    if (a == 0.0 or a == 1.0) and (b == 0.0 or b == 1.0) and (c == 0.0 or c == 1.0):
        value = (profit if a == 1.0 else 1.0) * (leverage if b == 1.0 else 1.0) * (notional if c == 1.0 else 1.0)
    else:
        value = np.exp(_log_term(profit, a) + _log_term(leverage, b) + _log_term(notional, c))
    if policy.collateral_exponent != 0.0:
        value *= np.exp(policy.collateral_exponent * np.log(equity / notional))
    if policy.record_exponent != 0.0:
        value *= record if policy.record_exponent == 1.0 else np.exp(policy.record_exponent * np.log(record))
    return 0.0 if math.isnan(value) else min(value, LARGEST_WEIGHT)


@allocating
def _check_codes(claim: int, by: int) -> None:
    if claim not in KNOWN_CLAIMS:
        raise ValueError("engine.sharing.claims has no branch for this code of Claim")
    if by not in KNOWN_WEIGHTS:
        raise ValueError("engine.sharing.claims has no branch for this code of Weight")


@compiled_allocating
def claims_and_weights(
    policy: Record,
    profit: Floats,
    equity: Floats,
    cash: Floats,
    size_abs: Floats,
    leverage: Floats,
    notional: Floats,
    order: Floats,
    record: Floats,
    cap: Floats,
    weight: Floats,
) -> None:
    """Fill `cap` and `weight` of every trader for a money policy (docs/MODEL.md section 4, "Policies").

    Parameters
    ----------
    policy : record of POLICY_DTYPE
    profit : (n,) chargeable profit G >= 0, in money
    equity : (n,) total equity in money, may be negative (then nothing can be charged) or infinite (no equity cap)
    cash : (n,) wallet + collateral in money, without unrealized profit
    size_abs : (n,) unsigned open size; for a counter-side policy zero on the side of the bankrupt
    leverage : (n,) effective leverage >= 0
    notional : (n,) at the mark, in money
    order : (n,) place in the line of withdrawals, 0 = first out (only for `first_come`)
    record : (n,) track record >= 0 (only where an exponent of `risk_weighted` uses it)
    cap, weight : (n,) outputs; the weight is a tier, lowest first, where the rule is priority

    Notes
    -----
    A cap is never above max(equity, 0). Default-fund contributions are no claim on traders: their cap is 0 here.

    Raises
    ------
    ValueError
        For a claim or a weight without a branch below.
    """
    claim, by, factor = policy.claim, policy.weight, policy.cap_factor
    _check_codes(claim, by)
    for i in range(cap.shape[0]):
        limit = max(equity[i], 0.0)
        base = 0.0
        if claim == CLAIM_PROFIT:
            base = max(profit[i], 0.0)
        elif claim == CLAIM_EQUITY:
            base = limit
        elif claim == CLAIM_CASH:
            base = max(cash[i], 0.0)
        cap[i] = min(factor * base, limit) if factor > 0.0 else 0.0
        if by == WEIGHT_CLAIM:
            weight[i] = base
        elif by == WEIGHT_ONE:
            weight[i] = 1.0
        elif by == WEIGHT_SIZE:
            weight[i] = size_abs[i]
        elif by == WEIGHT_POWER:
            weight[i] = 0.0
            if cap[i] > 0.0:
                weight[i] = power_weight(policy, profit[i], leverage[i], notional[i], equity[i], record[i])
        elif by == TIER_FLAT_LAST:
            weight[i] = 0.0 if size_abs[i] > 0.0 else 1.0
        elif by == TIER_ORDER:
            weight[i] = -order[i]


@compiled_allocating
def amount_to_raise(policy: Record, amount: float, cap: Floats, weight: Floats) -> float:
    """Return what is charged for a deficit: the amount, or more under a floor rate; the excess belongs to the fund.

    With a floor the rate is max(amount / sum of profits, floor), so at least what the floor takes of each profit is
    raised; nobody pays for a winner whose cap is below the floor.
    """
    if policy.floor <= 0.0 or amount <= 0.0:
        return amount
    at_floor = 0.0
    for i in range(cap.shape[0]):
        at_floor += min(cap[i], policy.floor * weight[i])
    return max(amount, at_floor)


@compiled_allocating
def allocate_rows(
    policy: Record,
    amount: Floats,
    columns: tuple[Floats, ...],
    cap: Floats,
    weight: Floats,
    charge: Floats,
    raised: Floats,
) -> None:
    """Share amount[p] over row p of (n_paths, n) arrays, for every path p.

    Parameters
    ----------
    policy : record of POLICY_DTYPE
    amount : (n_paths,) money
    columns : the eight inputs of `claims_and_weights`, each (n_paths, n); NaN where nothing was given
    cap, weight : (n,) scratch
    charge : (n_paths, n) output, money
    raised : (n_paths,) output, money

    Raises
    ------
    ValueError
        Where claim or weight of the policy read a column that was not given.
    """
    profit, equity, cash, size, leverage, notional, order, record = columns
    for row in range(amount.shape[0]):
        claims_and_weights(
            policy,
            profit[row],
            equity[row],
            cash[row],
            size[row],
            leverage[row],
            notional[row],
            order[row],
            record[row],
            cap,
            weight,
        )
        for i in range(cap.shape[0]):
            if math.isnan(cap[i]) or math.isnan(weight[i]):
                raise ValueError("the policy reads a column that was not given to engine.allocate")
        due = amount_to_raise(policy, amount[row], cap, weight)
        raised[row] = split(policy.rule, due, cap, weight, charge[row])
