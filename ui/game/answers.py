"""What the game computes: a season under the settings that were played, and where a whole game stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import FoundPolicies, PlayedSeason, coming, found_policies, game_seasons, play_season
from ui.game.progress import policy_of

KEPT = 48  # seasons played that are remembered: a run each
SCORED = 4_096  # of which only the scores are


@lru_cache(maxsize=KEPT)
def season(seed: int, number: int, words: str) -> PlayedSeason:
    """Return what became of a season, counted from 0, under settings as a link has them."""
    return play_season(game_seasons(seed)[number], policy_of(words))


@lru_cache(maxsize=SCORED)
def scores(seed: int, number: int, words: str) -> tuple[float, float, float]:
    """Return the three scores of a season under settings; of many, and without what they came of."""
    return play_season(game_seasons(seed)[number], policy_of(words)).scores


def points(seed: int, number: int, words: str) -> float:
    """Return the mean of the three scores."""
    return sum(scores(seed, number, words)) / 3.0


def best_of(seed: int, number: int, values: Sequence[str]) -> str:
    """Return the settings with the most points of those that a class chose, the first of equals."""
    return max(values, key=lambda words: points(seed, number, words))


@lru_cache(maxsize=KEPT)
def comes(seed: int, number: int, words: str) -> float:
    """Return how much of what traders want to hold in a season comes under these settings, USD."""
    notional, _ = coming(game_seasons(seed)[number], policy_of(words))
    return float(np.abs(notional).sum())


@dataclass(frozen=True, slots=True)
class Standing:
    """A whole game beside the policies known for its seed: scores and points are means over the seasons."""

    scores: tuple[float, float, float]
    found: FoundPolicies

    @property
    def points(self) -> float:
        """Mean of the three scores."""
        return sum(self.scores) / len(self.scores)

    @property
    def n_better(self) -> int:
        """How many of the policies known have more points."""
        return int((self.found.points > self.points).sum())

    @property
    def is_beaten(self) -> bool:
        """Whether a policy is at least as good in all three scores, and better in one."""
        rows, own = self.found.scores, np.array(self.scores)
        return bool(((rows >= own).all(axis=1) & (rows > own).any(axis=1)).any())


def standing(seed: int, played: tuple[str, ...]) -> Standing:
    """Return where a game stands after its last season."""
    scores = np.mean([season(seed, number, words).scores for number, words in enumerate(played)], axis=0)
    solvency, fairness, revenue = scores.tolist()
    return Standing((solvency, fairness, revenue), found_policies(seed))
