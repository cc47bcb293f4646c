"""What the page shows: every venue and era with a record beside its hindcast, and the days on record one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import Beside, RecordedDay, RecordedFrequency, beside_record, load_record, load_record_days

HELD_OUT = "2025-01-01"  # days from here on were left out of the fit (benchmarks/fit_markets.py)
POOLED = "All that were counted"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Forecast:
    """All that the page computes: of all days, of those held out, and what cannot be held against anything."""

    whole: tuple[Beside, ...]
    held_out: tuple[Beside, ...]
    without: tuple[RecordedFrequency, ...]
    pooled: RecordedFrequency
    days: tuple[DayBeside, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBeside:
    """A day on record beside the same day of the hindcast.

    `fund_record` is NaN where no loss of the fund is on record for that day.
    """

    market: str
    date: str
    has_winner: bool
    is_unclear: bool
    fund_record: float
    is_hit: bool
    fund: float
    note: str

    @property
    def is_missed(self) -> bool:
        """Whether winners paid on record, and not in the hindcast."""
        return self.has_winner and not self.is_hit


def with_record() -> tuple[RecordedFrequency, ...]:
    """Return the rows that a market can be held against."""
    return tuple(row for row in load_record() if row.market and row.winner_events is not None)


def without_record() -> tuple[RecordedFrequency, ...]:
    """Return the rows of markets for which nothing was established."""
    return tuple(row for row in load_record() if row.market and row.winner_events is None)


@lru_cache(maxsize=32)
def beside(market: str) -> Beside:
    """Return a market's row of the record beside its hindcast; computed once, some seconds in all."""
    found = beside_record(next(row for row in with_record() if row.market == market))
    if found is None:
        raise ValueError(f"the window of {market} in data/record.csv must have days, had none")
    return found


def forecast(progress: Progress) -> Forecast:
    """Return everything that the page shows; `progress` is told how many of how many markets are done, and the next."""
    rows, whole = with_record(), []
    for done, row in enumerate(rows):
        progress(done, len(rows), f"{row.venue}, {row.era}")
        whole.append(beside(row.market))
    held_out = [each.since(HELD_OUT) for each in whole]
    return Forecast(
        whole=tuple(whole),
        held_out=tuple(each for each in held_out if each is not None),
        without=without_record(),
        pooled=next(row for row in load_record() if row.venue == POOLED),
        days=tuple(_days(whole)),
    )


def _days(whole: list[Beside]) -> list[DayBeside]:
    """Return the days on record with winners, unclear cases or a loss of the fund, beside the hindcast's same days."""
    found = []
    for each in whole:
        dated: dict[str, list[RecordedDay]] = {}
        for day in load_record_days():
            if day.market == each.record.market and day.figure != "displaced":
                dated.setdefault(day.date, []).append(day)
        found += [_day(each, date, days) for date, days in dated.items()]
    return sorted(found, key=lambda day: (day.date, day.market))


def _day(each: Beside, date: str, days: list[RecordedDay]) -> DayBeside:
    rows = each.found.rows[:, each.found.real_days.date == np.datetime64(date)]
    figures = {day.figure: day for day in days}
    return DayBeside(
        market=each.record.market,
        date=date,
        has_winner="winner" in figures,
        is_unclear="unclear" in figures,
        fund_record=figures["fund"].size if "fund" in figures else float("nan"),
        is_hit=bool((rows["n_hit"] > 0).any()),
        fund=float(rows["drawdown"].max()) if rows.size else float("nan"),
        note="; ".join(day.note for day in days if day.note),
    )
