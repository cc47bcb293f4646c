"""Price models as functions of their shocks: draw_shocks draws what is random, log_paths turns it into log prices.

Shocks depend on seed and block only (and on what shapes their own law: degrees of freedom, the length of the returns),
never on volatility, drift or jump settings. Every array is filled path by path, so the first k paths of a block are the
same whatever k is. A caller that tilts the law (importance sampling) changes the shocks, or draws them under one model
and builds the paths with another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from engine.arrays import Floats, Whole
from engine.compile import compiled
from engine.drawing.path_settings import PathModel
from engine.streams import Stream, stream

LARGEST_LOG_MOVE = 50.0


class Shocks(NamedTuple):
    """What is random in a block of paths: arrays (n_paths, n_steps), None where the model has no use for one.

    `normal` standard normals; `chi_square` the squared-normal sums that fatten the Student-t's tails; `jump_uniform`
    uniforms whose quantile is the number of jumps in the step; `jump_normal` standard normals for their sum;
    `return_index` positions in the series of returns; of "history" the numbers of the days, (n_paths, 1).
    """

    normal: Floats | None = None
    chi_square: Floats | None = None
    jump_uniform: Floats | None = None
    jump_normal: Floats | None = None
    return_index: Whole | None = None


def draw_shocks(*, model: PathModel, seed: int, block: int, n_paths: int) -> Shocks:
    """Return the shocks of the first n_paths paths of a block; seed and block, both >= 0, key the random streams."""
    shape = (n_paths, model.n_steps)
    if model.model == "array":
        return Shocks()
    main = stream(seed, Stream.PATHS, block)
    if model.model == "bootstrap":
        return Shocks(return_index=_draw_index(model, main, n_paths))
    if model.model == "history":
        return Shocks(return_index=main.integers(0, len(model.recorded_days()), size=(n_paths, 1)))
    normal = main.standard_normal(shape)
    if model.model == "student_t":
        tails = stream(seed, Stream.PATH_TAILS, block).standard_gamma(0.5 * model.degrees_of_freedom, shape)
        tails *= 2.0
        return Shocks(normal=normal, chi_square=tails)
    if model.model == "merton":
        counts = stream(seed, Stream.PATH_JUMP_COUNTS, block).random(shape)
        sizes = stream(seed, Stream.PATH_JUMP_SIZES, block).standard_normal(shape)
        return Shocks(normal=normal, jump_uniform=counts, jump_normal=sizes)
    return Shocks(normal=normal)


def log_paths(*, model: PathModel, shocks: Shocks, out: Floats) -> Floats:
    """Return log(price / initial price) of every path and step, written into `out`.

    Parameters
    ----------
    model : PathModel
        The model, all settings of which may differ from those the shocks were drawn for but kind and n_steps.
    shocks : Shocks
        From draw_shocks; left as they are.
    out : (n_paths, n_steps + 1) float
        C-contiguous; its first column becomes 0.

    Notes
    -----
    Log prices stay within +-50 of the start (a factor of 5e21), so that no volatility gives a price of 0, infinity or
    NaN.
    """
    out[:, 0] = 0.0
    body = out[:, 1:]
    _NOISE[model.model](model, shocks, out)
    body += _TREND[model.model](model)
    np.clip(body, -LARGEST_LOG_MOVE, LARGEST_LOG_MOVE, out=body)
    return out


def waypoints(model: PathModel) -> tuple[Whole, Floats]:
    """Return the steps at which a model's prices are given, and those prices (none for a model without)."""
    if model.model == "array":
        return np.arange(len(model.prices)), np.array(model.prices, dtype=np.float64)
    if model.model == "waypoints":
        steps, prices = zip(*model.points, strict=True)
        return np.array(steps, dtype=np.int64), np.array(prices, dtype=np.float64)
    return np.zeros(0, dtype=np.int64), np.zeros(0)


def jump_counts(*, model: PathModel, shocks: Shocks) -> tuple[Whole, Whole]:
    """Return the flat positions (path * n_steps + step) of the steps with a jump, and the number of jumps in each.

    The number is the Poisson quantile of the step's uniform: a higher intensity only ever adds jumps.
    """
    assert shocks.jump_uniform is not None
    uniform = shocks.jump_uniform.ravel()
    below = poisson_cdf(model.jump_intensity * model.step_years)
    where = np.flatnonzero(uniform >= below[0])
    return where, np.searchsorted(below, uniform[where], side="right")


def jump_moves(*, model: PathModel, shocks: Shocks) -> tuple[Whole, Floats]:
    """Return the flat positions of the steps with a jump, as in jump_counts, and the jump of the log price in each."""
    assert shocks.jump_normal is not None
    where, count = jump_counts(model=model, shocks=shocks)
    deviation = model.jump_volatility * np.sqrt(count)
    return where, model.jump_mean * count + deviation * shocks.jump_normal.ravel()[where]


def _draw_index(model: PathModel, main: np.random.Generator, n_paths: int) -> Whole:
    n_returns, length = len(model.returns), model.block_length
    n_blocks = -(-model.n_steps // length)
    start = main.integers(0, n_returns, size=(n_paths, n_blocks))
    index = (start[:, :, None] + np.arange(length)) % n_returns
    return np.ascontiguousarray(index.reshape(n_paths, n_blocks * length)[:, : model.n_steps])


def poisson_cdf(mean: float) -> Floats:
    """Return P(N <= k) of a Poisson number for k = 0, 1, ... until what is left is too little to count."""
    terms, total, cdf = math.exp(-mean), 0.0, []
    for count in range(1000):
        total += terms
        cdf.append(total)
        terms *= mean / (count + 1)
        if count > mean and terms < 1e-18:
            break
    return np.array(cdf)


def _normal(shocks: Shocks) -> Floats:
    assert shocks.normal is not None
    return shocks.normal


def _normal_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    body = np.cumsum(_normal(shocks), axis=1, out=out[:, 1:])
    body *= model.step_volatility


def _student_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    assert shocks.chi_square is not None
    scale = np.maximum(shocks.chi_square, 1e-100)
    np.divide(model.degrees_of_freedom - 2.0, scale, out=scale)
    np.sqrt(scale, out=scale)
    scale *= _normal(shocks)
    body = np.cumsum(scale, axis=1, out=out[:, 1:])
    body *= model.step_volatility


def _merton_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    where, size = jump_moves(model=model, shocks=shocks)
    move = _normal(shocks) * model.step_volatility
    move.reshape(-1)[where] += size
    np.cumsum(move, axis=1, out=out[:, 1:])


def _garch_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    _garch_walk(_normal(shocks), out, model.step_volatility**2, model.alpha, model.beta)


def _bootstrap_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    assert shocks.return_index is not None
    body = np.cumsum(standardized_returns(model)[shocks.return_index], axis=1, out=out[:, 1:])
    body *= model.step_volatility


def _recorded_moves(model: PathModel, shocks: Shocks, out: Floats) -> None:
    assert shocks.return_index is not None
    drawn = model.recorded_days().closes[shocks.return_index[:, 0], : out.shape[1]]
    np.log(drawn / drawn[:, :1], out=out)


def _bridge_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    """Fill Brownian bridges: 0 at every waypoint, free after the last.

    Between known steps a < b the bridge is W_t - W_a - (t - a) / (b - a) (W_b - W_a).
    """
    _normal_noise(model, shocks, out)
    steps, _ = waypoints(model)
    known = out[:, steps]
    for left in range(steps.size - 1):
        start, end = int(steps[left]), int(steps[left + 1])
        share = np.arange(1, end - start + 1) / (end - start)
        between = out[:, start + 1 : end + 1]
        between -= known[:, left, None] + share * (known[:, left + 1] - known[:, left])[:, None]
    out[:, steps[-1] + 1 :] -= known[:, -1, None]


def _no_noise(model: PathModel, shocks: Shocks, out: Floats) -> None:
    out[:, 1:] = 0.0


@compiled
def _garch_walk(normal: Floats, out: Floats, target: float, alpha: float, beta: float) -> None:
    """Write the compensated GARCH(1,1) walk: each step moves by sqrt(h) z - h / 2, h the variance known before it."""
    base = (1.0 - alpha - beta) * target
    for path in range(normal.shape[0]):
        variance, level = target, 0.0
        for step in range(normal.shape[1]):
            shock = math.sqrt(variance) * normal[path, step]
            level += shock - 0.5 * variance
            out[path, step + 1] = level
            variance = min(base + alpha * shock * shock + beta * variance, 1e6)


def standardized_returns(model: PathModel) -> Floats:
    """Return the series with mean 0 and standard deviation 1; zeros where all returns are equal."""
    returns = np.array(model.returns, dtype=np.float64)
    returns -= returns.mean()
    deviation = float(returns.std())
    return returns / deviation if deviation > 0 else np.zeros_like(returns)


def _time(model: PathModel) -> Floats:
    return np.arange(1.0, model.n_steps + 1) * model.step_years


def _waypoint_trend(model: PathModel) -> Floats:
    """Return the log price over its start at steps 1 to n_steps, without noise: straight between waypoints.

    After the last waypoint the price grows as a gbm does, from there on.
    """
    steps, prices = waypoints(model)
    known = np.log(prices)
    time = np.arange(1.0, model.n_steps + 1)
    past = np.maximum(time - steps[-1], 0.0) * model.step_years
    trend = np.interp(time, steps, known) - known[0]
    return np.asarray(trend + past * (model.drift - 0.5 * model.level**2))


def _growth_trend(model: PathModel) -> Floats:
    return _time(model) * (model.drift - 0.5 * model.level**2)


def _merton_trend(model: PathModel) -> Floats:
    jump_growth = math.expm1(model.jump_mean + 0.5 * model.jump_volatility**2)
    return _growth_trend(model) - _time(model) * model.jump_intensity * jump_growth


def _garch_trend(model: PathModel) -> Floats:
    return _time(model) * model.drift


def _bootstrap_trend(model: PathModel) -> Floats:
    moves = standardized_returns(model) * model.step_volatility
    top = float(moves.max())  # so that no exponential overflows
    growth = top + math.log(float(np.mean(np.exp(moves - top))))
    return _time(model) * model.drift - np.arange(1, model.n_steps + 1) * growth


def _no_trend(model: PathModel) -> Floats:
    return np.zeros(model.n_steps)


def _crash_trend(model: PathModel) -> Floats:
    """Return the growth and the scripted crash: level until `crash_start`, then straight lines in log price.

    They go to 1 - depth over `crash_steps` and to 1 - depth (1 - recovery) over `recovery_steps`; it is level after.
    All of it is multiplied by `crash_scale`.
    """
    start, end = model.crash_start, model.crash_start + model.crash_steps
    bottom = math.log1p(-model.crash_depth)
    after = math.log1p(-model.crash_depth * (1.0 - model.recovery))
    time = np.arange(1.0, model.n_steps + 1)
    script = np.interp(time, [start, end, end + model.recovery_steps], [0.0, bottom, after])
    return _growth_trend(model) + model.crash_scale * script


_NOISE: Mapping[str, Callable[[PathModel, Shocks, Floats], None]] = MappingProxyType(
    {
        "gbm": _normal_noise,
        "student_t": _student_noise,
        "merton": _merton_noise,
        "garch": _garch_noise,
        "bootstrap": _bootstrap_noise,
        "crash": _normal_noise,
        "waypoints": _bridge_noise,
        "array": _no_noise,
        "history": _recorded_moves,
    }
)
_TREND: Mapping[str, Callable[[PathModel], Floats]] = MappingProxyType(
    {
        "gbm": _growth_trend,
        "student_t": _growth_trend,
        "merton": _merton_trend,
        "garch": _garch_trend,
        "bootstrap": _bootstrap_trend,
        "crash": _crash_trend,
        "waypoints": _waypoint_trend,
        "array": _waypoint_trend,
        "history": _no_trend,
    }
)
