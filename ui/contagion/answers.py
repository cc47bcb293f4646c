"""What a crash of one coin comes to: the matrix, and the chosen crash under both margins and kinds of policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine import POLICIES, CoinFall, Contagion, ContagionMatrix, coin_fall, coin_ladder, contagion
from ui.frame.parallel import each

HAIRCUT, DELEVERAGING = "profit_prorata", "adl_queue"
LADDER = np.linspace(0.0, 0.9, 91)
DRAWINGS = 7  # of the traders, beside the one that is shown


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the coin whose crash is told."""

    question: Contagion
    coin: str


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """The matrix, the chosen crash, and the same crash with the other margin and the other kind of policy.

    `ways` are the runs of the chosen crash by (is_cross, policy).
    """

    asked: Asked
    matrix: ContagionMatrix
    ways: dict[tuple[bool, str], CoinFall]
    ladder: np.ndarray

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins, in order."""
        return self.asked.question.coins

    @property
    def place(self) -> int:
        """Place of the coin that crashes."""
        return self.coins.index(self.asked.coin)

    @property
    def fall(self) -> CoinFall:
        """The chosen crash."""
        return self.matrix.falls[self.place]

    @property
    def other(self) -> CoinFall:
        """The same with the other margin."""
        question = self.asked.question
        return self.ways[not question.is_cross, question.policy]

    @property
    def beyond(self) -> np.ndarray:
        """Notional that the crash forces out by coin, beyond what falls without it, (K,)."""
        return self.matrix.liquidated[:, self.place]

    @property
    def in_others(self) -> float:
        """What it forces out of the other coins."""
        return float(np.delete(self.beyond, self.place).sum())


def is_deleveraging(policy: str) -> bool:
    """Tell whether a policy closes winners early."""
    return POLICIES[policy].family == "adl"


@lru_cache(maxsize=64)
def answer(asked: Asked) -> Answer:
    """Return the answer to what is asked."""
    question = asked.question
    matrix = contagion(question, each=each)
    chosen = matrix.falls[question.coins.index(asked.coin)]
    second = HAIRCUT if is_deleveraging(question.policy) else DELEVERAGING
    all_ways = [(is_cross, policy) for is_cross in (True, False) for policy in (question.policy, second)]
    others = [way for way in all_ways if way != (question.is_cross, question.policy)]
    runs = each(lambda way: coin_fall(replace(question, is_cross=way[0], policy=way[1]), asked.coin), others)
    found = dict(zip(others, runs, strict=True)) | {(question.is_cross, question.policy): chosen}
    ways = {way: found[way] for way in all_ways}
    return Answer(asked, matrix, ways, coin_ladder(chosen, LADDER))


@dataclass(frozen=True, slots=True)
class Spread:
    """The least and the most over other drawings of the traders, USD: what a crash forces out, and deficits."""

    in_others: tuple[float, float]
    deficit: dict[bool, tuple[float, float]]


@lru_cache(maxsize=64)
def spread(asked: Asked) -> Spread:
    """Return how the answer moves with who happens to trade: the crash again for DRAWINGS other seeds."""
    question = asked.question
    drawn = [replace(question, seed=question.seed + more) for more in range(1, DRAWINGS + 1)]
    asking = [replace(one, is_cross=is_cross) for one in drawn for is_cross in (True, False)]
    falls = dict(zip(asking, each(lambda one: coin_fall(one, asked.coin), asking), strict=True))
    bases = each(lambda one: coin_fall(replace(one, crash=0.0, correlation=0.0), ""), drawn)
    place = question.coins.index(asked.coin)
    beyond = [falls[one].liquidated - base.liquidated for one, base in zip(drawn, bases, strict=True)]
    others = [float(np.delete(each_coin, place).sum()) for each_coin in beyond]
    deficits = {
        is_cross: [fall.deficit for one, fall in falls.items() if one.is_cross is is_cross]
        for is_cross in (True, False)
    }
    return Spread((min(others), max(others)), {way: (min(all_), max(all_)) for way, all_ in deficits.items()})
