"""One position priced by the engine, kept by what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from engine import (
    Book,
    InputError,
    Position,
    PositionCost,
    PositionSpec,
    Scenario,
    place_position,
    scenario_book,
    study_of,
    trader_cost,
)
from ui.frame.apart import Progress
from ui.settings.market import PRICE, Market, market_scenario

FEW = 512  # paths that one thread does
CRASH = 0.2
ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQuery:
    """A position in a market; `gain` is how far the price has already gone its way since entry.

    `crash` is the fall (and rise) that the page asks about; `move` is one that paths begin with (0: none).
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
    def side_name(self) -> str:
        """Long or short, in words."""
        return "long" if self.side > 0 else "short"

    @property
    def position(self) -> Position:
        """The position, as a scenario takes it."""
        entry = PRICE / (1.0 + self.side * self.gain)
        return Position(trader_id=ME, size=self.side * self.notional / PRICE, entry_price=entry, leverage=self.leverage)


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
    position = PositionSpec(
        side=query.side_name, size=abs(mine.size), leverage=query.leverage, entry_price=mine.entry_price
    )
    try:
        return place_position(study_of(scenario), position).book
    except InputError:
        return scenario_book(scenario_of(query))


@lru_cache(maxsize=1024)
def cost_of(query: CostQuery, n_paths: int) -> PositionCost:
    """Return what a position costs, computed once while it is among the latest."""
    return compute_cost(query, n_paths)


def compute_cost(query: CostQuery, n_paths: int, progress: Progress | None = None) -> PositionCost:
    """Return what a position costs, on a fourth of the paths after a first move."""
    book = book_of(replace(plain(query), policy="", move=0.0))
    few = max(n_paths // 4, 1) if query.move else n_paths
    study = study_of(scenario_of(query), n_paths=n_paths, n_threads=1 if few <= FEW else None)
    return trader_cost(study.with_book(book), trader=book.n_traders - 1, move=query.move, progress=progress)
