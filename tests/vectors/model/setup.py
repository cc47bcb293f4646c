"""What every question to the simulator starts from: the vector, its venue's preset, and books of few accounts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import Book, BookModel, Scenario, Venue, apply_venue, load_venue_preset, simulate
from engine.simulation import Run
from tests.vectors.reading import Inputs

DUE = 0.9  # maintenance rate of a position whose liquidation the vector takes as given: due at every price of the path
SAFE = 0.0

# First words of a vector's id -> venue as a reader knows it, and its preset ("" where there is none).
VENUES = {
    "dydx_v4": ("dYdX v4", "dydx-v4"),
    "dydx_perpetual_v1": ("dYdX v1", ""),
    "drift_v2": ("Drift v2", "drift"),
    "mango_v4": ("Mango v4", "mango"),
    "gmx_v2": ("GMX v2", "gmx"),
    "mai_v2": ("MAI v2", "mai"),
    "perp_v1": ("Perpetual Protocol v1", ""),
    "perp_v2": ("Perpetual Protocol v2", "perp-v2"),
    "synthetix_v3": ("Synthetix v3", ""),
    "paradex": ("Paradex", "paradex"),
    "percolator": ("Percolator", ""),
    "orderly": ("Orderly", ""),
    "injective": ("Injective", "injective"),
    "vertex": ("Vertex", ""),
    "bitmex_adl": ("BitMEX", "bitmex"),
    "bitmex": ("BitMEX", "bitmex-2015"),
    "sat_is": ("sat.is", ""),
    "okex_2018": ("OKEx 2018", "okx-2018"),
    "bybit": ("Bybit", "bybit"),
    "kraken": ("Kraken", "kraken"),
    "ftx": ("FTX", ""),
    "binance": ("Binance", "binance"),
    "cryptocom": ("Crypto.com", "crypto-com"),
    "bitfinex": ("Bitfinex 2016", "bitfinex-2016"),
    "wazirx": ("WazirX", ""),
    "nasdaq": ("Nasdaq Clearing", "nasdaq-2018"),
    "krx": ("KRX", "krx-2013"),
    "cme": ("CME Clearing", "cme"),
    "eurex": ("Eurex Clearing", "eurex"),
    "emir": ("EMIR", ""),
    "robinson": ("literature", ""),
    "duffie": ("literature", ""),
    "shapley": ("literature", ""),
    "claims": ("literature", ""),
    "es_discrete": ("literature", ""),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A vector's inputs and its venue; `preset` is empty where the venue has none."""

    inputs: Inputs
    venue_name: str
    preset: str

    def venue(self, **stated: Any) -> Venue:
        """The preset's rules on a market without price impact; what the vector states replaces the preset's."""
        start = Scenario(venue=Venue(depth=math.inf), book=BookModel())
        rules = apply_venue(load_venue_preset(self.preset), start).venue if self.preset else start.venue
        return replace(rules, **stated)

    def policy(self, otherwise: str) -> str:
        """The name of the preset's policy, or of the rule that the vector describes where there is no preset."""
        return self.venue().policy if self.preset else otherwise


def venue_of(vector: dict[str, Any]) -> tuple[str, str]:
    """Venue and preset of a vector, by the first words of its id."""
    words = next((words for words in VENUES if str(vector["id"]).startswith(words)), None)
    if words is None:
        raise LookupError(f"vector's id must begin with one of {', '.join(VENUES)}, was {vector['id']!r}")
    return VENUES[words]


def account(cash: float | None, size: float, mark: float) -> tuple[float, float, float]:
    """(size, entry, collateral) of an account of `cash` (signed) and `size`, whose bankruptcy price is -cash / size.

    Venues without entry prices leave the entry open: it is the mark, or beyond the bankruptcy price where the mark is,
    so that collateral = cash + size * entry is not negative. Cash that is not given does not matter.
    """
    if cash is None:
        return size, mark, abs(size) * mark
    zero = -cash / size
    if cash + size * mark >= 0:
        return size, mark, cash + size * mark
    entry = 1.25 * zero if size > 0 else 0.75 * zero
    return size, entry, cash + size * entry


def book_of(accounts: Sequence[tuple[float, float, float]], **terms: Any) -> Book:
    """A book from (size, entry, collateral) of each account."""
    size, entry, collateral = zip(*accounts, strict=True)
    return Book(size=size, entry_price=entry, collateral=collateral, **terms)


def closed_at(
    fill: float, accounts: Sequence[tuple[float, float, float]], venue: Venue, start: float | None = None, **terms: Any
) -> Run:
    """The run in which the first account is forced out at the price `fill`; the others are never due."""
    book = book_of(accounts, maintenance_rate=[DUE] + [SAFE] * (len(accounts) - 1), **terms)
    return at_once(book, [fill if start is None else start, fill], venue)


def at_once(book: Book, prices: Sequence[float], venue: Venue) -> Run:
    """The run in which every price is a gap: venues' worked numbers close a position at the price that they name."""
    return simulate(book=book, prices=prices, opens=prices, venue=venue)
