"""Who is forced out next: a sorted front per side, and a lazily rebuilt heap of positions whose trigger moved.

The key of a position is -trigger (long) or trigger (short): the smallest key is forced out first. Invariant: every open
position whose trigger moved is in the heap with its present key, or its side is dirty and `bound` is at most its key.
Stale heap entries are recognized by their key and dropped. A rebuild takes only what the price is near to.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import inlined, inner
from engine.intrinsics import prefetch
from engine.kernel.state import LONG, SHORT, Desk, Floats, Ints, Record, Rows

AHEAD = 12  # places in the sorted front: how early the processor is asked for a trader
NEARBY = 0.01


def sort_by_trigger(is_long: NDArray[np.bool_], trigger: Floats) -> tuple[Ints, int]:
    """Return trader indices by trigger price (longs, highest first; then shorts, lowest first) and the count of longs.

    Ties go to the lowest index, but for positions that can never be forced out: nobody asks for their order.
    """
    rows = []
    for sign, traders in ((1.0, np.flatnonzero(is_long)), (-1.0, np.flatnonzero(~is_long))):
        key = -sign * trigger[traders]
        order = np.argsort(key)
        ranked = key[order]
        _sort_ties(order, (ranked[1:] == ranked[:-1]) & (ranked[1:] < (0.0 if sign > 0.0 else np.inf)))
        rows.append(traders[order].astype(np.int32))
    return np.concatenate(rows), rows[0].size


def _sort_ties(order: NDArray[np.intp], is_as_before: NDArray[np.bool_]) -> None:
    """Put each run of equal keys into the order of the indices; a stable sort of all would take five times as long.

    `is_as_before` (n - 1,) tells whether the key of a place equals that of the place before it.
    """
    if not is_as_before.any():
        return
    is_tied = np.zeros(order.size, dtype=np.bool_)
    is_tied[1:] = is_as_before
    is_tied[:-1] |= is_as_before
    run = np.cumsum(~np.concatenate([[False], is_as_before]))[is_tied]
    both = run * order.size + order[is_tied]
    both.sort()
    order[is_tied] = both % order.size


@inlined
def reset_queue(desk: Desk, n_long: int) -> None:
    """Put the queue to its start: the front of each side, and no position moved."""
    for k in range(2):
        front = desk.front[k]
        front.cursor = 0 if k == LONG else n_long
        front.end = n_long if k == LONG else desk.order.size
        front.heap_size = 0
        front.n_moved = 0
        front.is_dirty = 0
        front.bound = math.inf


@inlined
def is_before(heap: Rows, a: int, b: int) -> bool:
    """Tell whether entry a of a heap comes before entry b: the smaller key, then the lower index."""
    return heap[a].key < heap[b].key or (heap[a].key == heap[b].key and heap[a].trader < heap[b].trader)


@inlined
def swap(heap: Rows, a: int, b: int) -> None:
    """Exchange two entries of a heap."""
    key, trader = heap[a].key, heap[a].trader
    heap[a].key, heap[a].trader = heap[b].key, heap[b].trader
    heap[b].key, heap[b].trader = key, trader


@inner
def sift_down(heap: Rows, size: int, at: int) -> None:
    """Let the entry at a place sink to where it belongs in a heap of so many entries."""
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and is_before(heap, child + 1, child):
            child += 1
        if not is_before(heap, child, at):
            return
        swap(heap, child, at)
        at = child


@inlined
def key_of(desk: Desk, i: int) -> float:
    """Return the key of a position, -trigger (long) or trigger (short)."""
    return -desk.fixed[i].side * desk.traders[i].trigger


@inlined
def push(desk: Desk, i: int) -> None:
    """Put a position whose trigger moved into the heap of its side."""
    k = LONG if desk.fixed[i].side > 0.0 else SHORT
    heap = desk.heap[k]
    at = desk.front[k].heap_size
    heap[at].key = key_of(desk, i)
    heap[at].trader = i
    desk.front[k].heap_size = at + 1
    while at > 0 and is_before(heap, at, (at - 1) // 2):
        swap(heap, at, (at - 1) // 2)
        at = (at - 1) // 2


@inlined
def pop(desk: Desk, k: int) -> None:
    """Remove the top of the heap of side k."""
    heap = desk.heap[k]
    size = desk.front[k].heap_size - 1
    heap[0].key, heap[0].trader = heap[size].key, heap[size].trader
    desk.front[k].heap_size = size
    sift_down(heap, size, 0)


@inlined
def replace_top(desk: Desk, k: int) -> None:
    """Give the top of the heap of side k its present key."""
    heap = desk.heap[k]
    heap[0].key = key_of(desk, heap[0].trader)
    sift_down(heap, desk.front[k].heap_size, 0)


@inlined
def note_moved(desk: Desk, i: int) -> None:
    """Take a position whose trigger changed out of the sorted front, once."""
    trader = desk.traders[i]
    if trader.is_moved == 0:
        trader.is_moved = 1
        k = LONG if trader.is_long != 0 else SHORT
        at = desk.front[k].n_moved
        desk.moved[k, at] = i
        desk.front[k].n_moved = at + 1


@inlined
def wait_for(desk: Desk, k: int, key: float, state: Record) -> None:
    """Note that positions of side k moved, to keys of at least `key`; the heap is rebuilt when the price reaches it."""
    front = desk.front[k]
    if key < math.inf:
        front.is_dirty = 1
    front.bound = min(front.bound, key)
    if k == LONG:
        state.next_long = min(state.next_long, key)
    else:
        state.next_short = min(state.next_short, key)


@inlined
def mark_moved(desk: Desk, i: int, state: Record) -> None:
    """Note that the trigger of an open position changed."""
    note_moved(desk, i)
    wait_for(desk, LONG if desk.fixed[i].side > 0.0 else SHORT, key_of(desk, i), state)


@inner
def _rebuild(desk: Desk, k: int, limit: float) -> None:
    """Put the moved positions of side k with keys up to `limit` into the heap; `bound` is the smallest key beyond."""
    heap, moved, front = desk.heap[k], desk.moved[k], desk.front[k]
    sign = 1.0 if k == LONG else -1.0
    size, n_open, bound = 0, 0, math.inf
    for at in range(front.n_moved):
        i = moved[at]
        trader = desk.traders[i]
        moved[n_open] = i
        n_open += 1 if trader.size > 0.0 else 0
        key = -sign * trader.trigger if trader.size > 0.0 else math.inf
        if key <= limit:
            heap[size].key = key
            heap[size].trader = i
            size += 1
        else:
            bound = min(bound, key)
    for at in range(size // 2 - 1, -1, -1):
        sift_down(heap, size, at)
    front.n_moved = n_open
    front.heap_size = size
    front.is_dirty = 1 if bound < math.inf else 0
    front.bound = bound


@inlined
def next_in_line(desk: Desk, k: int, state: Record) -> int:
    """Return the open position of side k that the mark triggers first, or -1 after noting the key to wait for."""
    front = desk.front[k]
    sign = 1.0 if k == LONG else -1.0
    reach = -sign * state.mark
    if front.is_dirty != 0 and front.bound <= reach:
        _rebuild(desk, k, reach + NEARBY * state.mark)
    best, best_key = -1, math.inf
    at = front.cursor
    if at + AHEAD < front.end:
        later = desk.order[at + AHEAD]
        prefetch(desk.traders, later)
        prefetch(desk.fixed, later)
    while at < front.end:
        i = desk.order[at]
        trader = desk.traders[i]
        if trader.size > 0.0 and trader.is_moved == 0:
            best, best_key = i, -sign * trader.trigger
            break
        at += 1
    front.cursor = at
    while front.heap_size > 0:
        top = desk.heap[k, 0]
        i, key = top.trader, top.key
        trader = desk.traders[i]
        if trader.size == 0.0 or key != -sign * trader.trigger:
            pop(desk, k)
            continue
        if best < 0 or key < best_key or (key == best_key and i < best):
            best, best_key = i, key
        break
    if best >= 0 and best_key <= reach:
        return best
    if k == LONG:
        state.next_long = min(best_key, front.bound)
    else:
        state.next_short = min(best_key, front.bound)
    return -1
