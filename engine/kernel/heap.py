"""Heaps of items by key, HEAP_DTYPE, as compiled code keeps them: the smallest key on top, equal keys by item."""

from __future__ import annotations

from engine.compile import inlined, inner
from engine.kernel.state import Rows


@inlined
def is_before(heap: Rows, a: int, b: int) -> bool:
    """Tell whether entry a of a heap comes before entry b: the smaller key, then the lower item."""
    return heap[a].key < heap[b].key or (heap[a].key == heap[b].key and heap[a].item < heap[b].item)


@inlined
def swap(heap: Rows, a: int, b: int) -> None:
    """Exchange two entries of a heap."""
    key, item = heap[a].key, heap[a].item
    heap[a].key, heap[a].item = heap[b].key, heap[b].item
    heap[b].key, heap[b].item = key, item


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
def build(heap: Rows, size: int) -> None:
    """Make a heap of the first `size` entries."""
    for at in range(size // 2 - 1, -1, -1):
        sift_down(heap, size, at)


@inlined
def push(heap: Rows, size: int, key: float, item: int) -> None:
    """Add an item to a heap of so many entries."""
    at = size
    heap[at].key, heap[at].item = key, item
    while at > 0 and is_before(heap, at, (at - 1) // 2):
        swap(heap, at, (at - 1) // 2)
        at = (at - 1) // 2


@inlined
def pop(heap: Rows, size: int) -> None:
    """Take the top out of a heap of so many entries."""
    last = size - 1
    heap[0].key, heap[0].item = heap[last].key, heap[last].item
    sift_down(heap, last, 0)
