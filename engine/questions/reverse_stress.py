"""Reverse stress test: the likeliest path that breaks a fund."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks
from engine.drawing.paths import BLOCK, price_paths
from engine.errors import Checker
from engine.kernel.state import Floats, Table
from engine.montecarlo.fund_requirement import capacity, fund_requirements
from engine.montecarlo.study import Study

STRESSED_MODELS = ("gbm", "garch", "crash")
LARGEST_DISTANCE = 40.0  # standard deviations
N_DISTANCES, N_STEPS_IN, N_REFINEMENTS = 20, 12, 3  # tried along each direction at first, then between two of them
N_PLACES = 4  # of a window of shocks
LAST_STEPS = (0.0, 0.2, 0.4, 0.55, 0.7, 0.85)  # share of the squared norm in the last step of a window
N_NEAREST = 6  # directions that are refined


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class BreakingPath:
    """The likeliest path found on which the layers do not suffice.

    Parameters
    ----------
    distance : float or None
        Norm of the path's standard normals: how many standard deviations away it is. None when no path up to 40 breaks
        the fund; the arrays are then empty.
    prices, shocks : (n_steps + 1,), (n_steps,)
        The path, USD per coin, and its standard normals.
    need, capacity : float
        Fund that the path needs, and what the layers hold, settlement currency.
    move, n_shocked_steps : float, int
        Largest move from the first price as a signed share of it, and the fewest consecutive steps that hold nine
        tenths of the squared norm.
    """

    distance: float | None
    prices: Floats
    shocks: Floats
    need: float
    capacity: float
    move: float
    n_shocked_steps: int


def likeliest_break(study: Study) -> BreakingPath:
    """Return the likeliest path that breaks the fund: the one with the smallest shock.

    Parameters
    ----------
    study : Study
        Its model is "gbm", "garch" or "crash", whose paths are functions of independent standard normals, with
        volatility > 0. Its number of paths and its seed do not matter.

    Notes
    -----
    The density of a path falls with the norm of its normals, so the likeliest one that breaks the fund is the breaking
    point nearest to the origin (the design point of structural reliability). Breaking means requiring more than fund,
    venue capital and backstop hold. It is looked for among shocks that are constant within a window, of every length
    and at several places, with a larger last step or without, falls and rises, each at its smallest breaking norm. What
    it returns breaks the fund; a path of another shape may do so nearer.

    Examples
    --------
    >>> import engine
    >>> book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    >>> path = engine.PathModel(volatility=0.8, n_steps=4, minutes_per_step=60)
    >>> found = likeliest_break(engine.Study(book=book, venue=engine.Venue(depth=float("inf")), model=path))
    >>> found.need > found.capacity, found.move < 0.0
    (True, True)
    """
    model, able = study.model, capacity(study.venue)
    check = Checker("path")
    check.choice("model", model.model, STRESSED_MODELS)
    check.number("volatility", model.volatility, above=0)
    check.raise_if_any()
    directions = _windows(model.n_steps)
    ladder = np.geomspace(0.5, LARGEST_DISTANCE, N_DISTANCES)
    distance = _nearest(study, directions, np.tile(ladder, (directions.shape[0], 1)))
    if not np.isfinite(distance).any():
        none = np.zeros(0)
        return BreakingPath(
            distance=None, prices=none, shocks=none, need=0.0, capacity=able, move=0.0, n_shocked_steps=0
        )
    best = np.argsort(distance, kind="stable")[: min(N_NEAREST, int(np.isfinite(distance).sum()))]
    directions, distance, factor = directions[best], distance[best], ladder[1] / ladder[0]
    for _ in range(N_REFINEMENTS):
        inside = distance[:, None] * factor ** -np.linspace(1.0, 0.0, N_STEPS_IN + 1)[1:]
        distance, factor = _nearest(study, directions, inside), factor ** (1.0 / N_STEPS_IN)
    nearest = int(np.argmin(distance))
    return _described(study, directions[nearest] * distance[nearest], able)


def _requirements(study: Study, shocks: Floats) -> Floats:
    """Return what fund each row of shocks (k, n_steps) requires."""

    def fill(block: int, out: Table, opens: Table) -> Floats:
        rows = shocks[block * BLOCK : block * BLOCK + out.shape[0]]
        price_paths(model=study.model, initial_price=study.start, shocks=Shocks(normal=rows), out=out)
        return np.ones(out.shape[0])

    return fund_requirements(study.request(source=fill, n_paths=shocks.shape[0]))[0]


def _nearest(study: Study, directions: Floats, radii: Floats) -> Floats:
    """Return the smallest of its radii (k, m) at which each direction (k, n_steps) breaks the fund, or infinity."""
    shocks = (directions[:, None, :] * radii[:, :, None]).reshape(-1, directions.shape[1])
    is_broken = (_requirements(study, shocks) > capacity(study.venue)).reshape(radii.shape)
    first = radii[np.arange(radii.shape[0]), np.argmax(is_broken, axis=1)]
    return np.where(is_broken.any(axis=1), first, np.inf)


def _described(study: Study, shocks: Floats, able: float) -> BreakingPath:
    """Return the path of these shocks with what there is to say of it."""
    prices = np.empty((1, shocks.size + 1))
    price_paths(model=study.model, initial_price=study.start, shocks=Shocks(normal=shocks[None]), out=prices)
    moves = prices[0] / prices[0, 0] - 1.0
    return BreakingPath(
        distance=float(np.linalg.norm(shocks)),
        prices=prices[0],
        shocks=shocks,
        need=float(_requirements(study, shocks[None])[0]),
        capacity=able,
        move=float(moves[np.argmax(np.abs(moves))]),
        n_shocked_steps=_shortest_window(shocks * shocks, 0.9),
    )


def _windows(n_steps: int) -> Floats:
    """Return unit shocks that are constant within a window but for its last step, down and up."""
    rows = []
    lengths = {max(n_steps * part >> k, 1) for k in range(2, 20) for part in (4, 3)}
    for length in sorted(lengths, reverse=True):
        for first in np.unique(np.linspace(0, n_steps - length, N_PLACES).astype(np.int64)):
            for last in LAST_STEPS if length > 1 else (1.0,):
                row = np.zeros(n_steps)
                row[first : first + length - 1] = math.sqrt((1.0 - last) / max(length - 1, 1))
                row[first + length - 1] = math.sqrt(last) if last > 0.0 else row[first]
                row /= np.linalg.norm(row)
                rows += [-row, row]
    return np.array(rows)


def _shortest_window(weight: Floats, share: float) -> int:
    """Return the fewest consecutive steps that hold a share of the weight."""
    total = np.concatenate(([0.0], np.cumsum(weight)))
    enough: NDArray[np.int64] = np.searchsorted(total, total + share * total[-1] * (1 - 1e-12))
    lengths = enough - np.arange(total.size)
    return int(lengths[enough < total.size].min())
