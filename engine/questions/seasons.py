"""Seasons: the same traders on one bad day after another, their track record carried on, and the fund with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.book import Book
from engine.drawing.book_settings import BookModel
from engine.drawing.books import draw_book
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import draw_paths
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.margin import notional
from engine.offset_rules import OffsetRule
from engine.questions.mutualization import track_record
from engine.simulation import Run, simulate
from engine.streams import Stream, stream
from engine.venue import Venue

PRICE = 50_000.0
BOOK = BookModel(open_interest=5e7, entry_price=PRICE, leverage=10.0, size_tail=2.0)
DAYS = PathModel(
    model="merton", volatility=0.8, initial_price=PRICE, jump_intensity=500.0, jump_volatility=0.03, n_steps=288
)
VENUE = Venue(
    depth=2e6,
    impact_half_life=6.0,
    index_weight=0.5,
    residual_margin="trader",
    settlement_interval=288,
    fund=1e6,
    fund_target=1e6,
    fund_tiers=((1.0, 1e-5), (0.5, 1e-4)),
    fund_key="record",
    offset_rules=(OffsetRule(policy="risk_weighted", options={"leverage": 0.0, "record": 1.0}),),
)


def times(totals: Floats) -> float:
    """Return the ratio of two rates, charges over profits, of `Seasons.totals`; NaN where there is none."""
    charge, claim = totals
    rate = charge / np.where(claim > 0.0, claim, np.nan)
    return float(rate[0] / rate[1]) if rate[1] > 0.0 else float("nan")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Seasons:
    """What became of the same traders over d days, by whether they had left a deficit to others on an earlier day.

    Parameters
    ----------
    runs, forgetful, untiered : tuple of Run, d each
        The days as the venue has them; the same without the record (its exponent 0, contributions by size); and without
        tiers. Each begins with the fund that its own day before left.
    record : (d, n)
        Track record with which each day began.
    """

    runs: tuple[Run, ...]
    forgetful: tuple[Run, ...]
    untiered: tuple[Run, ...]
    record: Floats

    def charged(self, runs: tuple[Run, ...]) -> Floats:
        """Return charges over profits, (d, 2): of who defaulted before, of who did not; NaN where none had a profit."""
        return self._rate(runs, [run.charge for run in runs], [run.claim for run in runs])

    def contributed(self, runs: tuple[Run, ...]) -> Floats:
        """Return contributions over notional at the start, (d, 2), as `charged`."""
        sizes = [notional(book=run.book, price=float(run.prices[0])) for run in runs]
        return self._rate(runs, [run.contribution for run in runs], sizes)

    def _rate(self, runs: tuple[Run, ...], above: list[Floats], below: list[Floats]) -> Floats:
        rates = np.full((len(runs), 2), np.nan)
        for day, (part, whole) in enumerate(zip(above, below, strict=True)):
            has_defaulted = self.record[day] > 1.0
            for column, who in enumerate((has_defaulted, ~has_defaulted)):
                total = float(whole[who].sum())
                rates[day, column] = float(part[who].sum()) / total if total > 0.0 else np.nan
        return rates

    def totals(self, runs: tuple[Run, ...]) -> Floats:
        """Return charges and profits of all days on which both groups won, (2, 2): of defaulters, of the others."""
        total = np.zeros((2, 2))
        for day, run in enumerate(runs):
            has_defaulted = self.record[day] > 1.0
            if run.charge.sum() > 0.0 and run.claim[has_defaulted].sum() > 0.0:
                for column, who in enumerate((has_defaulted, ~has_defaulted)):
                    total[:, column] += float(run.charge[who].sum()), float(run.claim[who].sum())
        return total

    def times_charged(self, runs: tuple[Run, ...]) -> float:
        """Return how many times the rate of the others defaulters were charged, over all days on which both won."""
        return times(self.totals(runs))

    @staticmethod
    def empty_days(runs: tuple[Run, ...]) -> int:
        """Return on how many days the fund could not pay a deficit in full."""
        return sum(bool(run.charge.sum() > 0.0 or run.unfunded > 0.0) for run in runs)

    @property
    def sentence(self) -> str:
        """Say whether defaulters pay more and whether the fund holds, in numbers."""
        charged, without = self.times_charged(self.runs), self.times_charged(self.forgetful)
        days, more = self.empty_days(self.runs), self.empty_days(self.untiered)
        verb = "holds" if days == 0 else "does not hold"
        told = (
            "nobody who had left a deficit to others before won on a day of charges"
            if not np.isfinite([charged, without]).all()
            else f"traders who had left a deficit to others before are charged {charged:.2f} times the share of profit "
            f"of those who had not ({without:.2f} times without the record)"
        )
        return (
            f"Over {len(self.runs)} days {told}. The fund {verb}: it is short on {days} of {len(self.runs)} days with "
            f"tiers, on {more} without them; tiers collect "
            f"{sum(run.contributions for run in self.runs) / 1e6:.2f} million."
        )


def seasons(*, n_days: int = 10, n_traders: int = 200, seed: int = 0) -> Seasons:
    """Return the same traders on `n_days` days, their record and the fund carried from day to day.

    Parameters
    ----------
    n_days, n_traders, seed : int

    Notes
    -----
    A trader keeps size and leverage; which side it takes is drawn anew every day, and it brings new margin. The record
    is engine.track_record of all days before, in each of the three tellings by its own days; groups go by the first.
    """
    check = Checker()
    check.whole("n_days", n_days, least=1, most=1000)
    check.whole("n_traders", n_traders, least=2, most=100_000)
    check.raise_if_any()
    book = draw_book(model=replace(BOOK, n_traders=n_traders), seed=seed)
    closes, opens = draw_paths(model=DAYS, initial_price=None, n_paths=n_days, seed=seed, return_opens=True)
    alike = replace(VENUE.rules[0], options={**VENUE.rules[0].options, "record": 0.0})
    tellings = (VENUE, replace(VENUE, offset_rules=(alike,), fund_key="size"), replace(VENUE, fund_tiers=()))
    told, record = [], np.ones((n_days, n_traders))
    for place, one in enumerate(tellings):
        runs: list[Run] = []
        for day in range(n_days):
            known = track_record(runs) if runs else np.ones(n_traders)
            if place == 0:
                record[day] = known
            today = _book_of(book, day, seed, float(closes[day, 0]), known)
            fund = one.fund if not runs else max(float(runs[-1].fund[-1]), 0.0)
            runs.append(simulate(book=today, prices=closes[day], opens=opens[day], venue=replace(one, fund=fund)))
        told.append(tuple(runs))
    return Seasons(runs=told[0], forgetful=told[1], untiered=told[2], record=record)


def _book_of(book: Book, day: int, seed: int, price: float, record: Floats) -> Book:
    """Return the traders of a day: everyone's size and leverage, a side of the day, entered at its first price."""
    is_long = stream(seed, Stream.SEASON_SIDES, day).random(book.n_traders) < 0.5
    size = np.abs(book.size)
    leverage = size * book.entry_price / book.collateral
    return Book(
        size=np.where(is_long, size, -size),
        entry_price=np.full(size.size, price),
        collateral=size * price / leverage,
        track_record=record,
    )
