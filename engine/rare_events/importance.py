"""Importance sampling of rare shortfalls: tilts chosen by a pilot run, likelihood ratios, and when to refuse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import draw_shocks
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import price_paths
from engine.errors import Checker, EngineError
from engine.kernel.state import Floats, Table
from engine.montecarlo.risk import Estimated, effective_sample_size
from engine.montecarlo.workspace import Source
from engine.rare_events.gap_tilts import GAP_MODELS
from engine.rare_events.tilts import Tilt, Traits, log_density, mixture_weights, n_extra, tilt_shocks, traits
from engine.streams import Stream, stream

FEWEST_EFFECTIVE_HITS = 10.0
LARGEST_SINGLE_SHARE = 0.3


class DegenerateWeightsError(EngineError):
    """The likelihood ratios rest on too few paths to say anything; the message says which and what to do."""


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
        if any(tilt.level != 0 for tilt in self.tilts) and Tilt() not in self.tilts:
            check.add("tilts", "with the true law, Tilt(), beside a level, which leaves paths out", self.tilts)
        check.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightReport:
    """What the weights of an estimate are worth.

    `effective_hits` is (sum w)^2 / sum w^2 over the paths with a shortfall, `largest_share` the largest share that one
    path has in their probability, `gain` how many times more paths plain Monte Carlo would need for the same error,
    the paths of the pilot runs counted.
    """

    plan: TiltPlan
    n_hits: int
    effective_hits: float
    largest_share: float
    mean_weight: float
    gain: float


def tilted_source(
    plan: TiltPlan, model: PathModel, start: float, seed: int, *, key: int = 0, keep: dict[int, Traits] | None = None
) -> Source:
    """Return the source of a plan's paths and their likelihood ratios; `key` tells pilots from the run itself.

    With key 0 the shocks are those of draw_paths, so that a path under the true law is the same path. `keep` collects
    the traits of the shocks by block.
    """
    if any(tilt.level != 0 for tilt in plan.tilts):
        check = Checker("path")
        check.choice("model", model.model, GAP_MODELS)
        check.raise_if_any()
    below = np.cumsum(plan.shares)[:-1]

    def fill(block: int, out: Table) -> Floats:
        n_paths = out.shape[0]
        if key == 0:
            shocks = draw_shocks(model=model, seed=seed, block=block, n_paths=n_paths)
        else:
            pilot_seed = int(stream(seed, Stream.PILOT, key).integers(2**31))
            shocks = draw_shocks(model=model, seed=pilot_seed, block=block, n_paths=n_paths)
        extra = stream(seed, Stream.PILOT, key, block).random((n_paths, 1 + n_extra(model)))
        choice = np.searchsorted(below, extra[:, 0], side="right")
        shocks = tilt_shocks(model, shocks, plan.tilts, choice, extra[:, 1:])
        found = traits(model, shocks)
        if keep is not None:
            keep[block] = found
        price_paths(model=model, initial_price=start, shocks=shocks, out=out)
        return mixture_weights(log_density(model, plan.tilts, found), plan.shares)

    return fill


def weigh(plan: TiltPlan, weights: Floats, is_short: NDArray[Any], chance: Estimated) -> WeightReport:
    """Return what the weights are worth, or raise DegenerateWeightsError with the reason."""
    hits = weights[is_short > 0]
    total = float(hits.sum())
    effective = effective_sample_size(hits)
    largest = float(hits.max()) / total if total > 0.0 else 0.0
    mean_weight = float(weights.mean())
    reason = ""
    if not np.isfinite(weights).all():
        reason = "a likelihood ratio is not finite"
    elif hits.size == 0 or total == 0.0:
        reason = f"none of {weights.size} tilted paths has a shortfall"
    elif effective < FEWEST_EFFECTIVE_HITS:
        reason = f"the {hits.size} paths with a shortfall are worth {effective:.3g} equally weighted ones"
    elif largest > LARGEST_SINGLE_SHARE:
        reason = f"one path carries {largest:.0%} of the probability"
    if reason:
        raise DegenerateWeightsError(f"{reason}: raise n_paths, or sample plainly (importance=None)")
    plain = chance.value * (1.0 - chance.value) / (weights.size + plan.n_pilot_paths)
    gain = plain / chance.stderr**2 if 0.0 < chance.stderr < math.inf else math.inf
    return WeightReport(
        plan=plan,
        n_hits=int(hits.size),
        effective_hits=effective,
        largest_share=largest,
        mean_weight=mean_weight,
        gain=gain,
    )
