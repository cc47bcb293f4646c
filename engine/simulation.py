"""One run: a book, a price path and a venue in; marks, fund, charges, equity and the ledger out."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.book import Book, Floats
from engine.compile import compiled
from engine.contracts import unit_value
from engine.errors import Checker, InputError
from engine.kernel.cascade import run_path
from engine.kernel.links import link
from engine.kernel.state import (
    EVENT_DTYPE,
    FIXED_DTYPE,
    FRONT_DTYPE,
    HEAP_DTYPE,
    MOST_EVENTS,
    MOST_PARTLY_CLOSED,
    N_WORK,
    PLACE,
    RANKING_DTYPE,
    SETTLEMENT_DTYPE,
    STATE_DTYPE,
    STEP_DTYPE,
    TRADER_DTYPE,
    Desk,
    Ints,
    Record,
    Rows,
    has_ranks,
    venue_record,
)
from engine.kernel.trigger_queue import sort_by_trigger
from engine.ledger import Ledger, settle_accounts
from engine.margin import liquidation_value, maintenance, trigger_price
from engine.sharing.policies import get_policy, policy_record, withdrawal_places
from engine.sharing.rules import PRIORITY
from engine.venue import Venue

LARGEST_PRICE = 1e15
DUST = 1e-12  # of a position's opening size: what a partial liquidation does not leave open


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Run:
    """What one run did, all arrays read-only.

    Money is in the settlement currency. Arrays over steps have shape (n_steps + 1,), over traders (n,).

    Parameters
    ----------
    mark, impact, fund : (n_steps + 1,)
        Mark price (USD per coin), log displacement of the book, fund balance, each at the end of the step.
    deficit : (n_steps + 1,)
        Deficits that arose in the step, before any layer paid.
    fund_paid, venue_paid, backstop_paid, charged, unfunded_in_step : (n_steps + 1,)
        What each layer paid in the step, what traders were charged at its settlement, and what nobody paid.
    forced : (n_steps + 1,)
        Notional of forced trades in the step.
    equity, wallet, collateral, open_size : (n,)
        At the last mark: total equity (wallet included), its two cash parts, and the unsigned size still open.
    charge, claim : (n,)
        Loss charged to each trader, and the chargeable profit that it is measured against.
    liquidated_at : (n,) int
        First step in which the trader was forced out, -1 never.
    trigger : (n,)
        Opening trigger price, USD per coin (0 or infinity: never).
    unfunded, venue_capital, backstop : float
        At the end.
    events, settlements : structured arrays
        Every forced trade in order, and every settlement that shared a loss.
    ledger : Ledger
    """

    book: Book
    venue: Venue
    prices: Floats
    mark: Floats
    impact: Floats
    fund: Floats
    deficit: Floats
    fund_paid: Floats
    venue_paid: Floats
    backstop_paid: Floats
    charged: Floats
    unfunded_in_step: Floats
    forced: Floats
    equity: Floats
    wallet: Floats
    collateral: Floats
    open_size: Floats
    charge: Floats
    claim: Floats
    liquidated_at: Ints
    trigger: Floats
    unfunded: float
    venue_capital: float
    backstop: float
    events: NDArray[np.void]
    settlements: NDArray[np.void]
    ledger: Ledger

    @property
    def haircut_rate(self) -> Floats:
        """Charge over claim, (n,); 0 where there was nothing to charge."""
        return np.divide(self.charge, self.claim, out=np.zeros_like(self.charge), where=self.claim > 0)

    @property
    def size(self) -> Floats:
        """Signed size still open, (n,)."""
        return np.copysign(self.open_size, self.book.size)

    @property
    def profit(self) -> Floats:
        """Gain in equity since entry before charges, (n,), signed."""
        return self.equity + self.charge - self.book.collateral

    @property
    def n_liquidated(self) -> int:
        """How many traders were forced out."""
        return int((self.liquidated_at >= 0).sum())


@dataclass(frozen=True, slots=True)
class Prepared:
    """What depends on the book and the venue's margin only: computed once, shared by every run on them."""

    fixed: Rows
    traders: Rows  # as they are at the start of a run
    trigger: Floats
    order: Ints
    n_long: int


_prepared: weakref.WeakKeyDictionary[Book, dict[object, Prepared]] = weakref.WeakKeyDictionary()
_prepared_lock = threading.Lock()


def prepare(book: Book, venue: Venue) -> Prepared:
    """Return the traders of a book at the start and their order by trigger, from a cache that lives as long as it."""
    key = None if book.maintenance_rate is not None else (venue.maintenance_rate, venue.brackets)
    with _prepared_lock:
        known = _prepared.setdefault(book, {})
        if key in known:
            return known[key]
    made = _prepare(book, venue)
    with _prepared_lock:
        if len(known) >= 8:
            known.clear()
        known[key] = made
    return made


def _prepare(book: Book, venue: Venue) -> Prepared:
    n = book.n_traders
    rate, amount = maintenance(book=book, venue=venue)
    stop = np.full(n, np.nan) if book.stop_price is None else book.stop_price
    fixed, traders, trigger = np.empty(n, FIXED_DTYPE), np.empty(n, TRADER_DTYPE), np.empty(n)
    _fill_traders(
        book.size, book.entry_price, book.collateral, rate, amount, stop, book.is_inverse, fixed, traders, trigger
    )
    order, n_long = sort_by_trigger(book.size > 0, trigger)
    return Prepared(fixed, traders, trigger, order, n_long)


@compiled
def _fill_traders(
    size: Floats,
    entry_price: Floats,
    collateral: Floats,
    rate: Floats,
    amount: Floats,
    stop: Floats,
    is_inverse: bool,
    fixed: Rows,
    traders: Rows,
    trigger: Floats,
) -> None:
    """Fill the rows of all traders as they are at the start of a run, and their trigger prices."""
    for i in range(size.size):
        one, trader = fixed[i], traders[i]
        one.side = 1.0 if size[i] > 0.0 else -1.0
        one.entry_value = unit_value(entry_price[i], is_inverse)
        one.rate, one.amount, one.stop = rate[i], amount[i], stop[i]
        one.opening, one.dust = collateral[i], DUST * abs(size[i])
        trader.size, trader.collateral, trader.wallet = abs(size[i]), collateral[i], 0.0
        trader.charge, trader.base_equity = 0.0, 0.0
        trader.liquidated_at, trader.base_stamp, trader.is_moved = -1, -1, 0
        trader.is_long = 1 if size[i] > 0.0 else 0
        liquidation = liquidation_value(
            one.side, trader.size, one.entry_value, trader.collateral, one.rate, one.amount, is_inverse
        )
        trader.trigger = trigger_price(one.side, liquidation, one.stop)
        trigger[i] = trader.trigger


def new_desk(prepared: Prepared, venue: Venue, n_steps: int, n_events: int, n_settlements: int) -> Desk:
    """Return the arrays of a run at its start, with room for so many events and settlements."""
    n = prepared.order.size
    n_ranked, n_partly = (n, MOST_PARTLY_CLOSED) if has_ranks(venue) else (0, 0)
    return Desk(
        fixed=prepared.fixed,
        traders=prepared.traders.copy(),
        claim=np.zeros(n),
        order=prepared.order,
        heap=np.empty((2, n), HEAP_DTYPE),
        moved=np.empty((2, n), np.int32),
        front=np.zeros(2, FRONT_DTYPE),
        steps=np.zeros(n_steps + 1, STEP_DTYPE),
        events=np.empty(n_events, EVENT_DTYPE),
        settlements=np.empty(n_settlements, SETTLEMENT_DTYPE),
        work=np.empty((N_WORK, n)),
        touched=np.empty(n, np.int32),
        payers=np.empty(n, np.int32),
        ranks=np.empty((2, n_ranked), HEAP_DTYPE),
        partly=np.empty((2, n_partly), np.int32),
        ranking=np.zeros(2, RANKING_DTYPE),
    )


def new_state(book: Book, prepared: Prepared) -> Rows:
    """Return the state of a run before its start."""
    state = np.zeros(1, STATE_DTYPE)
    state[0]["maker_size"] = -float(book.size.sum())
    state[0]["n_long"] = prepared.n_long
    return state


def check_prices(prices: ArrayLike) -> Floats:
    """Return a price path as a contiguous (n_steps + 1,) array, or raise InputError."""
    check = Checker()
    try:
        path = np.array(prices, dtype=np.float64)
    except (TypeError, ValueError):
        path = np.empty((0, 0))
    if path.ndim != 1 or path.size == 0:
        check.add("prices", "an array of one dimension with at least one price", _shape(prices))
    else:
        check.array("prices", path, above=0.0)
        if (path > LARGEST_PRICE).any():
            check.add("prices", f"<= {LARGEST_PRICE:g}", float(path.max()))
    check.raise_if_any()
    return path


def _shape(values: object) -> object:
    shape = getattr(values, "shape", None)
    return values if shape is None else f"shape {shape}"


def simulate(*, book: Book, prices: ArrayLike, venue: Venue) -> Run:
    """Return one run of a book along a reference price path on a venue.

    Parameters
    ----------
    book : Book
    prices : (n_steps + 1,) float
        Reference path in USD per coin, > 0, finite; the book is marked at the first price and nothing happens there.
    venue : Venue

    Returns
    -------
    Run

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong; also when the event log would not fit in memory.
    ConservationError
        When the ledger does not add up, which no input should be able to cause.

    Notes
    -----
    docs/MODEL.md sections 3 to 5. The event log is complete: the kernel runs once more if a run outgrew it.
    """
    _check_types(book, venue)
    path = check_prices(prices)
    capacity = 2 * book.n_traders + 1024
    while True:
        desk, state = _run_kernel(book, path, venue, capacity)
        needed = int(state["n_events"][0])
        if needed <= capacity:
            return _finish(book, path, venue, desk, state[0])
        if needed > MOST_EVENTS:
            check = Checker()
            bound = f"one that logs at most {MOST_EVENTS:,} forced trades of {book.n_traders:,} traders"
            check.add("venue.policy", bound, venue.policy)
            check.raise_if_any()
        capacity = needed


def _check_types(book: object, venue: object) -> None:
    check = Checker()
    if not isinstance(book, Book):
        check.add("book", "an engine.Book", book)
    if not isinstance(venue, Venue):
        check.add("venue", "an engine.Venue", venue)
    check.raise_if_any(InputError)


def _run_kernel(book: Book, path: Floats, venue: Venue, n_events: int) -> tuple[Desk, Rows]:
    prepared = prepare(book, venue)
    desk = new_desk(prepared, venue, path.size - 1, n_events, 2 * (path.size // venue.settlement_interval + 2))
    state = new_state(book, prepared)
    policy = policy_record(get_policy(venue.policy), venue.policy_options)
    if policy["rule"][0] == PRIORITY:
        desk.work[PLACE] = withdrawal_places(policy, book.size)
    record = venue_record(venue, book.contract)
    link(policy, desk, state[0], record[0])
    run_path(path, desk, state[0], record[0], policy[0])
    return desk, state


def _finish(book: Book, path: Floats, venue: Venue, desk: Desk, state: Record) -> Run:
    ledger, equity = settle_accounts(book=book, venue=venue, prices=path, desk=desk, state=state)
    steps, traders = desk.steps, desk.traders
    arrays: dict[str, Any] = {
        name: steps[name]
        for name in (
            "mark",
            "impact",
            "fund",
            "deficit",
            "fund_paid",
            "venue_paid",
            "backstop_paid",
            "charged",
            "forced",
        )
    }
    arrays |= {name: traders[name] for name in ("wallet", "collateral", "charge", "liquidated_at")}
    arrays |= {
        "prices": path,
        "unfunded_in_step": steps["unfunded"],
        "equity": equity,
        "claim": desk.claim,
        "trigger": prepare(book, venue).trigger,
        "events": desk.events[: int(state["n_events"])],
        "settlements": desk.settlements[: int(state["n_settlements"])],
    }
    for values in arrays.values():
        values.setflags(write=False)
    return Run(
        book=book,
        venue=venue,
        unfunded=float(state["unfunded"]),
        venue_capital=float(state["venue_capital"]),
        backstop=float(state["backstop"]),
        ledger=ledger,
        open_size=traders["size"],
        **arrays,
    )
