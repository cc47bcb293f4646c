"""10 October 2025 in all coins: the day under deleveraging and under haircuts, every order, other drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine import LIQUIDATION_ORDERS, OctoberQuestion, OctoberRun, OwnHedge, october_run

HAIRCUT = "profit_prorata"
OTHER_SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False, slots=True)
class Day:
    """The day as asked, under deleveraging, and with a haircut on account profit in its place."""

    question: OctoberQuestion
    closed: OctoberRun
    haircut: OctoberRun

    @property
    def spared(self) -> int:
        """Accounts that lost their hedge, were forced out then, and are not under a haircut."""
        return int(np.count_nonzero(self.closed.is_broken & self.closed.is_forced & ~self.haircut.is_forced))


@lru_cache(maxsize=32)
def day_of(question: OctoberQuestion) -> Day:
    """Return the day under both kinds of rule."""
    return Day(question, october_run(question), october_run(replace(question, policy=HAIRCUT)))


@lru_cache(maxsize=8)
def by_rule(question: OctoberQuestion) -> dict[tuple[str, str], OctoberRun]:
    """Return the runs of every order of liquidation under both kinds of rule."""
    return {
        (order, policy): october_run(replace(question, order=order, policy=policy))
        for order in LIQUIDATION_ORDERS
        for policy in (question.policy, HAIRCUT)
    }


@lru_cache(maxsize=8)
def other_drawings(question: OctoberQuestion) -> tuple[OctoberRun, ...]:
    """Return the same day with other drawn accounts; one's own is as it stands there, for the figures of the venue."""
    return own_drawings(replace(question, own=OwnHedge()))


@lru_cache(maxsize=8)
def own_drawings(question: OctoberQuestion) -> tuple[OctoberRun, ...]:
    """Return the same day with other drawn accounts around the hedge that is asked about."""
    return tuple(october_run(replace(question, seed=seed)) for seed in OTHER_SEEDS)
