"""Pilot runs that choose the tilts of importance sampling: the cross-entropy method in levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_settings import PathModel
from engine.kernel.state import Floats
from engine.margin import equity, liquidation_price, notional
from engine.montecarlo.fund_requirement import capacity, fund_requirements
from engine.montecarlo.risk import effective_sample_size, value_at_risk
from engine.montecarlo.study import Study
from engine.rare_events.plans import DegenerateWeightsError, TiltPlan, tilted_source
from engine.rare_events.tilts import Statistics, Tilt, check_tilts, log_density

PILOT_PATHS = 4096
MOST_ROUNDS = 6
FEWEST_ELITE = 40.0  # equally weighted paths behind a fitted mixture
ENOUGH, FEW, BETTER = 60.0, 20.0, 1.25  # effective hits of a round: it is good; it is fair; it grew by so much
SMALLEST_SHARE = 0.004  # of a tilt in a plan
N_FITTING_STEPS = 10  # few: shares near those that fit best stay, and so do tilts that the pilot hardly saw
TRUE_SHARE, BROAD_SHARE = 0.2, 0.1  # of the paths; the true law bounds every weight by 5

SHIFTS = (1.5, 3.0, 4.5, 6.0, 8.0)
WINDOW_SHIFTS = (3.0, 4.5, 6.0, 8.0)
N_LEVELS, OVERSHOOTS = 8, (1.0, 2.5)  # of triggers; step deviations beyond them
N_BREAKING = 10
LARGEST_OVERSHOOT, OVERSHOOT_STEP = 8.0, 0.25  # step deviations
FARTHEST = 4.5  # deviations of the horizon
SHORT_OF = (0.25, 1.0)  # step deviations: deficits left before need less


def plan_tilts(study: Study, *, target: float | None = None, n_pilot: int = PILOT_PATHS) -> TiltPlan:
    """Return the tilts under which a shortfall is ordinary, found by pilot runs.

    Parameters
    ----------
    study : Study
        Its model is "gbm", "student_t" or "merton". The pilots have random streams of their own.
    target : float or None
        None: a shortfall is a path that requires more than the venue's layers hold. Else more than the fund that is
        exceeded with this probability, which the pilots find, 0 < target < 1.
    n_pilot : int
        Paths of each pilot round, of which there are one to six.

    Raises
    ------
    InputError
        For a model that cannot be tilted.
    DegenerateWeightsError
        When no pilot path has a deficit: a shortfall is then rarer than importance sampling can find.

    Notes
    -----
    The cross-entropy method in levels, with a defensive mixture. The first round spreads paths over falls and rises of
    up to eight standard deviations, over the whole path and within windows of every length, and over what the model has
    of its own (OWN_FIELDS). Each round takes the paths that require the largest fund
    (`fund_requirements`), keeps the mixture of tilts that makes them most likely, and draws the next round from it and
    its neighbors, until those paths are the ones that break the venue. A fifth of the paths keep the true law and a
    tenth a broad one, so that no weight exceeds 5 and no way to a shortfall is left out.
    """
    check_tilts(study.model, ())
    goal = capacity(study.venue) if target is None else 0.0
    broad, best = broad_tilts(study, goal), 0.0
    plan = TiltPlan(tilts=broad, shares=(1.0 / len(broad),) * len(broad))
    for key in range(1, MOST_ROUNDS + 1):
        kept: dict[int, Statistics] = {}
        source = tilted_source(plan, study.model, study.start, study.seed, key=key, keep=kept)
        required, weights = fund_requirements(study.request(source=source, n_paths=n_pilot))
        if target is not None:
            goal = value_at_risk(required, 1.0 - target, weights).value
        elite = np.flatnonzero(required > _elite_level(required, weights, goal))
        if elite.size == 0:
            raise DegenerateWeightsError(f"none of {n_pilot} pilot paths has a deficit: a shortfall is too rare")
        broad = broad if target is None else broad_tilts(study, goal)
        candidates = broad if key == 1 else neighbors(plan.tilts, study.model)
        plan = _fitted_plan(study.model, broad, candidates, _joined(kept, elite), weights[elite])
        worth = effective_sample_size(weights[required > goal])
        if worth >= ENOUGH or (worth >= FEW and worth < BETTER * best):
            break
        best = max(best, worth)
    return replace(plan, n_pilot_paths=key * n_pilot)


def _elite_level(required: Floats, weights: Floats, goal: float) -> float:
    """Return the goal, or the highest level below it that paths worth FEWEST_ELITE equally weighted ones exceed."""
    order = np.argsort(-required, kind="stable")
    w = weights[order]
    worth = np.cumsum(w) ** 2 / np.maximum(np.cumsum(w * w), 1e-300)
    enough = np.flatnonzero((worth >= FEWEST_ELITE) & (np.arange(w.size) >= FEWEST_ELITE))
    last = int(enough[0]) if enough.size else w.size - 1
    return min(goal, max(float(required[order[last]]), 0.0))


def _joined(kept: dict[int, Statistics], paths: NDArray[np.int64]) -> Statistics:
    """Return the statistics of some paths out of blocks."""
    blocks = [kept[block] for block in sorted(kept)]
    return Statistics(*(np.concatenate(parts)[paths] for parts in zip(*blocks, strict=True)))


def _fitted_plan(
    model: PathModel, broad: Sequence[Tilt], candidates: Sequence[Tilt], found: Statistics, weights: Floats
) -> TiltPlan:
    """Return the mixture of candidates that makes the elite paths most likely, and the defensive part.

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
    broad = [tilt for tilt in broad if tilt.window_shift == 0.0 and tilt != Tilt()]
    total = {Tilt(): TRUE_SHARE} | {tilt: BROAD_SHARE / len(broad) for tilt in broad}
    for k, share in zip(kept.tolist(), fitted.tolist(), strict=True):
        total[candidates[k]] = total.get(candidates[k], 0.0) + share
    scale = sum(total.values())
    return TiltPlan(tilts=tuple(total), shares=tuple(share / scale for share in total.values()))


def broad_tilts(study: Study, goal: float) -> tuple[Tilt, ...]:
    """Return tilts towards everything that could leave deficits of `goal`: moves, volatility, and the model's own."""
    model = study.model
    widths = [model.n_steps >> k for k in range(1, 20) if model.n_steps >> k >= 1]
    tilts = [Tilt(shift=side * shift) for side in (-1, 1) for shift in SHIFTS]
    tilts += [Tilt(window_shift=s * move, width=width) for s in (-1, 1) for move in WINDOW_SHIFTS for width in widths]
    if model.model == "gbm":
        tilts += breaking_overshoots(study, goal)
        tilts += [Tilt(level=level, overshoot=far) for level in trigger_levels(study) for far in OVERSHOOTS]
    elif model.model == "student_t":
        scales = (0.2, 0.05, 0.01, 0.002)
        tilts += [Tilt(window_shift=move, chi_square_scale=scale) for move in (-1.5, 0.0, 1.5) for scale in scales]
    if model.model == "merton" and model.volatility == 0:
        tilts = []
    if model.model == "merton" and model.jump_intensity > 0:
        expected = model.jump_intensity * model.step_years * model.n_steps
        more = [max(1.0, count / expected) for count in (1.0, 2.0, 4.0)]
        tilts += [Tilt(intensity=f, jump_shift=m) for f in more for m in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    return (Tilt(), *tilts)


def trigger_levels(study: Study) -> list[float]:
    """Return logs of prices, over the first one, at which many positions have their triggers, below and above.

    Quantiles of the triggers, weighted by notional and by the chance that the price comes there.
    """
    book, model = study.book, study.model
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.log(liquidation_price(book=book, venue=study.venue) / study.start)
    spread = model.step_volatility * math.sqrt(model.n_steps)
    found: list[float] = []
    for side in (-1.0, 1.0):
        at = np.flatnonzero((np.sign(book.size) == -side) & np.isfinite(levels) & (side * levels > 0.0))
        at = at[np.argsort(np.abs(levels[at]), kind="stable")]
        away = np.minimum(np.abs(levels[at]) / spread, FARTHEST)
        below = np.cumsum(notional(book=book, price=study.start)[at] * np.exp(-0.5 * away**2))
        if at.size:
            places = np.searchsorted(below, below[-1] * (np.arange(N_LEVELS) + 0.5) / N_LEVELS)
            found += dict.fromkeys(levels[at][places].tolist())
    return found


def breaking_overshoots(study: Study, goal: float) -> tuple[Tilt, ...]:
    """Return the overshoots by which one step would leave deficits of `goal` all at once, the likeliest of them.

    The step passes every trigger between a level and where it lands; market impact is left out. One for each step
    deviation of the level: positions near each other break together.
    """
    book, model, start = study.book, study.model, study.start
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.log(liquidation_price(book=book, venue=study.venue) / start) / model.step_volatility
    farthest = FARTHEST * math.sqrt(model.n_steps)
    found: list[tuple[float, float, float]] = []
    for side in (-1.0, 1.0):
        level = side * levels
        at = np.flatnonzero((np.sign(book.size) == -side) & (level > 0.0) & (level < farthest))
        at = at[np.argsort(level[at], kind="stable")]
        level, overshoot = level[at], np.full(at.size, math.inf)
        for landing in np.arange(OVERSHOOT_STEP, farthest + LARGEST_OVERSHOOT, OVERSHOOT_STEP):
            price = start * math.exp(side * landing * model.step_volatility)
            short = np.where(level > landing, 0.0, np.maximum(-equity(book=book, price=price)[at], 0.0))
            at_once = np.cumsum(short[::-1])[::-1]
            overshoot = np.minimum(overshoot, np.where((at_once > goal) & (level < landing), landing - level, math.inf))
        unlikely = level**2 / model.n_steps + overshoot**2  # of two normals: it is reached, and the step is so large
        order = np.argsort(unlikely, kind="stable")
        order = order[overshoot[order] < LARGEST_OVERSHOOT]
        nearest = np.unique(np.floor(level[order]), return_index=True)[1]
        for j in order[nearest]:
            found.append((float(unlikely[j]), float(side * level[j] * model.step_volatility), float(overshoot[j])))
    likeliest = sorted(found)[:N_BREAKING]
    return tuple(Tilt(level=at, overshoot=max(far - less, 0.0)) for _, at, far in likeliest for less in SHORT_OF)


def neighbors(tilts: Sequence[Tilt], model: PathModel) -> tuple[Tilt, ...]:
    """Return tilts around those of a plan, themselves included."""
    around: dict[Tilt, None] = {}
    for tilt in tilts:
        around[tilt] = None
        around |= {replace(tilt, **change): None for change in _steps(tilt, model)}
    return tuple(around)


def _steps(tilt: Tilt, model: PathModel) -> list[dict[str, Any]]:
    """Return the fields of a tilt that can be changed a little, and to what."""
    if tilt == Tilt():
        return []
    if tilt.level != 0.0:
        levels = [{"level": tilt.level + k * model.step_volatility} for k in (-2.0, -0.7, 0.7, 2.0)]
        return levels + [{"overshoot": max(tilt.overshoot + more, 0.0)} for more in (-0.5, 0.5)]
    steps: list[dict[str, Any]] = []
    if tilt.shift != 0.0 or tilt.window_shift != 0.0:
        where = "shift" if tilt.shift != 0.0 else "window_shift"
        steps += [{where: getattr(tilt, where) + step} for step in (-0.8, 0.8)]
    if tilt.has_window and tilt.chi_square_scale == 1.0:
        wider = max(min(tilt.width * 4 // 3, model.n_steps), 1)
        steps += [{"width": max(tilt.width * 2 // 3, 1)}, {"width": wider}]
    if tilt.intensity != 1.0:
        steps += [{"intensity": min(tilt.intensity * factor, 1e6)} for factor in (0.6, 1.6)]
        steps += [{"jump_shift": tilt.jump_shift + step} for step in (-0.5, 0.5)]
    if tilt.chi_square_scale != 1.0:
        steps += [{"chi_square_scale": min(tilt.chi_square_scale * factor, 1.0)} for factor in (0.5, 2.0)]
    return steps
