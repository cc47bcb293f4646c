"""The markets of a venue on which accounts margin positions together, and the assets that it takes as collateral.

Each has an order book of its own: a contract is traded in it, collateral is sold.
"""

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
        _check_order_book(check, name, self)
        if self.maintenance_rate is not None:
            check.number(f"{name}.maintenance_rate", self.maintenance_rate, least=0, most=0.999)
        check.number(f"{name}.min_size", self.min_size, least=0)
        check.number(f"{name}.price_band", self.price_band, above=0, infinite=True)
        check.whole(f"{name}.halt_steps", self.halt_steps, least=0)
        if self.reference_volatility is not None:
            check.number(f"{name}.reference_volatility", self.reference_volatility, above=0, most=1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset that margins accounts, such as a coin, a staked coin or a stablecoin.

    Parameters
    ----------
    name : str
        For people.
    haircut : float
        Share of its value that does not count as margin, 0 to 1. It moves triggers, never wealth.
    depth, impact, impact_half_life, thinning, index_weight : float, str, float, float, float
        The order book in which it is sold, as in `Venue`: depth in the settlement currency, half-life in steps. A
        coin's book here and its contract's are not coupled.

    Examples
    --------
    >>> Asset(name="USDe", haircut=0.1, depth=5e6).haircut
    0.1
    """

    name: str = ""
    haircut: float
    depth: float
    impact: str = SQUARE_ROOT
    impact_half_life: float = math.inf
    thinning: float = 0.0
    index_weight: float = 0.0

    def check(self, check: Checker, name: str) -> None:
        """Report what is wrong with it, under the name of its place."""
        check.text(f"{name}.name", self.name)
        check.number(f"{name}.haircut", self.haircut, least=0, most=1)
        _check_order_book(check, name, self)


def _check_order_book(check: Checker, name: str, one: VenueMarket | Asset) -> None:
    check.number(f"{name}.depth", one.depth, above=0, infinite=True)
    check.choice(f"{name}.impact", one.impact, IMPACT_LAWS)
    check.number(f"{name}.impact_half_life", one.impact_half_life, above=0, infinite=True)
    if isinstance(one, VenueMarket):
        check.number(f"{name}.depth_floor", one.depth_floor, above=0, most=1)
    check.number(f"{name}.thinning", one.thinning, least=0)
    if one.impact == SQUARE_ROOT and one.thinning != 0:
        check.add(f"{name}.thinning", f"0 with impact {SQUARE_ROOT!r}", one.thinning)
    check.number(f"{name}.index_weight", one.index_weight, least=0, most=1)


# Fields of one market that `Venue` has flat, too; with `markets` they are each market's own.
OF_MARKETS = (
    *("depth", "impact", "impact_half_life", "depth_floor", "thinning", "index_weight"),
    *("min_size", "price_band", "halt_steps"),
)
LISTED: dict[str, tuple[type[VenueMarket | Asset], str]] = {  # by field of `Venue`
    "markets": (VenueMarket, "a VenueMarket"),
    "assets": (Asset, "an Asset"),
}


def read_listed(check: Checker, name: str, given: object) -> Any:
    """Return a venue's markets or assets as a tuple of records, of mappings or records; what is wrong is reported."""
    kind, _ = LISTED[name]
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        check.add(name, f"a sequence of {kind.__name__}, or of mappings of its fields", given)
        return ()
    return tuple(read_as(kind, check, f"{name}[{at}]", one) for at, one in enumerate(given))


def check_markets(check: Checker, venue: Any) -> None:
    """Report what is wrong with a venue's markets, and flat settings that a market's own replace."""
    check_listed(check, "markets", venue.markets)
    check.choice("liquidation_order", venue.liquidation_order, LIQUIDATION_ORDERS)
    check.whole("liquidation_seed", venue.liquidation_seed, least=0)
    check.number("liquidation_target", venue.liquidation_target, least=1, most=1e6)
    check.number("piece", venue.piece, least=LEAST_PIECE, infinite=True)
    if venue.markets:
        plain = {field.name: field.default for field in fields(venue)}
        for name in OF_MARKETS:
            if getattr(venue, name) != plain[name]:
                check.add(name, "left out beside markets, each of which has its own", getattr(venue, name))


def check_listed(check: Checker, name: str, listed: tuple[Any, ...]) -> None:
    """Report what is wrong with a venue's markets or assets."""
    kind, bound = LISTED[name]
    for at, one in enumerate(listed):
        if isinstance(one, kind):
            one.check(check, f"{name}[{at}]")
        else:
            check.add(f"{name}[{at}]", bound, one)
    names = [one.name for one in listed if isinstance(one, kind) and one.name]
    if len(set(names)) < len(names):
        check.add(name, "of different names", names)


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
