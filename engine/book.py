"""The book: positions as arrays, each in isolated margin or of an account that margins several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.accounts.columns import AccountColumns, read_accounts
from engine.contracts import CONTRACTS, INVERSE
from engine.errors import Checker, wrong_input

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False)
class Book:
    """Positions of n traders as read-only arrays of shape (n,).

    Parameters
    ----------
    size : (n,) float
        Signed size, long > 0, short < 0, never 0; coins (linear) or USD contracts (inverse).
    entry_price : (n,) float
        USD per coin, > 0.
    collateral : (n,) float or None
        >= 0, in USD (linear) or coin (inverse); None, or 0 in its row, for a position of an account.
    maintenance_rate, maintenance_amount : (n,) float or None
        Fraction of notional, and the amount that a bracket table deducts. None: the venue's rate (or table), and 0.
    stop_price : (n,) float or None
        USD per coin, NaN for no stop.
    track_record : (n,) float or None
        >= 0, from earlier runs of the same traders (engine.track_record); None: 1, nothing is known.
    contribution_weight : (n,) float or None
        >= 0, what contributions to the fund are shared by where the venue's `fund_key` is "weight".
    trader_id : sequence of n labels or None
        None: the positions are numbered from 0.
    contract : {"linear", "inverse"}
    account : (n,) int or None
        Account that a position belongs to, a place in `cash`; -1 for one in isolated margin. None: all are.
    market : (n,) int or None
        Place of the position's contract in `Venue.markets`. None: the first.
    cash : (m,) float or None
        Cash of the m accounts, >= 0, in the currency of collateral; an account may have no position.
    units : (m, J) float or None
        What the m accounts hold of the J assets of `Venue.assets`, units >= 0. None: nothing.

    Raises
    ------
    InputError
        With one sentence per violation. NaN is refused everywhere but in `stop_price`, infinity everywhere.
    """

    size: Floats
    entry_price: Floats
    collateral: Floats
    maintenance_rate: Floats | None
    maintenance_amount: Floats | None
    stop_price: Floats | None
    track_record: Floats | None
    contribution_weight: Floats | None
    trader_id: NDArray[np.object_] | None
    contract: str
    account: NDArray[np.int64] | None
    market: NDArray[np.int64] | None
    cash: Floats | None
    units: Floats | None

    def __init__(
        self,
        *,
        size: ArrayLike,
        entry_price: ArrayLike,
        collateral: ArrayLike | None = None,
        maintenance_rate: ArrayLike | None = None,
        maintenance_amount: ArrayLike | None = None,
        stop_price: ArrayLike | None = None,
        track_record: ArrayLike | None = None,
        contribution_weight: ArrayLike | None = None,
        trader_id: Sequence[object] | NDArray[np.object_] | None = None,
        contract: str = "linear",
        account: ArrayLike | None = None,
        market: ArrayLike | None = None,
        cash: ArrayLike | None = None,
        units: ArrayLike | None = None,
    ) -> None:
        check = Checker("book")
        accounts = read_accounts(check, size=size, account=account, market=market, cash=cash, units=units)
        if accounts is not None:
            collateral = accounts.collateral_beside(check, collateral)
        given = {
            "size": size,
            "entry_price": entry_price,
            "collateral": collateral,
            "maintenance_rate": maintenance_rate,
            "maintenance_amount": maintenance_amount,
            "stop_price": stop_price,
            "track_record": track_record,
            "contribution_weight": contribution_weight,
        }
        arrays = {name: _column(check, name, values) for name, values in given.items()}
        check.raise_if_any()
        labels = _labels(trader_id)
        _check_values(check, arrays, labels, contract)
        check.raise_if_any()
        columns = dict.fromkeys(("account", "market", "cash", "units")) if accounts is None else accounts.columns
        for name, values in {**arrays, **columns, "trader_id": labels, "contract": contract}.items():
            object.__setattr__(self, name, values)

    @property
    def accounts(self) -> AccountColumns | None:
        """Which account and which market each position is of; None where all are isolated, in one market."""
        if self.account is None or self.market is None or self.cash is None:
            return None
        return AccountColumns(account=self.account, market=self.market, cash=self.cash, units=self.units)

    def refuse_accounts(self, what: str) -> None:
        """Raise InputError where the book has accounts or several markets, which `what` does not know."""
        if self.accounts is not None:
            raise wrong_input("book.account", f"None, for {what} knows isolated positions in one market alone", "given")

    @property
    def n_traders(self) -> int:
        """Number of traders."""
        return int(self.size.size)

    @property
    def record(self) -> Floats:
        """Track records, (n,): 1 where nothing is known."""
        return np.ones(self.n_traders) if self.track_record is None else self.track_record

    @property
    def is_inverse(self) -> bool:
        """True for coin-margined contracts."""
        return self.contract == INVERSE

    @property
    def mean_entry_price(self) -> float:
        """Size-weighted mean entry price, USD per coin."""
        weight = np.abs(self.size)
        return float(np.dot(weight / weight.sum(), self.entry_price))

    def label(self, trader: int) -> str:
        """Return the label of a trader, its index where the book has no labels."""
        return str(trader) if self.trader_id is None else str(self.trader_id[trader])


def _column(check: Checker, name: str, values: ArrayLike | None) -> Floats | None:
    if values is None:
        return None
    column = check.column(name, values)
    if column is not None:
        column.setflags(write=False)
    return column


def _labels(given: Sequence[object] | NDArray[np.object_] | None) -> NDArray[np.object_] | None:
    if given is None:
        return None
    labels = np.array(given, dtype=object)
    labels.setflags(write=False)
    return labels


def _check_values(
    check: Checker, arrays: dict[str, Floats | None], labels: NDArray[np.object_] | None, contract: str
) -> None:
    size = arrays["size"]
    for name in ("size", "entry_price", "collateral"):
        if arrays[name] is None:
            check.add(name, "an array of numbers", None)
    if size is None or size.size == 0:
        check.add("size", "an array of at least one trader", [] if size is not None else None)
        return
    check.choice("contract", contract, CONTRACTS)
    for name, values in arrays.items():
        if values is not None and values.size != size.size:
            check.add(name, f"of length {size.size} like size", f"length {values.size}")
    if labels is not None and labels.shape != size.shape:
        check.add("trader_id", f"of length {size.size} like size", f"length {labels.size}")
    bounds: dict[str, dict[str, float | bool]] = {
        "size": {"nonzero": True},
        "entry_price": {"above": 0.0},
        "collateral": {"least": 0.0},
        "maintenance_rate": {"least": 0.0},
        "maintenance_amount": {"least": 0.0},
        "stop_price": {"above": 0.0, "nan": True},
        "track_record": {"least": 0.0},
        "contribution_weight": {"least": 0.0},
    }
    for name, bound in bounds.items():
        values = arrays[name]
        if values is not None:
            check.array(name, values, **bound)  # type: ignore[arg-type]
    rate = arrays["maintenance_rate"]
    if rate is not None and np.isfinite(rate).all() and (rate >= 1).any():
        worst = int(np.argmax(rate))
        check.add(f"maintenance_rate[{worst}]", "< 1", float(rate[worst]))
