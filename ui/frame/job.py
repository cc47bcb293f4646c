"""Work that takes longer than a drag: on a thread, with a bar, a stop button, and what is kept of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from engine import EngineError

KEPT = 8
SECONDS = 0.4
Tell = Callable[[int, int], None]
Work = Callable[[Tell], Any]


class StoppedError(Exception):
    """Raised in the work's thread by its next report, after the stop button."""


class Job:
    """One piece of work on a thread; it is told to stop when it reports."""

    def __init__(self, ask: Hashable, work: Work) -> None:
        self.ask = ask
        self.share = 0.0
        self.result: Any = None
        self.error = ""
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name="precise run", daemon=True)
        self._thread.start()

    def _run(self, work: Work) -> None:
        try:
            self.result = work(self._tell)
        except StoppedError:
            pass
        except EngineError as error:
            self.error = str(error)

    def _tell(self, done: int, total: int) -> None:
        if self._is_stopped.is_set():
            raise StoppedError
        self.share = done / max(total, 1)

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the work to end at its next report."""
        self._is_stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)


def result_of(name: str, ask: Hashable) -> Any:
    """Return the precise result that this session has for these settings, or None."""
    return st.session_state.get(f"precise:{name}", {}).get(ask)


def panel(name: str, ask: Hashable, work: Work, *, label: str, draft: str, precise: str) -> None:
    """Say which kind of numbers is shown; offer the precise run, or its bar and a stop button while it runs.

    A run for other settings than those asked about is stopped: its answer would be about something else.
    """
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and job.ask != ask:
        job.stop()
        job = st.session_state[f"job:{name}"] = None
    is_running = job is not None and job.is_running
    st.fragment(_panel, run_every=SECONDS if is_running else None)(name, ask, work, label, draft, precise)


def _panel(name: str, ask: Hashable, work: Work, label: str, draft: str, precise: str) -> None:
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and not job.is_running:
        _keep(name, job)
        st.session_state[f"job:{name}"] = None
        if job.result is not None:
            st.rerun()
        job = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None:
            st.progress(min(job.share, 1.0), text=f"{label}: {100 * job.share:.0f} %")
            if st.button("Stop", key=f"stop:{name}"):
                job.stop()
                job.wait(5.0)
                st.rerun()
        elif result_of(name, ask) is not None:
            st.caption(f"**Precise**: {precise}.")
        else:
            if st.button(label, key=f"start:{name}"):
                st.session_state[f"job:{name}"] = Job(ask, work)
                st.rerun()
            st.caption(f"**Draft**: {draft}.")
            if st.session_state.get(f"failed:{name}"):
                st.error(st.session_state.pop(f"failed:{name}"))


def _keep(name: str, job: Job) -> None:
    if job.error:
        st.session_state[f"failed:{name}"] = job.error
    if job.result is not None:
        kept = st.session_state.setdefault(f"precise:{name}", {})
        kept[job.ask] = job.result
        while len(kept) > KEPT:
            kept.pop(next(iter(kept)))
