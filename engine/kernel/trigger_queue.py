"""Who is forced out next: a sorted front per side, and a lazily rebuilt heap of positions whose trigger moved.

Two questions, two functions. *Trigger*: a position is triggered once the mark's key has reached its own (`queue_key`,
`is_reached`). *Priority*: of two triggered positions `goes_first` says which is forced out next, today the one whose
trigger the mark passed first. Front and heap are sorted by key, so the candidates are their two heads; an order of
another kind (largest first) collects what is reached and changes `goes_first`, and nothing else.

Invariant: every open position whose trigger moved is in the heap with its present key, or its side is dirty and `bound`
is at most its key. Stale heap entries are recognized by their key and dropped. A rebuild takes only what the price is
near to.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import inlined, inner
from engine.intrinsics import prefetch
from engine.kernel.heap import build, pop, push, sift_down
from engine.kernel.state import LONG, Floats, Ints, RunBuffers
from engine.ties import all_to_compare, to_compare

AHEAD = 12  # places in the sorted front: how early the processor is asked for a trader
NEARBY = 0.01


def sort_by_trigger(is_long: NDArray[np.bool_], trigger: Floats) -> tuple[Ints, int]:
    """Return trader indices by trigger price (longs, highest first; then shorts, lowest first) and the count of longs.

    Ties go to the lowest index, but for positions that can never be forced out: nobody asks for their order.
    """
    rows, price = [], all_to_compare(trigger)
    for side, traders in ((1.0, np.flatnonzero(is_long)), (-1.0, np.flatnonzero(~is_long))):
        key = -side * price[traders]
        order = np.argsort(key)
        ranked = key[order]
        _sort_ties(order, (ranked[1:] == ranked[:-1]) & (ranked[1:] < (0.0 if side > 0.0 else np.inf)))
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
def queue_key(side: float, price: float) -> float:
    """Return where a price lies in the line of a side, -price (long) or price (short), as orders compare it.

    `side` is +1 or -1. Marks are compared with the same digits as triggers, so a tie is reached by all or by none.
    """
    return -side * to_compare(price)


@inlined
def side_of(k: int) -> float:
    """Return +1 for row LONG, -1 for row SHORT."""
    return 1.0 if k == LONG else -1.0


@inlined
def is_reached(key: float, k: int, mark: float) -> bool:
    """Tell whether a mark triggers a position of side k with this key."""
    return key <= queue_key(side_of(k), mark)


@inlined
def goes_first(i: int, key: float, other: int, other_key: float) -> bool:
    """Tell whether position i is forced out before another of its side; `other` is -1 where there is none."""
    return other < 0 or key < other_key or (key == other_key and i < other)


@inlined
def reset_queue(buffers: RunBuffers, n_long: int) -> None:
    """Put the queue to its start: the front of each side, and no position moved."""
    for k in range(2):
        front = buffers.front[k]
        front.cursor = 0 if k == LONG else n_long
        front.end = n_long if k == LONG else buffers.order.size
        front.heap_size = 0
        front.n_moved = 0
        front.is_dirty = 0
        front.bound, front.next = math.inf, -math.inf


@inlined
def key_of(buffers: RunBuffers, i: int) -> float:
    """Return the key of a position's trigger."""
    return queue_key(side_of(buffers.positions[i].row), buffers.positions[i].trigger)


@inlined
def queue_up(buffers: RunBuffers, i: int) -> None:
    """Put a position whose trigger moved into the heap of its side."""
    k = buffers.positions[i].row
    push(buffers.heap[k], buffers.front[k].heap_size, key_of(buffers, i), i)
    buffers.front[k].heap_size += 1


@inlined
def replace_top(buffers: RunBuffers, k: int) -> None:
    """Give the top of the heap of side k its present key."""
    heap = buffers.heap[k]
    heap[0].key = key_of(buffers, heap[0].item)
    sift_down(heap, buffers.front[k].heap_size, 0)


@inlined
def note_moved(buffers: RunBuffers, i: int) -> None:
    """Take a position whose trigger changed out of the sorted front, once."""
    position = buffers.positions[i]
    if position.is_moved == 0:
        position.is_moved = 1
        k = position.row
        at = buffers.front[k].n_moved
        buffers.moved[k, at] = i
        buffers.front[k].n_moved = at + 1


@inlined
def wait_for(buffers: RunBuffers, k: int, key: float) -> None:
    """Note that positions of side k moved, to keys of at least `key`; the heap is rebuilt when the price reaches it."""
    front = buffers.front[k]
    if key < math.inf:
        front.is_dirty = 1
    front.bound, front.next = min(front.bound, key), min(front.next, key)


@inlined
def mark_moved(buffers: RunBuffers, i: int) -> None:
    """Note that the trigger of an open position changed."""
    note_moved(buffers, i)
    wait_for(buffers, buffers.positions[i].row, key_of(buffers, i))


@inner
def _rebuild(buffers: RunBuffers, k: int, limit: float) -> None:
    """Put the moved positions of side k with keys up to `limit` into the heap; `bound` is the smallest key beyond."""
    heap, moved, front = buffers.heap[k], buffers.moved[k], buffers.front[k]
    size, n_open, bound = 0, 0, math.inf
    for at in range(front.n_moved):
        i = moved[at]
        position = buffers.positions[i]
        moved[n_open] = i
        n_open += 1 if position.size > 0.0 else 0
        key = key_of(buffers, i) if position.size > 0.0 else math.inf
        if key <= limit:
            heap[size].key, heap[size].item = key, i
            size += 1
        else:
            bound = min(bound, key)
    build(heap, size)
    front.n_moved = n_open
    front.heap_size = size
    front.is_dirty = 1 if bound < math.inf else 0
    front.bound = bound


@inlined
def _head_of_front(buffers: RunBuffers, k: int) -> int:
    """Return the first open position of the sorted front whose trigger has not moved, or -1; moves the cursor there."""
    front = buffers.front[k]
    at = front.cursor
    if at + AHEAD < front.end:
        later = buffers.order[at + AHEAD]
        prefetch(buffers.positions, later)
        prefetch(buffers.terms, later)
    found = -1
    while at < front.end:
        i = buffers.order[at]
        position = buffers.positions[i]
        if position.size > 0.0 and position.is_moved == 0:
            found = i
            break
        at += 1
    front.cursor = at
    return found


@inlined
def _head_of_heap(buffers: RunBuffers, k: int) -> int:
    """Return the open position with the smallest key among those that moved, or -1; drops what is stale."""
    front = buffers.front[k]
    while front.heap_size > 0:
        i = buffers.heap[k, 0].item
        if buffers.positions[i].size > 0.0 and buffers.heap[k, 0].key == key_of(buffers, i):
            return i
        pop(buffers.heap[k], front.heap_size)
        front.heap_size -= 1
    return -1


@inlined
def may_reach(k: int, mark: float, buffers: RunBuffers) -> bool:
    """Tell whether a mark reaches the key that side k waits for; if not, nobody of that side has to be looked for."""
    return queue_key(side_of(k), mark) >= buffers.front[k].next


@inlined
def next_in_line(buffers: RunBuffers, k: int, mark: float) -> int:
    """Return the position of side k that `mark` would force out next, or -1 after noting the key to wait for."""
    front = buffers.front[k]
    if front.is_dirty != 0 and is_reached(front.bound, k, mark):
        _rebuild(buffers, k, queue_key(side_of(k), mark) + NEARBY * mark)
    best, best_key = _head_of_front(buffers, k), math.inf
    if best >= 0:
        best_key = key_of(buffers, best)
    i = _head_of_heap(buffers, k)
    if i >= 0:
        key = key_of(buffers, i)
        if goes_first(i, key, best, best_key):
            best, best_key = i, key
    if best >= 0 and is_reached(best_key, k, mark):
        return best
    front.next = min(best_key, front.bound)
    return -1
