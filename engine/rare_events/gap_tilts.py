"""Paths that pass a level by a gap: the law of the first passage whose last step lands well beyond the level.

A venue loses when the price jumps over the distance between a large position's trigger and its bankruptcy price, in the
very step that passes the trigger. Large steps are rare, and rarer still at the right place; a tilt of all steps alike
knows neither. This one walks each path towards a level and lets it pass only by a large step.

Notes
-----
Let y be a step's normal in the direction of the level, d > 0 the distance to it in step deviations, n the steps left
and h the gap. While the level has not been passed, the density of y over the true one is

    e / G(d + h)                              for y > d + h        (the gap; G the upper tail of a normal)
    0                                         for d < y < d + h    (passing without a gap)
    (1 - e) exp(m y - m^2 / 2) / G(m - d)     for y < d            (going on)

and 1 afterwards. It is a density for any 0 < e < 1 and any m, so weights are exact; e and m only make it good. They
follow the law of paths given that they pass by a gap: with V = W(d) R(d, n) about the chance of that, e = G(d + h) / V
and m the slope of log R. R is the reflection formula for reaching the level within n steps (0.5826 of a step further
away, as it is seen at steps only), W(d) the chance that the first passage lands beyond the gap, from its renewal
equation.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.compile import compiled, inlined, inner
from engine.drawing.bridge import script_trend
from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]
Choice = NDArray[np.int64]

GAP_MODELS = ("gbm", "garch", "crash")
MONITORED = 0.5826  # of a step: how much further away a barrier is that is watched at steps only
NEAR = 8.0  # step deviations from the level beyond which no step passes it
BIN = 0.125
LARGEST_GAP_SHARE = 0.9
DRIFT_BIN, DRIFT_BINS = 0.02, 500


class Walk(NamedTuple):
    """How log prices follow from normals: x += trend + deviation y, deviation by a GARCH(1,1) recursion (gbm: 0, 0)."""

    trend: Floats  # (steps,)
    variance: float
    alpha: float
    beta: float


def walk_of(model: PathModel) -> Walk:
    """Return the walk of a model out of GAP_MODELS."""
    trend = np.full(model.n_steps, model.drift * model.step_years)
    if model.model == "crash":
        trend += np.diff(script_trend(model), prepend=0.0)
    is_garch = model.model == "garch"
    return Walk(trend, model.step_volatility**2, model.alpha if is_garch else 0.0, model.beta if is_garch else 0.0)


def transport(model: PathModel, normal: Floats, levels: Floats, gaps: Floats, choice: Choice) -> None:
    """Move normals (paths, steps) in place to the same quantiles of the law levels[k], gaps[k], k = choice[path].

    A path whose level is 0 stays as it is.
    """
    _transport(normal, *walk_of(model), levels, gaps, choice, _all_chances(gaps), _drifts())


def log_gap_densities(model: PathModel, normal: Floats, levels: Floats, gaps: Floats) -> Floats:
    """Return log(density / true density) of paths (paths, steps) under each law (tilts,), (tilts, paths)."""
    out = np.zeros((levels.size, normal.shape[0]))
    walk = np.empty((3, model.n_steps))
    _log_densities(normal, *walk_of(model), levels, gaps, _all_chances(gaps), _drifts(), walk, out)
    return out


def _all_chances(gaps: Floats) -> Floats:
    return np.array([gap_chances(float(gap)) for gap in gaps]).reshape(gaps.size, -1)


@lru_cache(maxsize=256)
def gap_chances(gap: float) -> Floats:
    """Return W at the middles of bins of distance up to NEAR: the chance that the first passage lands beyond the gap.

    W(d) = G(d + h) + integral over y < d of the normal density times W(d - y); far away it is constant.
    """
    edges = np.arange(0.0, 2.0 * NEAR + 0.5 * BIN, BIN)
    middles = edges[:-1] + 0.5 * BIN
    upper = np.array([_cdf(x) for x in np.subtract.outer(middles, edges).ravel()]).reshape(middles.size, edges.size)
    kernel = upper[:, :-1] - upper[:, 1:]
    kernel[:, -1] += upper[:, -1]
    beyond = np.array([_cdf(-(x + gap)) for x in middles])
    found = np.linalg.solve(np.eye(middles.size) - kernel, beyond)
    return np.asarray(np.maximum(found[: int(NEAR / BIN)], 1e-300))


@lru_cache(maxsize=1)
def _drifts() -> Floats:
    """Return density / upper tail of a normal at u = 0, DRIFT_BIN, ...: the slope of log R in u."""
    u = DRIFT_BIN * np.arange(DRIFT_BINS)
    tail = np.array([_cdf(-float(x)) for x in u])
    return np.asarray(np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi) / tail)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@inlined
def _tail(x: float) -> float:
    return 0.5 * math.erfc(x * 0.7071067811865476)


@inlined
def _guide(distance: float, rate: float, drifts: Floats) -> float:
    """Return m: how far the steps lean towards the level; `rate` is one over the root of the steps left."""
    return drifts[int(min((distance + MONITORED) * rate * (1.0 / DRIFT_BIN), drifts.size - 1.0))] * rate


@inlined
def _gap_share(distance: float, rate: float, gap: float, chances: Floats) -> float:
    """Return e: the share of paths that pass the level in this step."""
    beyond = _tail(distance + gap)
    reached = min(2.0 * _tail((distance + MONITORED) * rate), 1.0)
    chance = chances[int(distance / BIN)] * reached
    return min(beyond / max(chance, 1e-300), LARGEST_GAP_SHARE)


@inner
def _quantile(p: float) -> float:
    """Return the x with lower tail p of a normal, by Newton's method on the log of the tail; 0 < p < 1."""
    q = p if p < 0.5 else 1.0 - p
    if q <= 1e-300:
        return -37.0 if p < 0.5 else 37.0
    t = math.sqrt(-2.0 * math.log(q))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in range(3):
        tail = _tail(x)
        x += math.log(tail / q) * tail * math.exp(0.5 * x * x) * 2.5066282746310002
    return -x if p < 0.5 else x


@compiled
def _transport(
    normal: Floats,
    trend: Floats,
    target: float,
    alpha: float,
    beta: float,
    levels: Floats,
    gaps: Floats,
    choice: Choice,
    tables: Floats,
    drifts: Floats,
) -> None:
    n_steps = normal.shape[1]
    base = (1.0 - alpha - beta) * target
    for path in range(normal.shape[0]):
        which = choice[path]
        level, gap = levels[which], gaps[which]
        if level == 0.0:
            continue
        side = 1.0 if level > 0.0 else -1.0
        x, variance = 0.0, target
        for step in range(n_steps):
            deviation = math.sqrt(variance)
            middle = x + trend[step] - 0.5 * variance
            distance = side * (level * (1.0 / deviation) - middle / deviation)
            if not distance > 0.0:
                break
            rate = 1.0 / math.sqrt(n_steps - step)
            lean = _guide(distance, rate, drifts)
            y = side * normal[path, step]
            if distance >= NEAR:
                y += lean
            else:
                share = _gap_share(distance, rate, gap, tables[which])
                above = _tail(y)
                if above < share:
                    y = -_quantile(max(above / share * _tail(distance + gap), 1e-300))
                else:
                    below = _tail(-y) / (1.0 - share)
                    y = min(lean + _quantile(min(below, 1.0 - 1e-16) * _tail(lean - distance)), distance)
            normal[path, step] = side * y
            if y > distance:
                break
            shock = deviation * side * y
            x = middle + shock
            variance = min(base + alpha * shock * shock + beta * variance, 1e6)


@compiled
def _log_densities(
    normal: Floats,
    trend: Floats,
    target: float,
    alpha: float,
    beta: float,
    levels: Floats,
    gaps: Floats,
    tables: Floats,
    drifts: Floats,
    walk: Floats,
    out: Floats,
) -> None:
    n_steps = normal.shape[1]
    base = (1.0 - alpha - beta) * target
    for step in range(n_steps):
        walk[2, step] = 1.0 / math.sqrt(n_steps - step)
    for path in range(normal.shape[0]):
        x, variance = 0.0, target
        for step in range(n_steps):
            middle, deviation = x + trend[step] - 0.5 * variance, math.sqrt(variance)
            walk[0, step], walk[1, step] = middle / deviation, 1.0 / deviation
            shock = deviation * normal[path, step]
            x = middle + shock
            variance = min(base + alpha * shock * shock + beta * variance, 1e6)
        for tilt in range(levels.size):
            level, gap = levels[tilt], gaps[tilt]
            side = 1.0 if level > 0.0 else -1.0
            total = 0.0
            for step in range(n_steps):
                distance = side * (level * walk[1, step] - walk[0, step])
                if not distance > 0.0:
                    break
                lean = _guide(distance, walk[2, step], drifts)
                y = side * normal[path, step]
                if distance >= NEAR:
                    total += lean * (y - 0.5 * lean)
                    continue
                share = _gap_share(distance, walk[2, step], gap, tables[tilt])
                if y <= distance:
                    total += lean * (y - 0.5 * lean) + math.log((1.0 - share) / _tail(lean - distance))
                    continue
                total += math.log(share / _tail(distance + gap)) if y > distance + gap else -math.inf
                break
            out[tilt, path] = total
