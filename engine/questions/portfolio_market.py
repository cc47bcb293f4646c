"""The markets of a venue that a portfolio stands in: recorded where they are on record, else assumed and said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from engine.accounts.markets import OF_MARKETS, VenueMarket
from engine.contracts import INVERSE
from engine.day_requests import day_request, market_days
from engine.errors import Checker, wrong_input
from engine.history import Dates, RecordedDays, common_dates
from engine.markets import Market, load_market, market_names
from engine.montecarlo.real_days import DayRequest
from engine.streams import Stream, stream
from engine.venue import Venue

PATTERN = "binance"  # the venue whose coins say how a coin is to bitcoin where another venue's own is not on record
BASE = "BTC"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CoinMarket:
    """One coin at a venue.

    Parameters
    ----------
    coin : str
    market : Market
        Its values; `market.prices` are the coin's.
    is_recorded : bool
        Whether the venue has a file of its own for the coin. False: open interest, depth and usual volatility lie to
        those of bitcoin there as they do at Binance, and everything else is bitcoin's there.
    """

    coin: str
    market: Market
    is_recorded: bool


def coin_market(venue: str, coin: str, at: str = "best") -> CoinMarket:
    """Return a coin at a venue at an end of its ranges, or raise InputError where nothing is known of them."""
    names = market_names()
    if f"{venue}-{str(coin).lower()}" in names:
        market, is_recorded = load_market(venue, coin, at), True
    else:
        market, is_recorded = _assumed(venue, coin, at), False
    if market.book.contract == INVERSE:
        bound = "one whose contracts are in USD: each coin's has a margin of its own otherwise"
        raise wrong_input("portfolio.venue", bound, venue)
    return CoinMarket(coin=coin, market=market, is_recorded=is_recorded)


def _assumed(venue: str, coin: str, at: str) -> Market:
    """Return a coin's market that is not on record: the venue's bitcoin, changed as Binance's coins differ."""
    names = market_names()
    check = Checker("portfolio")
    if f"{venue}-{BASE.lower()}" not in names:
        known = sorted({name.rpartition("-")[0] for name in names if name.endswith("-btc")})
        check.add("venue", f"one of {', '.join(known)}", venue)
    if f"{PATTERN}-{str(coin).lower()}" not in names:
        known = sorted(name.rpartition("-")[2].upper() for name in names if name.startswith(f"{PATTERN}-"))
        check.add("coin", f"one of {', '.join(known)}, whose prices and markets are on record", coin)
    check.raise_if_any()
    base = load_market(venue, BASE, at)
    like, to = (load_market(PATTERN, name, at) for name in (coin, BASE))
    ratio = {name: like.values[name] / to.values[name] for name in ("open_interest", "depth")}
    changes = {name: base.values[name] * times for name, times in ratio.items()}
    moved = base.changed(**changes, usual_volatility=like.values["usual_volatility"])
    return replace(moved, coin=coin, prices=like.prices, title=f"{base.title.split(' ')[0]} {coin}, assumed")


def joint_market_days(
    markets: Sequence[CoinMarket], *, since: str | None, until: str | None, every: int
) -> tuple[RecordedDays, ...]:
    """Return the days that every coin has whole, with the hours before them that its books need; one each coin."""
    since = since or max(one.market.since for one in markets) or None
    each = [market_days(one.market, since=since, until=until, every=every) for one in markets]
    named: dict[str, Dates] = {one.coin: days.date for one, days in zip(markets, each, strict=True)}
    common = common_dates(named)
    if common.size == 0:
        spans = ", ".join(f"{coin} {dates[0]} to {dates[-1]}" for coin, dates in named.items())
        raise wrong_input("portfolio.legs", "coins with at least one recorded day in common", spans)
    return tuple(days.take(np.searchsorted(days.date, common)) for days in each)


def book_requests(markets: Sequence[CoinMarket], days: Sequence[RecordedDays], seed: int) -> tuple[DayRequest, ...]:
    """Return what draws the books of each coin's days; the first coin's have the seed itself."""
    seeds = [seed, *(int(stream(seed, Stream.DAY_BOOKS, k).integers(2**31)) for k in range(1, len(markets)))]
    pairs = zip(markets, days, seeds, strict=True)
    return tuple(day_request(one.market, part, seed=own) for one, part, own in pairs)


def joint_venue(markets: Sequence[CoinMarket], requests: Sequence[DayRequest]) -> Venue:
    """Return the venue with a market for each coin, at prices relative to the day's first, and one fund for all."""
    here = [request.venue for request in requests]
    plain: dict[str, Any] = {field.name: field.default for field in fields(Venue)}
    rows = tuple(
        VenueMarket(
            name=one.coin,
            reference_volatility=own.reference_volatility,
            **{name: getattr(own, name) for name in OF_MARKETS},
        )
        for one, own in zip(markets, here, strict=True)
    )
    layers = {name: sum(getattr(own, name) for own in here) for name in ("fund", "vault", "venue_capital")}
    return replace(here[0], **{name: plain[name] for name in OF_MARKETS}, **layers, brackets=(), markets=rows)
