"""Pilot runs that choose the tilts of importance sampling: the cross-entropy method in levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.many.gap_tilts import GAP_MODELS
from engine.many.importance import DegenerateWeightsError, TiltPlan, tilted_source
from engine.many.needs import capacity, run_needs
from engine.many.tilts import TILTED_MODELS, Tilt, Traits, log_density
from engine.many.workspace import Request
from engine.margin import liquidation_price, notional
from engine.settings import Venue

PILOT_PATHS = 4096
MOST_ROUNDS = 6
FEWEST_ELITE = 60.0  # equally weighted paths behind a fitted mixture
SMALLEST_SHARE = 0.004  # of a tilt in a plan
N_FITTING_STEPS = 10  # few: shares near those that fit best stay, and so do ways that the pilot hardly saw
TRUE_SHARE, BROAD_SHARE = 0.2, 0.1  # of the paths; the true law bounds every weight by 5
SHIFTS = (1.5, 3.0, 4.5, 6.0, 8.0)
MOVES = (3.0, 4.5, 6.0, 8.0)
N_LEVELS = 8
GAPS = (1.0, 2.5)  # step deviations


def plan_tilts(
    *,
    book: Book,
    venue: Venue,
    model: PathModel,
    start: float,
    seed: int = 0,
    n_pilot: int = PILOT_PATHS,
    n_threads: int | None = None,
) -> TiltPlan:
    """Return the tilts under which a shortfall is ordinary, found by pilot runs.

    Parameters
    ----------
    book, venue, model
        As in `estimate`.
    start : float
        First price of the paths, USD per coin.
    seed : int
        The pilot has random streams of its own.
    n_pilot : int
        Paths of each pilot round, of which there are two to six.

    Raises
    ------
    InputError
        For a model that cannot be tilted ("waypoints", "array").
    DegenerateWeightsError
        When no pilot path has a deficit: a shortfall is then rarer than importance sampling can find.

    Notes
    -----
    The cross-entropy method in levels, with a defensive mixture. The first round spreads paths over falls and rises of
    up to eight standard deviations, over the whole path and within windows of every length, over higher volatility,
    jumps or bursts, and over steps that pass a cluster of triggers by a gap. Each round takes the paths that need the
    largest fund (many.needs), keeps the mixture of tilts that makes them most likely, and draws the next round from
    it and its neighbors, until those paths are the ones that break the venue. A fifth of the paths keep the true law
    and a tenth a broad one, so that no weight exceeds 5 and no way to a shortfall is left out.
    """
    check = Checker("path")
    check.choice("model", model.model, TILTED_MODELS)
    if model.volatility == 0 and model.model != "merton":
        check.add("volatility", "> 0 for importance sampling", model.volatility)
    check.raise_if_any()
    broad, target, n_final = broad_tilts(model, trigger_levels(book, venue, model, start)), capacity(venue), 0
    plan = TiltPlan(tilts=broad, shares=(1.0 / len(broad),) * len(broad))
    for key in range(1, MOST_ROUNDS + 1):
        kept = _Kept()
        need, weights = run_needs(
            Request(
                book=book,
                venue=venue,
                source=tilted_source(plan, model, start, seed, key=key, keep=kept.blocks),
                n_steps=model.n_steps,
                n_paths=n_pilot,
                first_price=start,
                n_threads=n_threads,
            )
        )
        level = _elite_level(need, weights, target)
        elite = np.flatnonzero(need > level)
        if elite.size == 0:
            raise DegenerateWeightsError(f"none of {n_pilot} pilot paths has a deficit: a shortfall is too rare")
        candidates = broad if key == 1 else neighbors(plan.tilts, model)
        plan = _fitted_plan(model, broad, candidates, kept.joined(elite), weights[elite])
        n_final += level == target
        if n_final == 2:
            break
    return replace(plan, n_pilot_paths=key * n_pilot)


def _elite_level(need: Floats, weights: Floats, target: float) -> float:
    """Return the target, or the highest need below it that paths worth FEWEST_ELITE equally weighted ones exceed."""
    order = np.argsort(-need, kind="stable")
    w = weights[order]
    worth = np.cumsum(w) ** 2 / np.maximum(np.cumsum(w * w), 1e-300)
    enough = np.flatnonzero((worth >= FEWEST_ELITE) & (np.arange(w.size) >= FEWEST_ELITE))
    last = int(enough[0]) if enough.size else w.size - 1
    return min(target, max(float(need[order[last]]), 0.0))


class _Kept:
    """Traits of pilot paths, block by block."""

    def __init__(self) -> None:
        self.blocks: dict[int, Traits] = {}

    def joined(self, paths: NDArray[np.int64]) -> Traits:
        blocks = [self.blocks[block] for block in sorted(self.blocks)]
        columns = (np.concatenate(parts, axis=-1 if name == "jumps" else 0) for name, parts in _by_name(blocks))
        whole = Traits(*columns)
        return Traits(*(part[:, paths] if name == "jumps" else part[paths] for name, part in whole._asdict().items()))


def _by_name(blocks: Sequence[Traits]) -> list[tuple[str, list[Floats]]]:
    return [(name, [getattr(block, name) for block in blocks]) for name in Traits._fields]


def trigger_levels(book: Book, venue: Venue, model: PathModel, start: float) -> tuple[float, ...]:
    """Return logs of prices, over the first one, at which many positions have their triggers, below and above.

    Quantiles of the triggers, weighted by notional and by the chance that the price comes there.
    """
    if model.model not in GAP_MODELS:
        return ()
    trigger = liquidation_price(book=book, venue=venue)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(trigger / start)
    spread = model.step_volatility * math.sqrt(model.n_steps)
    found: list[float] = []
    for side in (-1.0, 1.0):
        at = np.flatnonzero((np.sign(book.size) == -side) & np.isfinite(level) & (side * level > 0.0))
        away = np.abs(level[at]) / spread
        weight = notional(book=book, price=start)[at] * np.exp(-0.5 * np.minimum(away, 8.0) ** 2)
        if weight.sum() > 0.0:
            order = np.argsort(away, kind="stable")
            below = np.cumsum(weight[order]) / weight.sum()
            places = np.searchsorted(below, (np.arange(N_LEVELS) + 0.5) / N_LEVELS)
            found += dict.fromkeys(level[at][order][np.minimum(places, order.size - 1)].tolist())
    return tuple(found)


def broad_tilts(model: PathModel, levels: Sequence[float] = ()) -> tuple[Tilt, ...]:
    """Return tilts towards everything that could break a venue: moves, volatility, jumps, bursts, gaps at levels."""
    length = -(-model.n_steps // model.block_length) if model.model == "bootstrap" else model.n_steps
    widths = [length >> k for k in range(1, 20) if length >> k >= 1]
    tilts = [Tilt(shift=side * shift) for side in (-1, 1) for shift in SHIFTS]
    tilts += [Tilt(move=side * move, width=width) for side in (-1, 1) for move in MOVES for width in widths]
    if model.model != "bootstrap":
        noise = math.sqrt(2.0 / model.n_steps)
        tilts += [Tilt(shift=s, scale=math.sqrt(1.0 + k * noise)) for s in (-2.0, 0.0, 2.0) for k in (2.0, 4.0)]
    if model.model == "student_t":
        tilts += [Tilt(move=m, burst=burst) for m in (-1.5, 0.0, 1.5) for burst in (0.2, 0.05, 0.01, 0.002)]
    tilts += [Tilt(level=level, gap=gap) for level in levels for gap in GAPS]
    if model.volatility == 0:
        tilts = []
    if model.model == "merton" and model.jump_intensity > 0:
        expected = model.jump_intensity * model.step_years * model.n_steps
        more = [max(1.0, count / expected) for count in (1.0, 2.0, 4.0)]
        tilts += [Tilt(intensity=f, jump_shift=m) for f in more for m in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    return (Tilt(), *tilts)


def neighbors(tilts: Sequence[Tilt], model: PathModel) -> tuple[Tilt, ...]:
    """Return tilts around those of a plan, themselves included."""
    around: dict[Tilt, None] = {}
    for tilt in tilts:
        around[tilt] = None
        if tilt.shift != 0.0 or tilt.move != 0.0:
            for step in (-0.8, 0.8):
                where = "shift" if tilt.shift != 0.0 else "move"
                around[replace(tilt, **{where: getattr(tilt, where) + step})] = None
        if tilt.move != 0.0 and tilt.burst == 1.0:
            around[replace(tilt, width=max(tilt.width * 2 // 3, 1))] = None
            around[replace(tilt, width=max(min(tilt.width * 4 // 3, model.n_steps), 1))] = None
        if tilt.level != 0.0:
            for steps in (-2.0, -0.7, 0.7, 2.0):
                around[replace(tilt, level=tilt.level + steps * model.step_volatility)] = None
            for more in (-0.5, 0.5):
                around[replace(tilt, gap=max(tilt.gap + more, 0.0))] = None
        elif tilt != Tilt() and model.model != "bootstrap" and model.volatility > 0:
            wider = math.sqrt(1.0 + 2.0 * math.sqrt(2.0 / model.n_steps))
            around[replace(tilt, scale=min(tilt.scale * wider, 10.0))] = None
        if tilt.intensity != 1.0:
            for factor in (0.6, 1.6):
                around[replace(tilt, intensity=min(tilt.intensity * factor, 1e6))] = None
            for step in (-0.5, 0.5):
                around[replace(tilt, jump_shift=tilt.jump_shift + step)] = None
        if tilt.burst != 1.0:
            for factor in (0.5, 2.0):
                around[replace(tilt, burst=min(tilt.burst * factor, 1.0))] = None
    return tuple(around)


def _fitted_plan(
    model: PathModel, broad: Sequence[Tilt], candidates: Sequence[Tilt], found: Traits, weights: Floats
) -> TiltPlan:
    """Return the mixture of candidates that makes the paths which broke the venue most likely, and the defensive part.

    The shares maximize sum w log(sum share density), a concave function, by expectation maximization.
    """
    logs = log_density(model, candidates, found)
    density = np.exp(logs - logs.max(axis=0))
    shares = np.full(len(candidates), 1.0 / len(candidates))
    for _ in range(N_FITTING_STEPS):
        part = shares[:, None] * density
        shares = (part / part.sum(axis=0)) @ weights
        shares /= shares.sum()
    kept = np.flatnonzero(shares >= min(SMALLEST_SHARE, float(shares.max())))
    fitted = (1.0 - TRUE_SHARE - BROAD_SHARE) * shares[kept] / shares[kept].sum()
    broad = [tilt for tilt in broad if tilt.move == 0.0 and tilt.scale == 1.0 and tilt != Tilt()]
    total = {Tilt(): TRUE_SHARE}
    for tilt, share in (
        *((tilt, BROAD_SHARE / len(broad)) for tilt in broad),
        *((candidates[k], share) for k, share in zip(kept.tolist(), fitted, strict=True)),
    ):
        total[tilt] = total.get(tilt, 0.0) + float(share)
    scale = sum(total.values())
    return TiltPlan(tilts=tuple(total), shares=tuple(share / scale for share in total.values()))
