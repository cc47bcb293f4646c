"""Who must be looked at: barriers on the marks, short of which no account can be triggered.

An account's trigger is a surface in K marks, so no sorted queue of accounts exists. Barriers bring sorted queues back:
the slack of an account, its margin less its requirement, is split over its positions in proportion to what a move of
each market takes from it, and each part becomes a barrier on the side that hurts; collateral in assets has a part like
a long position, its slope what the haircut leaves. While no barrier of an account is reached, all its adverse moves
together take less than its slack. Once one is, that account alone is looked at again: it is triggered, or gets new
barriers. A part of the slack is kept back, so that small charges need none.

Barriers are keys, -f(price) for longs and f(price) for shorts. Those of the start are sorted once per book; those that
are set during a run stand in a heap per market and side, stale ones known by their version.
"""

from __future__ import annotations

import math

from engine.compile import compiled, inlined, inner
from engine.intrinsics import prefetch
from engine.kernel.accounts.margin import counted_of, factor_of, gain_of, lead_price, requirement_of
from engine.kernel.accounts.state import ARMED, DISARMED, AccountBuffers, note_account, side_of_row
from engine.kernel.state import Floats, Record, Rows, Table
from engine.margin import scaled_rate, trigger_price

RESERVE = 0.02  # of the slack
AHEAD = 12  # places in the sorted barriers: how early the processor is asked for an account
ROUNDING = 1e-11  # of the money that slack is a difference of


@inlined
def unit_slope(p: int, scale: float, buffers: AccountBuffers, venue: Record) -> float:
    """Return the most slack that one unit of size loses for an adverse move of f(price) by one.

    A requirement grows with a move against linear shorts and inverse longs, at the highest rate of the table at most;
    it falls with a move against the others, but not below 0.
    """
    terms, lines = buffers.terms[p], buffers.lines
    if venue.is_entry_maintenance != 0:
        return 1.0
    if (terms.side < 0.0) != (venue.is_inverse != 0):
        top = scaled_rate(terms.rate, scale) if lines.shape[0] == 0 else 0.0
        for row in range(lines.shape[0]):
            top = max(top, scaled_rate(lines[row, 0], scale))
        return 1.0 + top
    if lines.shape[0] > 0 or terms.amount > 0.0:
        return 1.0
    return 1.0 - scaled_rate(terms.rate, scale)


@inlined
def split_of(a: int, buffers: AccountBuffers, venue: Record) -> tuple[float, float, float]:
    """Return an account's slack, what it loses when every market moves against it by all of its value, and rounding."""
    factor, account = factor_of(a, buffers, venue), buffers.accounts[a]
    slack, weight, scale = account.cash, 0.0, abs(account.cash)
    for p in range(buffers.first[a], buffers.first[a + 1]):
        size = buffers.size[p]
        if size > 0.0:
            terms = buffers.terms[p]
            market = buffers.markets[terms.market]
            slack += gain_of(p, buffers) - requirement_of(p, factor, buffers, venue)
            weight += size * unit_slope(p, market.margin_scale * factor, buffers, venue) * abs(market.value)
            scale += size * (abs(market.value) + abs(terms.entry_value))
    for j in range(buffers.assets.size):
        counted = counted_of(a, j, buffers)
        slack += counted
        weight += counted
        scale += counted
    return slack, weight, ROUNDING * scale


@inlined
def barrier_key(p: int, share: float, buffers: AccountBuffers) -> float:
    """Return the key of the mark that lies a share of its value away on the side that hurts."""
    terms = buffers.terms[p]
    value = buffers.markets[terms.market].value
    return -terms.side * (value - terms.side * share * abs(value))


@compiled
def fill_barriers(buffers: AccountBuffers, venue: Record, reserve: Floats, keys: Floats, asset_keys: Table) -> None:
    """Fill the barriers of every position at the start, and what of its slack each account keeps back.

    The barriers of an account without slack lie at minus infinity: it is looked at in the first step. `asset_keys`
    (m, J) are those on assets, infinite where a holding needs none.
    """
    for a in range(buffers.accounts.size):
        slack, weight, rounding = split_of(a, buffers, venue)
        slack -= rounding
        reserve[a] = RESERVE * max(slack, 0.0)
        share = (slack - reserve[a]) / weight if weight > 0.0 else math.inf
        for p in range(buffers.first[a], buffers.first[a + 1]):
            keys[p] = barrier_key(p, share, buffers) if slack > 0.0 else -math.inf
        for j in range(buffers.assets.size):
            is_needed = buffers.first[a] < buffers.first[a + 1] and counted_of(a, j, buffers) > 0.0
            asset_keys[a, j] = (share - 1.0) * buffers.assets[j].mark if is_needed and slack > 0.0 else math.inf


@compiled
def fill_triggers(buffers: AccountBuffers, venue: Record, triggers: Floats) -> None:
    """Fill the trigger price of every position, all other marks as they are."""
    for p in range(buffers.size.size):
        terms = buffers.terms[p]
        triggers[p] = trigger_price(terms.side, lead_price(terms.account, p, buffers, venue), terms.stop)


@inlined
def is_before(heap: Rows, a: int, b: int) -> bool:
    """Tell whether entry a of a heap comes before entry b; equal keys fire at the same time."""
    return bool(heap[a].key < heap[b].key)


@inlined
def _swap(heap: Rows, a: int, b: int) -> None:
    one, other = heap[a], heap[b]
    key, item, version, owner = one.key, one.item, one.version, one.owner
    one.key, one.item, one.version, one.owner = other.key, other.item, other.version, other.owner
    other.key, other.item, other.version, other.owner = key, item, version, owner


@inner
def _sink(heap: Rows, start: int, size: int, at: int) -> None:
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and is_before(heap, start + child + 1, start + child):
            child += 1
        if not is_before(heap, start + child, start + at):
            return
        _swap(heap, start + child, start + at)
        at = child


@inlined
def is_good(barrier: Record, buffers: AccountBuffers) -> bool:
    """Tell whether a barrier still counts: an account's present one, or a stop that is waited for."""
    n = buffers.size.size
    if barrier.item < n:
        return bool(buffers.accounts[barrier.owner].version == barrier.version)
    return bool(buffers.size[barrier.item - n] > 0.0 and buffers.stops[barrier.item - n] == ARMED)


@inner
def _drop_stale(r: int, buffers: AccountBuffers) -> None:
    """Keep only the barriers of a row that still count."""
    row, heap, kept = buffers.rows[r], buffers.barriers, 0
    for at in range(row.heap, row.heap + row.heap_size):
        if is_good(heap[at], buffers):
            _swap(heap, row.heap + kept, at)
            kept += 1
    row.heap_size = kept
    for at in range(kept // 2 - 1, -1, -1):
        _sink(heap, row.heap, kept, at)


@inlined
def push_barrier(r: int, key: float, item: int, owner: int, version: int, buffers: AccountBuffers) -> None:
    """Put a barrier into the heap of a row."""
    row, heap = buffers.rows[r], buffers.barriers
    if row.heap_size == row.capacity:
        _drop_stale(r, buffers)
    at, start = row.heap_size, row.heap
    new = heap[start + at]
    new.key, new.item, new.version, new.owner = key, item, version, owner
    row.heap_size = at + 1
    while at > 0 and is_before(heap, start + at, start + (at - 1) // 2):
        _swap(heap, start + at, start + (at - 1) // 2)
        at = (at - 1) // 2
    row.next = min(row.next, key)


@inlined
def set_barriers(a: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Split what an account can still lose over its positions; each share is a barrier in one market."""
    account = buffers.accounts[a]
    slack, weight, rounding = split_of(a, buffers, venue)
    slack -= rounding
    if slack <= 0.0:  # at its trigger but for rounding: looked at whenever anybody is
        note_account(a, buffers, state)
        slack = 0.0
    account.reserve = RESERVE * slack
    share = (slack - account.reserve) / weight if weight > 0.0 else math.inf
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if buffers.size[p] > 0.0:
            push_barrier(buffers.terms[p].row, barrier_key(p, share, buffers), p, a, account.version, buffers)
    for j in range(buffers.assets.size):
        if share < 1.0 and counted_of(a, j, buffers) > 0.0:
            key, row = (share - 1.0) * buffers.assets[j].mark, 2 * buffers.markets.size + j
            push_barrier(row, key, buffers.first[a], a, account.version, buffers)


@inlined
def forget_barriers(a: int, buffers: AccountBuffers) -> None:
    """Let all barriers of an account count no longer."""
    buffers.accounts[a].version += 1


@inlined
def arm_stop(p: int, buffers: AccountBuffers, venue: Record) -> None:
    """Wait for a position's stop."""
    terms = buffers.terms[p]
    buffers.stops[p] = ARMED
    value = -1.0 / terms.stop if venue.is_inverse != 0 else terms.stop
    push_barrier(terms.row, -terms.side * value, buffers.size.size + p, terms.account, 0, buffers)


@inlined
def _fire_one(barrier: Record, buffers: AccountBuffers, state: Record) -> None:
    if is_good(barrier, buffers):
        if barrier.item >= buffers.size.size:
            buffers.stops[barrier.item - buffers.size.size] = DISARMED
        note_account(barrier.owner, buffers, state)


@inner
def fire_row(r: int, key: float, buffers: AccountBuffers, state: Record) -> None:
    """Note the accounts whose barriers in a row the mark, by its key, has reached, and take those barriers away."""
    row, front, heap = buffers.rows[r], buffers.front, buffers.barriers
    while row.cursor < row.end and front[row.cursor].key <= key:
        if row.cursor + AHEAD < row.end:
            prefetch(buffers.accounts, front[row.cursor + AHEAD].owner)
        _fire_one(front[row.cursor], buffers, state)
        row.cursor += 1
    while row.heap_size > 0 and heap[row.heap].key <= key:
        row.heap_size -= 1
        last = row.heap + row.heap_size
        _swap(heap, row.heap, last)
        _sink(heap, row.heap, row.heap_size, 0)
        _fire_one(heap[last], buffers, state)
    row.next = front[row.cursor].key if row.cursor < row.end else math.inf
    if row.heap_size > 0:
        row.next = min(row.next, heap[row.heap].key)


@inlined
def fire(k: int, buffers: AccountBuffers, state: Record) -> None:
    """Note whom the mark of market k makes worth a look."""
    value = buffers.markets[k].value
    for r in range(2 * k, 2 * k + 2):
        key = -side_of_row(r) * value
        if key >= buffers.rows[r].next:
            fire_row(r, key, buffers, state)


@inlined
def fire_asset(j: int, buffers: AccountBuffers, state: Record) -> None:
    """Note whom the mark of asset j makes worth a look."""
    r, key = 2 * buffers.markets.size + j, -buffers.assets[j].mark
    if key >= buffers.rows[r].next:
        fire_row(r, key, buffers, state)
