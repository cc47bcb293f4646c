"""Who waits to be forced out: accounts join a queue per market and side, by the liquidation price of their lead.

docs/MODEL.md section 8, "The step". A look at an account is exact; which accounts are looked at is for the barriers.
"""

from __future__ import annotations

from engine.compile import inlined, inner
from engine.intrinsics import prefetch
from engine.kernel.accounts.barriers import arm_stop, forget_barriers, set_barriers
from engine.kernel.accounts.margin import NOBODY, can_trade, is_met, lead_of, lead_price
from engine.kernel.accounts.state import (
    DISARMED,
    QUEUED,
    AccountBuffers,
    is_halted,
    note_account,
    side_of_row,
)
from engine.kernel.heap import pop, push
from engine.kernel.state import Record
from engine.ties import to_compare

EMPTY = -1
AHEAD = 6  # accounts to be looked at: how early the processor is asked for their positions


@inlined
def entry_owner(entry: int, buffers: AccountBuffers) -> int:
    """Return the account of a queue's entry: a liquidation's own number, a stop's by its position."""
    m = buffers.accounts.size
    return entry if entry < m else int(buffers.terms[entry - m].account)


@inner
def _push(key: float, entry: int, buffers: AccountBuffers, state: Record) -> None:
    """Put an entry into the heap: equal keys go by account, its liquidation first."""
    item = entry_owner(entry, buffers) * buffers.queue_next.size + entry
    push(buffers.queue, state.heap_size, to_compare(key), item)
    state.heap_size += 1


@inlined
def _entry_at(at: int, buffers: AccountBuffers) -> int:
    """Return the entry at a place of the heap."""
    return int(buffers.queue[at].item % buffers.queue_next.size)


@inlined
def _join(r: int, key: float, entry: int, buffers: AccountBuffers, state: Record) -> None:
    """Put an entry into the queue of a row: into the heap in its own phase, else into its list."""
    state.n_queued += 1
    if r == state.phase:
        _push(key, entry, buffers, state)
        return
    buffers.queue_next[entry] = buffers.rows[r].queue
    buffers.rows[r].queue = entry


@inlined
def _leave(entry: int, buffers: AccountBuffers, state: Record) -> None:
    """Note that an entry waits in a queue no longer, and have its account looked at."""
    m = buffers.accounts.size
    if entry < m:
        buffers.accounts[entry].is_waiting = 0
    else:
        buffers.stops[entry - m] = DISARMED
    note_account(entry_owner(entry, buffers), buffers, state)


@inner
def empty_queues(k: int, buffers: AccountBuffers, state: Record) -> None:
    """Send everybody out of the queues of a market that has halted."""
    for r in range(2 * k, 2 * k + 2):
        entry = buffers.rows[r].queue
        buffers.rows[r].queue = EMPTY
        while entry != EMPTY:
            after = buffers.queue_next[entry]
            state.n_queued -= 1
            _leave(entry, buffers, state)
            entry = after
        if r == state.phase:
            for at in range(state.heap_size):
                _leave(_entry_at(at, buffers), buffers, state)
            state.n_queued -= state.heap_size
            state.heap_size = 0


@inner
def open_phase(r: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Move the queue of a row into the heap, its keys computed anew."""
    state.phase, state.heap_size = r, 0
    entry, m = buffers.rows[r].queue, buffers.accounts.size
    buffers.rows[r].queue = EMPTY
    while entry != EMPTY:
        after = buffers.queue_next[entry]
        _push(-side_of_row(r) * entry_price(entry, m, buffers, venue), entry, buffers, state)
        entry = after


@inlined
def entry_price(entry: int, m: int, buffers: AccountBuffers, venue: Record) -> float:
    """Return the price that an entry waits at: the stop, or the lead's liquidation price; a lead that is gone, 0."""
    if entry >= m:
        return buffers.terms[entry - m].stop
    lead = buffers.accounts[entry].lead
    return lead_price(entry, lead, buffers, venue) if buffers.size[lead] > 0.0 else 0.0


@inlined
def position_of(entry: int, buffers: AccountBuffers) -> int:
    """Return the position that an entry waits with: the lead, or the stop's own."""
    m = buffers.accounts.size
    return int(buffers.accounts[entry].lead) if entry < m else entry - m


@inner
def take_next(buffers: AccountBuffers, state: Record, venue: Record) -> tuple[int, bool]:
    """Take the next entry out of the phase's queue; return its position, NOBODY where it is triggered no longer."""
    entry, m = _entry_at(0, buffers), buffers.accounts.size
    pop(buffers.queue, state.heap_size)
    state.heap_size -= 1
    state.n_queued -= 1
    _leave(entry, buffers, state)
    p = position_of(entry, buffers)
    if not can_trade(p, buffers, state):
        return NOBODY, False
    state.asked_price = entry_price(entry, m, buffers, venue)
    return p if is_met(p, state.asked_price, buffers) else NOBODY, entry >= m


@inlined
def _look_at_stops(a: int, buffers: AccountBuffers, state: Record, venue: Record) -> bool:
    """Let stops that are reached join, wait anew for those that are not; tell whether one waits for a halt to end."""
    is_kept = False
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if buffers.size[p] > 0.0 and buffers.stops[p] == DISARMED:
            terms = buffers.terms[p]
            if not is_met(p, terms.stop, buffers):
                arm_stop(p, buffers, venue)
            elif is_halted(buffers.markets[terms.market], state):
                is_kept = True
            else:
                buffers.stops[p] = QUEUED
                _join(terms.row, -terms.side * terms.stop, buffers.accounts.size + p, buffers, state)
    return is_kept


@inlined
def _park(a: int, buffers: AccountBuffers, state: Record) -> None:
    """Have an account looked at when a halt ends."""
    if buffers.accounts[a].is_parked == 0:
        buffers.accounts[a].is_parked = 1
        buffers.parked[state.n_parked] = a
        state.n_parked += 1


@inner
def unpark(buffers: AccountBuffers, state: Record) -> None:
    """Have all who waited for a halt to end looked at."""
    for at in range(state.n_parked):
        buffers.accounts[buffers.parked[at]].is_parked = 0
        note_account(buffers.parked[at], buffers, state)
    state.n_parked = 0


@inlined
def _look_at(a: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Look at an account: it joins a queue, or gets barriers, or waits for a halt to end."""
    account = buffers.accounts[a]
    state.n_looked += 1
    if buffers.stops.size > 0 and _look_at_stops(a, buffers, state, venue):
        _park(a, buffers, state)
    if account.is_waiting != 0:
        return
    forget_barriers(a, buffers)
    lead = lead_of(a, buffers, state, venue)
    if lead == NOBODY:
        for p in range(buffers.first[a], buffers.first[a + 1]):
            if buffers.size[p] > 0.0:
                _park(a, buffers, state)
        return
    price = lead_price(a, lead, buffers, venue)
    if is_met(lead, price, buffers):
        account.is_waiting, account.lead = 1, lead
        terms = buffers.terms[lead]
        _join(terms.row, -terms.side * price, a, buffers, state)
    else:
        account.is_in_liquidation = 0
        set_barriers(a, buffers, state, venue)


@inner
def look(buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Look at every account that was noted; who is noted meanwhile is looked at the next time."""
    n = state.n_pending
    state.n_pending = 0
    for at in range(n):
        a = buffers.pending[at]
        buffers.looked[at] = a
        buffers.accounts[a].is_pending = 0
    for at in range(n):
        if at + AHEAD < n:
            later = min(buffers.first[buffers.looked[at + AHEAD]], buffers.size.size - 1)
            prefetch(buffers.terms, later)
            prefetch(buffers.size, later)
        _look_at(buffers.looked[at], buffers, state, venue)
