"""Reverse stress test: the likeliest path that breaks a fund."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
N_DISTANCES = 20  # tried along each direction at first
N_PLACES = 3  # of a window of shocks
LAST_STEPS = (0.0, 0.2, 0.4, 0.55, 0.7, 0.85)  # share of the squared norm in the last step of a window
N_NEAREST = 8  # directions whose windows are looked at closely
FINE_LAST_STEPS, FINE_DISTANCES = tuple(np.linspace(0.0, 0.95, 20).tolist()), (0.4, 1.0, 60)
FINEST, N_STEPS_IN = 0.01, 12  # the last step of the norm, and how it is divided


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
    windows, n_steps = _windows(model.n_steps), model.n_steps
    ladder = np.geomspace(0.5, LARGEST_DISTANCE, N_DISTANCES)
    distance = _nearest(study, _directions(n_steps, windows, LAST_STEPS), ladder[None])
    if not np.isfinite(distance).any():
        none = np.zeros(0)
        return BreakingPath(
            distance=None, prices=none, shocks=none, need=0.0, capacity=able, move=0.0, n_shocked_steps=0
        )
    # a steady fall that passes the trigger too early breaks nothing: how much is left for the last step matters
    best = np.argsort(distance, kind="stable")[:N_NEAREST]
    windows = list(dict.fromkeys(windows[k // len(LAST_STEPS)] for k in best.tolist()))
    directions = _directions(n_steps, windows, FINE_LAST_STEPS)
    distance = _nearest(study, directions, float(distance.min()) * np.linspace(*FINE_DISTANCES)[None])
    radius = distance[:, None] * np.linspace(1.0 - FINEST, 1.0, N_STEPS_IN)
    distance = np.minimum(
        _nearest(study, directions, np.where(np.isfinite(radius), radius, LARGEST_DISTANCE)), distance
    )
    nearest = int(np.argmin(distance))
    return _described(study, directions[nearest] * distance[nearest], able)


def _requirements(study: Study, shocks: Floats) -> Floats:
    """Return what fund each row of shocks (k, n_steps) requires."""

    def fill(block: int, out: Table, opens: Table) -> Floats:
        rows = shocks[block * BLOCK : block * BLOCK + out.shape[0]]
        price_paths(model=study.model, initial_price=study.start, shocks=Shocks(normal=rows), out=out, opens=opens)
        return np.ones(out.shape[0])

    return fund_requirements(study.request(source=fill, n_paths=shocks.shape[0]))[0]


def _nearest(study: Study, directions: Floats, radii: Floats) -> Floats:
    """Return the smallest of its radii (k or 1, m) at which each direction (k, n_steps) breaks the fund."""
    radii = np.broadcast_to(radii, (directions.shape[0], radii.shape[1]))
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


def _windows(n_steps: int) -> list[tuple[int, int, float]]:
    """Return windows of steps, of every length and at several places, down and up: first step, length, side."""
    lengths = [n_steps >> k for k in range(20) if n_steps >> k >= 1]
    places = ((first, length) for length in lengths for first in np.linspace(0, n_steps - length, N_PLACES).astype(int))
    return [(int(first), length, side) for first, length in dict.fromkeys(places) for side in (-1.0, 1.0)]


def _directions(n_steps: int, windows: Sequence[tuple[int, int, float]], last_steps: Sequence[float]) -> Floats:
    """Return unit shocks that are constant within a window but for its last step, (windows x last steps, n_steps)."""
    rows = np.zeros((len(windows), len(last_steps), n_steps))
    for row, (first, length, side) in zip(rows, windows, strict=True):
        for shocks, share in zip(row, last_steps, strict=True):
            shocks[first : first + length - 1] = side * math.sqrt((1.0 - share) / max(length - 1, 1))
            shocks[first + length - 1] = side * (math.sqrt(share) if share > 0.0 and length > 1 else 1.0)
            if share == 0.0 and length > 1:
                shocks[first : first + length] = side / math.sqrt(length)
    return rows.reshape(-1, n_steps)


def _shortest_window(weight: Floats, share: float) -> int:
    """Return the fewest consecutive steps that hold a share of the weight."""
    total = np.concatenate(([0.0], np.cumsum(weight)))
    enough: NDArray[np.int64] = np.searchsorted(total, total + share * total[-1] * (1 - 1e-12))
    lengths = enough - np.arange(total.size)
    return int(lengths[enough < total.size].min())
