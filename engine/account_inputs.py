"""The preparation of a run of accounts: a book and a venue become the records and arrays that its kernel works on."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book import Book, Floats
from engine.conditions import Follow
from engine.contracts import value_of
from engine.errors import Checker
from engine.impact import LINEAR_LAW
from engine.kernel.accounts.barriers import fill_barriers, fill_triggers
from engine.kernel.accounts.dispatch import dispatch_accounts
from engine.kernel.accounts.queues import EMPTY
from engine.kernel.accounts.state import (
    ACCOUNT_DTYPE,
    ACCOUNT_EVENT_DTYPE,
    ACCOUNT_SETTLEMENT_DTYPE,
    ACCOUNT_STATE_DTYPE,
    ACCOUNT_STEP_DTYPE,
    ACCOUNT_VENUE_DTYPE,
    BARRIER_DTYPE,
    MARKET_DTYPE,
    N_MARKS,
    POSITION_TERMS_DTYPE,
    QUEUE_DTYPE,
    ROW_DTYPE,
    AccountBuffers,
)
from engine.kernel.state import N_ADL, N_MEASURES, PLACE, RECORD, Ints, Rows
from engine.margin import margin_lines
from engine.offset_rules import rule_records
from engine.run_inputs import DUST
from engine.sharing.policies import withdrawal_places
from engine.sharing.policy_record import ADL, Weight
from engine.venue import FUND_PAYOUTS, Venue
from engine.venue_markets import LIQUIDATION_ORDERS, markets_of

SPARE = 32  # barriers of a row beside two for each that its positions can have
NOT_KNOWN = "which a run of accounts does not know yet"


@dataclass(frozen=True, slots=True)
class AccountOpening:
    """What depends on the book, the venue's margin and the first prices: computed once, shared by every run on them.

    `order` (n,) are the book's rows by account and market, `liquidation_price` (n,) those of the start in the book's
    order; the other fields are AccountBuffers' at the start.
    """

    order: NDArray[np.int64]
    first: Ints
    terms: Rows
    lines: Floats
    cash: Floats
    size: Floats
    accounts: Rows
    front: Rows
    rows: Rows
    side_first: Ints
    side_positions: Ints
    liquidation_price: Floats


@dataclass(frozen=True, slots=True)
class AccountInputs:
    """All that a run of accounts needs to start."""

    book: Book
    venue: Venue
    opening: AccountOpening
    venue_record: Rows
    markets: Rows
    policy: Rows
    places: Floats

    def new_run(self, n_steps: int, n_events: int, n_settlements: int) -> tuple[AccountBuffers, Rows]:
        """Return buffers and state of a run at its start, with room for so many events and settlements."""
        one, is_adl = self.opening, self.policy["family"][0] == ADL
        n_side = int(np.diff(one.side_first).max()) if is_adl else 0
        buffers = _buffers(
            one, self.markets.copy(), self.book.stop_price is not None, n_steps, n_events, n_settlements, n_side
        )
        if self.places.size:
            buffers.measures[PLACE] = self.places
        if (self.policy["record_exponent"] != 0.0).any():
            buffers.measures[RECORD] = 1.0
        state = np.zeros(1, ACCOUNT_STATE_DTYPE)
        dispatch_accounts(self.policy[0], buffers, state[0], self.venue_record[0])
        return buffers, state


def _buffers(
    one: AccountOpening, markets: Rows, has_stops: bool, n_steps: int, n_events: int, n_settlements: int, n_side: int
) -> AccountBuffers:
    n, m = one.size.size, one.cash.size
    return AccountBuffers(
        first=one.first,
        terms=one.terms,
        lines=one.lines,
        opening=one.cash,
        front=one.front,
        side_first=one.side_first,
        side_positions=one.side_positions,
        size=one.size.copy(),
        accounts=one.accounts.copy(),
        stops=np.zeros(n if has_stops else 0, np.int32),
        claim=np.zeros(m),
        markets=markets,
        rows=one.rows.copy(),
        barriers=np.empty(int(one.rows["capacity"].sum()), BARRIER_DTYPE),
        queue_next=np.empty(m + n, np.int32),
        queue=np.empty(m + n, QUEUE_DTYPE),
        pending=np.empty(m, np.int32),
        looked=np.empty(m, np.int32),
        parked=np.empty(m, np.int32),
        steps=np.zeros(n_steps + 1, ACCOUNT_STEP_DTYPE),
        marks=np.zeros((N_MARKS, markets.size, n_steps + 1)),
        events=np.empty(n_events, ACCOUNT_EVENT_DTYPE),
        settlements=np.empty(n_settlements, ACCOUNT_SETTLEMENT_DTYPE),
        measures=np.empty((N_MEASURES, m)),
        adl=np.empty((N_ADL, n_side)),
        closing=np.empty((2, max(int(np.diff(one.first).max()), 1))),
    )


def prepare_accounts(book: Book, venue: Venue, first_prices: Floats) -> AccountInputs:
    """Return what runs of a book's accounts on a venue start from; the book's part is cached as long as it lives.

    Parameters
    ----------
    book : Book
    venue : Venue
    first_prices : (K,) float
        USD per coin, one for each market.
    """
    _refuse(book, venue)
    policy, _ = rule_records(venue.rules)
    record = _venue_record(venue, book, float(policy["pool_cap"].min()))
    markets = _market_records(book, venue)
    opening = _opening(book, venue, record, markets, first_prices)
    in_line = policy[policy["weight"] == Weight.TIER_ORDER]
    gross = np.zeros(opening.cash.size)
    if in_line.size:
        value = np.abs(value_of(first_prices, book.is_inverse))
        owner, market = opening.terms["account"], opening.terms["market"]
        gross += np.bincount(owner, opening.size * value[market], gross.size)
    return AccountInputs(
        book=book,
        venue=venue,
        opening=opening,
        venue_record=record,
        markets=markets,
        policy=policy,
        places=withdrawal_places(in_line, gross) if in_line.size else np.empty(0),
    )


def _refuse(book: Book, venue: Venue) -> None:
    """Raise InputError for what a run of accounts does not know yet, and for markets that are not there."""
    check = Checker()
    plain = {"is_penalty_beyond_equity": False, "offset_rules": None, "fund_tiers": (), "maintenance_scale": None}
    for name, value in (plain | {"fund_payout": FUND_PAYOUTS[0]}).items():
        if getattr(venue, name) != value:
            check.add(f"venue.{name}", f"{value!r}, not one {NOT_KNOWN}", getattr(venue, name))
    for name, value in {"price_band": venue.price_band, **venue.policy_options}.items():
        if isinstance(value, Follow):
            check.add(f"venue.{name}", f"no Follow, {NOT_KNOWN}", value)
    for name in ("track_record", "contribution_weight"):
        if getattr(book, name) is not None:
            check.add(f"book.{name}", f"None, not one {NOT_KNOWN}", "given")
    n_markets = len(markets_of(venue))
    if book.accounts is not None and (book.accounts.market >= n_markets).any():
        at = int(np.argmax(book.accounts.market >= n_markets))
        bound = f"< {n_markets}, the number of the venue's markets"
        check.add(f"book.market[{at}]", bound, int(book.accounts.market[at]))
    check.raise_if_any()


def _venue_record(venue: Venue, book: Book, pool_cap: float) -> Rows:
    record = np.zeros(1, ACCOUNT_VENUE_DTYPE)
    row = record[0]
    names = "liquidation_fee liquidation_fraction fund fund_max_drawdown venue_capital backstop settlement_interval"
    for name in names.split():
        row[name] = getattr(venue, name)
    row["target"], row["piece"] = venue.liquidation_target, venue.piece
    row["is_at_once"] = np.isinf(venue.piece)
    row["backstop_kept"] = (1.0 - pool_cap) * venue.vault
    row["margin_cap"] = venue.dynamic_margin_cap
    row["margin_decay"] = 2.0 ** (-1.0 / venue.dynamic_margin_half_life)
    has_floor = any(market.depth_floor < 1.0 for market in markets_of(venue))
    row["has_volatility"] = venue.dynamic_margin_cap > 1.0 or has_floor
    row["is_inverse"] = book.is_inverse
    row["is_residual_to_trader"] = venue.residual_margin == "trader"
    row["is_entry_maintenance"] = venue.maintenance_basis == "entry"
    row["has_peak_window"], row["peak_window"] = venue.fund_peak_window is not None, venue.fund_peak_window or 0
    row["is_entry_base"] = venue.profit_base == "entry"
    row["order"], row["seed"] = LIQUIDATION_ORDERS.index(venue.liquidation_order), venue.liquidation_seed
    return record


def _market_records(book: Book, venue: Venue) -> Rows:
    given = markets_of(venue)
    markets = np.zeros(len(given), MARKET_DTYPE)
    for row, market in zip(markets, given, strict=True):
        for name in ("thinning", "index_weight", "min_size", "price_band", "depth_floor", "halt_steps"):
            row[name] = getattr(market, name)
        row["depth_usual"] = row["depth"] = market.depth
        row["decay"] = 2.0 ** (-1.0 / market.impact_half_life)
        usual = venue.reference_volatility if market.reference_volatility is None else market.reference_volatility
        row["reference_variance"], row["margin_scale"] = usual**2, 1.0
        row["is_linear_impact"], row["is_inverse"] = market.impact == LINEAR_LAW, book.is_inverse
    of = 0 if book.accounts is None else book.accounts.market
    np.subtract.at(markets["maker_size"], np.broadcast_to(of, book.size.shape), book.size)
    return markets


_openings: weakref.WeakKeyDictionary[Book, dict[object, AccountOpening]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _opening(book: Book, venue: Venue, record: Rows, markets: Rows, first_prices: Floats) -> AccountOpening:
    rates = tuple(market.maintenance_rate for market in markets_of(venue))
    margin = None if book.maintenance_rate is not None else (venue.maintenance_rate, venue.brackets, rates)
    key = (margin, venue.maintenance_basis, first_prices.tobytes())
    with _lock:
        known = _openings.setdefault(book, {})
        if key in known:
            return known[key]
    made = _make_opening(book, venue, record, markets, first_prices)
    with _lock:
        if len(known) >= 8:
            known.clear()
        known[key] = made
    return made


def _make_opening(book: Book, venue: Venue, record: Rows, markets: Rows, first_prices: Floats) -> AccountOpening:
    """Sort the book by account and market, and its barriers by how near they are."""
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
        size=np.abs(size),
        accounts=accounts,
        front=np.empty(0, BARRIER_DTYPE),
        rows=np.zeros(2 * markets.size, ROW_DTYPE),
        side_first=side_first,
        side_positions=by_side,
        liquidation_price=np.empty(n),
    )
    return _with_barriers(made, book, record, markets, first_prices)


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
    one: AccountOpening, book: Book, record: Rows, markets: Rows, first_prices: Floats
) -> AccountOpening:
    """Return the opening with its barriers by row, the nearest first, and where the rows' heaps stand."""
    at_first = markets.copy()
    at_first["value"], at_first["mark"] = value_of(first_prices, book.is_inverse), first_prices
    buffers = _buffers(one, at_first, False, 0, 0, 0, 0)
    keys, reserve = np.empty(one.size.size), np.empty(one.cash.size)
    fill_barriers(buffers, record[0], reserve, keys)
    items, rows = np.arange(keys.size), one.terms["row"]
    if book.stop_price is not None:
        stops = np.flatnonzero(np.isfinite(one.terms["stop"]))
        at_stop = -one.terms["side"][stops] * value_of(one.terms["stop"][stops], book.is_inverse)
        keys, items = np.concatenate((keys, at_stop)), np.concatenate((items, keys.size + stops))
        rows = np.concatenate((rows, rows[stops]))
    order = np.lexsort((keys, rows))
    front = np.zeros(keys.size, BARRIER_DTYPE)
    front["key"], front["item"] = keys[order], items[order]
    ends = np.searchsorted(rows[order], np.arange(one.rows.size + 1))
    one.rows["cursor"], one.rows["end"] = ends[:-1], ends[1:]
    one.rows["capacity"] = 2 * np.diff(ends) + SPARE
    one.rows["heap"] = np.cumsum(one.rows["capacity"]) - one.rows["capacity"]
    one.rows["queue"] = EMPTY
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


def requirements(one: AccountOpening, notional: Floats) -> Floats:
    """Return the maintenance requirement of each position with these notionals, (n,) >= 0, in the opening's order."""
    if not one.lines.size:
        return np.maximum(one.terms["rate"] * notional - one.terms["amount"], 0.0)
    needed: Floats = np.maximum((one.lines[:, :1] * notional - one.lines[:, 1:]).max(axis=0), 0.0)
    return needed
