"""Auto-deleveraging of one bankrupt position against the open positions of the other side (docs/MODEL.md section 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.compile import compiled
from engine.contracts import unit_notional, unit_price, unit_value, value_of
from engine.errors import Checker
from engine.sharing.adl_selection import (
    IN_LOSS,
    IN_PROFIT,
    SCAN,
    adl_score,
    closable_size,
    closing_value,
    select,
    tier_of,
)
from engine.sharing.policy_record import PRICES, SCORES, AdlMethod

Floats = NDArray[np.float64]

ADL_METHODS = tuple(method.name.lower() for method in AdlMethod)
DEFAULT_MAINTENANCE_RATE = 0.005


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Deleveraging:
    """How one bankrupt position was closed against the other side."""

    order: NDArray[np.int64]  # indices of the accounts that can be taken, first in line first
    closed: Floats  # (n,) unsigned size closed
    charge: Floats  # (n,) settlement currency; negative is a gain
    unfilled: float  # size that nobody was left to take
    price: float  # USD per coin at which both sides were closed
    score: Floats  # (n,) rank score, -inf for accounts that are never taken


def auto_deleverage(
    *,
    size: float,
    bankruptcy_price: float,
    mark: float,
    book: Book,
    score: str = "bitmex",
    rule: str = "queue",
    price: str = "bankruptcy",
    previous_mark: float | None = None,
    blend: float = 2 / 3,
    seed: int = 0,
) -> Deleveraging:
    """Return how one bankrupt position is closed against the open positions of the other side.

    Parameters
    ----------
    size : float
        Signed size of the bankrupt position, long > 0; it is not part of the book.
    bankruptcy_price, mark : float
        USD per coin, > 0.
    book : Book
        The accounts; those on the other side with equity > 0 at the mark can be taken, the profitable ones first.
    score : {"bitmex", "binance", "okx", "hyperliquid", "hyperliquid_one"}
        Formula that ranks the accounts, see `adl_score`. The maintenance rate is the book's, 0.005 where it has none.
    rule : {"queue", "prorata", "minimax", "scan"}
        By rank; pro rata to size; smallest largest leverage left; in list order from account `seed` modulo n, without
        regard to profit.
    price : {"bankruptcy", "mark", "previous_mark", "blend"}
        Price at which both sides are closed: BitMEX, OKX, Hyperliquid, and FTX's two thirds of the first plus one third
        of the second (`blend`, taken in value per unit of size, which is the price for linear contracts).
    previous_mark : float or None
        USD per coin, > 0; needed for price "previous_mark".
    blend : float
        Share of the bankruptcy price, 0 to 1.
    seed : int

    Returns
    -------
    Deleveraging
        `charge` is size closed times s (f(price) - f(mark)), s the side of the bankrupt, f(P) = P (linear) or -1/P
        (inverse); where that is positive nobody is closed further than its equity pays for.

    Raises
    ------
    InputError
        With every violation at once.

    Notes
    -----
    docs/MODEL.md section 5.

    Examples
    --------
    >>> book = Book(size=[-10.0, -20.0], entry_price=[110.0, 120.0], collateral=[200.0, 200.0])
    >>> done = auto_deleverage(size=25.0, bankruptcy_price=101.0, mark=100.0, book=book)
    >>> done.order.tolist(), done.closed.tolist(), done.charge.tolist()
    ([1, 0], [5.0, 20.0], [5.0, 20.0])
    """
    _check(size, bankruptcy_price, mark, book, score, rule, price, previous_mark, blend, seed)
    book.refuse_accounts("engine.auto_deleverage")
    side, need, inverse = math.copysign(1.0, size), abs(float(size)), book.is_inverse
    method, price_rule = ADL_METHODS.index(rule), PRICES.index(price)
    before = float(mark if previous_mark is None else previous_mark)
    settled, unit_charge = _closing(
        price_rule, float(blend), side, float(bankruptcy_price), float(mark), before, inverse
    )
    n, start = book.n_traders, seed % book.n_traders
    capacity, tier, rank, equity = _measure(side, unit_charge, float(mark), book, SCORES.index(score))
    closed = np.empty(n)
    unit = abs(value_of(float(mark), inverse))
    taken = select(method, need, unit, start, np.abs(book.size), equity, capacity, tier, rank, closed)
    order = _rank_order(capacity, tier, rank)
    if method == SCAN:
        order = np.sort(order)
        order = np.concatenate((order[order >= start], order[order < start]))
    return Deleveraging(
        order=order, closed=closed, charge=closed * unit_charge, unfilled=need - taken, price=settled, score=rank
    )


def _check(
    size: float,
    bankruptcy_price: float,
    mark: float,
    book: object,
    score: str,
    rule: str,
    price: str,
    previous_mark: float | None,
    blend: float,
    seed: int,
) -> None:
    check = Checker("auto_deleverage")
    check.number("size", size)
    if size == 0:
        check.add("size", "not 0", size)
    check.number("bankruptcy_price", bankruptcy_price, above=0)
    check.number("mark", mark, above=0)
    if not isinstance(book, Book):
        check.add("book", "an engine.Book", book)
    check.choice("score", score, SCORES)
    check.choice("rule", rule, ADL_METHODS)
    check.choice("price", price, PRICES)
    if previous_mark is not None or price == "previous_mark":
        check.number("previous_mark", previous_mark, above=0)
    check.number("blend", blend, least=0, most=1)
    check.whole("seed", seed, least=0)
    check.raise_if_any()


@compiled
def _closing(
    price_rule: int, blend: float, side: float, bankruptcy: float, mark: float, previous_mark: float, is_inverse: bool
) -> tuple[float, float]:
    """Return the closing price, and what closing one unit of size costs a counterparty."""
    value = unit_value(mark, is_inverse)
    before = unit_value(previous_mark, is_inverse)
    settled = closing_value(price_rule, blend, unit_value(bankruptcy, is_inverse), value, before)
    return unit_price(settled, is_inverse), side * (settled - value)


def _measure(side: float, unit_charge: float, mark: float, book: Book, code: int) -> tuple[Floats, ...]:
    """Return capacity, tier, score and equity of every account of a book as counterparty of a bankrupt on `side`."""
    n = book.n_traders
    rate = np.full(n, DEFAULT_MAINTENANCE_RATE) if book.maintenance_rate is None else book.maintenance_rate
    amount = np.zeros(n) if book.maintenance_amount is None else book.maintenance_amount
    out = np.empty((4, n))
    _fill(
        side, unit_charge, mark, code, book.is_inverse, book.size, book.entry_price, book.collateral, rate, amount, out
    )
    return out[0], out[1], out[2], out[3]


@compiled
def _fill(
    side: float,
    unit_charge: float,
    mark: float,
    code: int,
    is_inverse: bool,
    size: Floats,
    entry: Floats,
    collateral: Floats,
    rate: Floats,
    amount: Floats,
    out: Floats,
) -> None:
    """Fill rows of capacity, tier, score and equity; score is -infinity for accounts that are never taken."""
    value = unit_value(mark, is_inverse)
    for j in range(size.shape[0]):
        gain = size[j] * (value - unit_value(entry[j], is_inverse))
        quantity, equity, own = abs(size[j]), collateral[j] + gain, 1.0 if size[j] > 0.0 else -1.0
        out[0, j], out[1, j], out[2, j], out[3, j] = 0.0, tier_of(gain), -np.inf, equity
        if own == side:
            continue
        out[0, j] = closable_size(quantity, 0.0, equity, equity, unit_charge)
        if out[0, j] <= 0.0:
            continue
        requirement = max(rate[j] * quantity * unit_notional(mark, is_inverse) - amount[j], 0.0)
        out[2, j] = adl_score(code, own, quantity, entry[j], collateral[j], mark, is_inverse, requirement)


def _rank_order(capacity: Floats, tier: Floats, score: Floats) -> NDArray[np.int64]:
    """Return the accounts that can be taken: the first tier by descending score, then the second; ties by index."""
    parts = []
    for level in (IN_PROFIT, IN_LOSS):
        ids = np.flatnonzero((capacity > 0.0) & (tier == level))
        parts.append(ids[np.argsort(-score[ids], kind="stable")])
    return np.concatenate(parts)
