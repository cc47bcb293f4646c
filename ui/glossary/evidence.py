"""What is on record about the five ideas: counts over data/events.csv and data/record.csv, made when the page opens."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

from engine import load_record
from ui.frame.formats import count, counted, percent

FILE = Path(__file__).parents[2] / "data" / "events.csv"
Event = dict[str, str]


@cache
def events() -> tuple[Event, ...]:
    """Return the events on record, oldest first."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(sorted(csv.DictReader(file), key=lambda event: event["date_utc"]))


def having(*columns: str) -> list[tuple[Event, float]]:
    """Return the events with a figure above zero in the first of some columns that has one, and that figure."""
    found = []
    for event in events():
        figure = next((float(event[name]) for name in columns if event[name]), 0.0)
        if figure > 0.0:
            found.append((event, figure))
    return found


def _named(event: Event) -> str:
    return f"{event['venue']} ({event['date_utc'][:4]})"


def _span(found: list[tuple[Event, float]]) -> str:
    least, most = min(found, key=lambda row: row[1]), max(found, key=lambda row: row[1])
    return f"from {percent(least[1] / 100)} at {_named(least[0])} to {percent(most[1] / 100)} at {_named(most[0])}"


def _decentralized() -> str:
    chain = [event for event in events() if event["venue_type"].startswith("DEX")]
    borne = [event for event in chain if event["amount_socialized_usd"] and float(event["amount_socialized_usd"]) > 0.0]
    return (
        f"{counted(len(chain), 'event')} on record at on-chain venues since {chain[0]['date_utc'][:4]}; in "
        f"{len(borne)} of them a loss that others bore is known in dollars."
    )


def _mutualized() -> str:
    found = having("haircut_customer_balance_pct", "default_fund_consumed_pct")
    return f"In {counted(len(found), 'event')} a whole group was cut by one share, {_span(found)}."


def _funds() -> str:
    found = having("derived_fund_drawdown_pct")
    emptied = sum(share >= 100.0 for _, share in found)
    middle = percent(median(share for _, share in found) / 100.0)
    return f"{len(found)} fund losses on record: the median took {middle} of the fund, {emptied} took all of it."


def _offset() -> str:
    rows = [row for row in load_record() if row.rate is not None]
    hits, days = sum(row.winner_events or 0 for row in rows), sum(row.exposure for row in rows)
    return (
        f"Winners in Bitcoin were charged or closed early on {count(hits)} of {count(round(days))} venue-days on "
        "record: seldom, and then many at once."
    )


def _socialized() -> str:
    found = having("haircut_winner_profit_pct", "derived_haircut_pct")
    last = max(found, key=lambda row: row[0]["date_utc"])[0]
    return (
        f"In {counted(len(found), 'event')} winners gave up a part of their profit, {_span(found)}; last at "
        f"{_named(last)}."
    )


SAID: dict[str, Callable[[], str]] = {
    "decentralized-loss-sharing": _decentralized,
    "loss-mutualization": _mutualized,
    "loss-mutualization-funds": _funds,
    "loss-offset-rules": _offset,
    "socialized-losses": _socialized,
}


@cache
def evidence(anchor: str) -> str:
    """Return what is on record about an idea, by its anchor."""
    return SAID[anchor]()
