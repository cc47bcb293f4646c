"""Ending a run from another thread: its result is then no result, and `RunStoppedError` is raised in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from engine.errors import EngineError
from engine.kernel.state import Rows

TOO_MANY = 2**62 + 1  # forced trades: more than any run goes on with


class RunStoppedError(EngineError):
    """The run was ended by a `Stop` before it was over."""


class Stop:
    """Ends the runs of one book along one path that are made under it.

    Notes
    -----
    The kernel needs no flag of its own: before each forced trade it looks whether there were more than a log may have,
    and forces nobody out any more if so. A number beyond that, written beside it, ends a run after one forced trade, or
    one deleveraging, at most. The kernel may count one more trade over it in the same moment, so `set` is called again
    until the run is over.

    Examples
    --------
    >>> import engine
    >>> stop = Stop()
    >>> stop.set()
    >>> with stop.applies():
    ...     run = engine.run_scenario(engine.load_preset("calm").scenario)
    Traceback (most recent call last):
    engine.stopping.RunStoppedError: the run was stopped before it was over
    """

    def __init__(self) -> None:
        self.is_set = False
        self._lock = threading.Lock()
        self._running: list[Rows] = []

    def set(self) -> None:
        """End what runs under this now, and what begins later; may be called from any thread, and again."""
        self.is_set = True
        with self._lock:
            for state in self._running:
                state["n_events"] = TOO_MANY

    @contextmanager
    def applies(self) -> Iterator[None]:
        """Let this end the runs that the calling thread makes in the block."""
        token = _applied.set(self)
        try:
            yield
        finally:
            _applied.reset(token)

    def begin(self, state: Rows) -> None:
        """Let this end a run that begins, (1,) STATE_DTYPE; raise RunStoppedError if it has been set."""
        with self._lock:
            self._running.append(state)
        if self.is_set:
            self.end(state)

    def end(self, state: Rows) -> None:
        """Let go of a run that is over; raise RunStoppedError if it was ended before."""
        with self._lock:
            self._running = [other for other in self._running if other is not state]
        if self.is_set:
            raise RunStoppedError("the run was stopped before it was over")


_applied: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def stoppable(state: Rows) -> Iterator[None]:
    """Run the kernel in the block on a state that the applied Stop, if there is one, may change."""
    stop = _applied.get()
    if stop is None:
        yield
        return
    stop.begin(state)
    try:
        yield
    finally:
        stop.end(state)
