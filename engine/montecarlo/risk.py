"""Risk measures of a sample, each with its standard error: mean, probability, Value at Risk, Expected Shortfall.

A sample of n values has weights w (likelihood ratios; 1 in plain Monte Carlo): value i carries the mass w_i / n.
docs/MODEL.md section 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import Checker
from engine.kernel.state import Floats

ROUNDING = 1e-12  # of the mass in the tail: sums of w / n
TWO_SIDED = 1.96  # standard errors that hold the truth 95 times in 100
FEW_IN_TAIL = 4.0  # paths: of fewer the largest one is too often below the quantile that is asked for


@dataclass(frozen=True, slots=True)
class Estimated:
    """An estimate with its standard error: two numbers, or two arrays of one shape.

    The error is 0 where the answer is exact (a path without randomness), and infinity where the paths have not seen
    enough to say: one path, a mean of values that are all the same, a tail of less than one path.
    """

    value: Any
    stderr: Any

    def __float__(self) -> float:
        """Return the value."""
        return float(self.value)

    def interval(self) -> tuple[Any, Any]:
        """Return the ends of the 95 % interval: of an amount, value minus and plus 1.96 standard errors."""
        return self.value - TWO_SIDED * self.stderr, self.value + TWO_SIDED * self.stderr


@dataclass(frozen=True, slots=True)
class Chance(Estimated):
    """A probability: its interval is Clopper and Pearson's, which holds the truth 95 times in 100 or more often.

    `n_trials` is how many plain paths would have the same error: n_paths, more or fewer with likelihood ratios, and
    infinity where nothing is random.
    """

    n_trials: Any

    def interval(self) -> tuple[Any, Any]:
        """Return the ends of the 95 % interval, within 0 and 1."""

        def ends(value: float, trials: float) -> tuple[float, float]:
            return (value, value) if math.isinf(trials) else clopper_pearson(min(value, 1.0) * trials, trials)

        low, high = np.vectorize(ends, otypes=[float, float])(self.value, self.n_trials)
        return low[()], high[()]


def mean_error(total: Any, square: Any, n: int) -> Any:
    """Return the standard error of total / n from the sum of squares; infinity for n = 1 and where all values are 0."""
    mean = np.asarray(total) / n
    error = np.sqrt(np.maximum(np.asarray(square) / n - mean * mean, 0.0) / max(n - 1, 1))
    return np.where((n == 1) | (np.asarray(square) == 0.0), np.inf, error)[()]


def mean_of(total: Any, square: Any, n: int) -> Estimated:
    """Return the mean from a sum and a sum of squares, numbers or arrays."""
    return _estimated(np.asarray(total) / n, mean_error(total, square, n))


def probability_of(total: Any, square: Any, n: int, largest: float = 1.0) -> Chance:
    """Return a probability from the sums of w 1 and (w 1)^2 over n paths, numbers or arrays; `largest` weight.

    Where no path was hit, or every one, the sample variance is 0 and says nothing: there the error is that of the
    rule of succession, p = 1 / (n + 2), and each path counts as one over the largest weight. Of k effective hits with
    weights, k / (k + 2) count in the interval, for their spread is itself an estimate.
    """
    total, square = np.asarray(total, dtype=np.float64), np.asarray(square, dtype=np.float64)
    value = total / n
    is_certain = (total == 0.0) | ((total == n) & (square == n))
    rare = 1.0 / (n + 2.0)
    error = np.where(is_certain, math.sqrt(rare * (1.0 - rare) / n), mean_error(total, square, n))
    variance = square / n - value * value
    is_plain = is_certain | (variance <= 0.0) | (value >= 1.0)
    spread = np.where(is_plain, 1.0, value * (1.0 - value))
    trials = np.where(is_plain, n / max(largest, 1.0), n * spread / np.where(is_plain, 1.0, variance))
    trials *= np.where(is_plain | (square == total), 1.0, value * trials / (value * trials + 2.0))
    if value.ndim == 0:
        return Chance(float(value), float(error), float(trials))
    return Chance(value, error, trials)


@lru_cache(maxsize=4096)
def clopper_pearson(hits: float, trials: float) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a probability from `hits` among `trials`, both also fractional.

    Notes
    -----
    Quantiles of Beta(hits, trials - hits + 1) and Beta(hits + 1, trials - hits): the probabilities under which so many
    hits or more, and so many or fewer, have a chance of 2.5 % (Clopper and Pearson, Biometrika 26, 1934).

    Examples
    --------
    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    low = 0.0 if hits <= 0.0 else _beta_quantile(0.025, hits, trials - hits + 1.0)
    high = 1.0 if hits >= trials else _beta_quantile(0.975, hits + 1.0, trials - hits)
    return low, high


def _beta_quantile(p: float, a: float, b: float) -> float:
    """Return x with I_x(a, b) = p by Newton's method, halving where a step leaves what is known."""
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(200):
        log_density = (a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x) - log_beta
        gap = _beta_share(x, a, b, log_beta) - p
        low, high = (x, high) if gap < 0.0 else (low, x)
        following = x - gap * math.exp(-log_density) if log_density > -600.0 else math.inf
        following = following if low < following < high else 0.5 * (low + high)
        if abs(following - x) <= 1e-12 * x:
            break
        x = following
    return x


def _beta_share(x: float, a: float, b: float, log_beta: float) -> float:
    """Return I_x(a, b), the lower tail of a beta distribution, by its continued fraction (Lentz's method)."""
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_share(1.0 - x, b, a, log_beta)
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    found = d
    for m in range(1, 100_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            c, d = 1.0 + term / c, 1.0 / (1.0 + term * d)
            found *= c * d
        if abs(c * d - 1.0) < 1e-13:
            break
    return math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) * found / a


def ratio_of(total: Any, total_square: Any, base: Any, base_square: Any, cross: Any) -> Estimated:
    """Return total / base by the delta method; 0 with an infinite error where nothing, or one path alone, was seen.

    `total`, `base` are sums of w x and w y, the squares those of (w x)^2 and (w y)^2, `cross` that of w^2 x y.
    """
    total, base = np.asarray(total, dtype=np.float64), np.asarray(base, dtype=np.float64)
    value = np.divide(total, base, out=np.zeros_like(total), where=base > 0)
    variance = np.maximum(total_square - 2.0 * value * cross + value * value * base_square, 0.0)
    is_seen = (base > 0) & (total_square > 0) & (base * base > base_square * (1.0 + 1e-9))
    return _estimated(value, np.divide(np.sqrt(variance), base, out=np.full_like(total, np.inf), where=is_seen))


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> Estimated:
    """Return the mean of w x over the sample; (n,) values in any unit."""
    x, w = _sample(values, weights)
    y = w * x
    return Estimated(float(y.mean()), _error_of_mean(y))


def probability(hits: ArrayLike, weights: ArrayLike | None = None) -> Chance:
    """Return the probability of an event, (n,) booleans; see `probability_of` for the error where none was hit."""
    x, w = _sample(hits, weights)
    y = w * x
    return probability_of(float(y.sum()), float((y * y).sum()), y.size, float(w.max()))


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
    larger and smaller (Woodruff's interval). Of a tail of fewer than FEW_IN_TAIL paths it is `_few_error`.
    """
    x, mass = _ranked(values, level, weights)
    tail = 1.0 - level
    above = np.concatenate(([0.0], np.cumsum(mass)))  # above[k]: mass of the k largest
    found, few = _at_tail(x, above, tail), _few_error(x, mass, above, tail)
    if few > 0.0:
        return Estimated(found, few)
    error = _tail_error(mass, int(np.searchsorted(above, tail)), tail)
    largest, smallest = _at_tail(x, above, max(tail - error, 0.0)), _at_tail(x, above, tail + error)
    return Estimated(found, 0.5 * (largest - smallest))


def expected_shortfall(values: ArrayLike, level: float, weights: ArrayLike | None = None) -> Estimated:
    """Return ES_a(X), the mean of the worst 1 - a of the mass, with a fractional weight on the atom at VaR.

    Parameters as in `value_at_risk`. ES_0 is the mean.

    Notes
    -----
    VaR + E[(X - VaR)+] / (1 - a); the standard error is that of the mean of w (X - VaR)+ / (1 - a), for the choice of
    VaR does not matter to first order. Of a tail of fewer than FEW_IN_TAIL paths it is `_few_error`.

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
    error = _few_error(x, mass, above, tail) or _error_of_mean(excess)
    return Estimated(var * total + float(excess.mean()), error)


def quantiles(table: Floats, levels: Sequence[float], weights: Floats) -> Floats:
    """Return quantiles of every column of (n, columns) samples, (levels, columns); as `value_at_risk`, all at once."""
    n, columns = table.shape
    if n == 0:
        return np.zeros((len(levels), columns))
    order = np.argsort(-table, axis=0, kind="stable")
    ranked, above = np.take_along_axis(table, order, axis=0), np.cumsum(weights[order] / n, axis=0)
    count = [np.minimum((above <= 1.0 - level + ROUNDING).sum(axis=0), n - 1) for level in levels]
    return np.asarray(np.take_along_axis(ranked, np.array(count), axis=0))


def certain(found: Chance) -> Chance:
    """Return the chance of what is not random, with no error."""
    return Chance(found.value, 0.0, math.inf)


def stacked(chances: Sequence[Chance]) -> Chance:
    """Return chances as one of arrays (k,)."""
    return Chance(*(np.array([getattr(one, name) for one in chances]) for name in ("value", "stderr", "n_trials")))


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


def _few_error(x: Floats, mass: Floats, above: Floats, tail: float) -> float:
    """Return the standard error of VaR and ES of a tail of fewer than FEW_IN_TAIL paths; 0 where there are more.

    Infinity below one path, and where all that were seen are the same. Between, what lies beyond the largest value is
    guessed from the distance to the one with five times the tail above it, times 3 / paths: for tails from exponential
    to Pareto's of index 2 the interval then holds VaR and ES 93 times in 100 or more often. Paths in the tail are
    (sum w)^2 / sum w^2, the last one in part.
    """
    part = np.clip(tail - above[:-1], 0.0, mass)
    square = float(part @ mass)
    n_tail = float(part.sum()) ** 2 / square if square > 0.0 else 0.0
    if n_tail < 1.0 - 1e-9 or x.size == 1:
        return math.inf
    if n_tail >= FEW_IN_TAIL:
        return 0.0
    spread = float(x[0]) - _at_tail(x, above, 5.0 * tail)
    return spread * 3.0 / n_tail if spread > 0.0 else math.inf


def _tail_error(mass: Floats, count: int, tail: float) -> float:
    n = mass.size
    square = float((mass[:count] ** 2).sum()) * n  # mean of (w 1)^2, over the values above
    return math.sqrt(max(square - tail * tail, 0.0) / (n - 1))


def _error_of_mean(y: Floats) -> float:
    return math.inf if y.max() == y.min() else float(y.std(ddof=1)) / math.sqrt(y.size)
