"""The one preparation of a run: a book and a venue become the records and arrays that the kernel works on."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from engine.accounts.markets import refuse_markets
from engine.book import Book, Floats
from engine.compile import compiled
from engine.contracts import unit_value
from engine.errors import wrong_input
from engine.kernel.dispatch import dispatch
from engine.kernel.state import (
    ADL_INDEX_DTYPE,
    CONTRIBUTION,
    EVENT_DTYPE,
    FRONT_DTYPE,
    HEAP_DTYPE,
    LONG,
    MOST_EVENTS,
    MOST_PARTLY_CLOSED,
    N_ADL,
    N_MEASURES,
    PASSED_DTYPE,
    PLACE,
    POSITION_DTYPE,
    RECORD,
    SETTLEMENT_DTYPE,
    SHARE,
    SHORT,
    STATE_DTYPE,
    STEP_DTYPE,
    TERMS_DTYPE,
    Ints,
    Record,
    Rows,
    RunBuffers,
)
from engine.kernel.trigger_queue import sort_by_trigger
from engine.margin import liquidation_value, margin_lines, trigger_price
from engine.offset_rules import rule_records
from engine.sharing.policies import withdrawal_places
from engine.sharing.policy_record import ADL, POLICY_DTYPE, AdlMethod, Weight
from engine.venue import Venue
from engine.venue_record import tiers_of, venue_record

OTHER_NUMBERS = 16  # of a trader: the book's own, claim, order, trigger and scratch
PATH_NUMBERS = 4  # of a step: where it closes and opens, as drawn and as run
LEAST_EVENTS = 1024  # room in the log beside two rows a trader
T = TypeVar("T")

TIER_ORDER, QUEUE = int(Weight.TIER_ORDER), int(AdlMethod.QUEUE)  # numpy compares with a number fifty times as fast
MOST_KEPT = 8  # openings of a book
DUST = 1e-12  # of a position's opening size: what a partial liquidation does not leave open


@dataclass(frozen=True, slots=True)
class Opening:
    """What depends on the book and the venue's margin only: computed once, shared by every run on them.

    `terms` and `positions` (n,) are the traders at the start, `trigger` (n,) their trigger prices in USD per coin,
    `order` (n,) the traders by trigger, longs first, `n_long` how many longs there are. `lines` (k, 2) are rate and
    amount of the margin table's rows, none where each position has its own.
    """

    terms: Rows
    lines: Floats
    positions: Rows
    trigger: Floats
    order: Ints
    n_long: int


@dataclass(frozen=True, slots=True)
class RunInputs:
    """All that a run needs to start: made by `prepare`, the same for one path and for many.

    `venue_record` and `policy` (k,) are the venue and its rules as compiled code reads them, `follows` what of these
    follows the market, `places` (n,) each account's place in the line of withdrawals (empty where the rules have no
    line), `has_adl_index` tells whether the ranks of an auto-deleveraging are kept between defaults.
    """

    book: Book
    venue: Venue
    opening: Opening
    venue_record: Rows
    policy: Rows
    follows: Rows
    places: Floats
    has_adl_index: bool

    def new_run(self, n_steps: int, n_events: int, n_settlements: int) -> tuple[RunBuffers, Rows]:
        """Return buffers and state of a run at its start, with room for so many events and settlements."""
        buffers, state = self._new_buffers(n_steps, n_events, n_settlements), self.new_state()
        dispatch(self.policy, buffers, state[0], self.venue_record[0])
        buffers.rules[:] = self.policy[: buffers.rules.size]
        return buffers, state

    def new_state(self) -> Rows:
        """Return the state of a run before its start, (1,) STATE_DTYPE."""
        state = np.zeros(1, STATE_DTYPE)
        state[0]["maker_size"] = -float(self.book.size.sum())
        state[0]["gross_size"] = float(np.abs(self.book.size).sum())
        state[0]["n_long"] = self.opening.n_long
        return state

    def _new_buffers(self, n_steps: int, n_events: int, n_settlements: int) -> RunBuffers:
        n = self.book.n_traders
        n_indexed, n_partly_closed = (n, MOST_PARTLY_CLOSED) if self.has_adl_index else (0, 0)
        measures = self._given_measures()
        rules = np.zeros(0 if self.venue.is_plain else self.policy.size, POLICY_DTYPE)
        return RunBuffers(
            terms=self.opening.terms,
            lines=self.opening.lines,
            positions=copied_rows(self.opening.positions),
            claim=np.zeros(n),
            order=self.opening.order,
            heap=np.empty((2, n), HEAP_DTYPE),
            moved=np.empty((2, n), np.int32),
            front=np.zeros(2, FRONT_DTYPE),
            steps=np.zeros(n_steps + 1, STEP_DTYPE),
            events=np.empty(n_events, EVENT_DTYPE),
            settlements=np.empty(n_settlements, SETTLEMENT_DTYPE),
            measures=measures,
            adl=np.empty((N_ADL, n if self.policy["family"][0] == ADL else 0)),
            changed=np.empty(n, np.int32),
            selected=np.empty(n, np.int32),
            adl_index=np.empty((3, n_indexed), HEAP_DTYPE),
            partly_closed=np.empty((2, n_partly_closed), np.int32),
            adl_index_state=np.zeros(2, ADL_INDEX_DTYPE),
            rules=rules,
            rule_numbers=rules.view(np.float64).reshape(rules.size, -1 if rules.size else 0),
            follows=self.follows,
            tiers=tiers_of(self.venue),
            passed=np.zeros(n_settlements * rules.size, PASSED_DTYPE),
        )

    def _given_measures(self) -> Floats:
        """Return the measures of traders with what is given before a run, and nothing contributed."""
        measures = np.empty((N_MEASURES, self.book.n_traders))
        if self.places.size:
            measures[PLACE] = self.places
        if not self.venue.is_plain or self.venue.fund_tiers or (self.policy["record_exponent"] != 0.0).any():
            measures[RECORD], measures[CONTRIBUTION] = self.book.record, 0.0
        if self.book.contribution_weight is not None:
            measures[SHARE] = self.book.contribution_weight
        return measures


def n_settlements_at_most(n_prices: int, venue: Venue) -> int:
    """Return room for the settlements of a path: one an interval, and what deleveraging adds."""
    return 2 * (n_prices // venue.settlement_interval + 2)


def refuse_long_log(n_events: int, of: str, venue: Venue) -> None:
    """Raise InputError for a run, `of` so many traders, that logs more forced trades than are kept."""
    if n_events > MOST_EVENTS:
        bound = f"one that logs at most {MOST_EVENTS:,} forced trades of {of}"
        raise wrong_input("venue.policy", bound, getattr(venue.policy, "name", venue.policy))


def least_bytes(n_traders: int, n_steps: int, venue: Venue) -> int:
    """Return the memory that a run's arrays take from the start; a log that outgrows its room comes on top."""
    rows = (TERMS_DTYPE, POSITION_DTYPE, POSITION_DTYPE, HEAP_DTYPE, HEAP_DTYPE, EVENT_DTYPE, EVENT_DTYPE)
    trader = sum(row.itemsize for row in rows) + 8 * (N_MEASURES + N_ADL + OTHER_NUMBERS)
    n_rules = 0 if venue.is_plain else len(venue.rules)
    a_settlement = SETTLEMENT_DTYPE.itemsize + n_rules * PASSED_DTYPE.itemsize
    settlements = n_settlements_at_most(n_steps + 1, venue) * a_settlement
    step = STEP_DTYPE.itemsize + 8 * PATH_NUMBERS
    return n_traders * trader + LEAST_EVENTS * EVENT_DTYPE.itemsize + (n_steps + 1) * step + settlements


def copied_rows(rows: Rows) -> Rows:
    """Return a copy of records."""
    copied = np.empty_like(rows)
    copy_rows(rows, copied)
    return copied


def copy_rows(rows: Rows, into: Rows) -> None:
    """Copy records whole, for field by field, as numpy copies them, takes ten times as long."""
    whole = np.dtype((np.void, rows.dtype.itemsize))
    into.view(whole)[...] = rows.view(whole)


Openings = weakref.WeakKeyDictionary[Book, dict[object, T]]
_openings: Openings[Opening] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def kept_of(book: Book, openings: Openings[T], key: object, make: Callable[[], T]) -> T:
    """Return what is kept under a key as long as a book lives, made if it is not there yet."""
    with _lock:
        known = openings.setdefault(book, {})
        if key in known:
            return known[key]
    made = make()
    with _lock:
        if len(known) >= MOST_KEPT:
            known.clear()
        known[key] = made
    return made


def prepare(book: Book, venue: Venue, changes: Mapping[str, float] | None = None) -> RunInputs:
    """Return what runs of a book on a venue start from; what depends on the book is cached as long as the book lives.

    Parameters
    ----------
    book : Book
    venue : Venue
    changes : mapping
        Fields of the venue's record to replace, for settings that no venue has (infinite capital).
    """
    book.refuse_accounts("this question")
    refuse_markets(venue, "this question")
    policy, follows = rule_records(venue.rules)
    record = venue_record(venue, book.contract, float(policy["pool_cap"].min()))
    if venue.fund_key == "weight" and venue.fund_tiers and book.contribution_weight is None:
        raise wrong_input("book.contribution_weight", 'given where the venue\'s fund_key is "weight"', None)
    in_line = policy[policy["weight"] == TIER_ORDER]
    for name, value in (changes or {}).items():
        record[0][name] = value
    return RunInputs(
        book=book,
        venue=venue,
        opening=_opening(book, venue),
        venue_record=record,
        policy=policy,
        follows=follows,
        places=withdrawal_places(in_line, book.size) if in_line.size else np.empty(0),
        has_adl_index=keeps_adl_index(policy[0], venue),
    )


def keeps_adl_index(policy: Record, venue: Venue) -> bool:
    """Tell whether ranks are kept between defaults: auto-deleveraging by rank, of positions that are closed whole."""
    is_queue = policy["family"] == ADL and policy["adl_method"] == QUEUE
    return bool(is_queue and venue.liquidation_fraction == 1.0)


def _opening(book: Book, venue: Venue) -> Opening:
    margin = None if book.maintenance_rate is not None else (venue.maintenance_rate, venue.brackets)
    return kept_of(book, _openings, (margin, venue.maintenance_basis), lambda: _make_opening(book, venue))


def _make_opening(book: Book, venue: Venue) -> Opening:
    n = book.n_traders
    rate, amount, lines = margin_lines(book=book, venue=venue)
    stop = np.full(n, np.nan) if book.stop_price is None else book.stop_price
    # copies of what may be the book's own: for an array that cannot be written it would be compiled once more
    rate, amount, stop = np.array(rate), np.array(amount), np.array(stop)
    terms, positions, trigger = np.empty(n, TERMS_DTYPE), np.empty(n, POSITION_DTYPE), np.empty(n)
    margin = (rate, amount, lines, venue.maintenance_basis == "entry")
    fill_positions(
        book.size, book.entry_price, book.collateral, margin, stop, book.is_inverse, terms, positions, trigger
    )
    order, n_long = sort_by_trigger(book.size > 0, trigger)
    return Opening(terms, lines, positions, trigger, order, n_long)


@compiled
def fill_positions(
    size: Floats,
    entry_price: Floats,
    collateral: Floats,
    margin: tuple[Floats, Floats, Floats, bool],
    stop: Floats,
    is_inverse: bool,
    terms: Rows,
    positions: Rows,
    trigger: Floats,
) -> None:
    """Fill the rows of all traders as they are at the start of a run, and their trigger prices.

    `margin` is maintenance rate and amount (n,), the rows of the table, and whether the requirement is on the notional
    at entry.
    """
    rate, amount, lines, is_entry_maintenance = margin
    for i in range(size.size):
        one, position = terms[i], positions[i]
        one.side = 1.0 if size[i] > 0.0 else -1.0
        one.entry_value = unit_value(entry_price[i], is_inverse)
        one.rate, one.amount, one.stop = rate[i], amount[i], stop[i]
        one.opening, one.dust = collateral[i], DUST * abs(size[i])
        position.size, position.collateral, position.wallet = abs(size[i]), collateral[i], 0.0
        position.charge, position.base_equity = 0.0, 0.0
        position.liquidated_at, position.base_stamp, position.is_moved = -1, -1, 0
        position.row = LONG if size[i] > 0.0 else SHORT
        liquidation = liquidation_value(
            one.side,
            position.size,
            one.entry_value,
            position.collateral,
            one.rate,
            one.amount,
            lines,
            1.0,
            is_inverse,
            is_entry_maintenance,
        )
        position.trigger = trigger_price(one.side, liquidation, one.stop)
        trigger[i] = position.trigger
