"""Precise runs in a process of their own: a hand that drags shares neither its interpreter nor its memory with them.

The process is started by the first run and ends when none has been asked for KEPT seconds, when a run is stopped, or
with the server. What it is sent, a function of a module and what that is asked, and what it answers are pickled; both
ends are this program.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ui.frame.kept import when_empty

Progress = Callable[[int, int], None]
Work = Callable[[Progress], Any]

ROOT = Path(__file__).parents[2]
COMMAND = "from ui.frame.apart import serve; serve()"
KEPT = 60.0  # seconds that the process waits for another run: it starts in about two, and holds 300 to 450 MB
LOOK = 0.1  # seconds between two reports, and between two looks whether a run that says nothing is to be stopped
NICE = 19  # the least: what a page or a drag leaves of a processor
REPORT, RESULT, ERROR, FAULT = "report", "result", "error", "fault"


class ApartError(Exception):
    """What was raised there, or that the process ended; the text is its traceback."""


class Apart:
    """The second process, where one run is made after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._rest: threading.Timer | None = None

    @property
    def process_id(self) -> int | None:
        """The process, None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def run(self, work: Work, progress: Progress) -> Any:
        """Return work(progress), computed there; what `progress` raises ends the process and is raised here."""
        from engine import EngineError  # here, as below: the server answers before the engine is read

        with self._lock:
            try:
                return self._answer(work, progress)
            except EngineError:
                raise
            except BaseException:
                self._end()
                raise

    def _answer(self, work: Work, progress: Progress) -> Any:
        _send(self._started(), work)
        told = (0, 1)
        while True:
            try:
                kind, said = self._heard.get(timeout=LOOK)
            except queue.Empty:
                kind, said = REPORT, told
            if kind == REPORT:
                told = said
                progress(*told)
            elif kind == FAULT:
                raise ApartError(said)
            else:
                self._end_soon()
                if kind == ERROR:
                    raise said
                return said

    def end(self) -> None:
        """End the process, unless a run is at work."""
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _started(self) -> IO[bytes]:
        """Where to send to; the process is started if it is not there."""
        if self._rest is not None:
            self._rest.cancel()
        if self._process is None or self._process.poll() is not None:
            self._end()
            pipe = subprocess.PIPE
            process = subprocess.Popen([sys.executable, "-c", COMMAND], cwd=ROOT, stdin=pipe, stdout=pipe)
            self._process, self._heard = process, queue.SimpleQueue()
            threading.Thread(target=_hear, args=(process, self._heard), name="precise runs", daemon=True).start()
        assert self._process is not None
        assert self._process.stdin is not None
        return self._process.stdin

    def _end_soon(self) -> None:
        self._rest = threading.Timer(KEPT, self.end)
        self._rest.daemon = True
        self._rest.start()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()


def _send(pipe: IO[bytes], message: Any) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


def _hear(process: subprocess.Popen[bytes], heard: queue.SimpleQueue[tuple[str, Any]]) -> None:
    """Hand on what the process says, until it ends."""
    try:
        while True:
            heard.put(pickle.load(process.stdout))  # type: ignore[arg-type]
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        heard.put((FAULT, "The process of precise runs ended."))


def serve() -> None:
    """Make the runs that are sent, one after the other, and say how far they are; end with who started this."""
    from engine import EngineError

    out, asked = _own_output(), queue.SimpleQueue[Work]()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of Ctrl-C the server says what follows
    getattr(os, "nice", int)(NICE)  # within the server's session: Linux shares processors between sessions first
    threading.Thread(target=_listen, args=(asked,), name="server", daemon=True).start()
    while True:
        work = asked.get()
        try:
            answer = (RESULT, work(_reports(out)))
        except EngineError as error:
            answer = (ERROR, error)
        except Exception:
            answer = (FAULT, traceback.format_exc())
        del work
        _send(out, answer)
        del answer


def _reports(out: IO[bytes]) -> Progress:
    """What a run calls to say how far it is, from any thread; it is said every LOOK seconds."""
    lock, said = threading.Lock(), 0.0

    def report(done: int, total: int) -> None:
        nonlocal said
        with lock:
            if time.monotonic() - said > LOOK:
                said = time.monotonic()
                _send(out, (REPORT, (done, total)))

    return report


def _own_output() -> IO[bytes]:
    """Return where answers go; what anything else prints goes to the log."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _listen(asked: queue.SimpleQueue[Work]) -> None:
    try:
        while True:
            asked.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)  # the server has gone, however it ended


_served: Apart | None = None


def open_process() -> None:
    """Let precise runs be made apart: this is a server."""
    global _served
    if _served is None:
        _served = Apart()
        when_empty(_served.end)


def process_for(*, has_own: bool) -> Apart | None:
    """Where a precise run is made; None: here, on a thread.

    What a session has of its own stays in the process that holds it; and where compiled code cannot be kept, a second
    process would compile it anew.
    """
    from engine import is_compiled

    return _served if not has_own and is_compiled() else None
