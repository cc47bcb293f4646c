"""How often it happened: data/record.csv, and exact binomial intervals."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.montecarlo.risk import clopper_pearson

RECORD = Path(__file__).parents[1] / "data" / "record.csv"


@dataclass(frozen=True, slots=True)
class Rate:
    """A frequency: events over trials, with an exact interval."""

    value: float
    low: float
    high: float


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


@lru_cache(maxsize=1)
def load_record() -> tuple[RecordedFrequency, ...]:
    """Return the rows of data/record.csv in their order."""
    with RECORD.open(encoding="utf-8", newline="") as file:
        return tuple(_recorded(row) for row in csv.DictReader(file))


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
        sources=tuple(source for source in row["sources"].split(" | ") if source),
        note=row["note"],
    )


def frequency(events: int, trials: int) -> Rate:
    """Return events over trials with the exact 95 % interval (docs/MODEL.md section 6)."""
    return Rate(events / trials, *clopper_pearson(events, trials))
