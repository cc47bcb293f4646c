"""Pilot runs that choose the tilts of importance sampling: the cross-entropy method in levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.montecarlo.fund_requirement import capacity, fund_requirements
from engine.montecarlo.risk import effective_sample_size
from engine.montecarlo.workspace import Request
from engine.rare_events.candidates import breaking_gaps, broad_tilts, neighbors, trigger_levels
from engine.rare_events.importance import DegenerateWeightsError, TiltPlan, tilted_source
from engine.rare_events.tilts import TILTED_MODELS, Tilt, Traits, log_density
from engine.venue import Venue

PILOT_PATHS = 4096
MOST_ROUNDS = 6
FEWEST_ELITE = 40.0  # equally weighted paths behind a fitted mixture
ENOUGH, FEW, BETTER = 60.0, 20.0, 1.25  # effective hits of a round: it is good; it is fair; it grew by so much
SMALLEST_SHARE = 0.004  # of a tilt in a plan
N_FITTING_STEPS = 10  # few: shares near those that fit best stay, and so do ways that the pilot hardly saw
TRUE_SHARE, BROAD_SHARE = 0.2, 0.1  # of the paths; the true law bounds every weight by 5


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
    target, best = capacity(venue), 0.0
    gaps = breaking_gaps(book, venue, model, start, target)
    broad = broad_tilts(model, trigger_levels(book, venue, model, start), gaps)
    plan = TiltPlan(tilts=broad, shares=(1.0 / len(broad),) * len(broad))
    for key in range(1, MOST_ROUNDS + 1):
        traits: dict[int, Traits] = {}
        need, weights = fund_requirements(
            Request(
                book=book,
                venue=venue,
                source=tilted_source(plan, model, start, seed, key=key, keep=traits),
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
        plan = _fitted_plan(model, broad, candidates, _joined(traits, elite), weights[elite])
        worth = effective_sample_size(weights[need > target])
        if worth >= ENOUGH or (worth >= FEW and worth < BETTER * best):
            break
        best = max(best, worth)
    return replace(plan, n_pilot_paths=key * n_pilot)


def _elite_level(need: Floats, weights: Floats, target: float) -> float:
    """Return the target, or the highest need below it that paths worth FEWEST_ELITE equally weighted ones exceed."""
    order = np.argsort(-need, kind="stable")
    w = weights[order]
    worth = np.cumsum(w) ** 2 / np.maximum(np.cumsum(w * w), 1e-300)
    enough = np.flatnonzero((worth >= FEWEST_ELITE) & (np.arange(w.size) >= FEWEST_ELITE))
    last = int(enough[0]) if enough.size else w.size - 1
    return min(target, max(float(need[order[last]]), 0.0))


def _joined(traits: dict[int, Traits], paths: NDArray[np.int64]) -> Traits:
    """Return the traits of some paths out of blocks."""
    blocks = [traits[block] for block in sorted(traits)]
    return Traits(*(np.concatenate(parts)[paths] for parts in zip(*blocks, strict=True)))


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
    total = {Tilt(): TRUE_SHARE} | {tilt: BROAD_SHARE / len(broad) for tilt in broad}
    for k, share in zip(kept.tolist(), fitted.tolist(), strict=True):
        total[candidates[k]] = total.get(candidates[k], 0.0) + share
    scale = sum(total.values())
    return TiltPlan(tilts=tuple(total), shares=tuple(share / scale for share in total.values()))
