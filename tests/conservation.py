"""The conservation law (docs/MODEL.md section 1) on whatever the engine computes: single runs, many paths, attribution.

`watch_every_run` hangs the checks into the engine for a whole test session, fixtures of every scope included. Sums are
added up here from what is reported, apart from the ledger and from the kernel's own check.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

TOLERANCE = 1e-9
LAYERS = ("fund_paid", "venue_paid", "backstop_paid")
MOST_WORK = 20_000  # traders x steps of a path that is run again alone
MOST_REPLAYED = 3  # accounts of one attribution that are run again alone
DELEVERAGED, COLLATERAL = 2, 5  # kinds of an event


def assert_close(one: Any, other: Any, scale: float, what: str) -> None:
    gap = float(np.max(np.abs(np.asarray(one) - np.asarray(other)), initial=0.0))
    assert gap <= TOLERANCE * scale, f"{what}: {gap} of {scale} appeared or vanished"


def unit(book: Any, price: Any) -> Any:
    """Value of one unit of size."""
    return -1 / price if book.contract == "inverse" else price


def assert_run_conserves(run: Any) -> None:
    """Add up every party at the first and the last mark apart from the ledger, then ask that."""
    book, venue = run.book, run.venue
    equity = book.collateral + book.size * (unit(book, run.prices[0]) - unit(book, book.entry_price))
    backstop = sum(venue.default_fund) * (1 + venue.assessment_cap) + venue.vault
    opening = [*equity, venue.fund, venue.venue_capital, backstop]
    closing = [*run.equity, run.ledger.closing["market_makers"], run.fund[-1], run.venue_capital, run.backstop]
    closing.append(-run.unfunded)
    scale = max(np.abs(opening).sum(), np.abs(closing).sum())
    assert_close(np.sum(closing), np.sum(opening), scale, "run")
    assert abs(run.ledger.residual) < TOLERANCE


def assert_account_run_conserves(run: Any) -> None:
    """Add up accounts and every market's makers at the first and the last marks apart from the ledger; then units."""
    book, venue, columns = run.book, run.venue, run.book.accounts
    market = 0 if columns is None else columns.market
    money = [*book.collateral, *([] if columns is None else columns.cash)]
    gain = book.size * (unit(book, run.prices[market, 0]) - unit(book, book.entry_price))
    backstop = sum(venue.default_fund) * (1 + venue.assessment_cap) + venue.vault
    opening = [*money, *gain, venue.fund, venue.venue_capital, backstop]
    sales = run.events[run.events["kind"] == COLLATERAL]
    worth = run.units @ run.asset_mark[:, -1]
    closing = [*(run.equity - worth), *run.ledger.market_makers, run.fund[-1], run.venue_capital, run.backstop]
    closing += [-run.unfunded, -sales["realized"].sum()]
    scale = max(np.abs(opening).sum(), np.abs(closing).sum())
    assert_close(np.sum(closing), np.sum(opening), scale, "run of accounts")
    cash = (run.equity - worth - held(run)).sum()
    assert_close(run.wallet.sum() + run.collateral.sum(), cash, scale, "cash of accounts")
    assert abs(run.ledger.residual) < TOLERANCE
    n_assets = run.units.shape[1]
    if n_assets:
        before = 0.0 if book.units is None else book.units.sum(axis=0)
        sold = np.bincount(sales["market"], sales["size"], n_assets)
        assert_close(run.units.sum(axis=0) + sold, before, np.max(before, initial=1e-300), "units of an asset")
        assert_close(run.ledger.bought_units, sold, np.max(before, initial=1e-300), "units that were bought")


def held(run: Any) -> np.ndarray:
    """Unrealized profit of each account at the last marks."""
    market = 0 if run.book.accounts is None else run.book.accounts.market
    gain = run.size * (unit(run.book, run.mark[market, -1]) - unit(run.book, run.book.entry_price))
    return np.bincount(run.owner, gain, run.equity.size)


def is_plain(venue: Any) -> bool:
    """Whether charges and payments of layers add up to the deficits: no surplus to the fund, no positions closed."""
    import engine

    policy = engine.POLICIES[venue.policy] if isinstance(venue.policy, str) else venue.policy
    return policy.family != "adl" and not any(option.name == "floor" for option in policy.options)


def money_in(book: Any, venue: Any, price: float) -> float:
    """Scale of rounding: collateral, positions and layers."""
    positions = np.abs(book.size) @ (np.abs(unit(book, book.entry_price)) + abs(unit(book, price)))
    return float(book.collateral.sum() + positions + venue.fund + venue.venue_capital + venue.backstop)


def assert_paths_conserve(request: Any, totals: Any) -> None:
    """On every path payers add up to the deficit, over paths traders to payers; the first is run again alone."""
    paths, traders, book, venue = totals.paths, totals.traders, request.book, request.venue
    widest = 1 / paths["lowest"].min() if book.contract == "inverse" else paths["highest"].max()
    marks = 1 / paths["mark"] if book.contract == "inverse" else paths["mark"]
    widest = max(float(widest), float(marks.max()))
    scale = money_in(book, venue, 1 / widest if book.contract == "inverse" else widest) + float(paths["deficit"].max())
    paid = sum(paths[name] for name in LAYERS) + paths["charged"] + paths["unfunded"]
    if is_plain(venue):
        assert_close(paid, paths["deficit"], scale, "payers of paths")
    charged = float(totals.weights @ paths["charged"])
    weight = float(totals.weights.sum())
    assert_close((traders["charge"] - traders["gain"]).sum(), charged, scale * max(weight, 1.0), "charges of traders")
    if not request.changes and book.n_traders * request.n_steps <= MOST_WORK:
        assert_first_path(request, paths[0], scale)


def assert_first_path(request: Any, row: Any, scale: float) -> None:
    """The first path alone, whose money is checked as every run's is, gives what its row says."""
    import engine

    prices = np.empty((1, request.n_steps + 1))
    opens = np.empty_like(prices) if request.has_gaps else prices[:, :0]
    request.source(0, prices, opens)
    gaps = {"opens": opens[0]} if request.has_gaps else {}
    run = engine.simulate(book=request.book, prices=prices[0], venue=request.venue, **gaps)
    for name in ("deficit", *LAYERS):
        assert_close(row[name], getattr(run, name).sum(), scale, name)
    assert_close(row["charged"], run.charge.sum(), scale, "charged")
    assert_close(row["unfunded"], run.unfunded, scale, "unfunded")
    assert_close(row["fund"], run.fund[-1], scale, "fund")


def holes(run: Any) -> np.ndarray:
    """What each trader's forced closings lacked: deficits of orders, and equity below 0 at the mark where positions
    were closed against others.
    """
    book, events = run.book, run.events
    lacked = np.zeros(book.n_traders)
    for event in events:
        i = event["trader"]
        if event["kind"] == DELEVERAGED:
            gain = event["size"] * (unit(book, event["mark_before"]) - unit(book, book.entry_price[i]))
            lacked[i] += max(-(event["collateral"] + gain), 0.0)
        else:
            lacked[i] += event["deficit"]
    return lacked


def checked_accounts(accounts: Iterator[Any], study: Any) -> Iterator[Any]:
    """Pass accounts of paths on, each added up, the first few compared with the path run alone."""
    import engine

    book, venue = study.book, study.venue
    for done, account in enumerate(accounts):
        assert_account_adds_up(account, book, venue, study.start)
        if done < MOST_REPLAYED:
            drawn = {"model": study.model, "initial_price": study.start, "seed": study.seed}
            closes, opens = engine.draw_paths(**drawn, n_paths=account.path + 1, return_opens=True)
            run = engine.simulate(book=book, prices=closes[account.path], opens=opens[account.path], venue=venue)
            scale = money_in(book, venue, float(run.mark.max()))
            assert_close(account.charged, run.charge, scale, "charged")
            assert_close(account.caused, holes(run), scale, "caused")
            for name in LAYERS:
                assert_close(getattr(account, name), getattr(run, name).sum(), scale, name)
            assert_close(account.unfunded, run.unfunded, scale, "unfunded")
        yield account


def assert_account_adds_up(account: Any, book: Any, venue: Any, price: float) -> None:
    """What traders caused is what layers and traders paid, and what nobody did."""
    if not is_plain(venue):
        return
    paid = sum(getattr(account, name) for name in LAYERS) + account.charged.sum() + account.unfunded
    assert_close(account.caused.sum(), paid, money_in(book, venue, price) + account.caused.sum(), "causes and payers")


def replace_everywhere(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Let every module of the engine that has a function call another one instead."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "engine":
            for key, value in list(vars(module).items()):
                if value is old:
                    setattr(module, key, new)


def watch_every_run() -> None:
    """Check the money of whatever this process computes from here on."""
    import engine
    from engine.montecarlo.many_paths import run_many
    from engine.questions.systemic import account_for

    def checked(build: Callable[..., None], check: Callable[[Any], None]) -> Any:
        @wraps(build)
        def build_and_check(self: Any, *args: Any, **kwargs: Any) -> None:
            build(self, *args, **kwargs)
            check(self)

        return build_and_check

    @wraps(run_many)
    def run_many_and_check(request: Any) -> Any:
        totals = run_many(request)
        assert_paths_conserve(request, totals)
        return totals

    @wraps(account_for)
    def account_and_check(study: Any, paths: Any) -> Iterator[Any]:
        return checked_accounts(account_for(study, paths), study)

    engine.Run.__init__ = checked(engine.Run.__init__, assert_run_conserves)  # type: ignore[method-assign]
    engine.AccountRun.__init__ = checked(  # type: ignore[method-assign]
        engine.AccountRun.__init__, assert_account_run_conserves
    )
    replace_everywhere(run_many, run_many_and_check)
    replace_everywhere(account_for, account_and_check)
