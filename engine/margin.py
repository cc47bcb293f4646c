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


@inlined
def liquidation_value(
    side: float,
    size: float,
    entry_value: float,
    collateral: float,
    rate: float,
    amount: float,
    is_inverse: bool,
    is_entry_maintenance: bool,
) -> float:
    """Return the liquidation price of one position: 0 (long) or infinity (short) where it can never be reached.

    Parameters
    ----------
    side : +1 long, -1 short
    size : unsigned, > 0
    entry_value : f(entry price)
    collateral, amount : money; the amount is deducted from the requirement
    rate : fraction of notional
    is_inverse : type of the contract
    is_entry_maintenance : the requirement is on the notional at entry, whatever the mark; it is collateral tied up
    """
    if is_entry_maintenance:
        amount -= rate * size * abs(entry_value)
        rate = 0.0
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
    price = (entry_value * size + collateral + amount) / (size * (1.0 + rate))
    return price if price > 0.0 else math.inf


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
    check = Checker("equity")
    check.number("price", price, above=0)
    check.raise_if_any()
    gain = value_of(float(price), book.is_inverse) - value_of(book.entry_price, book.is_inverse)
    return book.collateral + book.size * gain


def notional(*, book: Book, price: float | Floats) -> Floats:
    """Return each position's notional, (n,) >= 0, settlement currency: q P (linear) or q / P (inverse)."""
    size = np.abs(book.size)
    return np.asarray(size / price if book.is_inverse else size * price, dtype=np.float64)


def maintenance(*, book: Book, venue: Venue) -> tuple[Floats, Floats]:
    """Return maintenance rate and amount of each position, two (n,) arrays.

    The book's own come first, then the venue's bracket table at the notional of entry, then the venue's single rate.
    """
    n = book.n_traders
    rate, amount = book.maintenance_rate, book.maintenance_amount
    if rate is None and venue.brackets:
        table = np.array(venue.brackets, dtype=np.float64)
        row = np.maximum(np.searchsorted(table[:, 0], notional(book=book, price=book.entry_price), side="right") - 1, 0)
        return table[row, 1], table[row, 2] if amount is None else amount
    if rate is None:
        rate = np.full(n, venue.maintenance_rate)
    return rate, np.zeros(n) if amount is None else amount


@compiled
def _liquidation_prices(
    size: Floats,
    entry_price: Floats,
    collateral: Floats,
    rate: Floats,
    amount: Floats,
    is_inverse: bool,
    is_entry_maintenance: bool,
    out: Floats,
) -> None:
    for i in range(size.size):
        side = 1.0 if size[i] > 0.0 else -1.0
        entry_value = unit_value(entry_price[i], is_inverse)
        out[i] = liquidation_value(
            side, abs(size[i]), entry_value, collateral[i], rate[i], amount[i], is_inverse, is_entry_maintenance
        )


def liquidation_price(*, book: Book, venue: Venue) -> Floats:
    """Return the price at which each position's equity equals its maintenance requirement, (n,), USD per coin.

    Longs that can never be liquidated have 0, shorts infinity.

    Notes
    -----
    docs/MODEL.md section 2: linear long (e q - c - a) / (q (1 - m)), short (e q + c + a) / (q (1 + m)); inverse long
    (1 + m) q / (c + a + q / e), short (1 - m) q / (q / e - c - a). With `maintenance_basis` "entry" the requirement
    m q |f(e)| - a does not move with the mark: the same formulas with m = 0 and a - m q |f(e)| for a.
    """
    rate, amount = maintenance(book=book, venue=venue)
    out = np.empty(book.n_traders)
    is_entry = venue.maintenance_basis == "entry"
    _liquidation_prices(book.size, book.entry_price, book.collateral, rate, amount, book.is_inverse, is_entry, out)
    return out


def bankruptcy_price(*, book: Book) -> Floats:
    """Return the price at which each position's equity is 0, (n,), USD per coin; 0 (long) or infinity (short) if never.

    Notes
    -----
    Linear e - s c / q; inverse 1 / (1/e + s c / q).
    """
    per_unit = book.collateral / book.size
    if book.is_inverse:
        with np.errstate(divide="ignore"):
            price = 1.0 / (1.0 / book.entry_price + per_unit)
        return np.where(price > 0.0, price, np.inf)
    price = book.entry_price - per_unit
    return np.maximum(price, 0.0)
