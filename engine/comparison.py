"""Hindcasts beside the record: counts, rates, and in words how they lie to each other (docs/MODEL.md section 7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.hindcast import DISPLACEMENTS, Hindcast, hindcast
from engine.markets import load_market
from engine.record import Rate, RecordedFrequency, frequency, load_record

if TYPE_CHECKING:
    import pandas as pd

FACTOR = 3.0  # a count this far from its record, either way, is near it
NO_RECORD, NONE_IN_BOTH = "no record to hold it against", "none in both"
INSIDE, ALIKE = "inside the record's interval", "cannot be told apart from the record"
ABOVE, BELOW = "above the record's interval", "below the record's interval"
WITHIN_FACTOR, WITHIN_RANGE = "within a factor of three", "within the recorded range"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Figure:
    """One figure of the record beside the hindcast's: days of a window, or for "liquidated" a share.

    `record` and `exposure` are None and NaN where nothing is on record; a recorded range is a pair.
    """

    name: str
    record: int | tuple[float, float] | None
    exposure: int
    found: float
    days: int

    @property
    def ratio(self) -> float:
        """Hindcast over record, half a day added to both counts; of a range its nearer end; NaN without a record."""
        if self.record is None:
            return math.nan
        if isinstance(self.record, tuple):
            return self.found / min(max(self.found, self.record[0]), self.record[1])
        return (self.found + 0.5) / (self.record * self.days / self.exposure + 0.5)

    @property
    def verdict(self) -> str:
        """How the hindcast lies to the record, in words."""
        if self.record is None:
            return NO_RECORD
        if isinstance(self.record, tuple):
            if self.ratio == 1.0:
                return WITHIN_RANGE
            near = 1.0 / FACTOR <= self.ratio <= FACTOR
            return WITHIN_FACTOR if near else ABOVE if self.ratio > 1.0 else BELOW
        if self.record == self.found == 0:
            return NONE_IN_BOTH
        seen, have = self.record / self.exposure, self.found / self.days
        if seen / FACTOR <= have <= FACTOR * seen:
            return WITHIN_FACTOR
        return verdict(frequency(self.record, self.exposure), frequency(int(self.found), self.days))

    @property
    def is_near(self) -> bool:
        """Whether it is none in both, within a factor of three, or within the recorded range."""
        return self.verdict in (NONE_IN_BOTH, WITHIN_FACTOR, WITHIN_RANGE)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Beside:
    """A venue's record in an era beside the hindcast of its market."""

    record: RecordedFrequency
    found: Hindcast

    @property
    def verdict(self) -> str:
        """How the hindcast's rate of winner days lies to the record's interval."""
        return verdict(self.record.rate, self.found.rate)

    @property
    def is_held(self) -> bool:
        """Whether the record does not speak against the hindcast's rate of winner days."""
        return self.verdict in (INSIDE, ALIKE)

    @property
    def figures(self) -> Mapping[str, Figure]:
        """The other three records: "fund" days, days "displaced" over 1, 3 and 5 %, share "liquidated" a day."""
        record, found = self.record, self.found
        counts = {"fund": (record.fund_days, found.fund_days)}
        for level in DISPLACEMENTS:
            counts[f"displaced_{100 * level:.0f}pct"] = (
                record.displacement_days[level],
                found.displacement_days[level],
            )
        rows: dict[str, tuple[int | tuple[float, float] | None, float]] = {**counts}
        rows["liquidated"] = (record.liquidated_share, found.liquidated_share)
        return {
            name: Figure(name=name, record=seen, exposure=record.exposure, found=have, days=found.days)
            for name, (seen, have) in rows.items()
        }

    def since(self, start: str) -> Beside | None:
        """Return record and hindcast of the days from a date on; None where the era is over by then."""
        record, found = self.record.from_date(start), self.found.since(start)
        return None if record is None or found is None else Beside(record=record, found=found)


def beside_record(row: RecordedFrequency, *, since: str = "", seeds: int = 1, every: int = 1) -> Beside | None:
    """Return a row of the record that names a market beside its hindcast; None where the era is over before `since`.

    Parameters
    ----------
    row : RecordedFrequency
    since : str
        Look only at days from here on, also in the record; "": the row's own window.
    seeds, every : int
        As in `hindcast`.
    """
    venue, _, coin = row.market.rpartition("-")
    market = load_market(venue, coin.upper())
    start = max(row.since, market.since, since)
    end = min(filter(None, (row.until, market.until)))
    record = row.from_date(since) if since else row
    if record is None or start > end:
        return None
    return Beside(record=record, found=hindcast(market=market, since=start, until=end, seeds=seeds, every=every))


def compare_with_record(*, since: str | None = None, seeds: int = 1, every: int = 1) -> pd.DataFrame:
    """Return a table: each venue and era that has a market file, its record and its hindcast of the four figures.

    Parameters
    ----------
    since : str or None
        Look only at days from here on, to tell held-out days apart; None: each era's own window.
    seeds, every : int
        As in `hindcast`.

    Notes
    -----
    Columns: `venue`, `era`, `market`, `days`, and for winner days, fund days, displacement days over 1, 3 and 5 % and
    the share liquidated a day the `record` beside the `hindcast`, with a verdict each. `verdict` is of winner days:
    whether the hindcast's rate lies within the record's interval, or its own interval holds the record's rate; the
    others are near their record within a factor of three. What was never recorded is NaN, and its verdict says so.
    """
    import pandas as pd

    found = [beside_record(row, since=since or "", seeds=seeds, every=every) for row in load_record() if row.market]
    return pd.DataFrame([_line(each) for each in found if each is not None])


def _line(beside: Beside) -> dict[str, object]:
    row, found = beside.record, beside.found
    line: dict[str, object] = {"venue": row.venue, "era": row.era, "market": row.market, "days": found.days}
    events = math.nan if row.winner_events is None else row.winner_events
    line |= {"record_days": row.exposure, "winner_record": events, "winner": found.winner_days}
    for name, each in beside.figures.items():
        if name == "liquidated":
            low, high = row.liquidated_share or (math.nan, math.nan)
            line |= {"liquidated_record_low": low, "liquidated_record_high": high}
        else:
            line[f"{name}_record"] = math.nan if each.record is None else each.record
        line |= {name: each.found, f"{name}_verdict": each.verdict}
    return line | {"verdict": beside.verdict}


def verdict(record: Rate | None, found: Rate) -> str:
    """Return in words how a hindcast's rate lies to the record's interval."""
    if record is None:
        return NO_RECORD
    if record.low <= found.value <= record.high:
        return INSIDE
    if found.low <= record.value <= found.high:
        return ALIKE
    return ABOVE if found.value > record.high else BELOW
