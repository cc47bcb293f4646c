"""A market to ask questions of many paths about: a venue's rules, its traders, and how the price may move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, log

from engine import (
    OwnBook,
    PathModel,
    Position,
    Scenario,
    apply_venue,
    is_own,
    load_preset,
    load_venue_preset,
    with_own_book,
)
from ui.frame.formats import duration, money

PRICE = 60_000.0
OPEN_INTEREST = 1e9
N_TRADERS = 400
HALF_LIFE_MINUTES = 10.0
MANY_ORDERS = 20
HORIZONS = {"8 hours": 1 / 3, "1 day": 1.0, "3 days": 3.0, "7 days": 7.0, "30 days": 30.0}
MODELS = {
    "merton": "Jumps (Merton)",
    "student_t": "Fat tails (Student t)",
    "garch": "Clustered volatility (GARCH)",
    "gbm": "No jumps (GBM)",
}
ASSUMED = (
    f"Assumed, not recorded: {N_TRADERS} traders with open interest of {money(OPEN_INTEREST, 'USD')} a side, half of "
    f"an order's impact gone after {duration(HALF_LIFE_MINUTES)}; with jumps, 24 a year of "
    "\N{MINUS SIGN}3 % on average with a standard deviation of 6 %; a price without drift."
)


ASSUMED_OWN = (
    "The other traders are those of your file, their amounts in proportion to open interest of "
    f"{money(OPEN_INTEREST, 'USD')} a side and their prices to {PRICE:,.0f}, leverage as it is: the slider of the "
    "others' leverage does nothing. Assumed, not recorded: half of an order's impact gone after "
    f"{duration(HALF_LIFE_MINUTES)}; a price without drift. No command gives the same figures, for want of the scaling."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What both pages of many paths ask about; fractions, days."""

    venue: str = "deribit"
    model: str = "merton"
    days: float = 1.0
    volatility: float = 1.0
    leverage: float = 12.0
    fund: float = 0.005
    depth: float = 0.04
    own: OwnBook | None = None  # in place of drawn traders, at PRICE and OPEN_INTEREST

    @property
    def has_own(self) -> bool:
        """Whether it names what a session has of its own."""
        return self.own is not None or is_own(self.venue)

    @property
    def minutes(self) -> float:
        """Length of a step: longer horizons are looked at less often, so that there are a few hundred steps."""
        return 5.0 if self.days <= 1 else 20.0 if self.days <= 7 else 60.0

    @property
    def fund_money(self) -> float:
        """The fund in USD."""
        return self.fund * OPEN_INTEREST


@lru_cache(maxsize=256)
def market_scenario(market: Market, positions: tuple[Position, ...] = ()) -> Scenario:
    """Return the scenario of a market, with named positions in its book."""
    calm = load_preset("calm").scenario
    path = PathModel(
        model=market.model,
        volatility=market.volatility,
        initial_price=PRICE,
        minutes_per_step=market.minutes,
        n_steps=round(market.days * 1440.0 / market.minutes),
    )
    book = replace(
        calm.book, n_traders=N_TRADERS, open_interest=OPEN_INTEREST, entry_price=PRICE, leverage=market.leverage
    )
    venue = replace(
        calm.venue,
        fund=market.fund_money,
        depth=market.depth * OPEN_INTEREST,
        impact_half_life=HALF_LIFE_MINUTES / market.minutes,
    )
    plain = Scenario(name="market", book=book, path=path, venue=venue, positions=positions)
    placed = apply_venue(load_venue_preset(market.venue), plain)
    return placed if market.own is None else replace(with_own_book(placed, market.own), positions=positions)


def orders_of_a_position(market: Market) -> int:
    """Return how many orders close an average position that stays bankrupt: 1 where a position is closed whole."""
    venue = market_scenario(market).venue
    if venue.liquidation_fraction == 1.0:
        return 1
    average = 2.0 * OPEN_INTEREST / N_TRADERS / PRICE
    left = max(venue.min_size / average, 1e-12)
    return max(ceil(log(left) / log(1.0 - venue.liquidation_fraction)), 1)


def n_draft_paths(market: Market, n_paths: int) -> int:
    """Return how many paths a draft takes that has `n_paths` elsewhere: a quarter where one position takes many orders.

    The paths are the first of those, so that a draft still follows the hand.
    """
    return n_paths // 4 if orders_of_a_position(market) > MANY_ORDERS else n_paths


def title(venue: str) -> str:
    """Return a venue's name."""
    return load_venue_preset(venue).title


SHORT_TITLES = {
    "bitmex": "BitMEX (ADL)",
    "okx": "OKX (ADL)",
    "binance": "Binance",
    "bybit": "Bybit",
    "krx-2013": "Korea Exchange 2013",
}


def short_title(venue: str) -> str:
    """Return a venue's name as a label has room for it, without what stands in brackets behind it."""
    return SHORT_TITLES.get(venue, title(venue).split(" (")[0])


def span_of(days: float) -> str:
    """Return a horizon in words: 8 hours, a day, 30 days."""
    hours = days * 24.0
    return f"{hours:.0f} hours" if hours < 24 else "a day" if days == 1 else f"{days:g} days"
