"""How to split an amount over claims: the five rules of the claims literature, for one book and for a batch.

Every rule fills `charge[:n]` (n = number of claims) with 0 <= charge <= cap and returns the amount allocated, which is
min(amount, capacity) to 1e-12. They expect clean input (amount >= 0, no NaN); the public `engine.allocate` checks it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import allocating, compiled_allocating
from engine.sharing.policy_record import Rule

_BLOCK = 256
_MAX_PASSES = 40
PROPORTIONAL, EQUAL_AWARDS = int(Rule.PROPORTIONAL), int(Rule.EQUAL_AWARDS)
TALMUD, PRIORITY = int(Rule.TALMUD), int(Rule.PRIORITY)

_DUST = 1e-12  # relative: below it a difference to the amount is rounding


@compiled_allocating
def proportional(
    amount: float, cap: NDArray[np.float64], weight: NDArray[np.float64], charge: NDArray[np.float64]
) -> float:
    """Charge min(cap, L * weight) with the one level L that raises the amount; zero weight pays nothing."""
    n = cap.shape[0]
    scaled_weights(cap, weight, charge)  # `charge` holds the weights until the last loop
    level = water_level(amount, 1.0, cap, charge) if amount > 0.0 else 0.0
    if math.isinf(level):
        for i in range(n):
            charge[i] = cap[i] if charge[i] > 0.0 else 0.0
    else:
        for i in range(n):
            charge[i] = min(cap[i], level * charge[i])
    total = accurate_sum(charge, n)
    return amount if abs(total - amount) <= _DUST * amount else total


@compiled_allocating
def equal_awards(amount: float, cap: NDArray[np.float64], charge: NDArray[np.float64]) -> float:
    """Charge max(cap - m, 0) with the one level m that raises the amount: the largest first, down to a common level.

    Works with distances from the largest claim, d = max(cap) - cap, and the drop m' = max(cap) - m <= amount, so
    that nothing is lost to cancellation when the amount is small. Claims above the drop are thrown out for good.
    """
    n, largest = cap.shape[0], 0.0
    for i in range(n):
        largest = max(largest, cap[i])
    capacity = accurate_sum(cap, n)
    if amount >= capacity:
        for i in range(n):
            charge[i] = max(cap[i], 0.0)
        return capacity
    drop, kept = min(amount, largest), 0
    for i in range(n):
        if largest - cap[i] < drop:
            charge[kept] = largest - cap[i]
            kept += 1
    before = kept + 1
    while 0 < kept < before:
        drop, before = (amount + accurate_sum(charge, kept)) / kept, kept
        kept = 0
        for i in range(before):
            if charge[i] < drop:
                charge[kept] = charge[i]
                kept += 1
    for i in range(n):
        charge[i] = min(max(drop - (largest - cap[i]), 0.0), cap[i]) if amount > 0.0 else 0.0
    return max(amount, 0.0)


@compiled_allocating
def talmud(amount: float, cap: NDArray[np.float64], charge: NDArray[np.float64]) -> float:
    """Charge by Aumann and Maschler: equal charges up to half of each claim, then equal remainders below it."""
    n = cap.shape[0]
    capacity = accurate_sum(cap, n)
    target = max(min(amount, capacity), 0.0)
    upper = 2.0 * target > capacity
    for i in range(n):
        charge[i] = 1.0 if cap[i] > 0.0 else 0.0
    shared = capacity - target if upper else target
    level = water_level(shared, 0.5, cap, charge) if shared > 0.0 else 0.0
    for i in range(n):
        part = min(0.5 * cap[i], level) if cap[i] > 0.0 else 0.0
        charge[i] = cap[i] - part if upper else part
    return target


@allocating
def _last_tier(amount: float, cap: NDArray[np.float64], tier: NDArray[np.float64]) -> float:
    """Return the tier in which the amount runs out: weighted quickselect with three-way partition, expected O(n)."""
    n = cap.shape[0]
    keys, caps = tier[:n].copy(), cap.copy()
    low, high, rest, state = 0, n, amount, 12345
    while high - low > 1:
        state = (state * 1103515245 + 12345) % 2147483648
        pivot = keys[low + state % (high - low)]
        less, at, more, below, level = low, low, high, 0.0, 0.0
        while at < more:
            key = keys[at]
            if key < pivot:
                below += caps[at]
                keys[less], keys[at] = keys[at], keys[less]
                caps[less], caps[at] = caps[at], caps[less]
                less, at = less + 1, at + 1
            elif key > pivot:
                more -= 1
                keys[more], keys[at] = keys[at], keys[more]
                caps[more], caps[at] = caps[at], caps[more]
            else:
                level += caps[at]
                at += 1
        if rest <= below and less > low:
            high = less
        elif rest <= below + level or more == high:
            return pivot
        else:
            rest, low = rest - below - level, more
    return keys[low]


@compiled_allocating
def priority(amount: float, cap: NDArray[np.float64], tier: NDArray[np.float64], charge: NDArray[np.float64]) -> float:
    """Charge tier after tier, lowest number first; inside the last tier reached, pro rata to cap."""
    n = cap.shape[0]
    capacity = accurate_sum(cap, n)
    if n == 0 or amount <= 0.0 or amount >= capacity:
        for i in range(n):
            charge[i] = max(cap[i], 0.0) if amount > 0.0 else 0.0
        return max(min(amount, capacity), 0.0)
    last = _last_tier(amount, cap, tier)
    for i in range(n):
        charge[i] = cap[i] if tier[i] < last else 0.0
    rest = amount - accurate_sum(charge, n)
    for i in range(n):
        charge[i] = cap[i] if tier[i] == last else 0.0
    share = min(max(rest / accurate_sum(charge, n), 0.0), 1.0)
    for i in range(n):
        charge[i] = cap[i] if tier[i] < last else charge[i] * share
    return amount


@compiled_allocating
def split(
    rule: int, amount: float, cap: NDArray[np.float64], weight: NDArray[np.float64], charge: NDArray[np.float64]
) -> float:
    """Split by the rule's code; `weight` is the tier for PRIORITY and unused by EQUAL_AWARDS and TALMUD.

    Raises ValueError for a code without a rule.
    """
    if rule == PROPORTIONAL:
        return proportional(amount, cap, weight, charge)
    if rule == EQUAL_AWARDS:
        return equal_awards(amount, cap, charge)
    if rule == TALMUD:
        return talmud(amount, cap, charge)
    if rule == PRIORITY:
        return priority(amount, cap, weight, charge)
    raise ValueError("no rule of engine.sharing.rules has this code")


@compiled_allocating
def accurate_sum(values: NDArray[np.float64], n: int) -> float:
    """Return the sum of the first n values: plain inside blocks, compensated across them (error of a few ulp)."""
    total, lost, start = 0.0, 0.0, 0
    while start < n:
        stop = min(start + _BLOCK, n)
        block = 0.0
        for i in range(start, stop):
            block += values[i]
        if math.isinf(block):
            return block
        moved = block - lost
        grown = total + moved
        lost = (grown - total) - moved
        total, start = grown, stop
    return total


@allocating
def scaled_weights(cap: NDArray[np.float64], weight: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the weights scaled by a power of two to at most 1, and 0 where nothing can be charged."""
    n, largest = cap.shape[0], 0.0
    for i in range(n):
        largest = max(largest, weight[i] if cap[i] > 0.0 else 0.0)
    _, exponent = math.frexp(largest)
    half = exponent // 2
    first, second = math.ldexp(1.0, -half), math.ldexp(1.0, half - exponent)
    for i in range(n):
        out[i] = (weight[i] if cap[i] > 0.0 else 0.0) * first * second


@allocating
def _capped_totals(
    level: float, factor: float, cap: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float, int]:
    """Return the sum of the caps that `level` reaches, the weight of the other claims, and how many are capped."""
    n = cap.shape[0]
    capped, capped_lost, free, free_lost, count, start = 0.0, 0.0, 0.0, 0.0, 0, 0
    while start < n:
        stop = min(start + _BLOCK, n)
        block_cap, block_weight = 0.0, 0.0
        for i in range(start, stop):  # selects, not branches, which mispredict; zero weight adds nothing
            w, c = weight[i], factor * cap[i]
            hit = c <= level * w
            block_cap += c if hit else 0.0
            block_weight += 0.0 if hit else w
            count += 1 if hit else 0
        moved = block_cap - capped_lost
        grown = capped + moved
        capped_lost = (grown - capped) - moved
        capped = grown
        moved = block_weight - free_lost
        grown = free + moved
        free_lost = (grown - free) - moved
        free, start = grown, stop
    return capped, free, count


@allocating
def _level_by_halving(
    low: float, amount: float, factor: float, cap: NDArray[np.float64], weight: NDArray[np.float64]
) -> float:
    """Return a level just below the one wanted, between `low` and the level at which the last claim is capped."""
    high = low
    for i in range(cap.shape[0]):
        if weight[i] > 0.0:
            high = max(high, factor * cap[i] / weight[i])
    for _ in range(_MAX_PASSES):
        middle = math.sqrt(low) * math.sqrt(high)
        capped, free, _ = _capped_totals(middle, factor, cap, weight)
        if capped + middle * free < amount:
            low = middle
        else:
            high = middle
    return low


@allocating
def water_level(amount: float, factor: float, cap: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return the level L with sum(min(factor * cap, L * weight)) = amount; infinite when all caps are needed.

    Newton's method on a concave, piecewise linear function: the level only rises and the capped set only grows. Claims
    in geometric progression make it slow; after some passes halving the interval brings it near.
    """
    free = accurate_sum(weight, cap.shape[0])
    level, count = (amount / free if free > 0.0 else np.inf), 0
    for passes in range(4 * _MAX_PASSES):
        if passes == _MAX_PASSES:
            level, count = _level_by_halving(level, amount, factor, cap, weight), -1
        capped, free, reached = _capped_totals(level, factor, cap, weight)
        if reached <= count:
            return level
        if free <= 0.0:
            return np.inf
        level, count = max(level, (amount - capped) / free), reached
    return level
