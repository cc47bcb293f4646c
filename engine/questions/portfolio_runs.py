"""Running a portfolio's days: one book a day, both rules on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.accounts.run import AccountRun
from engine.day_requests import PIECES, STEP_MINUTES, own_terms
from engine.drawing.day_books import DayBooks
from engine.errors import Checker
from engine.history import RecordedDays
from engine.kernel.state import COUNTERPARTY, Floats, Rows, record_dtype
from engine.montecarlo.many_paths import in_order
from engine.montecarlo.real_days import DAYS_IN_BLOCK, DayRequest, draw_block_books, n_blocks, relative_paths
from engine.montecarlo.workspace import Progress
from engine.questions.portfolio_books import Others, OwnRows, Portfolio, day_accounts
from engine.questions.portfolio_market import CoinMarket, book_requests, joint_venue
from engine.sharing.policies import get_policy
from engine.simulation import simulate
from engine.venue import Venue

ADL, HAIRCUT = "adl_queue", "profit_prorata"  # where the venue's own rule is not of that kind
PORTFOLIO_DTYPE = record_dtype(
    "charge taken naked cost profit deficit fund_used", "liquidated n_taken anybody", np.int32
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PortfolioTask:
    """A portfolio's days, ready to run on two venues."""

    own: OwnRows
    days: tuple[RecordedDays, ...]
    requests: tuple[DayRequest, ...]
    others: Others
    venues: tuple[Venue, Venue]
    is_adl: bool


def portfolio_task(
    *,
    portfolio: Portfolio,
    markets: Sequence[CoinMarket],
    days: tuple[RecordedDays, ...],
    others: Others,
    seed: int,
) -> PortfolioTask:
    """Return the task of a portfolio, or refuse it as the venue would."""
    gross = np.abs(portfolio.size)
    terms = [
        own_terms(one.market.placed(1.0, STEP_MINUTES), part, float(usd))
        for one, part, usd in zip(markets, days, gross, strict=True)
    ]
    own = OwnRows(
        size=portfolio.size,
        entry=portfolio.entry,
        rate=np.array([rate for rate, _, _ in terms]),
        amount=np.array([amount for _, amount, _ in terms]),
        cash=portfolio.cash,
        collateral=portfolio.cash * gross / gross.sum() if portfolio.margin == "isolated" else None,
    )
    _check_margin(own, np.array([allowed for _, _, allowed in terms]), markets, days)
    requests = book_requests(markets, days, seed)
    venue = joint_venue(markets, requests)
    is_adl = venue.offset_rules is None and get_policy(venue.policy).family == "adl"
    plain = replace(venue, offset_rules=None, policy=HAIRCUT, policy_options={}, profit_base="entry")
    adl = venue if is_adl else replace(plain, policy=ADL)
    venues = (adl, plain if is_adl else venue)
    return PortfolioTask(own=own, days=days, requests=requests, others=others, venues=venues, is_adl=is_adl)


def _check_margin(own: OwnRows, allowed: Floats, markets: Sequence[CoinMarket], days: Sequence[RecordedDays]) -> None:
    """Refuse less equity than initial margin, at the largest leverage that the venue allows for each leg, (K, d)."""
    gross, cash, is_isolated = np.abs(own.size), own.cash, own.collateral is not None
    equity = own.size * (1.0 - own.entry) + (0.0 if own.collateral is None else own.collateral)
    lacking = gross[:, None] / allowed - equity[:, None]  # by leg; the rest of an account's cash goes to all of them
    short = (lacking / gross[:, None]).max(axis=0) * gross.sum() if is_isolated else lacking.sum(axis=0) - cash
    worst, check = int(np.argmax(short)), Checker("portfolio")
    if short[worst] > 1e-9 * cash:
        legs = " and ".join(f"{usd:,.0f} USD of {one.coin}" for usd, one in zip(gross, markets, strict=True))
        bound = f">= {cash + short[worst]:,.0f}, for the initial margin of {legs} on {days[0].date[worst]}"
        check.add("cash", bound, cash)
    for usd, one in zip(gross, markets, strict=True):
        most = one.market.values["open_interest"]
        if usd > most:
            check.add("legs", f"<= {most:,.0f} USD of {one.coin}, all that is open there", f"{usd:,.0f} USD")
    check.raise_if_any()


def run_portfolio(task: PortfolioTask, progress: Progress | None) -> tuple[Rows, Rows]:
    """Return the records of all days under deleveraging and under haircuts, two (d,) PORTFOLIO_DTYPE."""
    n_days = len(task.days[0])
    rows = (np.zeros(n_days, PORTFOLIO_DTYPE), np.zeros(n_days, PORTFOLIO_DTYPE))

    def run(block: int) -> int:
        books = [draw_block_books(request, block) for request in task.requests]
        first = block * DAYS_IN_BLOCK
        last = min(first + DAYS_IN_BLOCK, n_days)
        for day in range(first, last):
            _run_day(task, books, day, day - first, rows)
        return last

    for done in in_order(run, n_blocks(n_days)):
        if progress is not None:
            progress(done, n_days)
    return rows


def _run_day(task: PortfolioTask, books: Sequence[DayBooks], day: int, row: int, out: tuple[Rows, Rows]) -> None:
    book = day_accounts(books, row, task.own, day, task.others)
    closes, opens = _prices(task.days, day)
    for venue, rows in zip(task.venues, out, strict=True):
        run = simulate(book=book, prices=closes, opens=opens, venue=venue)
        assert isinstance(run, AccountRun)
        _note(run, task, rows, day)
        if not len(run.settlements) and not run.unfunded and not rows["anybody"][day]:  # no rule was asked
            out[1][day] = rows[day]
            return


def _prices(days: Sequence[RecordedDays], day: int) -> tuple[Floats, Floats]:
    """Return a day's closes and opens, (K, n_steps + 1), relative to its first price."""
    pairs = [relative_paths(part, slice(day, day + 1), PIECES) for part in days]
    return np.concatenate([closes for closes, _ in pairs]), np.concatenate([opens for _, opens in pairs])


def _note(run: AccountRun, task: PortfolioTask, rows: Rows, day: int) -> None:
    """Write what a run did to the portfolio, whose legs are the book's first positions."""
    n_legs, row = task.own.size.size, rows[day]
    mine = np.unique(run.owner[:n_legs])
    legs = run.events[(run.events["kind"] == COUNTERPARTY) & (run.events["position"] < n_legs)]
    closed = run.events[np.isin(run.events["account"], mine) & (run.events["kind"] != COUNTERPARTY)]
    row["charge"], row["profit"] = run.charge[mine].sum(), run.profit[mine].sum()
    row["taken"], row["cost"] = run.adl_closed[mine].sum(), run.adl_cost[mine].sum()
    row["naked"] = run.naked[mine].sum() if task.own.collateral is None else naked_of_legs(run, task.own.size)
    row["n_taken"], row["liquidated"] = np.unique(legs["position"]).size, np.unique(closed["position"]).size
    row["deficit"] = run.deficit.sum()
    capacity = run.venue.fund + run.venue.vault
    spent = run.fund_paid.sum() + run.backstop_paid.sum()
    row["fund_used"] = spent / capacity if capacity > 0 else 0.0
    row["anybody"] = int((run.charge != 0.0).any() or (run.adl_closed > 0.0).any())


def naked_of_legs(run: AccountRun, size: Floats) -> float:
    """Return the exposure that taking legs of isolated margin left, USD: of all legs together, as if one account.

    Each closing adds max(0, |N after| - |N before|), N the sum of signed notionals, other legs at the end of its step.
    """
    left, total = size.copy(), 0.0
    for event in run.events[run.events["position"] < size.size]:
        at = int(event["position"])
        marks = run.mark[:, int(event["step"])].copy()
        marks[at] = event["mark_before"]
        before = abs(float(left @ marks))
        left[at] -= event["size"]
        if event["kind"] == COUNTERPARTY:
            total += max(0.0, abs(float(left @ marks)) - before)
    return total
