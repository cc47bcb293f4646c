"""Reverse stress test: the likeliest path that breaks a fund."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks
from engine.drawing.paths import BLOCK, price_paths
from engine.errors import Checker
from engine.kernel.state import Floats, Table
from engine.montecarlo.fund_requirement import capacity, fund_requirements
from engine.montecarlo.study import Study
from engine.streams import Stream, stream

STRESSED_MODELS = ("gbm", "garch", "crash")
LARGEST_DISTANCE = 40.0  # standard deviations
N_DISTANCES = 20  # tried at first along each direction
N_PLACES = 4  # of a window of shocks
GAPS = (0.0, 0.4, 0.7)  # share of the squared norm in the last step of a window
N_SEGMENTS = 24
N_ROUNDS, N_CANDIDATES, N_ELITE, N_STEPS_IN = 60, 96, 6, 12
FINEST = 0.0005  # relative step of the norm at which the search ends


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class BreakingPath:
    """The likeliest path found on which the layers do not suffice.

    Parameters
    ----------
    distance : float or None
        Norm of the path's standard normals: how many standard deviations away it is. None when no path up to 40 breaks
        the fund; the arrays are then empty.
    log_density : float
        Log of its density over that of the middle path, -distance^2 / 2.
    prices, shocks : (n_steps + 1,), (n_steps,)
        The path, USD per coin, and its standard normals.
    need, capacity : float
        Fund that the path needs, and what the layers hold, settlement currency.
    move, n_shocked_steps : float, int
        Largest move from the first price as a signed share of it, and the fewest consecutive steps that hold nine
        tenths of the squared norm.
    """

    distance: float | None
    log_density: float
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
        volatility > 0. Its number of paths does not matter; its seed is that of the search.

    Notes
    -----
    The density of a path falls with the norm of its normals, so the likeliest one that breaks the fund is the breaking
    point nearest to the origin (the design point of structural reliability). Breaking means requiring more than fund,
    venue capital and backstop hold. The search takes no gradient, for the requirement jumps with every liquidation:
    first constant shocks within windows of all lengths, with a gap in the last step or without, falls and rises, each
    at its smallest breaking norm; then directions drawn around the best one, changed by segments, on spheres that
    shrink as long as one of them breaks the fund. What it returns breaks the fund; that nothing nearer does is not
    proven.

    Examples
    --------
    >>> import engine
    >>> book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    >>> path = engine.PathModel(volatility=0.8, n_steps=4, minutes_per_step=60)
    >>> found = likeliest_break(engine.Study(book=book, venue=engine.Venue(depth=float("inf")), model=path))
    >>> found.n_shocked_steps, round(found.move, 3)  # a gap through the bankruptcy price at 90
    (1, -0.1)
    """
    model = study.model
    check = Checker("path")
    check.choice("model", model.model, STRESSED_MODELS)
    check.number("volatility", model.volatility, above=0)
    check.raise_if_any()
    search = _Search(study)
    directions = _windows(model.n_steps)
    ladder = np.geomspace(0.5, LARGEST_DISTANCE, N_DISTANCES)
    distance = search.nearest(directions, ladder)
    if not np.isfinite(distance).any():
        empty = np.zeros(0)
        return BreakingPath(
            distance=None,
            log_density=-math.inf,
            prices=empty,
            shocks=empty,
            need=0.0,
            capacity=search.capacity,
            move=0.0,
            n_shocked_steps=0,
        )
    best = np.argsort(distance, kind="stable")[:N_ELITE]
    direction, radius = search.refined(directions[best], distance[best], ladder[1] / ladder[0])
    direction, radius = _descend(search, direction, radius, study.seed)
    return search.described(direction * radius)


class _Search:
    """Runs shocks and says which of them break the fund."""

    def __init__(self, study: Study) -> None:
        self.study, self.model, self.start = study, study.model, study.start
        self.capacity = capacity(study.venue)

    def needs(self, shocks: Floats) -> Floats:
        """Return what fund each row of shocks (k, n_steps) needs."""

        def fill(block: int, out: Table) -> Floats:
            rows = shocks[block * BLOCK : block * BLOCK + out.shape[0]]
            price_paths(model=self.model, initial_price=self.start, shocks=Shocks(normal=rows), out=out)
            return np.ones(out.shape[0])

        request = self.study.request(source=fill, n_paths=shocks.shape[0])
        return fund_requirements(request)[0]

    def nearest(self, directions: Floats, radii: Floats) -> Floats:
        """Return the smallest of the radii at which each direction (k, n_steps) breaks the fund, infinity if none."""
        table = radii if radii.ndim == 2 else np.broadcast_to(radii, (directions.shape[0], radii.size))
        shocks = (directions[:, None, :] * table[:, :, None]).reshape(-1, directions.shape[1])
        is_broken = (self.needs(shocks) > self.capacity).reshape(table.shape)
        first = np.argmax(is_broken, axis=1)
        return np.where(is_broken.any(axis=1), table[np.arange(table.shape[0]), first], np.inf)

    def refined(self, directions: Floats, distance: Floats, factor: float) -> tuple[Floats, float]:
        """Return the best direction, its breaking radius narrowed down within one step of the ladder."""
        for _ in range(3):
            inside = distance[:, None] * factor ** -np.linspace(1.0, 0.0, N_STEPS_IN + 1)[1:]
            distance = self.nearest(directions, inside)
            factor = factor ** (1.0 / N_STEPS_IN)
        best = int(np.argmin(distance))
        return directions[best], float(distance[best])

    def described(self, shocks: Floats) -> BreakingPath:
        """Return the path of these shocks with what there is to say of it."""
        prices = np.empty((1, shocks.size + 1))
        price_paths(model=self.model, initial_price=self.start, shocks=Shocks(normal=shocks[None]), out=prices)
        moves = prices[0] / prices[0, 0] - 1.0
        distance = float(np.linalg.norm(shocks))
        return BreakingPath(
            distance=distance,
            log_density=-0.5 * distance**2,
            prices=prices[0],
            shocks=shocks,
            need=float(self.needs(shocks[None])[0]),
            capacity=self.capacity,
            move=float(moves[np.argmax(np.abs(moves))]),
            n_shocked_steps=_shortest_window(shocks * shocks, 0.9),
        )


def _windows(n_steps: int) -> Floats:
    """Return unit shocks that are constant within a window, with a gap at its end or without, down and up.

    Windows of every length at several places.
    """
    rows = []
    length = n_steps
    while length >= 1:
        for first in np.unique(np.linspace(0, n_steps - length, N_PLACES).astype(np.int64)):
            for gap in GAPS if length > 1 else (0.0,):
                row = np.zeros(n_steps)
                row[first : first + length] = math.sqrt((1.0 - gap) / length)
                if gap > 0.0:
                    row[first : first + length - 1] = math.sqrt((1.0 - gap) / (length - 1))
                    row[first + length - 1] = math.sqrt(gap)
                rows += [-row, row]
        length //= 2
    return np.array(rows)


def _descend(search: _Search, direction: Floats, radius: float, seed: int) -> tuple[Floats, float]:
    """Look around the best direction for one that breaks the fund nearer, on spheres that shrink."""
    rng = stream(seed, Stream.PILOT, 0)
    segments = _segments(direction)
    spread, shrink = 0.5 / math.sqrt(segments.shape[0]), 0.04
    for _ in range(N_ROUNDS):
        noise = rng.standard_normal((N_CANDIDATES, segments.shape[0])) * spread
        noise *= np.geomspace(0.1, 1.0, N_CANDIDATES)[:, None]
        drawn = direction + noise @ segments
        drawn /= np.linalg.norm(drawn, axis=1)[:, None]
        distance = search.nearest(drawn, np.array([(1.0 - shrink) * radius]))
        broken = np.isfinite(distance)
        if broken.any():
            middle = drawn[broken].mean(axis=0)
            middle /= np.linalg.norm(middle)
            both = np.array([middle, drawn[broken][0]])
            again = search.nearest(both, np.array([(1.0 - shrink) * radius]))
            direction, radius = both[int(np.argmin(again))], (1.0 - shrink) * radius
            shrink = min(1.5 * shrink, 0.1)
        else:
            spread, shrink = 0.8 * spread, 0.5 * shrink
            if shrink < FINEST:
                break
    return direction, radius


def _segments(direction: Floats) -> Floats:
    """Return unit vectors that are constant within segments; the direction's window and its gap have their own."""
    n_steps = direction.size
    edges = set(np.linspace(0, n_steps, min(N_SEGMENTS, n_steps) + 1).astype(np.int64).tolist())
    used = np.flatnonzero(direction)
    first, last = int(used[0]), int(used[-1]) + 1
    edges |= set(np.linspace(first, last, min(N_SEGMENTS // 2, last - first) + 1).astype(np.int64).tolist())
    gap = int(np.argmax(np.abs(direction)))
    ordered = sorted(edges | {gap, gap + 1})
    rows = np.zeros((len(ordered) - 1, n_steps))
    for row, (start, stop) in enumerate(pairwise(ordered)):
        rows[row, start:stop] = 1.0 / math.sqrt(stop - start)
    return rows


def _shortest_window(weight: Floats, share: float) -> int:
    """Return the fewest consecutive steps that hold a share of the weight."""
    total = np.concatenate(([0.0], np.cumsum(weight)))
    enough: NDArray[np.int64] = np.searchsorted(total, total + share * total[-1] * (1 - 1e-12))
    lengths = enough - np.arange(total.size)
    return int(lengths[enough < total.size].min())
