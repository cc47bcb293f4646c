"""Paths of a gbm that overshoot a level: the law of the first passage whose last step lands well beyond the level.

A venue loses when the price jumps over the distance between a large position's trigger and its bankruptcy price, in the
very step that passes the trigger. Large steps are rare, and rarer still at the right place; a tilt of all steps alike
knows neither. This one walks each path towards a level and lets it pass only by a large step.

Notes
-----
Let y be a step's normal in the direction of the level, d > 0 the distance to it in step deviations, n the steps left
and h the overshoot. While the level has not been passed, the density of y over the true one is

    e / G(d + h)                              for y > d + h        (the overshoot; G the upper tail of a normal)
    0                                         for d < y < d + h    (passing without it)
    (1 - e) exp(m y - m^2 / 2) / G(m - d)     for y < d            (going on)

and 1 afterwards. It is a density for any 0 < e < 1 and any m, so weights are exact; e and m only make it good. They
follow the law of paths given that they overshoot: with V = W(d) R(d, n) about the chance of that, e = G(d + h) / V and
m the slope of log R. R is the reflection formula for reaching the level within n steps (0.5826 of a step further away,
as it is seen at steps only), W(d) the chance that the first passage overshoots, from its renewal equation.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.compile import compiled, inlined, inner
from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]
Choice = NDArray[np.int64]

MONITORED = 0.5826  # of a step: how much further away a barrier is that is watched at steps only
NEAR = 8.0  # step deviations from the level beyond which no step passes it
BIN = 0.125
LARGEST_SHARE = 0.9
SLOPE_BIN, N_SLOPES = 0.02, 500


def transport(model: PathModel, normal: Floats, levels: Floats, overshoots: Floats, choice: Choice) -> None:
    """Move normals (paths, steps) in place to the same quantiles of the law levels[k], overshoots[k], k = choice[path].

    A path whose level is 0 stays as it is.
    """
    tables, rates = _all_chances(overshoots), _rates(model)
    _transport(normal, _step_mean(model), levels / model.step_volatility, overshoots, choice, tables, _slopes(), rates)


def log_overshoot_densities(model: PathModel, normal: Floats, levels: Floats, overshoots: Floats) -> Floats:
    """Return log(density / true density) of paths (paths, steps) under each law (tilts,), (tilts, paths)."""
    out = np.zeros((levels.size, normal.shape[0]))
    tables, rates = _all_chances(overshoots), _rates(model)
    _log_densities(normal, _step_mean(model), levels / model.step_volatility, overshoots, tables, _slopes(), rates, out)
    return out


def _step_mean(model: PathModel) -> float:
    """Return the mean move of the log price in a step, in step deviations."""
    return model.drift * model.step_years / model.step_volatility - 0.5 * model.step_volatility


def _rates(model: PathModel) -> Floats:
    """Return one over the root of the steps left, (steps,)."""
    return np.asarray(1.0 / np.sqrt(np.arange(model.n_steps, 0, -1)))


def _all_chances(overshoots: Floats) -> Floats:
    return np.array([overshoot_chances(float(each)) for each in overshoots]).reshape(overshoots.size, -1)


@lru_cache(maxsize=256)
def overshoot_chances(overshoot: float) -> Floats:
    """Return W at the middles of bins of distance up to NEAR: the chance that the first passage overshoots.

    W(d) = G(d + h) + integral over y < d of the normal density times W(d - y); far away it is constant.
    """
    edges = np.arange(0.0, 2.0 * NEAR + 0.5 * BIN, BIN)
    middles = edges[:-1] + 0.5 * BIN
    upper = np.array([_cdf(x) for x in np.subtract.outer(middles, edges).ravel()]).reshape(middles.size, edges.size)
    kernel = upper[:, :-1] - upper[:, 1:]
    kernel[:, -1] += upper[:, -1]
    beyond = np.array([_cdf(-(x + overshoot)) for x in middles])
    found = np.linalg.solve(np.eye(middles.size) - kernel, beyond)
    return np.asarray(np.maximum(found[: int(NEAR / BIN)], 1e-300))


@lru_cache(maxsize=1)
def _slopes() -> Floats:
    """Return density / upper tail of a normal at u = 0, SLOPE_BIN, ...: the slope of log R in u."""
    u = SLOPE_BIN * np.arange(N_SLOPES)
    tail = np.array([_cdf(-float(x)) for x in u])
    return np.asarray(np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi) / tail)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@inlined
def _tail(x: float) -> float:
    return 0.5 * math.erfc(x * 0.7071067811865476)


@inlined
def _guide(distance: float, rate: float, slopes: Floats) -> float:
    """Return m: how far the steps lean towards the level; `rate` is one over the root of the steps left."""
    return slopes[int(min((distance + MONITORED) * rate * (1.0 / SLOPE_BIN), slopes.size - 1.0))] * rate


@inlined
def _overshoot_share(distance: float, rate: float, overshoot: float, chances: Floats) -> float:
    """Return e: the share of paths that pass the level in this step."""
    beyond = _tail(distance + overshoot)
    reached = min(2.0 * _tail((distance + MONITORED) * rate), 1.0)
    chance = chances[int(distance / BIN)] * reached
    return min(beyond / max(chance, 1e-300), LARGEST_SHARE)


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
    step_mean: float,
    levels: Floats,
    overshoots: Floats,
    choice: Choice,
    tables: Floats,
    slopes: Floats,
    rates: Floats,
) -> None:
    for path in range(normal.shape[0]):
        which = choice[path]
        level, overshoot = levels[which], overshoots[which]
        if level == 0.0:
            continue
        side, walk = 1.0 if level > 0.0 else -1.0, 0.0
        for step in range(normal.shape[1]):
            distance = side * (level - walk - step_mean)
            if not distance > 0.0:
                break
            lean = _guide(distance, rates[step], slopes)
            y = side * normal[path, step]
            if distance >= NEAR:
                y += lean
            else:
                share = _overshoot_share(distance, rates[step], overshoot, tables[which])
                above = _tail(y)
                if above < share:
                    y = -_quantile(max(above / share * _tail(distance + overshoot), 1e-300))
                else:
                    below = _tail(-y) / (1.0 - share)
                    y = min(lean + _quantile(min(below, 1.0 - 1e-16) * _tail(lean - distance)), distance)
            normal[path, step] = side * y
            if y > distance:
                break
            walk += step_mean + side * y


@compiled
def _log_densities(
    normal: Floats,
    step_mean: float,
    levels: Floats,
    overshoots: Floats,
    tables: Floats,
    slopes: Floats,
    rates: Floats,
    out: Floats,
) -> None:
    for path in range(normal.shape[0]):
        for tilt in range(levels.size):
            level, overshoot = levels[tilt], overshoots[tilt]
            side, walk, total = 1.0 if level > 0.0 else -1.0, 0.0, 0.0
            for step in range(normal.shape[1]):
                distance = side * (level - walk - step_mean)
                if not distance > 0.0:
                    break
                walk += step_mean + normal[path, step]
                lean = _guide(distance, rates[step], slopes)
                y = side * normal[path, step]
                if distance >= NEAR:
                    total += lean * (y - 0.5 * lean)
                    continue
                share = _overshoot_share(distance, rates[step], overshoot, tables[tilt])
                if y <= distance:
                    total += lean * (y - 0.5 * lean) + math.log((1.0 - share) / _tail(lean - distance))
                    continue
                beyond = _tail(distance + overshoot)
                total += math.log(share / beyond) if y > distance + overshoot else -math.inf
                break
            out[tilt, path] = total
