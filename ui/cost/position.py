"""One position priced: chances and money with their errors, kept by what was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import (
    Book,
    Estimated,
    InputError,
    Position,
    Scenario,
    estimate,
    expected_shortfall,
    liquidation_price,
    mean,
    model_of,
    probability,
    scenario_book,
)
from engine.montecarlo.risk import ratio_of
from engine.questions.position import make_place, place_position
from ui.settings.market import PRICE, Market, market_scenario

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

FEW = 512  # paths that one thread does
CRASH = 0.2
ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQuery:
    """A position in a market; `gain` is how far the price has already gone its way since entry.

    `crash` is the fall (and rise) that the page queries about; `move` is one that paths begin with (0: none).
    """

    market: Market = field(default_factory=Market)
    side: int = 1
    notional: float = 1e6
    leverage: float = 10.0
    gain: float = 0.0
    policy: str = ""
    crash: float = CRASH
    move: float = 0.0

    @property
    def position(self) -> Position:
        """The position, as the engine takes it."""
        entry = PRICE / (1.0 + self.side * self.gain)
        return Position(trader_id=ME, size=self.side * self.notional / PRICE, entry_price=entry, leverage=self.leverage)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Cost:
    """What a query comes to over the horizon, USD; `losses` and `profits` are those of the paths on which it pays."""

    query: CostQuery
    n_paths: int
    charge: Estimated
    chance: Estimated
    liquidated: Estimated
    shortfall: Estimated
    given: Estimated
    gain_share: Estimated
    tail95: Estimated
    tail99: Estimated
    losses: Floats
    profits: Floats
    liquidation: float
    is_lost: bool

    @property
    def premium(self) -> Estimated:
        """Expected charge as a share of the position: what an insurance against charges would have to cost."""
        return Estimated(self.charge.value / self.query.notional, self.charge.stderr / self.query.notional)

    @property
    def share_of_gain(self) -> float:
        """Expected charge over expected gain (profits only)."""
        return float(self.gain_share.value)


def plain(query: CostQuery) -> CostQuery:
    """Return the query without what only `moves` depends on, so that its cost is found again."""
    return replace(query, crash=CRASH)


def scenario_of(query: CostQuery) -> Scenario:
    """Return the scenario with the position in it; raises InputError for a position that cannot be."""
    scenario = market_scenario(query.market, (query.position,))
    if not query.policy:
        return scenario
    venue = replace(scenario.venue, policy=query.policy, policy_options={})
    return replace(scenario, venue=venue)


@lru_cache(maxsize=128)
def book_of(query: CostQuery) -> Book:
    """Return the market's book with the position at its end.

    Where the position would be liquidated at once, which `place_position` refuses, it is drawn into the book, so that
    there is an answer all the same.
    """
    scenario, mine = market_scenario(query.market), query.position
    try:
        return place_position(
            book=scenario_book(scenario),
            venue=scenario.venue,
            side="long" if query.side > 0 else "short",
            size=abs(mine.size),
            leverage=query.leverage,
            entry_price=mine.entry_price,
        )
    except InputError:
        return scenario_book(scenario_of(query))


@lru_cache(maxsize=1024)
def cost_of(query: CostQuery, n_paths: int) -> Cost:
    """Return what an query costs, computed once while it is among the latest."""
    return measure(query, n_paths, None)


def measure(query: CostQuery, n_paths: int, progress: Progress | None) -> Cost:
    """Return what an query costs, telling how far it is."""
    scenario = scenario_of(query)
    book = book_of(replace(plain(query), policy="", move=0.0))
    me, model = book.n_traders - 1, model_of(scenario)
    if query.move:
        place = make_place(
            book=book, venue=scenario.venue, model=model, n_paths=n_paths, seed=scenario.seed, n_threads=None
        )
        moved = place.after_move(query.move)
        model, n_paths = moved.model, moved.n_paths
    result = estimate(
        book=book,
        venue=scenario.venue,
        model=model,
        n_paths=n_paths,
        seed=scenario.seed,
        watch=(me,),
        n_threads=1 if n_paths <= FEW else None,
        progress=progress,
    )
    mine = result.watched[:, 0]
    is_charged = mine["is_cut"] > 0
    liquidation = float(liquidation_price(book=book, venue=scenario.venue)[me])
    return Cost(
        query=query,
        n_paths=n_paths,
        charge=mean(mine["charge"]),
        chance=probability(is_charged),
        liquidated=probability(mine["forced_at"] >= 0),
        shortfall=result.shortfall_probability,
        given=mean(mine["charge"][is_charged]) if is_charged.any() else Estimated(0.0, 0.0),
        gain_share=_ratio(mine["charge"], np.maximum(mine["profit"], 0.0)),
        tail95=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.95),
        tail99=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.99),
        losses=mine["charge"][is_charged].copy(),
        profits=mine["profit"][is_charged].copy(),
        liquidation=liquidation,
        is_lost=liquidation >= PRICE if query.side > 0 else liquidation <= PRICE,
    )


def _ratio(x: Floats, y: Floats) -> Estimated:
    return ratio_of(x.sum(), (x * x).sum(), y.sum(), (y * y).sum(), (x * y).sum())
