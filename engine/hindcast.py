"""Hindcast: on how many real days would somebody have been charged for others? (docs/MODEL.md section 7)"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.day_requests import PreparedDays, day_request, market_days
from engine.drawing.book_settings import Position
from engine.errors import Checker, require_choice
from engine.history import RecordedDays
from engine.kernel.state import Rows
from engine.markets import Market
from engine.montecarlo.real_days import run_real_days
from engine.record import Rate, frequency

if TYPE_CHECKING:
    import pandas as pd

FUND_DAY = 0.05  # a fund day: the fund lost more than this share of its peak
DISPLACEMENTS = (0.01, 0.03, 0.05)
N_MISSES = 5
STRESSES = ("moves", "leverage", "depth", "fund")
LARGEST_STRESS = 64.0  # beyond it a safety factor is infinite
STRESS_STEP = 1.25
PRECISION = 1e-3


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Hindcast:
    """What real days would have done in a market. Money in USD at each day's first price.

    Parameters
    ----------
    market : Market
    position : Position or None
        Whose charges are counted: this position's, opened anew every day, or anybody's.
    real_days : RecordedDays
        The days looked at; `real_days.left_out` names those that are not whole.
    rows : (seeds, days) structured array
        One record of every day and book (engine.kernel.days.DAY_DTYPE).
    safest, riskiest : Hindcast or None
        The same days at the ends of what is not known of the market, when asked for.
    """

    market: Market
    position: Position | None
    real_days: RecordedDays
    rows: Rows
    safest: Hindcast | None = None
    riskiest: Hindcast | None = None

    @property
    def days(self) -> int:
        """How many days were looked at."""
        return len(self.real_days)

    @property
    def is_hit(self) -> NDArray[np.bool_]:
        """Whether anybody (or the position) was charged or closed early for others, (seeds, days)."""
        return np.asarray(self.rows["own_is_hit" if self.position else "n_hit"] > 0)

    @property
    def winner_days_by_seed(self) -> tuple[int, ...]:
        """Winner days with each drawing of the books: their spread is the chance that lies in the books."""
        return tuple(int(count) for count in self.is_hit.sum(axis=1))

    @property
    def winner_days(self) -> int:
        """Days on which anybody (or the position) was charged or closed early for others; mean over books, rounded."""
        return self._count(self.is_hit)

    @property
    def rate(self) -> Rate:
        """Winner days over days, with the exact 95 % interval of chance; what is not known of the market is apart."""
        return frequency(self.winner_days, self.days)

    @property
    def fund_days(self) -> int:
        """Days on which the fund (with the vault) lost more than 5 % of its peak of the day."""
        return self._count(self.rows["drawdown"] > FUND_DAY)

    @property
    def displacement_days(self) -> dict[float, int]:
        """Days on which forced trading displaced the book by more than 1, 3 and 5 % (log)."""
        return {level: self._count(self.rows["displacement"] > level) for level in DISPLACEMENTS}

    @property
    def liquidated_share(self) -> float:
        """Mean share of all positions forced out a day, by notional."""
        return float(self.rows["forced"].mean() / (2.0 * self.market.values["open_interest"]))

    @property
    def own_liquidation_days(self) -> int:
        """Days on which the position was itself liquidated; 0 without one."""
        return self._count(self.rows["own_forced_at"] >= 0) if self.position else 0

    @property
    def charge_per_year(self) -> float:
        """Money charged a year of 365 days: the position's, or everybody's."""
        return float(self.rows["own_charge" if self.position else "charged"].mean() * 365)

    @property
    def by_day(self) -> pd.DataFrame:
        """A table: date, price, charge, fund lost (share), displacement, liquidated (share), share of books hit."""
        import pandas as pd

        rows, money = self.rows, 2.0 * self.market.values["open_interest"]
        columns = {
            "date": self.real_days.date,
            "price": self.real_days.closes[:, 0],
            "charge": rows["own_charge" if self.position else "charged"].mean(axis=0),
            "fund": rows["drawdown"].mean(axis=0),
            "displacement": rows["displacement"].mean(axis=0),
            "liquidated": rows["forced"].mean(axis=0) / money,
            "winner": self.is_hit.mean(axis=0),
        }
        if self.market.venue.fund_tiers:
            columns |= {"contributed": rows["contributed"].mean(axis=0)}
        if self.position:
            columns |= {"profit": rows["own_profit"].mean(axis=0)}
            columns |= {"own_liquidation": (rows["own_forced_at"] >= 0).mean(axis=0)}
        return pd.DataFrame(columns)

    @property
    def nearest_misses(self) -> tuple[tuple[str, float], ...]:
        """The days that came nearest to being winner days, and how near each came (most of any book).

        The share of the fund that was lost, or, where it may hold no more than so many positions, of what it may hold;
        the larger of the two.
        """
        used = np.maximum(self.rows["drawdown"], self.rows["held"]).max(axis=0)
        used = np.where(self.is_hit.any(axis=0), -1.0, used)
        order = np.argsort(-used, kind="stable")[:N_MISSES]
        return tuple((str(self.real_days.date[i]), float(used[i])) for i in order if used[i] > 0)

    def since(self, date: str) -> Hindcast | None:
        """Return the same days from a date on, without the ends; None where none is left."""
        kept = np.flatnonzero(self.real_days.date >= np.datetime64(date))
        if not kept.size:
            return None
        days = self.real_days.take(kept)
        return replace(self, real_days=days, rows=self.rows[:, kept], safest=None, riskiest=None)

    def _count(self, found: NDArray[np.bool_]) -> int:
        return round(float(found.sum(axis=1).mean()))


def hindcast(
    *,
    market: Market,
    since: str | None = None,
    until: str | None = None,
    position: Position | None = None,
    seeds: int = 1,
    every: int = 1,
    volatility: float | None = None,
    moves: float = 1.0,
    has_ends: bool = False,
    prepared: PreparedDays | None = None,
) -> Hindcast:
    """Return what a market's real days would have done, each with a new book whose past is the real hours before it.

    Parameters
    ----------
    market : Market
    since, until : str or None
        First and last day; None: the market's own years.
    position : Position or None
        Opened every day at the day's first price with the notional, leverage and side that it has at its entry price;
        its charges and early closings are counted. None: anybody's.
    seeds : int
        How many drawings of every day's book.
    every : int
        A first draft looks at every so many days; by date, so that a draft's days are among those of the whole.
    volatility : float or None
        Scale the days to a volatility per year (filtered historical simulation); their books stay as they are.
    moves : float
        Multiply every log move of a day by this, >= 0; the past of its book stays as it was.
    has_ends : bool
        Also at the safest and riskiest ends of what is not known of the market.
    prepared : PreparedDays or None
        Books drawn before (`prepare_days`), for a market that differs in nothing that books depend on.

    Raises
    ------
    InputError
        For a coin without prices, a window without days, a position with more leverage than the venue allows for its
        size.

    Notes
    -----
    A day is 1,440 steps of a minute along `RecordedDays.closes`, a third of the half-life that impact is taken to have.
    All of it is anew each morning: the books, the fund.
    """
    check = Checker()
    check.whole("seeds", seeds, least=1, most=1000)
    check.whole("every", every, least=1)
    check.number("moves", moves, least=0, most=LARGEST_STRESS)
    check.raise_if_any()
    days = moved_days(market_days(market, since=since, until=until, every=every, volatility=volatility), moves)

    def run(there: Market, kept: PreparedDays | None, **ends: Hindcast) -> Hindcast:
        requests = [day_request(there, days, position=position, seed=seed, prepared=kept) for seed in range(seeds)]
        rows = np.stack([run_real_days(request) for request in requests])
        return Hindcast(market=there, position=position, real_days=days, rows=rows, **ends)

    ends = {end: run(market.at_end(end), None) for end in ("safest", "riskiest") if has_ends}
    return run(market, prepared, **ends)


def safety_factor(
    *,
    market: Market,
    day: str,
    position: Position | None = None,
    by: str = "moves",
    seed: int = 0,
    volatility: float | None = None,
) -> float:
    """Return how much worse a real day would have to be until somebody (or the position) pays; infinity: never.

    Parameters
    ----------
    market, position, volatility
        As in `hindcast`.
    day : str
        Its date; a day with missing hours is an error that names it.
    by : {"moves", "leverage", "depth", "fund"}
        What is made worse: every log move of the day and the leverage of the others times the factor, depth and fund
        divided by it.

    Returns
    -------
    float
        1 or less where the day is charged as it is: how far it would have to be eased.

    Notes
    -----
    Factors grow by a quarter until the day is charged (64 at most), then bisection to a thousandth. A cascade is not
    monotone in everything, so this is the first factor found, not a proof that no smaller one exists.
    """
    require_choice("safety_factor.by", by, STRESSES)
    whole = market_days(market, since=day, until=day, volatility=volatility)

    def is_charged(factor: float) -> bool:
        there, moved = _stressed(market, whole, by, factor)
        rows = run_real_days(day_request(there, moved, position=position, seed=seed))
        return bool(rows["own_is_hit" if position else "n_hit"][0] > 0)

    step = 1.0 / STRESS_STEP if is_charged(1.0) else STRESS_STEP
    factor = 1.0
    while is_charged(factor) == (step < 1.0):
        factor *= step
        if factor > LARGEST_STRESS:
            return math.inf
        if factor < 1.0 / LARGEST_STRESS:
            return 0.0
    calm, charged = (factor, factor / step) if step < 1.0 else (factor / step, factor)
    while charged > calm * (1.0 + PRECISION):
        middle = math.sqrt(calm * charged)
        calm, charged = (calm, middle) if is_charged(middle) else (middle, charged)
    return charged


def _stressed(market: Market, day: RecordedDays, by: str, factor: float) -> tuple[Market, RecordedDays]:
    """Return market and day with one thing made worse by a factor."""
    if by == "moves":
        return market, moved_days(day, factor)
    worse = market.values[by] * factor if by == "leverage" else market.values[by] / factor
    return market.changed(**{by: worse}), day


def moved_days(days: RecordedDays, factor: float) -> RecordedDays:
    """Return the days with every log move multiplied by a factor."""
    if factor == 1.0:
        return days
    start = days.closes[:, :1]
    moved = {name: start * (getattr(days, name) / start) ** factor for name in ("closes", "opens")}
    return replace(days, **moved)
