"""Many joint paths of accounts in several markets: what a venue's losses are, and what each account has to expect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine.accounts.markets import markets_of
from engine.accounts.run import AccountRun, is_of_accounts
from engine.book import Book
from engine.contracts import value_of
from engine.drawing.blocks import BLOCK
from engine.drawing.joint_paths import draw_joint_block, has_joint_gaps
from engine.drawing.joint_settings import JointPathModel
from engine.errors import Checker
from engine.kernel.batch import WATCH_DTYPE
from engine.kernel.state import COUNTERPARTY, DELEVERAGED, Floats, Ints, Rows, Table, record_dtype
from engine.montecarlo.estimates import Estimate, TraderEstimates, venue_fields, without_errors
from engine.montecarlo.many_paths import FUND_PATHS, check_paths, in_order
from engine.montecarlo.risk import Estimated, check_level, mean_of, probability_of, ratio_of
from engine.montecarlo.workspace import FUND_POINTS, Progress
from engine.simulation import simulate
from engine.streams import check_seed
from engine.venue import Venue

ACCOUNT_PATH_DTYPE = record_dtype(
    "deficit fund_paid venue_paid backstop_paid charged unfunded forced fund lowest_fund naked adl_closed",
    "n_liquidated n_cut is_short",
    np.int32,
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class AccountEstimate(Estimate):
    """An Estimate whose traders are accounts, (m,), in the order of AccountRun; `paths` are ACCOUNT_PATH_DTYPE.

    Parameters
    ----------
    taken_probability
        Chance that a position of the account is auto-deleveraged as another's counterparty, (m,).
    naked, adl_closed, adl_cost
        Expected exposure that this makes, notional that it closes, and what it costs until the end, (m,).
    """

    taken_probability: Estimated
    naked: Estimated
    adl_closed: Estimated
    adl_cost: Estimated


@dataclass(frozen=True, slots=True)
class _Task:
    """What is run: accounts on a venue along joint paths."""

    book: Book
    venue: Venue
    model: JointPathModel
    start: Floats
    seed: int
    watch: tuple[int, ...]
    points: Ints
    n_accounts: int


@dataclass(frozen=True, slots=True)
class _Block:
    """What a block of paths came to.

    `sums` are those over paths of what happened to each account, and (_square) of its square; `cross` sums charge times
    profit before charges.
    """

    paths: Rows
    watched: Rows
    fund: Table
    sums: dict[str, Any]


def estimate_accounts(
    *,
    book: Book,
    venue: Venue,
    model: JointPathModel,
    n_paths: int,
    seed: int,
    level: float,
    n_threads: int | None,
    watch: Sequence[int],
    progress: Progress | None,
) -> AccountEstimate:
    """Return what a venue of several markets and its accounts have to expect; arguments as in `engine.estimate`.

    Notes
    -----
    docs/MODEL.md sections 6 and 8. The model's coins are the venue's markets, then its assets. Every path is a whole
    run, its ledger checked. Blocks are added in order, so no bit of the result depends on the number of threads.
    """
    task = _checked(book, venue, model, n_paths, seed, level, n_threads, watch)
    n_run = 1 if model.is_certain else n_paths
    blocks = _run_blocks(task, n_run, n_threads, progress)
    paths = np.concatenate([block.paths for block in blocks])
    sums = {name: np.sum([block.sums[name] for block in blocks], axis=0) for name in blocks[0].sums}
    market = np.zeros(book.size.size, np.int64) if book.accounts is None else book.accounts.market
    opening = float(np.abs(book.size * value_of(task.start, book.is_inverse)[market]).sum())
    weights = np.ones(n_run)
    fields = venue_fields(paths, weights, level, task.n_accounts, opening) | _account_fields(sums, n_run)
    if model.is_certain:
        fields = without_errors(fields)
    return AccountEstimate(
        n_paths=n_paths,
        is_exact=model.is_certain,
        importance=None,
        effective_sample_size=float(n_paths),
        paths=paths,
        weights=weights,
        watched=np.concatenate([block.watched for block in blocks]),
        fund_steps=task.points,
        fund_paths=np.concatenate([block.fund for block in blocks])[:FUND_PATHS],
        **fields,
    )


def _checked(
    book: Book,
    venue: Venue,
    model: JointPathModel,
    n_paths: int,
    seed: int,
    level: float,
    n_threads: int | None,
    watch: Sequence[int],
) -> _Task:
    """Return the task, or raise InputError for everything that is wrong with it."""
    check = Checker()
    for name, value, kind in (("book", book, Book), ("venue", venue, Venue)):
        if not isinstance(value, kind):
            check.add(name, f"an engine.{kind.__name__}", value)
    check_level(check, "level", level)
    check_paths(check, n_paths, n_threads, model.n_steps * model.n_prices)
    check.raise_if_any()
    check_seed(seed)
    n_markets, n_assets = len(markets_of(venue)), len(venue.assets)
    if not is_of_accounts(book, venue):
        check.add("book", "one of accounts, or the venue one of markets, with a JointPathModel", "neither")
    if model.n_prices != n_markets + n_assets:
        wanted = f"of {n_markets} coins, one for each market of the venue"
        wanted += f", and {n_assets} more for its assets" if n_assets else ""
        check.add("model", wanted, f"{model.n_prices} coins")
    n_accounts = book.size.size if book.accounts is None else book.accounts.n_accounts
    for place, account in enumerate(watch):
        check.whole(f"watch[{place}]", account, least=0, most=n_accounts - 1)
    check.raise_if_any()
    points = np.unique(np.linspace(0, model.n_steps, FUND_POINTS).round().astype(np.int32))
    start = model.prices_at_start(_mean_entries(book, model))
    return _Task(book, venue, model, start, seed, tuple(watch), points, n_accounts)


def _mean_entries(book: Book, model: JointPathModel) -> list[float | None]:
    """Return where each coin starts whose model does not say: the size-weighted mean entry price of its positions."""
    market = np.zeros(book.size.size, np.int64) if book.accounts is None else book.accounts.market
    own: tuple[float | None, ...] = model.initial_prices
    starts = list(own or (one.initial_price for one in model.coin_models))
    for k in range(model.n_coins):
        rows = (market == k).nonzero()[0]
        if starts[k] is None and rows.size:
            weight = np.abs(book.size[rows])
            starts[k] = float(weight / weight.sum() @ book.entry_price[rows])
    return starts


def _run_blocks(task: _Task, n_run: int, n_threads: int | None, progress: Progress | None) -> list[_Block]:
    """Return what every block of paths came to, in order."""
    done = []
    for block in in_order(partial(_run_block, task, n_run), -(-n_run // BLOCK), n_threads):
        done.append(block)
        if progress is not None:
            progress(min(len(done) * BLOCK, n_run), n_run)
    return done


def _run_block(task: _Task, n_run: int, block: int) -> _Block:
    n_paths = min(BLOCK, n_run - block * BLOCK)
    shape = (n_paths, task.model.n_prices, task.model.n_steps + 1)
    closes, opens = np.empty(shape), np.empty(shape) if has_joint_gaps(task.model) else None
    draw_joint_block(model=task.model, initial_price=task.start, seed=task.seed, block=block, out=closes, opens=opens)
    made = _Block(
        paths=np.zeros(n_paths, ACCOUNT_PATH_DTYPE),
        watched=np.zeros((n_paths, len(task.watch)), WATCH_DTYPE),
        fund=np.zeros((n_paths, task.points.size)),
        sums=defaultdict(float),
    )
    n_markets = len(markets_of(task.venue))
    for p in range(n_paths):
        starts = None if opens is None else opens[p]
        run = simulate(
            book=task.book,
            venue=task.venue,
            prices=closes[p, :n_markets],
            opens=None if starts is None else starts[:n_markets],
            asset_prices=closes[p, n_markets:] if task.venue.assets else None,
            asset_opens=starts[n_markets:] if task.venue.assets and starts is not None else None,
        )
        assert isinstance(run, AccountRun)
        _add(made, p, run, task)
    return made


def _add(made: _Block, p: int, run: AccountRun, task: _Task) -> None:
    """Add one run to its block."""
    row, is_taken = made.paths[p], run.adl_closed > 0.0
    profit, is_out, is_cut = run.profit, run.liquidated_at >= 0, (run.charge != 0.0) | is_taken
    for name in ("deficit", "fund_paid", "venue_paid", "backstop_paid", "forced"):
        row[name] = getattr(run, name).sum()
    row["charged"], row["unfunded"] = run.charge.sum(), run.unfunded
    row["fund"], row["lowest_fund"] = run.fund[-1], run.fund.min()
    row["naked"], row["adl_closed"] = run.naked.sum(), run.adl_closed.sum()
    row["n_liquidated"], row["n_cut"] = is_out.sum(), is_cut.sum()
    is_deleveraged = np.isin(run.events["kind"], (COUNTERPARTY, DELEVERAGED)).any()
    row["is_short"] = len(run.settlements) > 0 or is_deleveraged or run.unfunded > 0.0
    values = {
        "charge": run.charge,
        "paid": np.maximum(run.charge, 0.0),
        "hit": (run.charge > 0.0).astype(np.float64),
        "cut": is_cut.astype(np.float64),
        "taken": is_taken.astype(np.float64),
        "liquidated": is_out.astype(np.float64),
        "profit": profit,
        "naked": run.naked,
        "adl_closed": run.adl_closed,
        "adl_cost": run.adl_cost,
    }
    for name, value in values.items():
        made.sums[name] += value
        made.sums[f"{name}_square"] += value * value
    made.sums["cross"] += run.charge * profit
    made.fund[p] = run.fund[task.points]
    watch = list(task.watch)
    seen = made.watched[p]
    seen["charge"], seen["profit"] = run.charge[watch], profit[watch]
    seen["is_cut"], seen["forced_at"] = is_cut[watch], run.liquidated_at[watch]


def _account_fields(s: dict[str, Floats], n: int) -> dict[str, Any]:
    charge, square, before = s["charge"], s["charge_square"], s["profit"]
    after_square = s["profit_square"] - 2.0 * s["cross"] + square
    paid = (s["paid"], s["paid_square"], s["hit"], s["hit_square"], s["paid"])  # paid x hit is paid
    traders = TraderEstimates(
        charge=mean_of(charge, square, n),
        charge_probability=probability_of(s["hit"], s["hit_square"], n),
        charge_given_charged=ratio_of(*paid),
        cut_probability=probability_of(s["cut"], s["cut_square"], n),
        liquidation_probability=probability_of(s["liquidated"], s["liquidated_square"], n),
        profit_before=mean_of(before, s["profit_square"], n),
        profit_after=mean_of(before - charge, after_square, n),
    )
    amounts = {name: mean_of(s[name], s[f"{name}_square"], n) for name in ("naked", "adl_closed", "adl_cost")}
    return {"traders": traders, "taken_probability": probability_of(s["taken"], s["taken_square"], n), **amounts}
