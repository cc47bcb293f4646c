"""What a position's chance of paying for others costs: settings in, chances and money with errors out, cached."""

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
    PositionSpec,
    Scenario,
    place_position,
    study_of,
    trader_cost,
)
from engine.scenario import scenario_book
from ui.settings.market import PRICE, Market, market_scenario

Floats = NDArray[np.float64]
Tell = Callable[[int, int], None]

FEW = 512  # paths that one thread does
CRASH = 0.2
ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
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
    def position(self) -> Position:
        """The position, as the engine takes it."""
        entry = PRICE / (1.0 + self.side * self.gain)
        return Position(trader_id=ME, size=self.side * self.notional / PRICE, entry_price=entry, leverage=self.leverage)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Cost:
    """What an ask comes to: over the horizon, in USD; `losses` and `profits` are those of paths on which it was cut."""

    ask: Ask
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
        return Estimated(self.charge.value / self.ask.notional, self.charge.stderr / self.ask.notional)

    @property
    def share_of_gain(self) -> float:
        """Expected charge over expected gain (profits only)."""
        return float(self.gain_share.value)


def plain(ask: Ask) -> Ask:
    """Return the ask without what only `moves` depends on, so that its cost is found again."""
    return replace(ask, crash=CRASH)


def scenario_of(ask: Ask) -> Scenario:
    """Return the scenario with the position in it; raises InputError for a position that cannot be."""
    scenario = market_scenario(ask.market, (ask.position,))
    if not ask.policy:
        return scenario
    venue = replace(scenario.venue, policy=ask.policy, policy_options={})
    return replace(scenario, venue=venue)


@lru_cache(maxsize=128)
def book_of(ask: Ask) -> Book:
    """Return the market's book with the position at its end.

    Where the position would be liquidated at once, which `place_position` refuses, it is drawn into the book, so that
    there is an answer all the same.
    """
    scenario, mine = market_scenario(ask.market), ask.position
    position = PositionSpec(
        side="long" if ask.side > 0 else "short",
        size=abs(mine.size),
        leverage=ask.leverage,
        entry_price=mine.entry_price,
    )
    try:
        return place_position(study_of(scenario), position).book
    except InputError:
        return scenario_book(scenario_of(ask))


@lru_cache(maxsize=1024)
def cost_of(ask: Ask, n_paths: int) -> Cost:
    """Return what an ask costs, computed once while it is among the latest."""
    return measure(ask, n_paths, None)


def measure(ask: Ask, n_paths: int, tell: Tell | None) -> Cost:
    """Return what an ask costs, telling how far it is."""
    book = book_of(replace(plain(ask), policy="", move=0.0))
    few = max(n_paths // 4, 1) if ask.move else n_paths
    study = study_of(scenario_of(ask), n_paths=n_paths, n_threads=1 if few <= FEW else None)
    found = trader_cost(study.with_book(book), trader=book.n_traders - 1, move=ask.move, progress=tell)
    return Cost(
        ask=ask,
        n_paths=found.n_paths,
        charge=found.expected_charge,
        chance=found.cut_probability,
        liquidated=found.liquidation_probability,
        shortfall=found.shortfall_probability,
        given=found.charge_given_cut,
        gain_share=found.share_of_gain,
        tail95=found.expected_shortfall_95,
        tail99=found.expected_shortfall_99,
        losses=found.charge[found.is_cut],
        profits=found.profit[found.is_cut],
        liquidation=found.liquidation_price,
        is_lost=found.is_lost,
    )
