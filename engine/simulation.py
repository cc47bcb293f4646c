"""One run: a book, a price path and a venue in; marks, fund, charges, equity and the ledger out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.book import Book, Floats
from engine.errors import Checker, InputError
from engine.kernel.cascade import run_path
from engine.kernel.state import CONTRIBUTION, MOST_EVENTS, Ints, PricePath, Record, RunBuffers
from engine.ledger import Ledger, settle_accounts
from engine.run_inputs import LEAST_EVENTS, RunInputs, n_settlements_at_most, prepare
from engine.venue import Venue

__all__ = ["LARGEST_PRICE", "Run", "check_prices", "prepare", "simulate"]

LARGEST_PRICE = 1e15
OF_STEPS = (
    *("mark", "mark_low", "mark_high", "impact", "impact_low", "impact_high"),
    *("fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged", "forced", "contributed"),
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Run:
    """What one run did, all arrays read-only.

    Money is in the settlement currency. Arrays over steps have shape (n_steps + 1,), over traders (n,).

    Parameters
    ----------
    prices, opens : (n_steps + 1,)
        Reference prices at which steps close and open, USD per coin; the first opening is the first price.
    mark, impact, fund : (n_steps + 1,)
        Mark price (USD per coin), log displacement of the book, fund balance, each at the end of the step.
    mark_low, mark_high, impact_low, impact_high : (n_steps + 1,)
        The least and the most of mark and displacement within the step, its opening included.
    deficit : (n_steps + 1,)
        Deficits that arose in the step, before any layer paid.
    fund_paid, venue_paid, backstop_paid, charged, unfunded_in_step : (n_steps + 1,)
        What each layer paid in the step, what traders were charged at its settlement, and what nobody paid.
    forced, contributed : (n_steps + 1,)
        Notional of forced trades in the step, and what open positions paid into the fund at its end.
    equity, wallet, collateral, open_size : (n,)
        At the last mark: total equity (wallet included), its two cash parts, and the unsigned size still open.
    charge, claim, contribution : (n,)
        Loss charged to each trader, the chargeable profit that it is measured against, and what it paid into the fund.
    liquidated_at : (n,) int
        First step in which the trader was forced out, -1 never.
    trigger : (n,)
        Opening trigger price, USD per coin (0 or infinity: never).
    unfunded, venue_capital, backstop : float
        At the end.
    events, settlements : structured arrays
        Every forced trade in order (`trades`), and every settlement that shared a loss.
    passed : (s, k) structured array
        What passed each of k offset rules at each of s settlements that shared a loss; no row where one policy stands
        alone. `step`, `mark`; `rule`, its place in the list; `is_met`, whether its trigger let it act, `quantity`, what
        the trigger saw (NaN: it has none); money: `came` to it, `charged` to traders, `to_fund` of that, `raised` for
        the loss, `left` for the next. What a rule that closes positions took is in `trades`.
    ledger : Ledger
    """

    book: Book
    venue: Venue
    prices: Floats
    opens: Floats
    mark: Floats
    mark_low: Floats
    mark_high: Floats
    impact: Floats
    impact_low: Floats
    impact_high: Floats
    fund: Floats
    deficit: Floats
    fund_paid: Floats
    venue_paid: Floats
    backstop_paid: Floats
    charged: Floats
    unfunded_in_step: Floats
    forced: Floats
    contributed: Floats
    equity: Floats
    wallet: Floats
    collateral: Floats
    open_size: Floats
    charge: Floats
    claim: Floats
    contribution: Floats
    liquidated_at: Ints
    trigger: Floats
    unfunded: float
    venue_capital: float
    backstop: float
    events: NDArray[np.void]
    settlements: NDArray[np.void]
    passed: NDArray[np.void]
    ledger: Ledger

    @property
    def trades(self) -> NDArray[np.void]:
        """Every forced trade in order, a structured array, one row a trade.

        `step`; `kind`, an engine.TradeKind; `trader`, and `against`, the bankrupt of a COUNTERPARTY, else -1; `size`,
        signed, what was closed of it; `trigger`, `reference`, `mark_before`, `mark_after`, `book_price`, `fill`,
        `bankruptcy`, USD per coin. Money: `collateral` of the position before the trade, its `equity` at the fill,
        `fee`, and of a position closed whole `residual` after the fee, `deficit`, and what the layers paid of it,
        `fund_paid`, `venue_paid`, `backstop_paid`, and left to the settlement, `carried`; `realized` profit (of a
        DELEVERAGED: the size that counterparties took), `charge` of a counterparty (negative: a gain), `fund` after
        the trade.
        """
        return self.events

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
    def contributions(self) -> float:
        """What traders paid into the fund in all."""
        return float(self.contributed.sum())

    @property
    def n_liquidated(self) -> int:
        """How many traders were forced out."""
        return int((self.liquidated_at >= 0).sum())


def check_prices(prices: ArrayLike) -> Floats:
    """Return a price path as a contiguous (n_steps + 1,) array, or raise InputError."""
    return _price_array("prices", prices)


def check_opens(opens: ArrayLike, path: Floats) -> Floats:
    """Return the opening prices of a path, the first of no account and set to the path's, or raise InputError."""
    check = Checker()
    try:
        given = np.array(opens, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape != path.shape:
        check.add("opens", f"an array of one dimension and length {path.size} like prices", _shape(opens))
        check.raise_if_any()
    given[0] = path[0]
    return _price_array("opens", given)


def _price_array(name: str, prices: ArrayLike) -> Floats:
    check = Checker()
    try:
        path = np.array(prices, dtype=np.float64)
    except (TypeError, ValueError):
        path = np.empty((0, 0))
    if path.ndim != 1 or path.size == 0:
        check.add(name, "an array of one dimension with at least one price", _shape(prices))
    else:
        check.array(name, path, above=0.0)
        if (path > LARGEST_PRICE).any():
            check.add(name, f"<= {LARGEST_PRICE:g}", float(path.max()))
    check.raise_if_any()
    return path


def _shape(values: object) -> object:
    shape = getattr(values, "shape", None)
    return values if shape is None else f"shape {shape}"


def simulate(*, book: Book, prices: ArrayLike, venue: Venue, opens: ArrayLike | None = None) -> Run:
    """Return one run of a book along a reference price path on a venue.

    Parameters
    ----------
    book : Book
    prices : (n_steps + 1,) float
        Reference path in USD per coin, > 0, finite; the book is marked at the first price and nothing happens there.
    venue : Venue
    opens : (n_steps + 1,) float or None
        Where each step opens, USD per coin, > 0, finite; the first is not looked at. A step moves without a gap from
        its opening to its close. None: it opens at the close before. `opens=prices`: everything happens at the close.

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
    closes = check_prices(prices)
    path = PricePath(closes, np.empty(0) if opens is None else check_opens(opens, closes))
    capacity = 2 * book.n_traders + LEAST_EVENTS
    inputs = prepare(book, venue)
    while True:
        buffers, state = inputs.new_run(closes.size - 1, capacity, n_settlements_at_most(closes.size, venue))
        run_path(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
        needed = int(state["n_events"][0])
        if needed <= capacity:
            return _finish(inputs, path, buffers, state[0])
        if needed > MOST_EVENTS:
            check = Checker()
            bound = f"one that logs at most {MOST_EVENTS:,} forced trades of {book.n_traders:,} traders"
            check.add("venue.policy", bound, getattr(venue.policy, "name", venue.policy))
            check.raise_if_any()
        capacity = needed


def _check_types(book: object, venue: object) -> None:
    check = Checker()
    if not isinstance(book, Book):
        check.add("book", "an engine.Book", book)
    if not isinstance(venue, Venue):
        check.add("venue", "an engine.Venue", venue)
    check.raise_if_any(InputError)


def _finish(inputs: RunInputs, path: PricePath, buffers: RunBuffers, state: Record) -> Run:
    book, venue = inputs.book, inputs.venue
    ledger, equity = settle_accounts(book=book, venue=venue, prices=path.closes, buffers=buffers, state=state)
    steps, positions = buffers.steps, buffers.positions
    arrays: dict[str, Any] = {name: steps[name] for name in OF_STEPS}
    arrays |= {name: positions[name] for name in ("wallet", "collateral", "charge", "liquidated_at")}
    arrays |= {
        "prices": path.closes,
        "opens": path.opens if path.opens.size else np.concatenate((path.closes[:1], path.closes[:-1])),
        "unfunded_in_step": steps["unfunded"],
        "equity": equity,
        "claim": buffers.claim,
        "trigger": inputs.opening.trigger,
        "events": buffers.events[: int(state["n_events"])],
        "settlements": buffers.settlements[: int(state["n_settlements"])],
        "passed": buffers.passed.reshape(-1, buffers.rules.size or 1)[: int(state["n_settlements"])],
        "contribution": buffers.measures[CONTRIBUTION] if venue.fund_tiers else np.zeros(book.n_traders),
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
        open_size=positions["size"],
        **arrays,
    )
