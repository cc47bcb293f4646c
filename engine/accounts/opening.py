"""A book of accounts at the start of a run: positions by account and market, barriers by how near they are."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.accounts.markets import markets_of
from engine.book import Book, Floats
from engine.contracts import value_of
from engine.kernel.accounts.barriers import fill_barriers, fill_triggers
from engine.kernel.accounts.queues import EMPTY
from engine.kernel.accounts.ranks import NOT_RANKED
from engine.kernel.accounts.state import (
    ACCOUNT_DTYPE,
    ACCOUNT_EVENT_DTYPE,
    ACCOUNT_SETTLEMENT_DTYPE,
    ACCOUNT_STEP_DTYPE,
    BARRIER_DTYPE,
    N_MARKS,
    POSITION_TERMS_DTYPE,
    ROW_DTYPE,
    AccountBuffers,
)
from engine.kernel.state import HEAP_DTYPE, N_ADL, N_MEASURES, Ints, Rows
from engine.margin import margin_lines
from engine.run_inputs import DUST, Openings, kept_of
from engine.venue import Venue

MOST_NOTED = 1 << 16  # accounts that ranks remember to have changed
SPARE = 32  # barriers of a row beside two for each that its positions can have


@dataclass(frozen=True, slots=True)
class AccountOpening:
    """What depends on the book, the venue's margin and the first prices: computed once, shared by every run on them.

    `order` (n,) are the book's rows by account and market, `liquidation_price` (n,) those of the start in the book's
    order, `net_size` (K,) the signed sizes of each market together; the other fields are AccountBuffers' at the start.
    """

    order: NDArray[np.int64]
    first: Ints
    terms: Rows
    lines: Floats
    cash: Floats
    units: Floats
    size: Floats
    accounts: Rows
    front: Rows
    rows: Rows
    side_first: Ints
    side_positions: Ints
    side_accounts: Ints
    liquidation_price: Floats
    net_size: Floats


@dataclass(slots=True)
class Room:
    """What buffers need room for: steps, events, settlements, positions of a side, ranks, stops."""

    n_steps: int = 0
    n_events: int = 0
    n_settlements: int = 0
    n_side: int = 0
    is_ranked: bool = False
    has_stops: bool = False


def make_buffers(one: AccountOpening, markets: Rows, assets: Rows, room: Room) -> AccountBuffers:
    """Return the buffers of a run at its start; `markets` (K,) and `assets` (J,) MARKET_DTYPE become part of them."""
    n, m, n_marks = one.size.size, one.cash.size, markets.size + assets.size
    return AccountBuffers(
        first=one.first,
        terms=one.terms,
        lines=one.lines,
        opening=one.cash,
        front=one.front,
        side_first=one.side_first,
        side_positions=one.side_positions,
        side_accounts=one.side_accounts,
        size=one.size.copy(),
        units=one.units.copy(),
        proceeds=np.zeros(m if assets.size else 0),
        owing=np.empty(m if assets.size else 0, np.int32),
        accounts=one.accounts.copy(),
        stops=np.zeros(n if room.has_stops else 0, np.int32),
        claim=np.zeros(m),
        markets=markets,
        assets=assets,
        rows=one.rows.copy(),
        barriers=np.empty(int(one.rows["capacity"].sum()), BARRIER_DTYPE),
        queue_next=np.empty(m + n, np.int32),
        queue=np.empty(m + n, HEAP_DTYPE),
        pending=np.empty(m, np.int32),
        looked=np.empty(m, np.int32),
        parked=np.empty(m, np.int32),
        steps=np.zeros(room.n_steps + 1, ACCOUNT_STEP_DTYPE),
        marks=np.zeros((N_MARKS, markets.size, room.n_steps + 1)),
        asset_marks=np.zeros((N_MARKS, assets.size, room.n_steps + 1)),
        events=np.empty(room.n_events, ACCOUNT_EVENT_DTYPE),
        settlements=np.empty(room.n_settlements, ACCOUNT_SETTLEMENT_DTYPE),
        measures=np.empty((N_MEASURES, m)),
        adl=np.empty((N_ADL, room.n_side)),
        touched=np.empty(MOST_NOTED if room.is_ranked else 0, np.int32),
        seen=np.zeros(n if room.is_ranked else 0, np.int32),
        ranked=np.empty(2 * n if room.is_ranked else 0, HEAP_DTYPE),
        ranked_value=np.empty((2 * markets.size, n_marks)),
        closing=np.empty((2, max(int(np.diff(one.first).max()), 1))),
    )


_openings: Openings[AccountOpening] = weakref.WeakKeyDictionary()


def account_opening(
    book: Book, venue: Venue, record: Rows, records: tuple[Rows, Rows], first: tuple[Floats, Floats]
) -> AccountOpening:
    """Return the opening of a book on a venue, cached as long as the book lives.

    `records` and `first` are the records and the first prices of markets, and of assets.
    """
    rates = tuple(market.maintenance_rate for market in markets_of(venue))
    margin = None if book.maintenance_rate is not None else (venue.maintenance_rate, venue.brackets, rates)
    haircuts = tuple(asset.haircut for asset in venue.assets)
    key = (margin, venue.maintenance_basis, haircuts, *(prices.tobytes() for prices in first))
    return kept_of(book, _openings, key, lambda: _opened(book, venue, record, records, first))


def _opened(
    book: Book, venue: Venue, record: Rows, records: tuple[Rows, Rows], first: tuple[Floats, Floats]
) -> AccountOpening:
    """Sort the book by account and market, and its barriers by how near they are."""
    markets, assets = records
    n, columns = book.size.size, book.accounts
    owner = np.arange(n) if columns is None else columns.owner
    market = np.zeros(n, np.int64) if columns is None else columns.market
    order = np.lexsort((market, owner))
    owner, market, size = owner[order], market[order], book.size[order]
    accounts = _accounts_at_start(book)
    terms = np.zeros(n, POSITION_TERMS_DTYPE)
    rate, amount, lines = _rates(book, venue)
    terms["side"], terms["row"] = np.sign(size), 2 * market + (size < 0)
    terms["entry_value"] = value_of(book.entry_price[order], book.is_inverse)
    terms["rate"], terms["amount"], terms["dust"] = rate[order], amount[order], DUST * np.abs(size)
    terms["stop"] = np.nan if book.stop_price is None else book.stop_price[order]
    terms["account"], terms["market"], terms["place"] = owner, market, order
    by_side = np.argsort(terms["row"], kind="stable").astype(np.int32)
    side_first = np.searchsorted(terms["row"][by_side], np.arange(2 * markets.size + 1)).astype(np.int32)
    made = AccountOpening(
        order=order,
        first=np.searchsorted(owner, np.arange(accounts.size + 1)).astype(np.int32),
        terms=terms,
        lines=lines,
        cash=accounts["cash"].copy(),
        units=np.zeros((accounts.size, assets.size)) if columns is None else columns.units_of(assets.size),
        size=np.abs(size),
        accounts=accounts,
        front=np.empty(0, BARRIER_DTYPE),
        rows=np.zeros(2 * markets.size + assets.size, ROW_DTYPE),
        side_first=side_first,
        side_positions=by_side,
        side_accounts=terms["account"][by_side].copy(),
        liquidation_price=np.empty(n),
        net_size=np.asarray(np.bincount(market, size, markets.size), dtype=np.float64),
    )
    return _with_barriers(made, book, record, records, first)


def _accounts_at_start(book: Book) -> Rows:
    columns = book.accounts
    cash = book.collateral if columns is None else np.concatenate((columns.cash, book.collateral[columns.is_isolated]))
    accounts = np.zeros(cash.size, ACCOUNT_DTYPE)
    accounts["cash"], accounts["liquidated_at"], accounts["base_stamp"] = cash, -1, -1
    accounts["is_isolated"][0 if columns is None else columns.cash.size :] = 1
    return accounts


def _rates(book: Book, venue: Venue) -> tuple[Floats, Floats, Floats]:
    """Return each position's maintenance rate and amount, and the table; a market's own rate goes first."""
    rate, amount, lines = margin_lines(book=book, venue=venue)
    if book.maintenance_rate is None and book.accounts is not None:
        own = [market.maintenance_rate for market in markets_of(venue)]
        by_market = np.array([np.nan if one is None else one for one in own])[book.accounts.market]
        rate = np.where(np.isnan(by_market), rate, by_market)
    return rate, amount, lines


def _with_barriers(
    one: AccountOpening, book: Book, record: Rows, records: tuple[Rows, Rows], first: tuple[Floats, Floats]
) -> AccountOpening:
    """Return the opening with its barriers by row, the nearest first, and where the rows' heaps stand."""
    markets, assets = (rows.copy() for rows in records)
    markets["value"], markets["mark"] = value_of(first[0], book.is_inverse), first[0]
    assets["value"] = assets["mark"] = first[1]
    buffers = make_buffers(one, markets, assets, Room())
    keys, reserve, asset_keys = np.empty(one.size.size), np.empty(one.cash.size), np.empty(one.units.shape)
    fill_barriers(buffers, record[0], reserve, keys, asset_keys)
    items, rows = np.arange(keys.size), one.terms["row"]
    if book.stop_price is not None:
        stops = np.flatnonzero(np.isfinite(one.terms["stop"]))
        at_stop = -one.terms["side"][stops] * value_of(one.terms["stop"][stops], book.is_inverse)
        keys, items = np.concatenate((keys, at_stop)), np.concatenate((items, keys.size + stops))
        rows = np.concatenate((rows, rows[stops]))
    if assets.size:
        owners, which = np.nonzero((one.units > 0.0) & (np.diff(one.first) > 0)[:, None])
        keys, items = np.concatenate((keys, asset_keys[owners, which])), np.concatenate((items, one.first[owners]))
        rows = np.concatenate((rows, 2 * markets.size + which))
    order = np.lexsort((keys, rows))
    front = np.zeros(keys.size, BARRIER_DTYPE)
    front["key"], front["item"] = keys[order], items[order]
    front["owner"] = one.terms["account"][items[order] % one.size.size]
    ends = np.searchsorted(rows[order], np.arange(one.rows.size + 1))
    one.rows["cursor"], one.rows["end"] = ends[:-1], ends[1:]
    one.rows["capacity"] = 2 * np.diff(ends) + SPARE
    one.rows["heap"] = np.cumsum(one.rows["capacity"]) - one.rows["capacity"]
    one.rows["queue"], one.rows["ranked_at"] = EMPTY, NOT_RANKED
    one.rows["next"] = -np.inf  # looked up at the first price
    one.liquidation_price[one.order] = _liquidation_prices(buffers, record)
    one.liquidation_price.setflags(write=False)
    one.accounts["reserve"] = reserve
    return replace(one, front=front)


def _liquidation_prices(buffers: AccountBuffers, record: Rows) -> Floats:
    """Return each position's liquidation price at the start, (n,), stops left out."""
    terms, prices = buffers.terms.copy(), np.empty(buffers.size.size)
    terms["stop"] = np.nan
    fill_triggers(buffers._replace(terms=terms), record[0], prices)
    return prices
