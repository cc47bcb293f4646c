"""Margin of accounts at given marks: equity, requirement, liquidation and bankruptcy prices."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.accounts.inputs import prepare_accounts
from engine.accounts.markets import markets_of
from engine.book import Book, Floats
from engine.contracts import value_of
from engine.errors import Checker
from engine.margin import requirements
from engine.venue import Venue


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class AccountMargin:
    """Accounts at the marks that were asked about, arrays read-only; accounts in the order of `AccountRun`.

    Parameters
    ----------
    equity, margin, requirement : (m,) float
        Cash, unrealized profit and collateral in assets, signed; the same less haircuts; maintenance requirement, >= 0;
        settlement currency.
    is_triggered : (m,) bool
        Whether the account would be liquidated: margin <= requirement with a position open.
    liquidation_price : (n,) float
        Of each position, all other marks as they are; 0 (long) or infinity (short) where never. USD per coin.
    bankruptcy_price : (n,) float
        At which each position is closed where the account is deleveraged: its equity, collateral sold at the mark, is
        split over its positions by requirement. USD per coin.
    asset_trigger_price : (m, J) float
        To which each asset must fall, all other marks as they are, for the account to be triggered; infinity where it
        is triggered without any of it, 0 where no fall is enough. Settlement currency per unit.
    """

    equity: Floats
    margin: Floats
    requirement: Floats
    is_triggered: NDArray[np.bool_]
    liquidation_price: Floats
    bankruptcy_price: Floats
    asset_trigger_price: Floats


def account_margin(
    *, book: Book, venue: Venue, marks: ArrayLike, asset_marks: ArrayLike | None = None
) -> AccountMargin:
    """Return the margin of a book's accounts at given marks.

    Parameters
    ----------
    book : Book
    venue : Venue
    marks : (K,) float
        USD per coin, > 0, one for each market of the venue.
    asset_marks : (J,) float or None
        Settlement currency per unit, > 0, one for each asset of the venue; None where it has none.

    Raises
    ------
    InputError
        For marks of another shape, and for what a run of accounts refuses.

    Notes
    -----
    docs/MODEL.md section 8, "Accounts" and "Collateral": requirements add up over positions, hedged or not, and a
    haircut h leaves 1 - h of an asset's value as margin.

    Examples
    --------
    >>> from engine import Book, Venue
    >>> book = Book(size=[10.0, -100.0], entry_price=[100.0, 10.0], account=[0, 0], market=[0, 1], cash=[100.0])
    >>> venue = Venue(markets=({"depth": 1e6}, {"depth": 1e6}), maintenance_rate=0.01)
    >>> margin = account_margin(book=book, venue=venue, marks=[80.0, 9.0])
    >>> float(margin.equity[0]), float(margin.requirement[0])
    (0.0, 17.0)
    """
    check = Checker()
    given = _marks(check, "marks", marks, len(markets_of(venue)), "market")
    of_assets = _marks(check, "asset_marks", () if asset_marks is None else asset_marks, len(venue.assets), "asset")
    check.raise_if_any()
    one = prepare_accounts(book, venue, given, of_assets).opening
    owner, m = one.terms["account"], one.cash.size
    value = value_of(given, book.is_inverse)[one.terms["market"]]
    gain = one.terms["side"] * one.size * (value - one.terms["entry_value"])
    basis = one.terms["entry_value"] if venue.maintenance_basis == "entry" else value
    needed = requirements(one.size * np.abs(basis), one.terms["rate"], one.terms["amount"], one.lines)
    money = one.cash + np.asarray(np.bincount(owner, gain, m), dtype=np.float64)
    counted = one.units * (of_assets * np.array([1.0 - asset.haircut for asset in venue.assets]))
    equity, margin = money + one.units @ of_assets, money + counted.sum(axis=1)
    total = np.asarray(np.bincount(owner, needed, m), dtype=np.float64)
    weight = np.where(total[owner] > 0.0, needed, one.size * np.abs(value))
    share = weight / np.bincount(owner, weight, m)[owner]
    at = value - one.terms["side"] * equity[owner] * share / one.size
    with np.errstate(divide="ignore"):
        bankrupt = value_of(at, book.is_inverse)
    is_open = np.bincount(owner, minlength=m) > 0
    answer = AccountMargin(
        equity=equity,
        margin=margin,
        requirement=total,
        is_triggered=(margin <= total) & is_open,
        liquidation_price=one.liquidation_price,
        bankruptcy_price=_in_book_order(bankrupt, one.order),
        asset_trigger_price=_asset_triggers(counted, of_assets, total - margin, is_open),
    )
    for field in fields(answer):
        getattr(answer, field.name).setflags(write=False)
    return answer


def _marks(check: Checker, name: str, marks: ArrayLike, n: int, of: str) -> Floats:
    """Return one mark for each market or asset; reports what is wrong."""
    given = np.atleast_1d(np.asarray(marks, dtype=np.float64))
    if given.shape != (n,):
        check.add(name, f"of shape ({n},), one for each {of} of the venue", f"shape {given.shape}")
    else:
        check.array(name, given, above=0.0)
    return given


def _asset_triggers(counted: Floats, marks: Floats, lacking: Floats, is_open: NDArray[np.bool_]) -> Floats:
    """Return where each asset alone brings margin down to the requirement; `lacking` is what margin is below it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at = marks * (counted + lacking[:, None]) / counted
    without = np.where(is_open & (lacking >= 0.0), np.inf, 0.0)[:, None]
    return np.where(counted > 0.0, np.maximum(at, 0.0) * is_open[:, None], without)


def _in_book_order(values: Floats, order: NDArray[np.int64]) -> Floats:
    placed = np.empty_like(values)
    placed[order] = values
    return placed
