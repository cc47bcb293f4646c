"""Presets made on the spot: any recorded day in any recorded market, by a name like "binance-btc@2025-10-10"."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from engine.arrays import Whole
from engine.contracts import INVERSE
from engine.drawing.book_settings import Brackets
from engine.drawing.day_books import LONGEST_PAST
from engine.drawing.path_settings import PathModel
from engine.errors import UnknownNameError, wrong_input
from engine.history import HOURS, LEG_MINUTES, recorded_past, recorded_prices
from engine.market_files import Range
from engine.markets import Market, load_market, market_names
from engine.own_presets import is_own, kept_preset
from engine.presets import Preset, load_replay
from engine.scenario import Scenario

AT = "@"  # between market and day
STEP_MINUTES = 5.0
LABEL_HOURS = 4
DIGITS = 4  # of a price below 1,000, written
PRICES = "data/README.md#prices"
LABELS = {"holding_hours": "Holding time", "half_life_minutes": "Impact half-life"}
LARGEST_RATE = 0.5  # of a row of it: whoever is larger keeps the row before
LONGEST_TABLE = 8  # rows of the margin table in place of a rate that grows with every coin


class _Day(NamedTuple):
    """A day on record: its date, the place of its first hour in the recorded prices, and its figures in USD."""

    date: date
    bar: int
    open: float
    low: float
    high: float
    close: float


def load_preset(name: str) -> Preset:
    """Return a preset by name: a replay, a recorded day in a market, or one's own while it is kept.

    Parameters
    ----------
    name : str
        One of `preset_names()`, or one of `market_names()`, "@" and a date: "binance-btc@2025-10-10".

    Raises
    ------
    UnknownNameError
        When there is no such replay or market.
    InputError
        For a date that is none, is not within the market's years and the record, or has hours missing.

    Notes
    -----
    docs/MODEL.md section 7. The market stands at its best values; what the book of such a day cannot say of a
    hindcast's is among the preset's assumptions.

    Examples
    --------
    >>> load_preset("binance-btc@2025-10-10").title
    '10 October 2025 at Binance, BTC'
    """
    if is_own(name):
        return kept_preset(name)
    return _day_preset(name) if is_day(name) else load_replay(name)


def is_day(name: str) -> bool:
    """Return whether a preset's name is that of a recorded day in a market, whether or not there is such a day."""
    return isinstance(name, str) and AT in name


def day_bounds(market_name: str) -> tuple[str, str]:
    """Return the first and the last day that can be opened in a market; days with missing hours may lie between."""
    market = _market(market_name, market_name)
    number = _day_numbers(market)
    first = int(number[_past_hours(market) - 1]) + 1
    last = int(number[-1]) - int(np.count_nonzero(number == number[-1]) < HOURS)
    begin, end = (str(np.datetime64(day, "D")) for day in (first, last))
    if market.is_tradable:  # a market of today can be put on any recorded day; an era has its own years
        return begin, end
    return max(market.since, begin), min(market.until or end, end)


@lru_cache(maxsize=64)
def _day_preset(name: str) -> Preset:
    market_name, _, text = name.partition(AT)
    day = _day(_market(market_name, name), text, name)
    market = load_market(*_venue_and_coin(market_name), price=day.open, minutes_per_step=STEP_MINUTES)
    digits = max(0, DIGITS - 1 - math.floor(math.log10(day.open)))
    return Preset(
        name=name,
        title=_title(market, day),
        date=text,
        summary=_summary(market, day, digits),
        status="recorded",
        currency=market.coin if market.book.contract == INVERSE else "USD",
        quote_currency="USD",
        price_digits=digits,
        time_labels=_time_labels(market, day),
        last_step_minutes=0.0,
        sources=(*market.sources, *([] if PRICES in market.sources else [PRICES])),
        assumptions=_assumptions(market, text),
        recorded=(),
        variants=(),
        scenario=_scenario(name, market, day),
    )


def _venue_and_coin(market_name: str) -> tuple[str, str]:
    venue, _, coin = market_name.rpartition("-")
    return venue, coin.upper()


def _market(market_name: str, name: str) -> Market:
    if market_name not in market_names():
        bound = f"a market and a day, like binance-btc{AT}2025-10-10; the markets are {', '.join(market_names())}"
        raise wrong_input("preset", bound, name, UnknownNameError)
    return load_market(*_venue_and_coin(market_name))


def _past_hours(market: Market) -> int:
    """Return how many hours of the past a book is drawn from: whole days of them."""
    return HOURS * max(math.floor(LONGEST_PAST * market.values["holding_hours"] / HOURS), 1)


def _day_numbers(market: Market) -> Whole:
    """Return the day since 1970 that each recorded hour belongs to, days starting at the market's hour."""
    return (recorded_prices(market.prices).start - 3600 * market.start_hour) // 86_400


def _day(market: Market, text: str, name: str) -> _Day:
    """Return a day on record, or raise InputError with the sentence that says why it cannot be opened."""
    first, last = day_bounds(market.name)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    where = np.flatnonzero(_day_numbers(market) == (day - date(1970, 1, 1)).days)
    if day == date.min or str(day) != text:
        raise wrong_input("preset", f"a market and a day, like {market.name}{AT}{last}", name)
    if not first <= text <= last:
        raise wrong_input("preset", f"a day from {first} to {last}, which {market.title} is known for", name)
    if where.size < HOURS:
        bound = f"a day whose hours are all on record ({HOURS - where.size} of {text} are missing)"
        raise wrong_input("preset", bound, name)
    prices, bar = recorded_prices(market.prices), int(where[0])
    low, high = float(prices.low[where].min()), float(prices.high[where].max())
    return _Day(day, bar, float(prices.open[bar]), low, high, float(prices.close[where[-1]]))


def _scenario(name: str, market: Market, day: _Day) -> Scenario:
    path = PathModel(
        model="history",
        coin=market.prices,
        since=str(day.date),
        until=str(day.date),
        start_hour=market.start_hour,
        volatility=None,
        minutes_per_step=STEP_MINUTES,
        n_steps=round(HOURS * 60 / STEP_MINUTES),
    )
    before = tuple(recorded_past(market.prices, day.bar, _past_hours(market)).tolist())
    past = PathModel(model="array", prices=before, minutes_per_step=LEG_MINUTES, n_steps=len(before) - 1)
    book = replace(market.book, leverage_cap=_cap(market))
    venue = market.venue
    if market.maintenance_per_coin:
        venue = replace(venue, brackets=_growing_margin(market))
    return Scenario(name=name, book=book, path=path, past=past, venue=venue)


def _mean_notional(market: Market) -> float:
    """Return the mean position, USD."""
    return 2.0 * market.values["open_interest"] / market.values["accounts"]


def _cap(market: Market) -> float:
    """Return the largest leverage of a position of mean size."""
    notional = _mean_notional(market)
    return float(market.cap.at(notional, notional / market.price))


def _growing_margin(market: Market) -> Brackets:
    """Return a margin table in place of a maintenance rate that grows with every coin of a position.

    Notes
    -----
    The requirement of c coins is (r + g c) c. Between floors a < b its secant is (r + g (a + b)) c - g a b: exact at
    the floors, too high between them, by at most g (b - a)^2 / 4.
    """
    rate, growth = market.venue.maintenance_rate, market.maintenance_per_coin
    mean = _mean_notional(market) / market.price
    floors = [0.0, *(mean * 2.0**row for row in range(LONGEST_TABLE))]
    unit = 1.0 if market.book.contract == INVERSE else market.price
    rows = ((unit * a, rate + growth * (a + b), unit * growth * a * b) for a, b in pairwise(floors))
    return tuple(row for row in rows if row[1] <= LARGEST_RATE)


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _title(market: Market, day: _Day) -> str:
    place, found, _ = market.title.partition(f" {market.coin}")
    where = f" at {place}, {market.coin}" if found else f": {market.title[:1].lower()}{market.title[1:]}"
    return _written(day.date) + where


def _summary(market: Market, day: _Day, digits: int) -> str:
    first, low, high, last = (f"${price:,.{digits}f}" for price in (day.open, day.low, day.high, day.close))
    down, up = (f"{100 * move:.1f} %" for move in (1 - day.low / day.open, day.high / day.open - 1))
    return (
        f"From {market.start_hour:02d}:00 UTC on {_written(day.date)} {market.prices} opened at {first}, fell to "
        f"{low} ({down} down), rose to {high} ({up} up) and closed at {last} a day later: recorded hours, on a "
        "market whose traders are drawn."
    )


def _time_labels(market: Market, day: _Day) -> tuple[tuple[int, str], ...]:
    """Return every fourth hour, UTC, the first one with its date."""
    hours = range(0, HOURS + 1, LABEL_HOURS)
    clocks = [f"{(market.start_hour + hour) % HOURS:02d}:00" for hour in hours]
    clocks[0] = f"{day.date.day} {day.date:%b} {clocks[0]}"
    return tuple((round(60 * hour / STEP_MINUTES), clock) for hour, clock in zip(hours, clocks, strict=True))


def _assumptions(market: Market, day: str) -> tuple[str, ...]:
    """Return what is not known of the market on this day, and what its book leaves out that a hindcast's has."""
    notional = _mean_notional(market)
    sentences = [
        f"Times are UTC. Each hour goes in straight lines through its recorded extremes, in steps of {STEP_MINUTES:g} "
        "minutes; a hindcast walks the same lines in steps of one.",
        f"Traders entered along the {_past_hours(market)} recorded hours before the day; who would have been forced "
        "out since is gone. Which traders they were is drawn.",
        f"Everybody may take {_cap(market):.3g}x, what the venue allows for the mean position ({_figure(notional)} "
        "USD). A hindcast takes the cap of each position's own size.",
    ]
    if day < market.since:
        sentences.append(f"The market is what it has been since {market.since}, put on an earlier day.")
    if market.maintenance_per_coin:
        sentences.append("The maintenance rate that grows with every coin is a table, exact at its floors.")
    if market.prices != market.coin:
        sentences.append(f"No prices of {market.coin} are on record, those of {market.prices} stand for it.")
    sentences += [_range_sentence(name, known) for name, known in market.ranges.items() if known.kind == "assumed"]
    known = [name.replace("_", " ") for name, known in market.ranges.items() if known.kind != "assumed"]
    if known:
        sentences.append(f"On record, but of other days than this one: {', '.join(known)} (data/markets).")
    return tuple(sentences)


def _range_sentence(name: str, known: Range) -> str:
    low, best, high = map(_figure, (known.low, known.best, known.high))
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    return f"{label} {best}, from {low} to {high}: {known.unit}. {known.note}"


def _figure(value: float) -> str:
    return f"{value / 1e6:,.6g}M" if value >= 1e6 else f"{value:,.6g}"
