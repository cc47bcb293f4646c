"""The markets of a venue on which accounts margin positions together: a contract's own order book and margin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from engine.conditions import read_as
from engine.errors import Checker
from engine.impact import IMPACT_LAWS, SQUARE_ROOT

LIQUIDATION_ORDERS = ("pro_rata", "largest_loss", "largest_notional", "random")  # as kernel.accounts.state has them
LEAST_PIECE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueMarket:
    """One contract of a venue: the settings that `Venue` has flat where it has one contract alone.

    Parameters
    ----------
    name : str
        The coin or the contract, for people.
    depth, impact, impact_half_life, depth_floor, thinning, index_weight : float, str, float, float, float, float
        The order book, as in `Venue`; half-life in steps.
    maintenance_rate : float or None
        Fraction of notional, for books that bring no rate of their own. None: the venue's rate or table.
    min_size : float
        Coins (linear) or USD contracts (inverse).
    price_band, halt_steps : float, int
        Largest |log displacement| before forced trading in this market halts, and for how many further steps.
    reference_volatility : float or None
        Standard deviation of log returns per step that is usual here. None: the venue's.
    """

    name: str = ""
    depth: float
    impact: str = SQUARE_ROOT
    impact_half_life: float = math.inf
    depth_floor: float = 1.0
    thinning: float = 0.0
    index_weight: float = 0.0
    maintenance_rate: float | None = None
    min_size: float = 0.0
    price_band: float = math.inf
    halt_steps: int = 0
    reference_volatility: float | None = None

    def check(self, check: Checker, name: str) -> None:
        """Report what is wrong with it, under the name of its place."""
        check.text(f"{name}.name", self.name)
        check.number(f"{name}.depth", self.depth, above=0, infinite=True)
        check.choice(f"{name}.impact", self.impact, IMPACT_LAWS)
        check.number(f"{name}.impact_half_life", self.impact_half_life, above=0, infinite=True)
        check.number(f"{name}.depth_floor", self.depth_floor, above=0, most=1)
        check.number(f"{name}.thinning", self.thinning, least=0)
        if self.impact == SQUARE_ROOT and self.thinning != 0:
            check.add(f"{name}.thinning", f"0 with impact {SQUARE_ROOT!r}", self.thinning)
        check.number(f"{name}.index_weight", self.index_weight, least=0, most=1)
        if self.maintenance_rate is not None:
            check.number(f"{name}.maintenance_rate", self.maintenance_rate, least=0, most=0.999)
        check.number(f"{name}.min_size", self.min_size, least=0)
        check.number(f"{name}.price_band", self.price_band, above=0, infinite=True)
        check.whole(f"{name}.halt_steps", self.halt_steps, least=0)
        if self.reference_volatility is not None:
            check.number(f"{name}.reference_volatility", self.reference_volatility, above=0, most=1e6)


# Fields of one market that `Venue` has flat, too; with `markets` they are each market's own.
OF_MARKETS = (
    *("depth", "impact", "impact_half_life", "depth_floor", "thinning", "index_weight"),
    *("min_size", "price_band", "halt_steps"),
)


def read_markets(check: Checker, given: object) -> Any:
    """Return the markets as a tuple of VenueMarket, of mappings or records; what is wrong is reported."""
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        check.add("markets", "a sequence of VenueMarket, or of mappings of its fields", given)
        return ()
    return tuple(read_as(VenueMarket, check, f"markets[{at}]", one) for at, one in enumerate(given))


def check_markets(check: Checker, venue: Any) -> None:
    """Report what is wrong with a venue's markets, and flat settings that a market's own replace."""
    for at, market in enumerate(venue.markets):
        if isinstance(market, VenueMarket):
            market.check(check, f"markets[{at}]")
        else:
            check.add(f"markets[{at}]", "a VenueMarket", market)
    names = [market.name for market in venue.markets if isinstance(market, VenueMarket) and market.name]
    if len(set(names)) < len(names):
        check.add("markets", "of different names", names)
    check.choice("liquidation_order", venue.liquidation_order, LIQUIDATION_ORDERS)
    check.whole("liquidation_seed", venue.liquidation_seed, least=0)
    check.number("liquidation_target", venue.liquidation_target, least=1, most=1e6)
    check.number("piece", venue.piece, least=LEAST_PIECE, infinite=True)
    if venue.markets:
        plain = {field.name: field.default for field in fields(venue)}
        for name in OF_MARKETS:
            if getattr(venue, name) != plain[name]:
                check.add(name, "left out beside markets, each of which has its own", getattr(venue, name))


def refuse_markets(venue: Any, what: str) -> None:
    """Raise InputError where a venue has markets or assets, which `what` does not know."""
    check = Checker("venue")
    for name in ("markets", "assets"):
        if getattr(venue, name):
            bound = f"left out, for {what} knows isolated positions in one market alone"
            check.add(name, bound, f"{len(getattr(venue, name))} of them")
    check.raise_if_any()


def markets_of(venue: Any) -> tuple[VenueMarket, ...]:
    """Return the markets of a venue; where its settings are flat, the one market that they are."""
    return venue.markets or (VenueMarket(**{name: getattr(venue, name) for name in OF_MARKETS}),)
