"""Tilted jumps of merton: another intensity, and sizes that are moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks, jump_counts
from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]

SMALLEST_BIN = 1e-13  # of a number of jumps: below it a uniform cannot tell it from its neighbor


def path_jumps(model: PathModel, shocks: Shocks) -> Floats:
    """Return each path's number of jumps, of steps with one, and sum of the standard normals of those, (paths, 3)."""
    assert shocks.jump_normal is not None
    n_paths = shocks.jump_normal.shape[0]
    where, count = jump_counts(model=model, shocks=shocks)
    what = count, np.ones(where.size), shocks.jump_normal.ravel()[where]
    return np.column_stack([np.bincount(where // model.n_steps, each, n_paths) for each in what])


def log_jump_density(model: PathModel, found: Floats, intensity: float, jump_shift: float) -> Floats:
    """Return log(density / true density) of path_jumps, (paths,)."""
    expected = model.jump_intensity * model.step_years * model.n_steps
    n_jumps, n_steps, moved = found.T
    total = n_jumps * math.log(intensity) - (intensity - 1.0) * expected
    return np.asarray(total + jump_shift * moved - 0.5 * n_steps * jump_shift**2)


def tilt_jumps(
    model: PathModel, shocks: Shocks, tilts: Sequence[tuple[float, float]], choice: NDArray[np.int64]
) -> Shocks:
    """Draw the numbers of jumps under each (intensity, jump_shift), written as uniforms of the true intensity."""
    assert shocks.jump_uniform is not None
    assert shocks.jump_normal is not None
    uniform, normal = shocks.jump_uniform.copy(), shocks.jump_normal.copy()
    for which, (intensity, jump_shift) in enumerate(tilts):
        rows = np.flatnonzero(choice == which)
        if rows.size == 0 or (intensity == 1.0 and jump_shift == 0.0):
            continue
        more = replace(model, jump_intensity=model.jump_intensity * intensity)
        where, count = jump_counts(model=more, shocks=Shocks(jump_uniform=uniform[rows]))
        drawn, moved = np.zeros((rows.size, model.n_steps)), normal[rows]
        middle = _bin_middles(model.jump_intensity * model.step_years)
        drawn.ravel()[where] = middle[np.minimum(count, middle.size - 1)]
        moved.ravel()[where] += jump_shift
        uniform[rows], normal[rows] = drawn, moved
    return shocks._replace(jump_uniform=uniform, jump_normal=normal)


def _bin_middles(mean: float) -> Floats:
    """Return a uniform for every number of jumps that a uniform can tell from its neighbors."""
    middles, below, term, count = [0.0], math.exp(-mean), math.exp(-mean), 0
    while True:
        count += 1
        term *= mean / count
        if (count > mean and term < SMALLEST_BIN) or below + term >= 1.0:
            return np.array(middles)
        middles.append(below + 0.5 * term)
        below += term
