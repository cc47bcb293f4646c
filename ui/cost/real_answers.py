"""What real days would have done to a position in a recorded market: as a draft under the hand, and on all days."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from engine import (
    Hindcast,
    InputError,
    Market,
    Position,
    PreparedDays,
    RecordedFrequency,
    Standing,
    hindcast,
    load_record,
    market_names,
    prepare_days,
    safety_factor,
    standing,
)
from ui.settings.recorded import START, recorded_market, window_of

DAYS = 365.0  # of a year
EVERY = 4  # a draft looks at one day of so many
FEW = 500  # traders of a draft's books, where the books are drawn anew


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysQuery:
    """A position in a recorded market; the last four are times what is recorded."""

    market: str = START
    side: int = 1
    notional: float = 1e6
    leverage: float = 10.0
    moves: float = 1.0
    others: float = 1.0
    fund: float = 1.0
    depth: float = 1.0

    @property
    def side_name(self) -> str:
        """Long or short, in words."""
        return "long" if self.side > 0 else "short"

    @property
    def has_recorded_books(self) -> bool:
        """Whether the others are as recorded, so that books which are kept serve."""
        return self.others == 1.0


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class DaysResult:
    """What the page shows: the days, both ends of what is not known, the record, and where the position stands.

    `safest` and `riskiest` are None in a draft; `record` is None where nothing was established.
    """

    query: DaysQuery
    market: Market
    found: Hindcast
    standing: Standing
    record: RecordedFrequency | None
    is_draft: bool
    safest: Hindcast | None = None
    riskiest: Hindcast | None = None


def market_of(query: DaysQuery) -> Market:
    """Return the query's market with what is changed from recorded."""
    market, changes = recorded_market(query.market), {}
    for name, times in (("leverage", query.others), ("fund", query.fund), ("depth", query.depth)):
        if times != 1.0:
            changes[name] = market.values[name] * times
    return market.changed(**changes) if changes else market


def position_of(query: DaysQuery) -> Position:
    """Return the query's position at its market's price."""
    return recorded_market(query.market).position(usd=query.side * query.notional, leverage=query.leverage)


def record_of(name: str) -> RecordedFrequency | None:
    """Return the row of the record that a market can be held against, None where winner days were not established."""
    return next((row for row in load_record() if row.market == name and row.winner_events is not None), None)


@lru_cache(maxsize=4)
def _some_books(name: str) -> PreparedDays:
    market = recorded_market(name)
    return prepare_days(market=market, every=EVERY, **window_of(market))


@lru_cache(maxsize=1)
def _all_books(name: str) -> PreparedDays:
    market = recorded_market(name)
    return prepare_days(market=market, **window_of(market))


def draft(query: DaysQuery) -> DaysResult:
    """Return what every fourth day says; with fewer traders where their leverage is changed."""
    market, kept = market_of(query), None
    if query.has_recorded_books:
        kept = _some_books(query.market)
    else:
        market = market.changed(accounts=FEW)
    found = hindcast(
        market=market,
        position=position_of(query),
        moves=query.moves,
        every=EVERY,
        prepared=kept,
        **window_of(market),
    )
    return _result(query, found, is_draft=True)


@lru_cache(maxsize=8)
def whole(query: DaysQuery) -> DaysResult:
    """Return what all days say, with both ends of what is not known of the market."""
    market = market_of(query)
    asked = {"position": position_of(query), "moves": query.moves, **window_of(market)}
    kept = _all_books(query.market) if query.has_recorded_books else None
    result = _result(query, hindcast(market=market, prepared=kept, **asked), is_draft=False)
    ends = {end: hindcast(market=market.at_end(end), **asked) for end in ("safest", "riskiest")}
    return replace(result, **ends)


def _result(query: DaysQuery, found: Hindcast, *, is_draft: bool) -> DaysResult:
    return DaysResult(
        query=query,
        market=market_of(query),
        found=found,
        standing=_standing(query.market, query.side, query.notional, query.leverage),
        record=record_of(query.market),
        is_draft=is_draft,
    )


@lru_cache(maxsize=256)
def _standing(name: str, side: int, notional: float, leverage: float) -> Standing:
    query = DaysQuery(market=name, side=side, notional=notional, leverage=leverage)
    return standing(market=recorded_market(name), position=position_of(query))


@lru_cache(maxsize=64)
def safety(query: DaysQuery, date: str, by: str) -> float:
    """Return how many times worse a day would have to be, by one of moves, leverage, depth, fund, until it is paid."""
    return safety_factor(market=market_of(query), day=date, by=by)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class VenueDays:
    """A market in the comparison: days looked at and winner days of anybody's, at best and at both ends."""

    name: str
    title: str
    days: int
    winner: int
    low: int
    high: int
    own_liquidation: float  # a year


def own_row(result: DaysResult) -> list[VenueDays]:
    """Return the query's own market as a row of the comparison, of all days, once they are known."""
    if result.safest is None or result.riskiest is None:
        return []
    found = result.found
    return [_venue_days(result.market, found, [result.safest, result.riskiest], own_a_year(found))]


def _venue_days(market: Market, found: Hindcast, ends: list[Hindcast], own: float) -> VenueDays:
    counts = [int((each.rows["n_hit"] > 0).sum()) for each in (found, *ends)]
    return VenueDays(
        name=market.name,
        title=market.title,
        days=found.days,
        winner=counts[0],
        low=min(counts),
        high=max(counts),
        own_liquidation=own,
    )


def own_a_year(found: Hindcast) -> float:
    """Return on how many days a year the position itself is liquidated."""
    return found.own_liquidation_days / found.days * DAYS


def compared_names(*, is_small: bool) -> tuple[str, ...]:
    """Return the markets that are compared: bitcoin's, or those of smaller coins; those of today."""
    names = [name for name in market_names() if recorded_market(name).is_tradable]
    return tuple(name for name in names if (name.rpartition("-")[2] != "btc") == is_small)


@lru_cache(maxsize=64)
def venue_days(name: str, side: int, notional: float, leverage: float) -> VenueDays:
    """Return what every fourth day says of a market, at its best values and at both ends, with few traders.

    Where the venue does not allow the position its own figures are left out (NaN).
    """
    market = recorded_market(name).changed(accounts=FEW)
    window = window_of(market)
    query = DaysQuery(market=name, side=side, notional=notional, leverage=leverage)
    try:
        found = hindcast(market=market, position=position_of(query), every=EVERY, **window)
        own = own_a_year(found)
    except InputError:  # more leverage than the venue allows for that size
        found, own = hindcast(market=market, every=EVERY, **window), math.nan
    ends = [hindcast(market=market.at_end(end), every=EVERY, **window) for end in ("safest", "riskiest")]
    return _venue_days(market, found, ends, own)
