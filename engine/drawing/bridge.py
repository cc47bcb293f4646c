"""Paths through known prices: Brownian bridges between waypoints, and the scripted crash."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]


def waypoints(model: PathModel) -> tuple[NDArray[np.int64], Floats]:
    """Return the steps at which a model's prices are given, and those prices (none for a model without)."""
    if model.model == "array":
        return np.arange(len(model.prices)), np.array(model.prices, dtype=np.float64)
    if model.model == "waypoints":
        steps, prices = zip(*model.points, strict=True)
        return np.array(steps, dtype=np.int64), np.array(prices, dtype=np.float64)
    return np.zeros(0, dtype=np.int64), np.zeros(0)


def waypoint_trend(model: PathModel) -> Floats:
    """Return the log price over its start at steps 1 to n_steps, without noise: straight between waypoints.

    After the last waypoint the price grows as a gbm does, from there on.
    """
    steps, prices = waypoints(model)
    known = np.log(prices)
    time = np.arange(1.0, model.n_steps + 1)
    past = np.maximum(time - steps[-1], 0.0) * model.step_years
    trend = np.interp(time, steps, known) - known[0]
    return np.asarray(trend + past * (model.drift - 0.5 * model.level**2))


def bridge_noise(model: PathModel, out: Floats) -> None:
    """Turn random walks into bridges, in place: 0 at every waypoint, free after the last.

    Parameters
    ----------
    model : PathModel
        With "waypoints".
    out : (n_paths, n_steps + 1) float
        Random walks that start at 0.

    Notes
    -----
    Between known steps a < b the bridge is W_t - W_a - (t - a) / (b - a) (W_b - W_a).
    """
    steps, _ = waypoints(model)
    known = out[:, steps]
    for left in range(steps.size - 1):
        start, end = int(steps[left]), int(steps[left + 1])
        share = np.arange(1, end - start + 1) / (end - start)
        between = out[:, start + 1 : end + 1]
        between -= known[:, left, None] + share * (known[:, left + 1] - known[:, left])[:, None]
    out[:, steps[-1] + 1 :] -= known[:, -1, None]


def script_trend(model: PathModel) -> Floats:
    """Return the scripted crash as a log price over its start at steps 1 to n_steps.

    Level until `crash_start`, a straight line in log price to 1 - depth over `crash_steps`, another to
    1 - depth (1 - recovery) over `recovery_steps`, level after; all of it times `crash_scale`.
    """
    start, end = model.crash_start, model.crash_start + model.crash_steps
    bottom = math.log1p(-model.crash_depth)
    after = math.log1p(-model.crash_depth * (1.0 - model.recovery))
    time = np.arange(1.0, model.n_steps + 1)
    script = np.interp(time, [start, end, end + model.recovery_steps], [0.0, bottom, after])
    return np.asarray(model.crash_scale * script)
