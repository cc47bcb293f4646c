"""What a portfolio pays for others on real days: legs that are taken, what is naked then, haircuts instead."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Checker
from engine.hindcast import moved_days
from engine.history import Dates, RecordedDays
from engine.kernel.state import Floats, Rows
from engine.montecarlo.workspace import Progress
from engine.questions.portfolio_books import Others, Portfolio
from engine.questions.portfolio_market import CoinMarket, coin_market, joint_market_days
from engine.questions.portfolio_runs import portfolio_task, run_portfolio
from engine.record import Rate, frequency

LARGEST_MOVES = 64.0


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class RuleDays:
    """What the days did to a portfolio under one rule; `rows` (d,) PORTFOLIO_DTYPE, money in USD at the day's start.

    Of a day: `charge` of the portfolio; notional of its legs that was `taken` (closed early against a bankrupt
    position), the exposure that this left `naked`, its `cost` until the end of the day (charge, and what the taken size
    would have earned), `n_taken` legs; `profit` before charges; `liquidated` legs; the venue's `deficit`, share of its
    fund used at worst, and whether `anybody` was charged or taken.
    """

    policy: str
    rows: Rows

    def rate(self, name: str) -> Rate:
        """Return on what share of the days a column is not 0, with Clopper and Pearson's interval."""
        return frequency(int((self.rows[name] != 0).sum()), self.rows.size)

    def days(self, name: str) -> int:
        """Return on how many days a column is not 0."""
        return int((self.rows[name] != 0).sum())

    def mean_when(self, name: str, when: str) -> float:
        """Return the mean of a column over the days on which another is not 0; NaN where it is 0 on all."""
        among = self.rows[name][self.rows[when] != 0]
        return float(among.mean()) if among.size else math.nan

    def per_year(self, name: str) -> float:
        """Return the sum of a column over 365 days."""
        return float(self.rows[name].mean() * 365)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PortfolioDays:
    """What a portfolio meets on real days at a venue.

    Parameters
    ----------
    portfolio, venue, markets
        What was asked: the legs, where they stand, each coin's market.
    date : (d,) datetime64[D]
        Days that all coins have whole.
    deleveraging, haircut : RuleDays
        The same days, traders and prices under the venue's own rule, or the usual one of that kind: counterparties
        closed early, and profits cut.
    own : {"deleveraging", "haircut"}
        Which of them is the venue's.
    move : (K, d) float
        Log move of each leg's coin from a day's start to its end.
    is_run : (d,) bool
        Which days were run; on the others the legs' moves alone are counted (`wildest`).
    riskiest, safest : PortfolioDays or None
        The same at the ends of what is not known of the markets, when asked for.
    """

    portfolio: Portfolio
    venue: str
    markets: tuple[CoinMarket, ...]
    date: Dates
    deleveraging: RuleDays
    haircut: RuleDays
    own: str
    move: Floats
    is_run: NDArray[np.bool_]
    safest: PortfolioDays | None = None
    riskiest: PortfolioDays | None = None

    @property
    def n_days(self) -> int:
        """Number of days."""
        return int(self.date.size)

    @property
    def of_own(self) -> RuleDays:
        """The days under the venue's own rule."""
        return self.deleveraging if self.own == "deleveraging" else self.haircut

    @property
    def worst_day(self) -> int:
        """Place of the day on which being taken cost most; of that of the largest own loss where it never was."""
        taken = self.deleveraging.rows
        return int(np.argmax(taken["cost"])) if (taken["n_taken"] > 0).any() else int(np.argmin(taken["profit"]))


def portfolio_days(
    *,
    venue: str,
    portfolio: Portfolio,
    since: str | None = None,
    until: str | None = None,
    every: int = 1,
    seed: int = 0,
    moves: float = 1.0,
    wildest: int | None = None,
    others: Others | None = None,
    has_ends: bool = False,
    progress: Progress | None = None,
) -> PortfolioDays:
    """Return what real days would have done to a portfolio at a venue: legs taken, what is naked, haircuts instead.

    Parameters
    ----------
    venue : str
        Of data/markets, with contracts in USD; coins that it has no file for are assumed (`CoinMarket.is_recorded`).
    portfolio : Portfolio
        Opened anew every day at the day's first prices.
    since, until : str or None
        First and last day; None: the markets' own years, as far as all coins are recorded.
    every, moves : int, float
        As in `hindcast`; moves > 0.
    seed : int
        Of the other accounts.
    wildest : int or None
        Run only so many days, half of them those of the widest range of a coin and half those on which the portfolio's
        legs drift apart most; of all others it is taken that nobody is charged or taken. None: every day.
    others : Others or None
        What is assumed of the other accounts; None: Others().
    has_ends : bool
        Also at the safest and riskiest ends of what is not known of the markets.
    progress : callable or None
        Called with days done and days in all; what it raises stops the run.

    Raises
    ------
    InputError
        For a venue or coin that nothing is known of, days that do not overlap, less cash than the venue asks for.

    Notes
    -----
    docs/MODEL.md sections 7 and 8. Every day has a new book: each coin's traders as in `hindcast`, equal ranks of size
    in several coins being one account as `others` says, and the portfolio among them. Both rules have the same shocks.
    """
    kept = Others() if others is None else others
    _check_request(kept, moves, seed, wildest)

    def run(at: str, told: Progress | None) -> PortfolioDays:
        markets = tuple(coin_market(venue, coin, at) for coin in portfolio.coins)
        real = joint_market_days(markets, since=since, until=until, every=every)
        days = tuple(moved_days(part, moves) for part in real)
        move = np.array([np.log(part.closes[:, -1] / part.closes[:, 0]) for part in days])
        is_run = _wildest(days, portfolio.size @ np.expm1(move), wildest)
        those = tuple(part.take(np.flatnonzero(is_run)) for part in days)
        task = portfolio_task(portfolio=portfolio, markets=markets, days=those, others=kept, seed=seed)
        taken, cut = (_placed(rows, is_run, portfolio, move) for rows in run_portfolio(task, told))
        return PortfolioDays(
            portfolio=portfolio,
            venue=venue,
            markets=markets,
            date=days[0].date,
            deleveraging=RuleDays(policy=str(task.venues[0].policy), rows=taken),
            haircut=RuleDays(policy=str(task.venues[1].policy), rows=cut),
            own="deleveraging" if task.is_adl else "haircut",
            move=move,
            is_run=is_run,
        )

    found = run("best", progress)
    ends: dict[str, Any] = {end: run(end, None) for end in ("safest", "riskiest") if has_ends}
    return replace(found, **ends)


def _wildest(days: tuple[RecordedDays, ...], profit: Floats, n: int | None) -> NDArray[np.bool_]:
    """Return which days are run."""
    if n is None or n >= profit.size:
        return np.ones(profit.size, np.bool_)
    spread = np.max([np.log(part.closes.max(axis=1) / part.closes.min(axis=1)) for part in days], axis=0)
    place = [np.argsort(np.argsort(-measure, kind="stable"), kind="stable") for measure in (spread, np.abs(profit))]
    is_run = np.zeros(profit.size, np.bool_)
    is_run[np.argsort(np.minimum(*place), kind="stable")[:n]] = True
    return is_run


def _placed(rows: Rows, is_run: NDArray[np.bool_], portfolio: Portfolio, move: Floats) -> Rows:
    """Return records of all days: those that were run, and of the others the profit of the legs at the references."""
    whole = np.zeros(is_run.size, rows.dtype)
    whole["profit"] = portfolio.size @ np.expm1(move) + portfolio.size @ (1.0 - portfolio.entry)
    whole[is_run] = rows
    return whole


def _check_request(others: Others, moves: float, seed: int, wildest: int | None) -> None:
    check = Checker("portfolio")
    if wildest is not None:
        check.whole("wildest", wildest, least=1)
    check.number("moves", moves, above=0, most=LARGEST_MOVES)
    check.whole("seed", seed, least=0, most=2**31)
    check.number("others.several_share", others.several_share, least=0, most=1)
    check.number("others.hedged_share", others.hedged_share, least=0, most=1)
    check.raise_if_any()
