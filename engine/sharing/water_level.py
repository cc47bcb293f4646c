"""The level of water-filling: sum(min(cap, level * weight)) = amount, to a few ulp and without overflow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import allocating, compiled_allocating

_BLOCK = 256
_MAX_PASSES = 40


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
