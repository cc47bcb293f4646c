"""Events of loss sharing on record: data/events.csv with its stories in data/event_stories.csv, row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from engine.data_files import rows_of, several
from engine.errors import Checker, require_choice

KINDS = {  # as data/events.csv has them
    "CEX": "exchange",
    "DEX": "on-chain",
    "DEX (lending)": "lending protocol",
    "DEX (lending/CDP)": "lending protocol",
    "CCP": "clearing house",
    "Broker": "broker",
    "Broker/FCM": "broker",
    "CEX+DEX": "many venues",
}
PAYERS = {  # who bore a loss, in the order of a waterfall
    "insurance fund": "Insurance fund",
    "venue": "Venue or its owners",
    "members": "Clearing members",
    "providers": "Liquidity providers, lenders",
    "winners": "Winners, by a haircut",
    "closed early": "Winners, closed early",
    "customers": "Customers' balances",
    "rescue": "A rescue from outside",
    "nobody": "Nobody had to",
}
HAIRCUTS = {  # of what a share was taken
    "haircut_winner_profit_pct": "winners' profit",
    "haircut_customer_balance_pct": "customers' balances",
    "default_fund_consumed_pct": "default fund",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event on record. Amounts are in `currency`, or in USD where the name says so; NaN where none was found.

    Parameters
    ----------
    name, title, date, precision : str
        `date` is a day, month or year (ISO 8601), `precision` how exactly it is known.
    venue, kind, instrument, trigger, mechanism : str
        `kind` is one of the values of `KINDS`.
    paid_by : tuple of str
        Keys of `PAYERS`, read off the mechanism; empty where nothing is on record.
    deficit, fund_before, fund_after, deficit_usd, socialized_usd : float
    haircuts : tuple of (of what, share)
        Recorded shares as fractions; of what is one of the values of `HAIRCUTS`.
    drawdown : float
        Share of the fund that was lost, recorded or computed from both balances.
    repaid, confidence, confidence_reason, derived, story, disputed, missing : str
    sources : tuple of str
        Addresses.
    """

    name: str
    title: str
    date: str
    precision: str
    venue: str
    kind: str
    instrument: str
    trigger: str
    mechanism: str
    paid_by: tuple[str, ...]
    currency: str
    deficit: float
    fund_before: float
    fund_after: float
    deficit_usd: float
    socialized_usd: float
    haircuts: tuple[tuple[str, float], ...]
    drawdown: float
    repaid: str
    confidence: str
    confidence_reason: str
    derived: str
    story: str
    disputed: str
    missing: str
    sources: tuple[str, ...]

    @property
    def year(self) -> float:
        """When it was, in years; the middle of a month or year that is all that is known."""
        parts = [int(part) for part in self.date.split("-")]
        month, day = (parts[1], 15) if len(parts) == 2 else (7, 2) if len(parts) == 1 else parts[1:]
        return parts[0] + (date(parts[0], month, day) - date(parts[0], 1, 1)).days / 365.25

    @property
    def winner_haircut(self) -> float:
        """Share of winners' profit that was taken, NaN where none is on record."""
        return dict(self.haircuts).get(HAIRCUTS["haircut_winner_profit_pct"], math.nan)


def load_event(name: str) -> Event:
    """Return an event by its name in data/events.csv; an unknown name raises UnknownNameError."""
    events = {event.name: event for event in load_events()}
    require_choice("event", name, events)
    return events[name]


@lru_cache(maxsize=1)
def load_events() -> tuple[Event, ...]:
    """Return all events, the earliest first.

    Raises
    ------
    InputError
        For a kind or payer that is unknown, or an event without a row in data/event_stories.csv.
    """
    stories = {row["event_id"]: row for row in rows_of("event_stories.csv")}
    rows = rows_of("events.csv")
    check = Checker("data/event_stories.csv")
    for row in rows:
        story = stories.get(row["event_id"])
        check.choice(f"{row['event_id']}.venue_type", row["venue_type"], KINDS)
        if story is None:
            check.add(row["event_id"], "a row", None)
            continue
        for payer in several(story["paid_by"]):
            check.choice(f"{row['event_id']}.paid_by", payer, PAYERS)
    check.raise_if_any()
    return tuple(sorted((_event(row, stories[row["event_id"]]) for row in rows), key=lambda event: event.year))


def _event(row: dict[str, str], story: dict[str, str]) -> Event:
    def number(column: str) -> float:
        return float(row[column]) if row[column] else math.nan

    before, after = number("fund_before_native"), number("fund_after_native")
    lost = 1.0 if after == 0.0 else 1.0 - after / before
    return Event(
        name=row["event_id"], title=row["event_name"], date=row["date_utc"], precision=row["date_precision"],
        venue=row["venue"], kind=KINDS[row["venue_type"]], instrument=row["instrument"], trigger=row["trigger"],
        mechanism=row["mechanism"], paid_by=several(story["paid_by"]), currency=row["native_ccy"],
        deficit=number("deficit_native"), fund_before=before, fund_after=after, deficit_usd=number("deficit_usd"),
        socialized_usd=number("amount_socialized_usd"),
        haircuts=tuple((of, number(column) / 100.0) for column, of in HAIRCUTS.items() if row[column]),
        drawdown=number("derived_fund_drawdown_pct") / 100.0 if row["derived_fund_drawdown_pct"] else lost,
        repaid=row["repaid_later"], confidence=row["confidence"], confidence_reason=row["confidence_reason"],
        derived=row["derived_note"], story=story["story"], disputed=story["disputed"], missing=story["missing"],
        sources=several(row["source_urls"]),
    )  # fmt: skip
