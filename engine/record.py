"""How often it happened: data/record.csv, its days by date, and exact binomial intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from engine.data_files import rows_of, several
from engine.montecarlo.risk import clopper_pearson


@dataclass(frozen=True, slots=True)
class Rate:
    """A frequency: events over trials, with an exact interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDay:
    """A day that a count of the record is made of.

    `figure` is "winner", "unclear", "fund" (`size`: the share that the fund lost) or "displaced" (`size`: the largest
    log distance); NaN where no size is on record. `note` says what is particular about the day.
    """

    market: str
    date: str
    figure: str
    size: float
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFrequency:
    """One row of the record: a venue in an era. None where nothing could be established.

    `market` names the file in data/markets that it can be held against, "" where there is none. `winner_events` of
    `exposure` days (weeks, venue-days: `unit`) had winners pay or be deleveraged; `unclear_events` more may have had.
    """

    venue: str
    market: str
    era: str
    mechanism: str
    since: str
    until: str
    unit: str
    exposure: int
    winner_events: int | None
    unclear_events: int | None
    rate: Rate | None
    fund_days: int | None
    displacement_days: dict[float, int | None]
    liquidated_share: tuple[float, float] | None
    confidence: str
    sources: tuple[str, ...]
    note: str

    def from_date(self, start: str) -> RecordedFrequency | None:
        """Return what is on record from a date on, counted by its dates; None where the window is over by then."""
        first = max(self.since, start)
        if first > self.until:
            return None
        days = [day for day in load_record_days() if day.market == self.market and day.date >= first]

        def among(count: int | None, figure: str, above: float = -1.0) -> int | None:
            sizes = [day.size for day in days if day.figure == figure]
            return None if count is None else sum(not size <= above for size in sizes)

        exposure = (date.fromisoformat(self.until) - date.fromisoformat(first)).days + 1
        winners = among(self.winner_events, "winner")
        return replace(
            self,
            since=first,
            exposure=exposure,
            winner_events=winners,
            unclear_events=among(self.unclear_events, "unclear"),
            rate=None if winners is None else frequency(winners, exposure),
            fund_days=among(self.fund_days, "fund"),
            displacement_days={
                level: among(count, "displaced", level) for level, count in self.displacement_days.items()
            },
        )


@lru_cache(maxsize=1)
def load_record_days() -> tuple[RecordedDay, ...]:
    """Return the rows of data/record_days.csv in their order."""
    return tuple(
        RecordedDay(
            **{key: row[key] for key in ("market", "date", "figure", "note")},
            size=float(row["size"] or "nan"),
            sources=several(row["sources"]),
        )
        for row in rows_of("record_days.csv")
    )


@lru_cache(maxsize=1)
def load_record() -> tuple[RecordedFrequency, ...]:
    """Return the rows of data/record.csv in their order."""
    return tuple(map(_recorded, rows_of("record.csv")))


def _recorded(row: dict[str, str]) -> RecordedFrequency:
    number: Any = {key: int(row[key]) if row[key] else None for key in ("winner_events", "unclear_events", "fund_days")}
    texts: Any = {key: row[key] for key in ("venue", "market", "era", "mechanism", "since", "until", "unit")}
    rates = [float(row[key]) for key in ("rate", "rate_low", "rate_high") if row[key]]
    shares = [float(row[key]) for key in ("liquidated_low", "liquidated_high") if row[key]]
    return RecordedFrequency(
        **texts,
        **number,
        exposure=int(row["exposure"]),
        rate=Rate(*rates) if rates else None,
        displacement_days={
            level / 100: int(row[f"displaced_{level}pct"]) if row[f"displaced_{level}pct"] else None
            for level in (1, 3, 5)
        },
        liquidated_share=(shares[0], shares[1]) if shares else None,
        confidence=row["confidence"],
        sources=several(row["sources"]),
        note=row["note"],
    )


def frequency(events: int, trials: int) -> Rate:
    """Return events over trials with the exact 95 % interval (docs/MODEL.md section 6)."""
    return Rate(events / trials, *clopper_pearson(events, trials))
