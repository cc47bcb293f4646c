"""Margin of accounts at given marks: equity, requirement, liquidation and bankruptcy prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.accounts.inputs import prepare_accounts
from engine.accounts.markets import markets_of
from engine.accounts.opening import requirements
from engine.book import Book, Floats
from engine.contracts import value_of
from engine.errors import Checker
from engine.venue import Venue


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class AccountMargin:
    """Accounts at the marks that were asked about, arrays read-only; accounts in the order of `AccountRun`.

    Parameters
    ----------
    equity, requirement : (m,) float
        Cash and unrealized profit, signed; maintenance requirement, >= 0; settlement currency.
    is_triggered : (m,) bool
        Whether the account would be liquidated: equity <= requirement with a position open.
    liquidation_price : (n,) float
        Of each position, all other marks as they are; 0 (long) or infinity (short) where never. USD per coin.
    bankruptcy_price : (n,) float
        At which each position is closed where the account is deleveraged: its equity is split over its positions by
        requirement. USD per coin.
    """

    equity: Floats
    requirement: Floats
    is_triggered: NDArray[np.bool_]
    liquidation_price: Floats
    bankruptcy_price: Floats


def account_margin(*, book: Book, venue: Venue, marks: ArrayLike) -> AccountMargin:
    """Return the margin of a book's accounts at given marks.

    Parameters
    ----------
    book : Book
    venue : Venue
    marks : (K,) float
        USD per coin, > 0, one for each market of the venue.

    Raises
    ------
    InputError
        For marks of another shape, and for what a run of accounts refuses.

    Notes
    -----
    docs/MODEL.md section 8, "Accounts": requirements add up over positions, hedged or not.

    Examples
    --------
    >>> from engine import Book, Venue
    >>> book = Book(size=[10.0, -100.0], entry_price=[100.0, 10.0], account=[0, 0], market=[0, 1], cash=[100.0])
    >>> venue = Venue(markets=({"depth": 1e6}, {"depth": 1e6}), maintenance_rate=0.01)
    >>> margin = account_margin(book=book, venue=venue, marks=[80.0, 9.0])
    >>> float(margin.equity[0]), float(margin.requirement[0])
    (0.0, 17.0)
    """
    given, n_markets = np.atleast_1d(np.asarray(marks, dtype=np.float64)), len(markets_of(venue))
    check = Checker()
    if given.shape != (n_markets,):
        check.add("marks", f"of shape ({n_markets},), one for each market of the venue", f"shape {given.shape}")
    else:
        check.array("marks", given, above=0.0)
    check.raise_if_any()
    one = prepare_accounts(book, venue, given).opening
    owner, m = one.terms["account"], one.cash.size
    value = value_of(given, book.is_inverse)[one.terms["market"]]
    gain = one.terms["side"] * one.size * (value - one.terms["entry_value"])
    basis = one.terms["entry_value"] if venue.maintenance_basis == "entry" else value
    needed = requirements(one, one.size * np.abs(basis))
    equity = one.cash + np.asarray(np.bincount(owner, gain, m), dtype=np.float64)
    total = np.asarray(np.bincount(owner, needed, m), dtype=np.float64)
    weight = np.where(total[owner] > 0.0, needed, one.size * np.abs(value))
    share = weight / np.bincount(owner, weight, m)[owner]
    at = value - one.terms["side"] * equity[owner] * share / one.size
    with np.errstate(divide="ignore"):
        bankrupt = value_of(at, book.is_inverse)
    answer = AccountMargin(
        equity=equity,
        requirement=total,
        is_triggered=(equity <= total) & (np.bincount(owner, minlength=m) > 0),
        liquidation_price=one.liquidation_price,
        bankruptcy_price=_in_book_order(bankrupt, one.order),
    )
    for values in (answer.equity, answer.requirement, answer.is_triggered, answer.bankruptcy_price):
        values.setflags(write=False)
    return answer


def _in_book_order(values: Floats, order: NDArray[np.int64]) -> Floats:
    placed = np.empty_like(values)
    placed[order] = values
    return placed
