"""Tilted shocks: the same paths drawn under another law, and the density of that law over the true one.

A law is a mixture of tilts. Every model can be tilted by drift: all normals of a path, or those of a window of steps
that starts anywhere, are moved alike. Beyond that two have what makes their own shortfalls likely, OWN_FIELDS: a step
of student_t has a small chi-square, merton has more and larger jumps. What makes those of other models likely is not
known well enough to pay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks, jump_counts
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats

Choice = NDArray[np.int64]

SMALLEST_BIN = 1e-13  # of a number of jumps: below it a uniform cannot tell it from its neighbor
OWN_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"gbm": (), "student_t": ("chi_square_scale",), "merton": ("intensity", "jump_shift")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """One law of the shocks; the defaults are the true one.

    Parameters
    ----------
    shift : float
        Mean of the standardized sum of all normals: -3 makes falls of three standard deviations over the horizon
        ordinary.
    window_shift, width : float, int
        The same over a window of so many steps that starts anywhere in the path.
    intensity, jump_shift : float
        merton: factor of the jump intensity, and the mean of the standard normals behind the sizes of jumps.
    chi_square_scale : float
        student_t: factor of the chi-square of the first step of the window; 0.01 makes its move ten times as large. It
        goes with a width of 1.
    """

    shift: float = 0.0
    window_shift: float = 0.0
    width: int = 1
    intensity: float = 1.0
    jump_shift: float = 0.0
    chi_square_scale: float = 1.0

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("tilt")
        check.number("shift", self.shift, least=-40, most=40)
        check.number("window_shift", self.window_shift, least=-40, most=40)
        check.whole("width", self.width, least=1)
        check.number("intensity", self.intensity, above=0, most=1e6)
        check.number("jump_shift", self.jump_shift, least=-20, most=20)
        check.number("chi_square_scale", self.chi_square_scale, above=0, most=1)
        if self.chi_square_scale != 1 and self.width != 1:
            check.add("width", "1 with a chi_square_scale", self.width)
        check.raise_if_any()

    @property
    def has_window(self) -> bool:
        """Whether a part of the path, somewhere in it, is drawn otherwise than the rest."""
        return self.window_shift != 0.0 or self.chi_square_scale != 1.0


class Statistics(NamedTuple):
    """What of a path's shocks the densities depend on; arrays whose first axis is the path, empty where not in use."""

    along: Floats  # (paths,) standardized sum of the normals
    walk: Floats  # (paths, steps + 1) running sum of the normals
    jumps: Floats  # (paths, 3) number of jumps, of steps with one, and sum of the standard normals of those
    chi_square: Floats  # (paths, steps)


def check_tilts(model: PathModel, tilts: Sequence[Tilt]) -> None:
    """Require a model that can be tilted, something random in it, and no tilt of another model."""
    check = Checker("path")
    check.choice("model", model.model, OWN_FIELDS)
    if model.volatility == 0 and model.model != "merton":
        check.add("volatility", "> 0 for importance sampling", model.volatility)
    for name in (name for owner, names in OWN_FIELDS.items() if owner != model.model for name in names):
        if any(getattr(tilt, name) != getattr(Tilt(), name) for tilt in tilts):
            check.add("model", f"another one for a tilt of {name}", model.model)
    check.raise_if_any()


def tilt_shocks(model: PathModel, shocks: Shocks, tilts: Sequence[Tilt], choice: Choice, place: Floats) -> Shocks:
    """Return shocks with path p drawn under tilts[choice[p]].

    `shocks` are drawn under the true law; `place` (paths,) are uniforms, for where windows start. The default tilt
    leaves a path as it is.
    """
    assert shocks.normal is not None
    normal = shocks.normal + (np.array([tilt.shift for tilt in tilts])[choice] / math.sqrt(model.n_steps))[:, None]
    chi_square = None if shocks.chi_square is None else shocks.chi_square.copy()
    for path, which in enumerate(choice):
        tilt = tilts[which]
        if tilt.has_window:
            starts = window_starts(model.n_steps, tilt.width)
            first = int(starts[min(int(place[path] * starts.size), starts.size - 1)])
            window = normal[path, first : first + tilt.width]
            window += tilt.window_shift / math.sqrt(window.size)
            if chi_square is not None:
                chi_square[path, first] *= tilt.chi_square_scale
    shocks = shocks._replace(normal=normal, chi_square=chi_square)
    return _tilt_jumps(model, shocks, tilts, choice) if model.model == "merton" else shocks


def _tilt_jumps(model: PathModel, shocks: Shocks, tilts: Sequence[Tilt], choice: Choice) -> Shocks:
    """Draw the numbers of jumps under each tilt, written as uniforms of the true intensity."""
    assert shocks.jump_uniform is not None
    assert shocks.jump_normal is not None
    uniform, normal = shocks.jump_uniform.copy(), shocks.jump_normal.copy()
    for which, tilt in enumerate(tilts):
        rows = np.flatnonzero(choice == which)
        if rows.size == 0 or (tilt.intensity == 1.0 and tilt.jump_shift == 0.0):
            continue
        more = replace(model, jump_intensity=model.jump_intensity * tilt.intensity)
        where, count = jump_counts(model=more, shocks=Shocks(jump_uniform=uniform[rows]))
        drawn, moved = np.zeros((rows.size, model.n_steps)), normal[rows]
        middle = _bin_middles(model.jump_intensity * model.step_years)
        drawn.ravel()[where] = middle[np.minimum(count, middle.size - 1)]
        moved.ravel()[where] += tilt.jump_shift
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


def window_starts(n_steps: int, width: int) -> Choice:
    """Return where windows of a width start: a quarter of the width apart, so that few cover many places."""
    return np.arange(0, max(n_steps - width, 0) + 1, max(width // 4, 1))


def statistics(model: PathModel, shocks: Shocks) -> Statistics:
    """Return what the densities of a path's shocks depend on."""
    normal = shocks.normal
    assert normal is not None
    walk = np.zeros((normal.shape[0], model.n_steps + 1))
    np.cumsum(normal, axis=1, out=walk[:, 1:])
    return Statistics(
        along=walk[:, -1] / math.sqrt(model.n_steps),
        walk=walk,
        jumps=_jumps(model, shocks) if model.model == "merton" else normal[:, :0],
        chi_square=normal[:, :0] if shocks.chi_square is None else shocks.chi_square,
    )


def _jumps(model: PathModel, shocks: Shocks) -> Floats:
    assert shocks.jump_normal is not None
    n_paths = shocks.jump_normal.shape[0]
    where, count = jump_counts(model=model, shocks=shocks)
    what = count, np.ones(where.size), shocks.jump_normal.ravel()[where]
    return np.column_stack([np.bincount(where // model.n_steps, each, n_paths) for each in what])


def log_density(model: PathModel, tilts: Sequence[Tilt], found: Statistics) -> Floats:
    """Return log(density under the tilt / true density) for every tilt and path, (tilts, paths)."""
    rows = np.zeros((len(tilts), found.along.size))
    for row, tilt in enumerate(tilts):
        if tilt != Tilt():
            rows[row] = _log_density(model, tilt, found)
    return rows


def _log_density(model: PathModel, tilt: Tilt, found: Statistics) -> Floats:
    total = tilt.shift * (found.along - 0.5 * tilt.shift)
    if tilt.has_window:
        total += _log_window(model, tilt, found)
    if model.model == "merton":
        expected = model.jump_intensity * model.step_years * model.n_steps
        n_jumps, n_steps, moved = found.jumps.T
        total += n_jumps * math.log(tilt.intensity) - (tilt.intensity - 1.0) * expected
        total += tilt.jump_shift * moved - 0.5 * n_steps * tilt.jump_shift**2
    return np.asarray(total)


def _log_window(model: PathModel, tilt: Tilt, found: Statistics) -> Floats:
    """Log of the mean over windows of the ratio of densities with and without the tilt: any of them may be the one."""
    width = min(tilt.width, model.n_steps)
    starts = window_starts(model.n_steps, tilt.width)
    sums = (found.walk[:, starts + width] - found.walk[:, starts]) / math.sqrt(width)
    excess = sums - tilt.shift * math.sqrt(width / model.n_steps)
    logs = tilt.window_shift * (excess - 0.5 * tilt.window_shift)
    if tilt.chi_square_scale != 1.0:
        logs = logs - 0.5 * (1.0 / tilt.chi_square_scale - 1.0) * found.chi_square
        logs = logs - 0.5 * model.degrees_of_freedom * math.log(tilt.chi_square_scale)
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.mean(np.exp(logs - top[:, None]), axis=1)))
