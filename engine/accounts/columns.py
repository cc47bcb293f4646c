"""The columns of a book that say which account and which market a position belongs to, and what an account holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import MOST_WHOLE, Checker

Whole = NDArray[np.int64]
ISOLATED = -1


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class AccountColumns:
    """Accounts of a book's n positions, checked, read-only.

    Parameters
    ----------
    account, market : (n,) int
        Place in `cash`, -1 in isolated margin; place in `Venue.markets`.
    cash : (m,) float
    units : (m, J) float or None
        Of each asset of the venue; None: no account holds any.
    """

    account: Whole
    market: Whole
    cash: NDArray[np.float64]
    units: NDArray[np.float64] | None = None

    @property
    def columns(self) -> dict[str, NDArray[Any] | None]:
        """The columns by name."""
        return {"account": self.account, "market": self.market, "cash": self.cash, "units": self.units}

    def units_of(self, n_assets: int) -> NDArray[np.float64]:
        """Return what every account holds of so many assets, (n_accounts, J); isolated positions hold none."""
        held = np.zeros((self.n_accounts, n_assets))
        if self.units is not None:
            held[: self.cash.size] = self.units
        return held

    @property
    def is_isolated(self) -> NDArray[np.bool_]:
        """Which positions are in isolated margin, (n,)."""
        return self.account == ISOLATED

    @property
    def n_accounts(self) -> int:
        """Number of accounts: those of `cash`, then one for each position in isolated margin, in the book's order."""
        return self.cash.size + int(self.is_isolated.sum())

    @property
    def owner(self) -> Whole:
        """Account of each position, (n,), isolated ones numbered behind those of `cash`."""
        own = self.cash.size + np.cumsum(self.is_isolated) - 1
        return np.where(self.is_isolated, own, self.account)

    def collateral_beside(self, check: Checker, collateral: ArrayLike | None) -> ArrayLike | None:
        """Return the collateral of every position, 0 for those of accounts; reports what they bring besides."""
        if collateral is None:
            return None if self.is_isolated.any() else np.zeros(self.account.size)
        try:
            values = np.array(collateral, dtype=np.float64, ndmin=1)
        except (TypeError, ValueError):
            return collateral  # which the book refuses
        if values.shape == self.account.shape:
            wrong = ~self.is_isolated & (values != 0.0)
            if wrong.any():
                at = int(np.argmax(wrong))
                check.add(f"collateral[{at}]", "0 for a position of an account, whose cash is in `cash`", values[at])
        return values


def read_accounts(
    check: Checker,
    *,
    size: ArrayLike,
    account: ArrayLike | None,
    market: ArrayLike | None,
    cash: ArrayLike | None,
    units: ArrayLike | None,
) -> AccountColumns | None:
    """Return the account columns of a book, None for one of isolated positions in one market; reports what is wrong."""
    if units is not None and cash is None:
        check.add("units", "None without cash: a position in isolated margin has collateral in cash alone", "given")
    if account is None and market is None and cash is None:
        return None
    n = int(np.size(size))
    owners = np.full(n, ISOLATED) if account is None else _whole(check, "account", account, n, ISOLATED)
    markets = np.zeros(n, np.int64) if market is None else _whole(check, "market", market, n, 0)
    money = _money(check, cash)
    if owners is None or markets is None or money is None:
        return None
    held = None if units is None or cash is None else _units(check, units, money.size)
    if (owners >= money.size).any():
        at = int(np.argmax(owners >= money.size))
        bound = f"< {money.size}, the length of cash" if cash is not None else "-1 without cash"
        check.add(f"account[{at}]", bound, int(owners[at]))
        return None
    _check_pairs(check, owners, markets)
    for column in (owners, markets, money, held):
        if column is not None:
            column.setflags(write=False)
    return AccountColumns(account=owners, market=markets, cash=money, units=held)


def _whole(check: Checker, name: str, given: ArrayLike, n: int, least: int) -> Whole | None:
    """Return a column of whole numbers, None where it is none."""
    values = np.array(given, ndmin=1)
    if values.shape != (n,):
        check.add(name, f"of length {n} like size", f"shape {values.shape}")
        return None
    if values.dtype.kind == "f":
        is_wrong = ~np.isfinite(values) | (values != np.round(values)) | (np.abs(values) > MOST_WHOLE)
        if is_wrong.any():
            check.add(f"{name}[{int(np.argmax(is_wrong))}]", "a whole number", float(values[np.argmax(is_wrong)]))
            return None
    elif values.dtype.kind not in "iu":
        check.add(name, "an array of whole numbers", given)
        return None
    column = values.astype(np.int64)
    if (column < least).any():
        at = int(np.argmax(column < least))
        check.add(f"{name}[{at}]", f"a whole number >= {least}", int(column[at]))
        return None
    return column


def _money(check: Checker, cash: ArrayLike | None) -> NDArray[np.float64] | None:
    if cash is None:
        return np.zeros(0)
    values = check.column("cash", cash)
    if values is not None:
        check.array("cash", values, least=0.0)
    return values


def _units(check: Checker, given: ArrayLike, m: int) -> NDArray[np.float64] | None:
    """Return units as an array of m rows, one for each account of `cash`, None where they are none."""
    bound = f"an array of shape ({m}, J), a row for each account of cash (isolated positions hold none)"
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        check.add("units", bound, given)
        return None
    if values.ndim != 2 or values.shape[0] != m:
        check.add("units", bound, f"shape {values.shape}")
        return None
    wrong = ~(np.isfinite(values) & (values >= 0.0))
    if wrong.any():
        a, j = (int(place) for place in np.argwhere(wrong)[0])
        check.add(f"units[{a}][{j}]", "finite and >= 0", float(values[a, j]))
        return None
    return values


def _check_pairs(check: Checker, owners: Whole, markets: Whole) -> None:
    """Require at most one position of an account in a market."""
    rows = np.flatnonzero(owners >= 0)
    order = rows[np.lexsort((markets[rows], owners[rows]))]
    is_twice = (owners[order][1:] == owners[order][:-1]) & (markets[order][1:] == markets[order][:-1])
    if is_twice.any():
        first, again = sorted(int(row) for row in order[np.argmax(is_twice) :][:2])
        where = f"account {owners[again]} in market {markets[again]}"
        check.add(f"account[{again}]", f"of at most one position a market, as position {first} is", where)
