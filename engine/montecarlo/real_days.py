"""Running books on real days: blocks of days on threads, each block's books drawn and dropped, or prepared before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue

import numpy as np

from engine.book import Book
from engine.drawing.day_books import DayBooks, Traders, draw_day_books
from engine.errors import Checker
from engine.history import RecordedDays, RecordedPrices, walked
from engine.kernel.days import DAY_DTYPE, Row, run_days
from engine.kernel.state import POSITION_DTYPE, STATE_DTYPE, TERMS_DTYPE, Floats, Rows, Table
from engine.montecarlo.many_paths import check_gap, default_threads, in_order
from engine.montecarlo.workspace import Workspace, kernel_address
from engine.run_inputs import Opening, RunInputs, prepare
from engine.sharing.policies import get_policy
from engine.sharing.policy_record import Rule
from engine.venue import Venue

DAYS_IN_BLOCK = 64


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class DayRequest:
    """What to run: traders on a venue (placed at price 1) on real days, with a position of one's own or none.

    Each of the days' legs is walked in `n_pieces` steps. `own` (d, 4): size, collateral, maintenance rate and amount of
    the position, at prices relative to the day's first. `books`, one block after the other, when they were prepared;
    None: they are drawn as they are needed.
    """

    venue: Venue
    contract: str
    traders: Traders
    n_traders: int
    days: RecordedDays
    n_pieces: int
    prices: RecordedPrices
    seed: int
    own: Floats | None = None
    books: tuple[DayBooks, ...] | None = None


@dataclass(slots=True)
class _Desk:
    """What one thread works on."""

    work: Workspace
    row: Row
    inputs: RunInputs


def draw_block_books(request: DayRequest, block: int) -> DayBooks:
    """Return the books of one block of days."""
    part = request.days.take(_rows(block))
    prices = request.prices
    return draw_day_books(
        seed=request.seed,
        day=part.date.astype(np.int64),
        bar=part.first_bar,
        first=part.closes[:, 0].copy(),
        past=(prices.low, prices.high, prices.close),
        n_traders=request.n_traders,
        traders=request.traders,
    )


def prepare_books(request: DayRequest) -> tuple[DayBooks, ...]:
    """Return the books of all days, for requests that differ in nothing that books depend on."""
    return tuple(in_order(partial(draw_block_books, request), n_blocks(len(request.days))))


def n_blocks(n_days: int) -> int:
    """Return how many blocks so many days are."""
    return -(-n_days // DAYS_IN_BLOCK)


def _rows(block: int) -> slice:
    return slice(block * DAYS_IN_BLOCK, (block + 1) * DAYS_IN_BLOCK)


def relative_paths(days: RecordedDays, rows: slice, n_pieces: int) -> tuple[Floats, Floats]:
    """Return closes and opens of some days over their first prices, each leg walked in so many pieces."""
    first = days.closes[rows, :1]
    return walked(days.closes[rows] / first, days.opens[rows] / first, n_pieces)


def run_real_days(request: DayRequest) -> Rows:
    """Return one record a day, (d,) DAY_DTYPE, money in USD at the day's first price.

    Raises
    ------
    InputError
        For a venue whose policy asks for an order of withdrawal, which books of real days do not have.
    ConservationError
        When a day does not add up.
    """
    check = Checker("venue")
    for rule in request.venue.rules:
        if get_policy(rule.policy).rule == Rule.PRIORITY:
            check.add("policy", "one without an order of withdrawal on real days", rule.policy)
    check.raise_if_any()
    first = _new_desk(request)
    n_days, blocks = len(request.days), n_blocks(len(request.days))
    out = np.zeros(n_days, DAY_DTYPE)
    desks: SimpleQueue[_Desk] = SimpleQueue()
    address = kernel_address(first.work, first.inputs)
    desks.put(first)
    n_threads = min(default_threads(), blocks)
    for _ in range(n_threads - 1):
        desks.put(_new_desk(request))

    def run(block: int) -> None:
        _run_block(request, block, address, desks, out[_rows(block)])

    for _ in in_order(run, blocks, n_threads):
        pass
    check_gap(out["gap"], lambda worst: str(request.days.date[worst]))
    return out


def _run_block(request: DayRequest, block: int, address: int, desks: SimpleQueue[_Desk], out: Rows) -> None:
    books = draw_block_books(request, block) if request.books is None else request.books[block]
    relative, opens = relative_paths(request.days, _rows(block), request.n_pieces)
    own = np.zeros((out.size, 4)) if request.own is None else request.own[_rows(block)]
    desk = desks.get()
    try:
        work, inputs = desk.work, desk.inputs
        run_days(
            address,
            books,
            relative,
            opens,
            own,
            desk.row,
            work.buffers,
            work.state,
            np.zeros(1, STATE_DTYPE),
            inputs.venue_record,
            inputs.policy,
            work.steps,
            out,
        )
    finally:
        desks.put(desk)


def _new_desk(request: DayRequest) -> _Desk:
    n = request.n_traders + (request.own is not None)
    n_steps = (request.days.closes.shape[1] - 1) * request.n_pieces
    size, entry, collateral, rate, amount, trigger = (np.zeros(n) for _ in range(6))
    row = Row(size, entry, collateral, rate, amount, np.full(n, np.nan), trigger)
    alike = Book(size=np.ones(n), entry_price=np.ones(n), collateral=np.ones(n), contract=request.contract)
    opening = Opening(
        terms=np.zeros(n, TERMS_DTYPE),
        lines=request.traders.lines,
        positions=np.zeros(n, POSITION_DTYPE),
        trigger=trigger,
        order=np.zeros(n, dtype=np.int32),
        n_long=0,
    )
    inputs = replace(prepare(alike, request.venue), opening=opening)  # the desk is filled anew every day
    buffers, state = inputs.new_run(n_steps, 0, 0)
    steps: Table = buffers.steps.view(np.float64).reshape(n_steps + 1, -1)
    prices, opens = np.empty((1, n_steps + 1)), np.empty((1, n_steps + 1))
    work = Workspace(buffers=buffers, state=state, prices=prices, opens=opens, steps=steps)
    return _Desk(work=work, row=row, inputs=inputs)
