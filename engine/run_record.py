"""What one run did, as `engine.simulate` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.book import Book, Floats
from engine.kernel.state import Ints, Record
from engine.ledger import Ledger
from engine.venue import Venue

LARGEST_PRICE = 1e15

R = TypeVar("R", bound="Run")


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


def finished_run(
    kind: type[R], *, book: Book, venue: Venue, state: Record, ledger: Ledger, arrays: dict[str, Any]
) -> R:
    """Return a run of its arrays, which become read-only; what nobody paid and what layers are left is the state's."""
    for values in arrays.values():
        values.setflags(write=False)
    left: dict[str, Any] = {name: float(state[name]) for name in ("unfunded", "venue_capital", "backstop")}
    return kind(book=book, venue=venue, ledger=ledger, **left, **arrays)


def shape_of(values: object) -> object:
    """Return what a sentence says of an array: its shape; of what is none, the thing itself."""
    shape = getattr(values, "shape", None)
    return values if shape is None else f"shape {shape}"
