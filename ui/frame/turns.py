"""Pages are computed a few at a time, and what is precise gives way: the hand that drags has the interpreter sooner.

All threads of a process share its interpreter, in equal parts: with twenty pages at work a drag has one part in
twenty-one. Twenty pages one after the other are there as soon on the whole, and the first of them much sooner.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1  # pages of one process
NICE = 10  # of a precise run's threads that share the interpreter: a tenth of what a page or a drag has of a processor
COUNTED = 1.0  # seconds after which a page that is still computed keeps nobody waiting any more


class Turns:
    """Who is computed and who waits, in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE, counted: float = COUNTED) -> None:
        self.at_once, self.counted = at_once, counted
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._begun: dict[object, float] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and have it until the block ends; it keeps others waiting for `counted` seconds at most."""
        mine = object()
        with self._changed:
            self._waiting.append(mine)
            while self._waiting[0] is not mine or (seconds := self._until_free()) > 0.0:
                self._changed.wait(seconds if self._waiting[0] is mine else None)
            self._waiting.popleft()
            self._begun[mine] = time.monotonic()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._begun[mine]
                self._changed.notify_all()

    def _until_free(self) -> float:
        """Seconds until one more may be computed if none of those that are ends before; 0 if it may be now."""
        ends = sorted(begun + self.counted - time.monotonic() for begun in self._begun.values())
        counted = [end for end in ends if end > 0.0]
        return 0.0 if len(counted) < self.at_once else counted[len(counted) - self.at_once]


_pages = Turns()
page_turn = _pages.turn


def give_way() -> None:
    """Let this thread, and the threads that it starts, have a processor only after others; Linux has this by thread."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICE, os.getpriority(os.PRIO_PROCESS, thread)))
