"""Many policies of the venue game through the same seasons: a search, its frontier, and what was found before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import wrong_input
from engine.kernel.state import Floats
from engine.questions.game_seasons import GameSeason, game_seasons
from engine.questions.venue_game import GAME_RULES, GamePolicy, play_season
from engine.streams import Stream, stream

FOUND = Path(__file__).parents[2] / "data" / "venue_game.csv"
GAME_CHOICES: Mapping[str, tuple[Any, ...]] = {  # of each setting, at most ten
    "maintenance_rate": (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1),
    "leverage_cap": (3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0),
    "fund_fee": (0.0, 0.0001, 0.0002, 0.0005, 0.001, 0.002),
    "fund": (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04),
    "price_band": (0.02, 0.03, 0.05, 0.1, 0.2, math.inf),
    "rule": GAME_RULES,
}
SEARCHED = 2_000
FEW = 24  # policies that are tried on the spot
HEAD = "seed,policy,solvency,fairness,revenue"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FoundPolicies:
    """Policies that were played through the seasons of a seed, the same one in all of them.

    Parameters
    ----------
    seed : int
    codes : tuple of str
        Each policy as places in GAME_CHOICES, a digit for each setting.
    scores : (n, 3)
        Solvency, fairness and revenue, the mean over the seasons.
    """

    seed: int
    codes: tuple[str, ...]
    scores: Floats

    @property
    def points(self) -> Floats:
        """Mean of the three scores, (n,)."""
        return np.asarray(self.scores.mean(axis=1))

    @property
    def frontier(self) -> NDArray[np.intp]:
        """Which of them no other beats in one score without losing in another, by rising revenue."""
        return frontier_of(self.scores)

    @property
    def best(self) -> tuple[GamePolicy, float]:
        """The policy with the most points, and how many."""
        at = int(np.argmax(self.points))
        return policy_of(self.codes[at]), float(self.points[at])


def frontier_of(scores: Floats) -> NDArray[np.intp]:
    """Return which rows (n, 3) no other row beats: at least as good in all scores and better in one; by the last."""
    rows = np.asarray(scores, dtype=np.float64)
    is_kept = np.array(
        [not bool(((rows >= row).all(axis=1) & (rows > row).any(axis=1)).any()) for row in rows], dtype=np.bool_
    )
    kept = np.flatnonzero(is_kept)
    return kept[np.argsort(rows[kept, -1], kind="stable")]


def policy_of(code: str) -> GamePolicy:
    """Return the policy of six digits, each the place of a setting in GAME_CHOICES.

    Examples
    --------
    >>> policy_of("130050").leverage_cap
    10.0
    """
    sizes = [len(values) for values in GAME_CHOICES.values()]
    digits = [int(digit) for digit in code if digit.isdecimal()]
    if len(digits) != len(sizes) or len(code) != len(sizes) or any(d >= n for d, n in zip(digits, sizes, strict=True)):
        raise wrong_input("policy", f"digits below {', '.join(map(str, sizes))}", code)
    chosen = zip(GAME_CHOICES, digits, strict=True)
    return GamePolicy(**{name: GAME_CHOICES[name][digit] for name, digit in chosen})


def search_policies(seed: int, n: int = SEARCHED) -> FoundPolicies:
    """Return n policies played through the seasons of a seed: half drawn, half neighbors of the frontier so far.

    A neighbor has another choice in one of its settings; none is played twice. The same seed gives the same policies.
    """
    chance, seasons = stream(seed, Stream.GAME_SEARCH), game_seasons(seed)
    sizes = np.array([len(values) for values in GAME_CHOICES.values()])
    found: dict[str, tuple[float, ...]] = {}
    front: list[str] = []  # the frontier so far, by rising revenue
    while len(found) < n:
        places = chance.integers(sizes)
        if len(found) >= n // 2:
            near = front[int(chance.integers(len(front)))]
            changed = int(chance.integers(sizes.size))
            places = np.array([places[i] if i == changed else int(digit) for i, digit in enumerate(near)])
        code = "".join(map(str, places.tolist()))
        if code not in found:
            found[code] = mean_scores(seasons, code)
            known = [each for each in found if each in front] + [code]  # in the order in which they were found
            front = [known[i] for i in frontier_of(np.array([found[each] for each in known]))]
    return FoundPolicies(seed=seed, codes=tuple(found), scores=np.array(list(found.values())))


def mean_scores(seasons: Sequence[GameSeason], code: str) -> tuple[float, ...]:
    """Return solvency, fairness and revenue of a policy, the mean over seasons, to the hundredth of a point."""
    scores = np.array([play_season(season, policy_of(code)).scores for season in seasons])
    return tuple(np.round(scores.mean(axis=0), 2).tolist())


@lru_cache(maxsize=1)
def _table() -> dict[int, FoundPolicies]:
    rows = [row.split(",") for row in FOUND.read_text(encoding="utf-8").splitlines() if not row.startswith("#")][1:]
    found = {}
    for seed in sorted({int(row[0]) for row in rows}):
        own = [row for row in rows if int(row[0]) == seed]
        scores = np.array([[float(cell) for cell in row[2:]] for row in own])
        found[seed] = FoundPolicies(seed=seed, codes=tuple(row[1] for row in own), scores=scores)
    return found


def searched_seeds() -> tuple[int, ...]:
    """Return the seeds whose policies were searched before (data/venue_game.csv)."""
    return tuple(_table())


@lru_cache(maxsize=64)
def found_policies(seed: int) -> FoundPolicies:
    """Return the policies known for a seed: those of the search, or FEW of the first seed's frontier, played now.

    Raises
    ------
    InputError
        When the seed is not a whole number >= 0.
    """
    known = _table()
    if seed in known:
        return known[seed]
    seasons, first = game_seasons(seed), known[min(known)]
    front = first.frontier
    places = np.unique(np.linspace(0, front.size - 1, min(FEW, front.size)).round().astype(np.intp))
    codes = tuple(first.codes[int(at)] for at in front[places])
    return FoundPolicies(seed=seed, codes=codes, scores=np.array([mean_scores(seasons, code) for code in codes]))
