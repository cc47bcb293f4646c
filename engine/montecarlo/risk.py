"""Risk measures of a sample, each with its standard error: mean, probability, Value at Risk, Expected Shortfall.

A sample of n values has weights w (likelihood ratios; 1 in plain Monte Carlo): value i carries the mass w_i / n.
docs/MODEL.md section 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker

Floats = NDArray[np.float64]

ROUNDING = 1e-12  # of the mass in the tail: sums of w / n


@dataclass(frozen=True, slots=True)
class Estimated:
    """An estimate with its standard error: two numbers, or two arrays of one shape.

    The error is 0 where the answer is exact (a path without randomness), infinity where one path says nothing about it.
    """

    value: Any
    stderr: Any

    def __float__(self) -> float:
        """Return the value."""
        return float(self.value)

    def interval(self, n_errors: float = 1.96) -> tuple[Any, Any]:
        """Return value minus and plus so many standard errors; 1.96 of them hold the truth 95 times in 100."""
        return self.value - n_errors * self.stderr, self.value + n_errors * self.stderr


def mean_error(total: Any, square: Any, n: int) -> Any:
    """Return the standard error of total / n from the sum of squares; infinity for n = 1."""
    if n <= 1:
        return np.full(np.shape(total), np.inf)[()]
    mean = np.asarray(total) / n
    return np.sqrt(np.maximum(np.asarray(square) / n - mean * mean, 0.0) / (n - 1))[()]


def mean_of(total: Any, square: Any, n: int) -> Estimated:
    """Return the mean from a sum and a sum of squares, numbers or arrays."""
    return _estimated(np.asarray(total) / n, mean_error(total, square, n))


def probability_of(total: Any, square: Any, n: int) -> Estimated:
    """Return a probability from the sums of w 1 and (w 1)^2 over n paths, numbers or arrays.

    Where no path was hit, or every one, the sample variance is 0 and says nothing: there the error is that of the
    rule of succession, p = 1 / (n + 2).
    """
    value, error = np.asarray(total) / n, mean_error(total, square, n)
    rare = 1.0 / (n + 2.0)
    is_certain = (np.asarray(total) == 0.0) | ((np.asarray(total) == n) & (np.asarray(square) == n))
    return _estimated(value, np.where(is_certain, math.sqrt(rare * (1.0 - rare) / n), error))


def ratio_of(total: Any, total_square: Any, base: Any, base_square: Any, cross: Any) -> Estimated:
    """Return total / base by the delta method, 0 where the base is 0.

    `total`, `base` are sums of w x and w y, the squares those of (w x)^2 and (w y)^2, `cross` that of w^2 x y.
    """
    total, base = np.asarray(total, dtype=np.float64), np.asarray(base, dtype=np.float64)
    value = np.divide(total, base, out=np.zeros_like(total), where=base > 0)
    variance = np.maximum(total_square - 2.0 * value * cross + value * value * base_square, 0.0)
    return _estimated(value, np.divide(np.sqrt(variance), base, out=np.zeros_like(total), where=base > 0))


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> Estimated:
    """Return the mean of w x over the sample; (n,) values in any unit."""
    x, w = _sample(values, weights)
    y = w * x
    return Estimated(float(y.mean()), _error_of_mean(y))


def probability(hits: ArrayLike, weights: ArrayLike | None = None) -> Estimated:
    """Return the probability of an event, (n,) booleans; see `probability_of` for the error where none was hit."""
    x, w = _sample(hits, weights)
    y = w * x
    return probability_of(float(y.sum()), float((y * y).sum()), y.size)


def value_at_risk(values: ArrayLike, level: float, weights: ArrayLike | None = None) -> Estimated:
    """Return VaR_a(X) = inf{x : P(X > x) <= 1 - a} of a sample of losses.

    Parameters
    ----------
    values : (n,)
        Losses, any unit, finite.
    level : float
        a, 0 <= a < 1.
    weights : (n,) or None
        Likelihood ratios; for a discrete distribution n times the probabilities.

    Notes
    -----
    The standard error is half the distance between the quantiles whose tails are one standard error of P(X > VaR)
    larger and smaller (Woodruff's interval).
    """
    x, mass = _ranked(values, level, weights)
    tail = 1.0 - level
    above = np.concatenate(([0.0], np.cumsum(mass)))  # above[k]: mass of the k largest
    error = _tail_error(mass, int(np.searchsorted(above, tail)), tail)
    largest, smallest = _at_tail(x, above, max(tail - error, 0.0)), _at_tail(x, above, tail + error)
    stderr = math.inf if x.size == 1 else 0.5 * (largest - smallest)
    return Estimated(_at_tail(x, above, tail), stderr)


def expected_shortfall(values: ArrayLike, level: float, weights: ArrayLike | None = None) -> Estimated:
    """Return ES_a(X), the mean of the worst 1 - a of the mass, with a fractional weight on the atom at VaR.

    Parameters as in `value_at_risk`. ES_0 is the mean.

    Notes
    -----
    VaR + E[(X - VaR)+] / (1 - a); the standard error is that of the mean of w (X - VaR)+ / (1 - a), for the choice of
    VaR does not matter to first order.

    Examples
    --------
    >>> expected_shortfall([0.0, 0.0, 0.0, 10.0], 0.5).value
    5.0
    """
    x, mass = _ranked(values, level, weights)
    tail = 1.0 - level
    above = np.concatenate(([0.0], np.cumsum(mass)))
    var = _at_tail(x, above, tail)
    excess = mass * np.maximum(x - var, 0.0) * (x.size / tail)
    total = float(above[-1]) if level == 0.0 else 1.0
    return Estimated(var * total + float(excess.mean()), _error_of_mean(excess))


def quantiles(table: Floats, levels: Sequence[float], weights: Floats) -> tuple[Floats, Floats]:
    """Return quantiles of every column of (n, columns) samples and their standard errors, two (levels, columns) arrays.

    As `value_at_risk`, for all columns at once; 0 < level < 1.
    """
    n, columns = table.shape
    if n == 0:
        return np.zeros((len(levels), columns)), np.zeros((len(levels), columns))
    order = np.argsort(-table, axis=0, kind="stable")
    ranked = np.take_along_axis(table, order, axis=0)
    mass = weights[order] / n
    above, square = np.cumsum(mass, axis=0), np.cumsum(mass * mass, axis=0) * n

    def at_tail(tail: Floats) -> Floats:
        count = np.minimum((above <= tail + ROUNDING).sum(axis=0), n - 1)
        return np.asarray(np.take_along_axis(ranked, count[None], axis=0)[0])

    value, stderr = np.empty((len(levels), columns)), np.full((len(levels), columns), np.inf)
    for row, level in enumerate(levels):
        tail = np.full(columns, 1.0 - level)
        value[row] = at_tail(tail)
        if n > 1:
            count = np.minimum((above < tail).sum(axis=0), n - 1)
            spread = np.take_along_axis(square, count[None], axis=0)[0] - tail * tail
            error = np.sqrt(np.maximum(spread, 0.0) / (n - 1))
            stderr[row] = 0.5 * (at_tail(np.maximum(tail - error, 0.0)) - at_tail(tail + error))
    return value, stderr


def effective_sample_size(weights: ArrayLike) -> float:
    """Return (sum w)^2 / sum w^2: how many equally weighted paths are worth as much; 0 when all weights are 0."""
    w = np.asarray(weights, dtype=np.float64)
    square = float((w * w).sum())
    return float(w.sum()) ** 2 / square if square > 0.0 else 0.0


def _estimated(value: Any, stderr: Any) -> Estimated:
    """Return plain floats for numbers, arrays for arrays."""
    if np.ndim(value) == 0:
        return Estimated(float(value), float(stderr))
    return Estimated(np.asarray(value), np.asarray(stderr))


def check_level(check: Checker, field: str, level: object) -> None:
    """Require 0 <= level < 1."""
    check.number(field, level, least=0)
    if isinstance(level, int | float) and level >= 1:
        check.add(field, "< 1", level)


def _sample(values: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    x = np.asarray(values, dtype=np.float64).ravel()
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    check = Checker()
    if x.size == 0:
        check.add("values", "at least one number", [])
    else:
        check.array("values", x)
    if w.size != x.size:
        check.add("weights", f"of length {x.size} like values", f"length {w.size}")
    elif w.size:
        check.array("weights", w, least=0.0)
    check.raise_if_any()
    return x, w


def _ranked(values: ArrayLike, level: float, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Return the values from the largest down, and their masses."""
    check = Checker()
    check_level(check, "level", level)
    check.raise_if_any()
    x, w = _sample(values, weights)
    order = np.argsort(-x, kind="stable")
    return x[order], w[order] / x.size


def _at_tail(x: Floats, above: Floats, tail: float) -> float:
    """Return the smallest value with at most a mass of `tail` strictly above it; the smallest of all if all are."""
    count = int(np.searchsorted(above, tail + ROUNDING, side="right")) - 1  # the most values that may lie above
    return float(x[min(count, x.size - 1)])


def _tail_error(mass: Floats, count: int, tail: float) -> float:
    n = mass.size
    if n <= 1:
        return 0.0
    square = float((mass[:count] ** 2).sum()) * n  # mean of (w 1)^2, over the values above
    return math.sqrt(max(square - tail * tail, 0.0) / (n - 1))


def _error_of_mean(y: Floats) -> float:
    return math.inf if y.size == 1 else float(y.std(ddof=1)) / math.sqrt(y.size)
