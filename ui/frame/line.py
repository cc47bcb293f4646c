"""Precise runs of all sessions stand in one line: one at a time, one a session; who leaves gives up the place."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from typing import Any

from engine import EngineError, InputError
from ui.frame.apart import Apart, Work
from ui.frame.logs import log_failure
from ui.frame.page_part import LEFT
from ui.frame.sessions import is_connected
from ui.frame.turns import give_way

AT_ONCE = 1  # one run takes all processors by itself
LOOK = 0.25  # seconds between two looks of who waits
GONE = "The precise run was stopped because its page was closed or lost its connection; start it again"
FAILED = "The precise run failed; the server's log says why"
OTHER = "The precise run was stopped because another one was started"


class StoppedError(Exception):
    """Raised in the work's thread by its next report, after it was told to stop."""


class Line:
    """Who is at work and who waits, in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.at_once = at_once
        self._changed = threading.Condition()
        self._jobs: list[Job] = []  # the first `at_once` are at work

    def enter(self, job: Job) -> None:
        """Take the last place; a run that the same session has in the line is stopped."""
        with self._changed:
            for other in self._jobs:
                if job.session and other.session == job.session:
                    other.stop(OTHER)
            self._jobs.append(job)

    def wait(self, job: Job) -> None:
        """Wait for the turn; raise StoppedError when the job was told to stop before it came."""
        with self._changed:
            while self._jobs.index(job) >= self.at_once:
                job.look()
                self._changed.wait(LOOK)

    def leave(self, job: Job) -> None:
        """Give up the place."""
        with self._changed:
            self._jobs.remove(job)
            self._changed.notify_all()

    def before(self, job: Job) -> int:
        """How many must end before this one begins; 0 when it is at work."""
        with self._changed:
            return max(0, self._jobs.index(job) + 1 - self.at_once) if job in self._jobs else 0


_line = Line()


class Job:
    """One piece of work on a thread, or in another process that a thread waits for; it is told to stop when it reports.

    Its page's session may be empty: then nobody can leave, and it counts as a session of its own.
    """

    def __init__(
        self, query: Hashable, work: Work, session: str = "", line: Line = _line, apart: Apart | None = None
    ) -> None:
        self.query, self.session = query, session
        self.share = 0.0
        self.result: Any = None
        self.error = ""
        self._line, self._apart = line, apart
        self._is_stopped = threading.Event()
        self._seen = time.monotonic()
        line.enter(self)
        self._thread = threading.Thread(target=self._run, args=(work,), name="precise run", daemon=True)
        self._thread.start()

    def _run(self, work: Work) -> None:
        try:
            self._line.wait(self)
            if self._apart is not None:
                self.result = self._apart.run(work, self._progress)
            else:
                give_way()
                self.result = work(self._progress)
        except StoppedError:
            pass
        except InputError as error:
            self.error = str(error)
        except Exception as error:
            self.error = str(error) if isinstance(error, EngineError) else FAILED
            log_failure("A precise run", self.query)
        finally:
            self._line.leave(self)

    def _progress(self, done: int, total: int) -> None:
        self.look()
        self.share = done / max(total, 1)

    def look(self) -> None:
        """Raise StoppedError when the job was told to stop, or its page has been away for LEFT seconds."""
        now = time.monotonic()
        if not self.session or is_connected(self.session):
            self._seen = now
        elif now - self._seen > LEFT:
            self.stop(GONE)
        if self._is_stopped.is_set():
            raise StoppedError

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work or waits in the line."""
        return self._thread.is_alive()

    @property
    def before(self) -> int:
        """How many runs must end before this one begins."""
        return self._line.before(self)

    def stop(self, why: str = "") -> None:
        """Ask the work to end at its next report; `why` is said where the visitor did not ask for it."""
        self.error = self.error or why
        self._is_stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)
