"""Importance sampling of rare shortfalls: a mixture of tilts, what its weights are worth, and pilots that find it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.drawing.blocks import price_paths
from engine.drawing.path_models import draw_shocks
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, EngineError
from engine.kernel.state import Floats, Table
from engine.montecarlo.risk import Estimated, effective_sample_size, value_at_risk
from engine.montecarlo.runs import capacity, fund_requirements
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Source
from engine.rare_events.tilts import Statistics, Tilt, check_tilts, log_density, statistics, tilt_shocks
from engine.streams import Stream, stream

FEWEST_EFFECTIVE_HITS = 10.0
PILOT_PATHS = 4096
MOST_ROUNDS = 6
FEWEST_ELITE = 40.0  # equally weighted paths behind a fitted mixture
ENOUGH, FEW, BETTER = 60.0, 20.0, 1.25  # effective hits of a round: it is good; it is fair; it grew by so much
SMALLEST_SHARE = 0.004  # of a tilt in a plan
N_FITTING_STEPS = 10  # few: shares near those that fit best stay, and so do tilts that the pilot hardly saw
TRUE_SHARE, BROAD_SHARE = 0.2, 0.1  # of the paths; the true law bounds every weight by 5
SHIFTS = (1.5, 3.0, 4.5, 6.0, 8.0)
WINDOW_SHIFTS = (3.0, 4.5, 6.0, 8.0)


class DegenerateWeightsError(EngineError):
    """The likelihood ratios rest on too few paths to say anything; the message says which and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightReport:
    """What the weights of an estimate are worth.

    `effective_hits` is (sum w)^2 / sum w^2 over the `n_hits` paths with a shortfall (at least 10, so that none carries
    a third of their probability), `gain` how many times more paths plain Monte Carlo would need for the same error,
    the paths of the pilot runs counted.
    """

    plan: TiltPlan
    n_hits: int
    effective_hits: float
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TiltPlan:
    """A mixture of tilts: `shares` of the paths, summing to 1, are drawn under `tilts`.

    `n_pilot_paths` is what it took to find it.
    """

    tilts: tuple[Tilt, ...]
    shares: tuple[float, ...]
    n_pilot_paths: int = 0

    def __post_init__(self) -> None:
        """Validate the mixture."""
        object.__setattr__(self, "tilts", tuple(self.tilts))
        object.__setattr__(self, "shares", tuple(float(share) for share in self.shares))
        check = Checker("plan")
        if not self.tilts or len(self.tilts) != len(self.shares):
            check.add("shares", f"one for each of {len(self.tilts)} tilts, at least one", self.shares)
        for place, share in enumerate(self.shares):
            check.number(f"shares[{place}]", share, above=0, most=1)
        if self.shares and abs(sum(self.shares) - 1.0) > 1e-9:
            check.add("shares", "of sum 1", sum(self.shares))
        check.raise_if_any()

    def source(self, study: Study) -> Source:
        """Return the source of the plan's paths of a study and their likelihood ratios."""
        return tilted_source(self, study.model, study.start, study.seed)

    def report(self, weights: Floats, is_short: NDArray[np.bool_], chance: Estimated) -> WeightReport:
        """Return what the weights (n_paths,) are worth for a chance, or raise DegenerateWeightsError with the reason.

        `is_short` (n_paths,) tells on which paths it happens.
        """
        hits = weights[is_short]
        total = float(hits.sum())
        effective = effective_sample_size(hits)
        reason = ""
        if not np.isfinite(weights).all():
            reason = "a likelihood ratio is not finite"
        elif hits.size == 0 or total == 0.0:
            reason = f"none of {weights.size} tilted paths has a shortfall"
        elif effective < FEWEST_EFFECTIVE_HITS:
            reason = f"the {hits.size} paths with a shortfall are worth {effective:.3g} equally weighted ones"
        if reason:
            raise DegenerateWeightsError(f"{reason}: raise n_paths, or sample plainly")
        plain = chance.value * (1.0 - chance.value) / (weights.size + self.n_pilot_paths)
        return WeightReport(
            plan=self,
            n_hits=int(hits.size),
            effective_hits=effective,
            gain=plain / chance.stderr**2 if 0.0 < chance.stderr < math.inf else math.inf,
        )


def tilted_source(
    plan: TiltPlan,
    model: PathModel,
    start: float,
    seed: int,
    *,
    key: int = 0,
    keep: dict[int, Statistics] | None = None,
) -> Source:
    """Return the source of a plan's paths and their likelihood ratios; `key` tells pilots from the run itself.

    With key 0 the shocks are those of draw_paths, so that a path under the true law is the same path. `keep` collects
    the statistics of the shocks by block.
    """
    check_tilts(model, plan.tilts)
    below = np.cumsum(plan.shares)[:-1]

    def fill(block: int, out: Table, opens: Table) -> Floats:
        n_paths = out.shape[0]
        own_seed = seed if key == 0 else int(stream(seed, Stream.PILOT, key).integers(2**31))
        shocks = draw_shocks(model=model, seed=own_seed, block=block, n_paths=n_paths)
        uniform = stream(seed, Stream.PILOT, key, block).random((n_paths, 2))
        choice = np.searchsorted(below, uniform[:, 0], side="right")
        shocks = tilt_shocks(model, shocks, plan.tilts, choice, uniform[:, 1])
        found = statistics(model, shocks)
        if keep is not None:
            keep[block] = found
        price_paths(model=model, initial_price=start, shocks=shocks, out=out, opens=opens)
        return mixture_weights(log_density(model, plan.tilts, found), np.array(plan.shares))

    return fill


def mixture_weights(logs: Floats, shares: Floats) -> Floats:
    """Return the likelihood ratio true / mixture of every path, (paths,), from log_density.

    At most 1 / the share of the default tilt.
    """
    shifted = logs + np.log(shares)[:, None]
    top = shifted.max(axis=0)
    return np.asarray(np.exp(-top) / np.exp(shifted - top).sum(axis=0))


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
    broad, best = broad_tilts(study.model), 0.0
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


def broad_tilts(model: PathModel) -> tuple[Tilt, ...]:
    """Return tilts towards everything that could leave deficits: moves, bursts, and the model's own."""
    widths = [model.n_steps >> k for k in range(1, 20) if model.n_steps >> k >= 1]
    tilts = [Tilt(shift=side * shift) for side in (-1, 1) for shift in SHIFTS]
    tilts += [Tilt(window_shift=s * move, width=width) for s in (-1, 1) for move in WINDOW_SHIFTS for width in widths]
    if model.model == "student_t":
        scales = (0.2, 0.05, 0.01, 0.002)
        tilts += [Tilt(window_shift=move, chi_square_scale=scale) for move in (-1.5, 0.0, 1.5) for scale in scales]
    if model.model == "merton" and model.volatility == 0:
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
        around |= {replace(tilt, **change): None for change in _steps(tilt, model)}
    return tuple(around)


def _steps(tilt: Tilt, model: PathModel) -> list[dict[str, Any]]:
    """Return the fields of a tilt that can be changed a little, and to what."""
    if tilt == Tilt():
        return []
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
