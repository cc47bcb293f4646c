"""Equity, maintenance requirement, liquidation and bankruptcy price, bracket tables (docs/MODEL.md section 2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.book import Book, Floats
from engine.compile import compiled, inlined
from engine.contracts import unit_value, value_of
from engine.errors import Checker

if TYPE_CHECKING:
    from engine.venue import Venue

LARGEST_RATE = 0.999


@inlined
def line_price(
    side: float, size: float, entry_value: float, collateral: float, rate: float, amount: float, is_inverse: bool
) -> float:
    """Return the price where equity meets rate * notional - amount; 0 (long) or infinity (short) if it never does.

    A position that cannot carry itself at any price, its collateral paid away, has infinity (long) or 0 (short).

    Parameters
    ----------
    side : +1 long, -1 short
    size : unsigned, > 0
    entry_value : f(entry price)
    collateral, amount : money
    rate : fraction of notional
    is_inverse : type of the contract
    """
    if is_inverse:
        cost = -entry_value * size
        if side > 0.0:
            below = collateral + amount + cost
            return (1.0 + rate) * size / below if below > 0.0 else math.inf
        below = cost - collateral - amount
        return (1.0 - rate) * size / below if below > 0.0 else math.inf
    if side > 0.0:
        price = (entry_value * size - collateral - amount) / (size * (1.0 - rate))
        return price if price > 0.0 else 0.0
    return max((entry_value * size + collateral + amount) / (size * (1.0 + rate)), 0.0)


@inlined
def scaled_rate(rate: float, scale: float) -> float:
    """Return a maintenance rate under dynamic margin."""
    return rate if scale == 1.0 else min(rate * scale, LARGEST_RATE)


@inlined
def requirement(notional: float, rate: float, amount: float, lines: Floats, scale: float) -> float:
    """Return the maintenance requirement of a position of this notional, money >= 0.

    Parameters
    ----------
    notional : money
    rate, amount : the position's own line, which counts where `lines` has no row
    lines : (k, 2), rate and amount of each row of the margin table
    scale : of dynamic margin, >= 1
    """
    if lines.shape[0] == 0:
        return max(scaled_rate(rate, scale) * notional - scale * amount, 0.0)
    needed = 0.0
    for row in range(lines.shape[0]):
        needed = max(needed, scaled_rate(lines[row, 0], scale) * notional - scale * lines[row, 1])
    return needed


@inlined
def _nearer(side: float, one: float, other: float) -> float:
    """Return which of two prices a position of this side meets first."""
    return max(one, other) if side > 0.0 else min(one, other)


@inlined
def liquidation_value(
    side: float,
    size: float,
    entry_value: float,
    collateral: float,
    rate: float,
    amount: float,
    lines: Floats,
    scale: float,
    is_inverse: bool,
    is_entry_maintenance: bool,
) -> float:
    """Return the liquidation price of one position: 0 (long) or infinity (short) where it can never be reached.

    The requirement is the largest of its lines and 0, so the price is the first that is met of theirs and of the
    bankruptcy price. On the notional at entry it is an amount of money that does not move with the mark.
    """
    if is_entry_maintenance:
        needed = requirement(size * abs(entry_value), rate, amount, lines, scale)
        return line_price(side, size, entry_value, collateral, 0.0, -needed, is_inverse)
    if lines.shape[0] == 0:
        price = line_price(side, size, entry_value, collateral, scaled_rate(rate, scale), scale * amount, is_inverse)
        if amount == 0.0:
            return price
        return _nearer(side, price, line_price(side, size, entry_value, collateral, 0.0, 0.0, is_inverse))
    best = line_price(side, size, entry_value, collateral, 0.0, 0.0, is_inverse)
    for row in range(lines.shape[0]):
        line_rate, line_amount = scaled_rate(lines[row, 0], scale), scale * lines[row, 1]
        price = line_price(side, size, entry_value, collateral, line_rate, line_amount, is_inverse)
        best = _nearer(side, best, price)
    return best


@inlined
def trigger_price(side: float, liquidation: float, stop: float) -> float:
    """Return the price that forces a position out: the stop when it comes first, else the liquidation price."""
    if math.isnan(stop):
        return liquidation
    if side > 0.0:
        return stop if stop > liquidation else liquidation
    return stop if stop < liquidation else liquidation


def equity(*, book: Book, price: float) -> Floats:
    """Return each trader's equity at `price`, (n,), settlement currency; negative when the position is bankrupt.

    Notes
    -----
    c + s q (f(P) - f(e)), docs/MODEL.md section 2.
    """
    book.refuse_accounts("engine.equity")
    check = Checker("equity")
    check.number("price", price, above=0)
    check.raise_if_any()
    gain = value_of(float(price), book.is_inverse) - value_of(book.entry_price, book.is_inverse)
    return book.collateral + book.size * gain


def notional(*, book: Book, price: float | Floats) -> Floats:
    """Return each position's notional, (n,) >= 0, settlement currency: q P (linear) or q / P (inverse)."""
    size = np.abs(book.size)
    return np.asarray(size / price if book.is_inverse else size * price, dtype=np.float64)


def margin_lines(*, book: Book, venue: Venue) -> tuple[Floats, Floats, Floats]:
    """Return each position's own maintenance rate and amount, (n,) each, and the table that replaces them, (k, 2).

    The book's own rate and amount come first: one line a position. A book that brings an amount alone takes the rate of
    the row that holds its notional at entry. A book that brings neither is under the venue's table, whose rows are then
    in the third array, which else has none; without a table the rate is the venue's single one.
    """
    n = book.n_traders
    rate, amount = book.maintenance_rate, book.maintenance_amount
    table = np.array(venue.brackets, dtype=np.float64).reshape(-1, 3)
    none = np.zeros((0, 2))
    if rate is not None or not venue.brackets:
        rate = np.full(n, venue.maintenance_rate) if rate is None else rate
        return rate, np.zeros(n) if amount is None else amount, none
    row = np.maximum(np.searchsorted(table[:, 0], notional(book=book, price=book.entry_price), side="right") - 1, 0)
    if amount is None:
        return table[row, 1], table[row, 2], np.ascontiguousarray(table[:, 1:])
    return table[row, 1], amount, none


def maintenance_requirement(*, book: Book, venue: Venue, price: float) -> Floats:
    """Return each position's maintenance requirement at `price`, (n,) >= 0, settlement currency.

    Notes
    -----
    max(0, max over rows of (m_k notional - a_k)), docs/MODEL.md section 2; with `maintenance_basis` "entry" at the
    notional of entry, whatever the price.
    """
    rate, amount, lines = margin_lines(book=book, venue=venue)
    at = notional(book=book, price=book.entry_price if venue.maintenance_basis == "entry" else price)
    return requirements(at, rate, amount, lines)


def requirements(notional: Floats, rate: Floats, amount: Floats, lines: Floats) -> Floats:
    """Return `requirement` of each of n positions, (n,), without dynamic margin."""
    if not lines.size:
        return np.maximum(rate * notional - amount, 0.0)
    needed: Floats = np.maximum((lines[:, :1] * notional - lines[:, 1:]).max(axis=0), 0.0)
    return needed


@compiled
def _liquidation_prices(
    size: Floats,
    entry_price: Floats,
    collateral: Floats,
    rate: Floats,
    amount: Floats,
    lines: Floats,
    is_inverse: bool,
    is_entry_maintenance: bool,
    out: Floats,
) -> None:
    for i in range(size.size):
        side = 1.0 if size[i] > 0.0 else -1.0
        value = unit_value(entry_price[i], is_inverse)
        out[i] = liquidation_value(
            side, abs(size[i]), value, collateral[i], rate[i], amount[i], lines, 1.0, is_inverse, is_entry_maintenance
        )


def liquidation_price(*, book: Book, venue: Venue) -> Floats:
    """Return the price at which each position's equity equals its maintenance requirement, (n,), USD per coin.

    Longs that can never be liquidated have 0, shorts infinity.

    Notes
    -----
    docs/MODEL.md section 2, per row of the margin table: linear long (e q - c - a) / (q (1 - m)), short
    (e q + c + a) / (q (1 + m)); inverse long (1 + m) q / (c + a + q / e), short (1 - m) q / (q / e - c - a); the first
    that is met of these and of the bankruptcy price. With `maintenance_basis` "entry" the requirement does not move
    with the mark: the same formulas with m = 0 and minus the requirement for a.

    Examples
    --------
    >>> from engine import Book, Venue
    >>> book = Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    >>> float(liquidation_price(book=book, venue=Venue(depth=1e6, maintenance_rate=0.1))[0])
    100.0
    """
    book.refuse_accounts("engine.liquidation_price")
    rate, amount, lines = margin_lines(book=book, venue=venue)
    out, is_entry = np.empty(book.n_traders), venue.maintenance_basis == "entry"
    _liquidation_prices(
        book.size, book.entry_price, book.collateral, rate, amount, lines, book.is_inverse, is_entry, out
    )
    return out


def bankruptcy_price(*, book: Book) -> Floats:
    """Return the price at which each position's equity is 0, (n,), USD per coin; 0 (long) or infinity (short) if never.

    Notes
    -----
    Linear e - s c / q; inverse 1 / (1/e + s c / q).
    """
    book.refuse_accounts("engine.bankruptcy_price")
    per_unit = book.collateral / book.size
    if book.is_inverse:
        with np.errstate(divide="ignore"):
            price = 1.0 / (1.0 / book.entry_price + per_unit)
        return np.where(price > 0.0, price, np.inf)
    price = book.entry_price - per_unit
    return np.maximum(price, 0.0)
