"""Importance sampling of rare shortfalls: a mixture of tilts, its likelihood ratios, and what they are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import draw_shocks
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import price_paths
from engine.errors import Checker, EngineError
from engine.kernel.state import Floats, Table
from engine.montecarlo.risk import Estimated, effective_sample_size
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Source
from engine.rare_events.tilts import Statistics, Tilt, check_tilts, log_density, statistics, tilt_shocks
from engine.streams import Stream, stream

FEWEST_EFFECTIVE_HITS = 10.0


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
        if any(tilt.level != 0 for tilt in self.tilts) and Tilt() not in self.tilts:
            check.add("tilts", "with the true law, Tilt(), beside a level, which leaves paths out", self.tilts)
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
