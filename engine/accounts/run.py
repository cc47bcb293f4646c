"""One run of accounts in several markets: a book, a price path a market and a venue in; what happened out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.accounts.inputs import AccountInputs, prepare_accounts, refuse_unknown
from engine.accounts.ledger import account_ledger, sum_by
from engine.accounts.markets import markets_of
from engine.book import Book, Floats
from engine.contracts import value_of
from engine.errors import Checker
from engine.kernel.accounts.path import run_accounts
from engine.kernel.accounts.state import (
    IMPACT,
    IMPACT_HIGH,
    IMPACT_LOW,
    MARK,
    MARK_HIGH,
    MARK_LOW,
    AccountBuffers,
    MarketPaths,
)
from engine.kernel.state import COUNTERPARTY, Record, Rows
from engine.run_inputs import LEAST_EVENTS, n_settlements_at_most, refuse_long_log
from engine.run_record import LARGEST_PRICE, Run, finished_run, shape_of
from engine.stopping import stoppable
from engine.venue import Venue

MOST_PIECES = 20_000_000  # of all steps together
OF_MARKS = {"mark": MARK, "mark_low": MARK_LOW, "mark_high": MARK_HIGH}
OF_MARKS |= {"impact": IMPACT, "impact_low": IMPACT_LOW, "impact_high": IMPACT_HIGH}
OF_STEPS = ("fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged", "forced")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class AccountRun(Run):
    """What one run of accounts did: a Run whose prices, marks and impacts are (K, n_steps + 1), a row for each market.

    Arrays over traders are over accounts, (m,): those of `Book.cash`, then one for each position in isolated margin, in
    the book's order; `collateral` is their cash. `open_size`, `size` and `trigger` are over positions, (n,); `trigger`
    is a position's opening liquidation price or stop, all other marks as they are. docs/MODEL.md section 8.

    Parameters
    ----------
    naked : (m,)
        Exposure that auto-deleveraging made: by how much the sum of an account's signed notionals grew, unsigned, when
        positions of it were closed against a bankrupt one.
    adl_closed : (m,)
        Notional of an account's positions that were closed so.
    adl_cost : (m,)
        Their charge, and what they would have earned from then to the end; signed.
    units : (m, J)
        What each account still holds of each asset of the venue.
    asset_prices, asset_mark : (J, n_steps + 1)
        Reference prices and marks of the assets, settlement currency per unit.
    """

    naked: Floats
    adl_closed: Floats
    adl_cost: Floats
    units: Floats
    asset_prices: Floats
    asset_mark: Floats

    @property
    def owner(self) -> NDArray[np.int64]:
        """Account of each position, (n,)."""
        return np.arange(self.book.size.size) if self.book.accounts is None else self.book.accounts.owner

    @property
    def profit(self) -> Floats:
        """Gain in equity since entry before charges, (m,), signed; collateral in assets at its first mark."""
        columns = self.book.accounts
        own = self.book.collateral
        cash = own if columns is None else np.concatenate((columns.cash, own[columns.is_isolated]))
        gain: Floats = self.equity + self.charge - cash
        if columns is not None and self.units.shape[1]:
            gain = gain - columns.units_of(self.units.shape[1]) @ self.asset_mark[:, 0]
        return gain


def is_of_accounts(book: Book, venue: Venue) -> bool:
    """Tell whether a run is one of accounts, or of several markets."""
    return book.accounts is not None or bool(venue.markets) or bool(venue.assets)


def simulate_accounts(
    book: Book,
    venue: Venue,
    prices: ArrayLike,
    opens: ArrayLike | None,
    asset_prices: ArrayLike | None,
    asset_opens: ArrayLike | None,
) -> AccountRun:
    """Return one run of a book's accounts; arguments as those of `engine.simulate`."""
    refuse_unknown(book, venue)
    n_markets = len(markets_of(venue))
    closes = price_rows("prices", prices, n_markets, "market")
    start = np.empty((n_markets, 0)) if opens is None else _opening_rows("opens", opens, closes, "market")
    path = MarketPaths(closes, start, *_asset_rows(venue, asset_prices, asset_opens, closes.shape[1]))
    _check_pieces(path, venue)
    inputs = prepare_accounts(book, venue, *(np.ascontiguousarray(rows[:, 0]) for rows in (closes, path.asset_closes)))
    capacity = 2 * (book.n_traders + inputs.opening.cash.size) + LEAST_EVENTS
    n_steps = closes.shape[1] - 1
    while True:
        room = n_settlements_at_most(n_steps + 1, venue) * (2 * n_markets)
        buffers, state = inputs.new_run(n_steps, capacity, room)
        with stoppable(state):
            run_accounts(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
        needed = int(state["n_events"][0])
        if needed <= capacity:
            return _finish(inputs, path, buffers, state[0])
        refuse_long_log(needed, f"{book.n_traders:,} positions", venue)
        capacity = needed


def refuse_asset_prices(prices: ArrayLike | None, opens: ArrayLike | None) -> None:
    """Raise InputError where a venue without assets is given prices of some."""
    check = Checker()
    for name, given in (("asset_prices", prices), ("asset_opens", opens)):
        if given is not None:
            check.add(name, "None, for the venue has no assets", shape_of(given))
    check.raise_if_any()


def _asset_rows(venue: Venue, prices: ArrayLike | None, opens: ArrayLike | None, n_marks: int) -> tuple[Floats, Floats]:
    """Return closing and opening prices of the venue's assets, (J, n_steps + 1), or raise InputError."""
    n_assets, check = len(venue.assets), Checker()
    if not n_assets:
        refuse_asset_prices(prices, opens)
        return np.empty((0, n_marks)), np.empty((0, 0))
    if prices is None:
        names = ", ".join(asset.name or f"assets[{j}]" for j, asset in enumerate(venue.assets))
        check.add("asset_prices", f"given, a row for each asset of the venue ({names})", None)
        check.raise_if_any()
    closes = price_rows("asset_prices", cast(ArrayLike, prices), n_assets, "asset")
    if closes.shape[1] != n_marks:
        check.add("asset_prices", f"of {n_marks} prices a row, as many as prices have", shape_of(closes))
        check.raise_if_any()
    if opens is None:
        return closes, np.empty((n_assets, 0))
    return closes, _opening_rows("asset_opens", opens, closes, "asset")


def price_rows(name: str, prices: ArrayLike, n_rows: int, of: str) -> Floats:
    """Return prices as a contiguous (rows, n_steps + 1) array, one for each market or asset, or raise InputError."""
    check = Checker()
    try:
        rows = np.array(prices, dtype=np.float64)
    except (TypeError, ValueError):
        rows = np.empty(0)
    if rows.ndim == 1 and n_rows == 1:
        rows = rows[None]
    if rows.ndim != 2 or rows.shape[0] != n_rows or rows.shape[1] == 0:
        bound = f"an array of shape ({n_rows}, n_steps + 1), a row for each {of} of the venue"
        check.add(name, bound, shape_of(prices))
    else:
        for k, row in enumerate(rows):
            check.array(f"{name}[{k}]", row, above=0.0)
        if (rows > LARGEST_PRICE).any():
            check.add(name, f"<= {LARGEST_PRICE:g}", float(rows.max()))
    check.raise_if_any()
    return np.ascontiguousarray(rows)


def _opening_rows(name: str, opens: ArrayLike, closes: Floats, of: str) -> Floats:
    """Return opening prices like `closes`, the first of no account and set to theirs, or raise InputError."""
    rows = np.array(opens, dtype=np.float64)
    if rows.ndim == 1 and closes.shape[0] == 1:
        rows = rows[None]
    if rows.shape != closes.shape:
        check = Checker()
        like = "prices" if of == "market" else "asset_prices"
        check.add(name, f"an array of shape {closes.shape} like {like}", shape_of(opens))
        check.raise_if_any()
    rows[:, 0] = closes[:, 0]
    return price_rows(name, rows, closes.shape[0], of)


def _check_pieces(path: MarketPaths, venue: Venue) -> None:
    moves = np.zeros(path.closes.shape[1] - 1)
    for closes, opens in ((path.closes, path.opens), (path.asset_closes, path.asset_opens)):
        start = opens[:, 1:] if opens.shape[1] else closes[:, :-1]
        moves = np.maximum(moves, np.abs(np.log(closes[:, 1:] / start)).max(axis=0, initial=0.0))
    needed = float(np.ceil(moves / venue.piece).sum())
    if needed > MOST_PIECES:
        check = Checker()
        least = float(moves.sum()) / MOST_PIECES
        check.add("venue.piece", f">= {least:.3g}, for at most {MOST_PIECES:,} pieces of these prices", venue.piece)
        check.raise_if_any()


def _finish(inputs: AccountInputs, path: MarketPaths, buffers: AccountBuffers, state: Record) -> AccountRun:
    ledger = account_ledger(inputs=inputs, buffers=buffers, state=state)
    accounts, order = buffers.accounts, inputs.opening.order
    events = buffers.events[: int(state["n_events"])]
    size = np.empty(order.size)
    size[order] = buffers.size
    arrays: dict[str, Any] = {name: buffers.steps[name] for name in OF_STEPS}
    arrays |= {name: buffers.marks[row] for name, row in OF_MARKS.items()}
    arrays |= {name: accounts[name] for name in ("wallet", "charge", "liquidated_at")}
    arrays |= {
        "prices": path.closes,
        "opens": path.opens if path.opens.shape[1] else np.hstack((path.closes[:, :1], path.closes[:, :-1])),
        "collateral": accounts["cash"],
        "unfunded_in_step": buffers.steps["unfunded"],
        "contributed": np.zeros(path.closes.shape[1]),
        "contribution": np.zeros(accounts.size),
        "equity": ledger.closing_equity,
        "units": buffers.units,
        "asset_prices": path.asset_closes,
        "asset_mark": buffers.asset_marks[MARK],
        "claim": buffers.claim,
        "trigger": _triggers(inputs),
        "open_size": size,
        "events": events,
        "settlements": buffers.settlements[: int(state["n_settlements"])],
        "passed": np.zeros((0, 1), buffers.settlements.dtype),
    }
    arrays |= _taken(events, inputs, buffers)
    return finished_run(AccountRun, book=inputs.book, venue=inputs.venue, state=state, ledger=ledger, arrays=arrays)


def _triggers(inputs: AccountInputs) -> Floats:
    """Return the trigger price of each position at the start, (n,): its stop where that is reached first."""
    price, stop = inputs.opening.liquidation_price.copy(), inputs.book.stop_price
    if stop is not None:
        side = np.sign(inputs.book.size)
        is_first = side * stop > side * price
        price[is_first] = stop[is_first]
    return price


def _taken(events: Rows, inputs: AccountInputs, buffers: AccountBuffers) -> dict[str, Floats]:
    """Return what auto-deleveraging took from each account as a counterparty."""
    rows, m = events[events["kind"] == COUNTERPARTY], buffers.accounts.size
    at, last = value_of(rows["mark_before"], inputs.book.is_inverse), buffers.markets["value"][rows["market"]]
    cost = rows["charge"] + rows["size"] * (last - at)
    sums = {"naked": rows["naked"], "adl_closed": np.abs(rows["size"] * at), "adl_cost": cost}
    return {name: sum_by(rows["account"], amounts, m) for name, amounts in sums.items()}
