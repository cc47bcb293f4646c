"""Tilted shocks: the same paths drawn under another law, and the density of that law over the true one.

A law is a mixture of tilts. Drift: all normals of a path, or those of a window of steps that starts anywhere, are moved
alike. Volatility: all normals are scaled. Gap: a level is passed by a large step (many.gap_tilts). Burst (student_t):
the chi-square of one step, any of them, is made small and its move so large. Jumps (merton): their intensity is
multiplied and their sizes moved. Heat: in a window all moves are larger, to either side. In "bootstrap" a moved block
of returns is one drawn with probabilities exp(move x its standardized sum + heat x its sum of squares).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.rare_events.gap_tilts import GAP_MODELS, log_gap_densities, transport
from engine.rare_events.tilted_blocks import blocks_of, path_blocks, tilt_blocks
from engine.rare_events.tilted_jumps import log_jump_density, path_jumps, tilt_jumps

Floats = NDArray[np.float64]
Choice = NDArray[np.int64]

TILTED_MODELS = ("gbm", "student_t", "merton", "garch", "bootstrap", "crash")
LARGEST_HEAT = 0.49  # of normals: at 1/2 their standard deviation is infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """One law of the shocks; the defaults are the true one.

    Parameters
    ----------
    shift : float
        Mean of the standardized sum of all normals: -3 makes falls of three standard deviations over the horizon
        ordinary.
    move, width : float, int
        The same over a window of so many steps (bootstrap: blocks) that starts anywhere in the path.
    scale : float
        Standard deviation of the normals: what the volatility is multiplied by. 1 in "bootstrap".
    intensity, jump_shift : float
        merton: factor of the jump intensity, and the mean of the standard normals behind the sizes of jumps.
    burst : float
        student_t: factor of the chi-square of the first step of the window; 0.01 makes its move ten times as large. It
        goes with a width of 1.
    heat : float
        Exponent of the sum of squares within the window, of normals (their standard deviation becomes
        1 / sqrt(1 - 2 heat)) or of standardized returns: large moves to either side. It goes with `move` alone.
    level, gap : float
        gbm, garch, crash: log of a price over the first one, and how many step deviations beyond it the step lands that
        passes it (many.gap_tilts). Paths that pass it otherwise are not drawn: it goes with no other tilt, and with
        the true law beside it in a plan. 0: none.
    """

    shift: float = 0.0
    move: float = 0.0
    width: int = 1
    scale: float = 1.0
    intensity: float = 1.0
    jump_shift: float = 0.0
    burst: float = 1.0
    heat: float = 0.0
    level: float = 0.0
    gap: float = 0.0

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("tilt")
        check.number("shift", self.shift, least=-40, most=40)
        check.number("move", self.move, least=-40, most=40)
        check.whole("width", self.width, least=1)
        check.number("scale", self.scale, above=0, most=10)
        check.number("intensity", self.intensity, above=0, most=1e6)
        check.number("jump_shift", self.jump_shift, least=-20, most=20)
        check.number("burst", self.burst, above=0, most=1)
        check.number("heat", self.heat, least=0, most=LARGEST_HEAT)
        check.number("level", self.level, least=-50, most=50)
        check.number("gap", self.gap, least=0, most=20)
        if self.burst != 1 and self.width != 1:
            check.add("width", "1 with a burst", self.width)
        if self.heat != 0 and replace(self, heat=0.0, move=0.0, width=1) != Tilt():
            check.add("heat", "0 with another tilt than a move", self.heat)
        if self.level != 0 and replace(self, level=0.0, gap=0.0) != Tilt():
            check.add("level", "0 with another tilt", self.level)
        check.raise_if_any()

    @property
    def has_window(self) -> bool:
        """Whether a part of the path, somewhere in it, is drawn otherwise than the rest."""
        return self.move != 0.0 or self.burst != 1.0 or self.heat != 0.0


class Traits(NamedTuple):
    """What of a path's shocks the densities depend on; arrays whose first axis is the path, zeros where not in use."""

    along: Floats  # (paths,) standardized sum of the normals, or of all returns in bootstrap
    walk: Floats  # (paths, steps + 1) running sum of the normals; bootstrap: (paths, blocks) sums of blocks
    heat: Floats  # the same of squares
    jumps: Floats  # (paths, 3) number of jumps, of steps with one, and sum of the standard normals of those
    chi_square: Floats  # (paths, steps)
    normal: Floats  # (paths, steps), of GAP_MODELS


def tilt_shocks(model: PathModel, shocks: Shocks, tilts: Sequence[Tilt], choice: Choice, extra: Floats) -> Shocks:
    """Return shocks with path p drawn under tilts[choice[p]].

    `shocks` are drawn under the true law; `extra` (paths, n_extra(model)) are uniforms. The default tilt leaves a path
    as it is.
    """
    if model.model == "bootstrap":
        return tilt_blocks(model, shocks, [(t.shift, t.move, t.width, t.heat) for t in tilts], choice, extra)
    assert shocks.normal is not None
    normal = shocks.normal * np.array([tilt.scale for tilt in tilts])[choice][:, None]
    normal += (np.array([tilt.shift for tilt in tilts])[choice] / math.sqrt(model.n_steps))[:, None]
    chi_square = None if shocks.chi_square is None else shocks.chi_square.copy()
    for path, which in enumerate(choice):
        tilt = tilts[which]
        if tilt.has_window:
            starts = window_starts(model.n_steps, tilt.width)
            first = int(starts[min(int(extra[path, 0] * starts.size), starts.size - 1)])
            window = normal[path, first : first + tilt.width]
            window /= math.sqrt(1.0 - 2.0 * tilt.heat)
            window += tilt.move / math.sqrt(window.size)
            if chi_square is not None:
                chi_square[path, first] *= tilt.burst
    if model.model in GAP_MODELS:
        transport(model, normal, *_levels(tilts), choice)
    shocks = shocks._replace(normal=normal, chi_square=chi_square)
    if model.model == "merton":
        return tilt_jumps(model, shocks, [(tilt.intensity, tilt.jump_shift) for tilt in tilts], choice)
    return shocks


def window_starts(n_steps: int, width: int) -> Choice:
    """Return where windows of a width start: a quarter of the width apart, so that few cover many places."""
    return np.arange(0, max(n_steps - width, 0) + 1, max(width // 4, 1))


def n_extra(model: PathModel) -> int:
    """Return how many uniforms a path's tilt takes: the place of the window, and one per block of returns."""
    return 1 + (-(-model.n_steps // model.block_length) if model.model == "bootstrap" else 0)


def traits(model: PathModel, shocks: Shocks) -> Traits:
    """Return what the densities of a path's shocks depend on."""
    if model.model == "bootstrap":
        sums, squares = path_blocks(model, shocks)
        none = np.zeros((sums.shape[0], 0))
        return Traits(sums.sum(axis=1), sums, squares, np.zeros((sums.shape[0], 3)), none, none)
    normal = shocks.normal
    assert normal is not None
    n_paths = normal.shape[0]
    walk = np.zeros((n_paths, model.n_steps + 1))
    np.cumsum(normal, axis=1, out=walk[:, 1:])
    heat = np.zeros((n_paths, model.n_steps + 1))
    np.cumsum(normal * normal, axis=1, out=heat[:, 1:])
    jumps = path_jumps(model, shocks) if model.model == "merton" else np.zeros((n_paths, 3))
    chi_square = np.zeros((n_paths, 0)) if shocks.chi_square is None else shocks.chi_square
    steps = normal if model.model in GAP_MODELS else normal[:, :0]
    return Traits(walk[:, -1] / math.sqrt(model.n_steps), walk, heat, jumps, chi_square, steps)


def log_density(model: PathModel, tilts: Sequence[Tilt], found: Traits) -> Floats:
    """Return log(density under the tilt / true density) for every tilt and path, (tilts, paths)."""
    rows = np.zeros((len(tilts), found.along.size))
    level, gap = _levels(tilts)
    if level.any():
        rows[level != 0.0] = log_gap_densities(model, found.normal, level[level != 0.0], gap[level != 0.0])
    for row, tilt in enumerate(tilts):
        if tilt.level == 0.0:
            rows[row] = _log_density(model, tilt, found)
    return rows


def _levels(tilts: Sequence[Tilt]) -> tuple[Floats, Floats]:
    return np.array([tilt.level for tilt in tilts]), np.array([tilt.gap for tilt in tilts])


def mixture_weights(logs: Floats, shares: Sequence[float]) -> Floats:
    """Return the likelihood ratio true / mixture of every path, (paths,), from log_density.

    At most 1 / the share of the default tilt.
    """
    shifted = logs + np.log(shares)[:, None]
    top = shifted.max(axis=0)
    return np.asarray(np.exp(-top) / np.exp(shifted - top).sum(axis=0))


def _log_density(model: PathModel, tilt: Tilt, found: Traits) -> Floats:
    if tilt == Tilt():
        return np.zeros(found.along.size)
    if model.model == "bootstrap":
        return _log_blocks(model, tilt, found)
    narrow = 1.0 / tilt.scale**2
    total = 0.5 * found.heat[:, -1] * (1.0 - narrow) + narrow * tilt.shift * (found.along - 0.5 * tilt.shift)
    total -= model.n_steps * math.log(tilt.scale)
    if tilt.has_window:
        total += _log_window(model, tilt, found, narrow)
    if model.model == "merton":
        total += log_jump_density(model, found.jumps, tilt.intensity, tilt.jump_shift)
    return np.asarray(total)


def _log_window(model: PathModel, tilt: Tilt, found: Traits, narrow: float) -> Floats:
    """Mean over windows of the ratio of densities with and without the move: any of them may be the one."""
    width = min(tilt.width, model.n_steps)
    starts = window_starts(model.n_steps, tilt.width)
    sums = (found.walk[:, starts + width] - found.walk[:, starts]) / math.sqrt(width)
    excess = sums - tilt.shift * math.sqrt(width / model.n_steps)
    cool = 1.0 - 2.0 * tilt.heat
    logs = narrow * cool * tilt.move * (excess - 0.5 * tilt.move)
    if tilt.heat != 0.0:
        logs += tilt.heat * (found.heat[:, starts + width] - found.heat[:, starts]) + 0.5 * width * math.log(cool)
    if tilt.burst != 1.0 and model.model == "student_t":
        logs = logs - 0.5 * (1.0 / tilt.burst - 1.0) * found.chi_square
        logs = logs - 0.5 * model.degrees_of_freedom * math.log(tilt.burst)
    return log_mean(logs)


def _log_blocks(model: PathModel, tilt: Tilt, found: Traits) -> Floats:
    """The ratio for blocks of returns: exp(move x sum) over its mean, by window."""
    blocks = blocks_of(model)
    total = tilt.shift * found.along - blocks.log_normalizers(tilt.shift).sum()
    if not tilt.has_window:
        return np.asarray(total)
    # within the window the exponents add up
    inside = tilt.move * found.walk + tilt.heat * found.heat
    inside += blocks.log_normalizers(tilt.shift) - blocks.log_normalizers(tilt.shift + tilt.move, tilt.heat)
    walk = np.concatenate([np.zeros((inside.shape[0], 1)), np.cumsum(inside, axis=1)], axis=1)
    width = min(tilt.width, inside.shape[1])
    starts = window_starts(inside.shape[1], width)
    return np.asarray(total + log_mean(walk[:, starts + width] - walk[:, starts]))


def log_mean(logs: Floats) -> Floats:
    """Return log(mean(exp(logs))) of every row, without overflow."""
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.mean(np.exp(logs - top[:, None]), axis=1)))
