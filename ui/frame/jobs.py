"""What pages of many paths share: a draft that follows the hand, a precise run on a thread, and what was asked last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import streamlit as st

from engine import EngineError, InputError
from ui.frame.intervals import Row
from ui.frame.layout import CHECKOUT, rerun, text_table

Query = TypeVar("Query", bound=Hashable)
Progress = Callable[[int, int], None]
Work = Callable[[Progress], Any]
KEPT = 8
SECONDS = 0.4


class StoppedError(Exception):
    """Raised in the work's thread by its next report, after the stop button."""


class Job:
    """One piece of work on a thread; it is told to stop when it reports."""

    def __init__(self, query: Hashable, work: Work) -> None:
        self.query = query
        self.share = 0.0
        self.result: Any = None
        self.error = ""
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name="precise run", daemon=True)
        self._thread.start()

    def _run(self, work: Work) -> None:
        try:
            self.result = work(self._progress)
        except StoppedError:
            pass
        except EngineError as error:
            self.error = str(error)

    def _progress(self, done: int, total: int) -> None:
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


def on_release(name: str) -> Callable[[], None]:
    """Return a callback that notes that the hand let go: rankings and tables of the page follow then."""

    def released() -> None:
        st.session_state[f"{name}:released"] = True

    return released


def query_of(name: str) -> Any:
    """Return what the sliders of a page ask now."""
    return st.session_state[f"{name}:query"]


def result_of(name: str, query: Query, draft: Callable[[Query], Any]) -> Any:
    """Return the precise result if there is one, else the draft; a sentence for what cannot be."""
    try:
        return _precise(name, query) or draft(query)
    except InputError as error:
        return "; ".join(error.violations)


def waiting() -> AbstractContextManager[None]:
    """Return a sign that paths are being run; it is shown where that takes longer than half a second."""
    return st.spinner("Running the paths of this draft: some seconds.")


def follow(name: str, query: Query, draft: Callable[[Query], Any], show: Callable[[Any], Any], wrong: str) -> None:
    """Show the result of what the sliders ask, in a fragment; the rest of the page follows when the hand lets go."""
    st.session_state[f"{name}:query"] = query
    with waiting():
        result = result_of(name, query, draft)
    if isinstance(result, str):
        st.error(f"{wrong}: {result}.")
    else:
        show(result)
    if st.session_state.pop(f"{name}:released", False):
        rerun()


def released_result(name: str, draft: Callable[[Any], Any]) -> Any:
    """Return the result for what follows when the hand lets go, None where there is none."""
    result = result_of(name, query_of(name), draft)
    return None if isinstance(result, str) else result


def panel(name: str, query: Hashable, work: Work, *, label: str, draft: str, precise: str) -> None:
    """Say which kind of numbers is shown; offer the precise run, or its bar and a stop button while it runs.

    A run for other settings than those asked about is stopped: its result would be about something else.
    """
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and job.query != query:
        job.stop()
        job = st.session_state[f"job:{name}"] = None
    is_running = job is not None and job.is_running
    st.fragment(_panel, run_every=SECONDS if is_running else None)(name, query, work, label, draft, precise)


def _panel(name: str, query: Hashable, work: Work, label: str, draft: str, precise: str) -> None:
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and not job.is_running:
        _keep(name, job)
        st.session_state[f"job:{name}"] = None
        if job.result is not None:
            rerun()
        job = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None:
            st.progress(min(job.share, 1.0), text=f"{label}: {100 * job.share:.0f} %")
            if st.button("Stop", key=f"stop:{name}"):
                job.stop()
                job.wait(5.0)
                rerun()
        elif _precise(name, query) is not None:
            st.caption(f"**Precise**: {precise}.")
        else:
            if st.button(label, key=f"start:{name}"):
                st.session_state[f"job:{name}"] = Job(query, work)
                rerun()
            st.caption(f"**Draft**: {draft}.")
            if st.session_state.get(f"failed:{name}"):
                st.error(st.session_state.pop(f"failed:{name}"))


def _precise(name: str, query: Hashable) -> Any:
    """Return the precise result that this session has for these settings, or None."""
    return st.session_state.get(f"precise:{name}", {}).get(query)


def _keep(name: str, job: Job) -> None:
    if job.error:
        st.session_state[f"failed:{name}"] = job.error
    if job.result is not None:
        kept = st.session_state.setdefault(f"precise:{name}", {})
        kept[job.query] = job.result
        while len(kept) > KEPT:
            kept.pop(next(iter(kept)))


def table(rows: list[Row], *, is_precise: bool) -> None:
    """Draw every figure with its interval, and which kind of figures they are."""
    with st.expander("Every figure with its 95 % interval"):
        text_table(rows, numbers=("estimate", "95 % interval"))
        kind = "the precise run" if is_precise else "the draft"
        st.caption(f"Computed by {kind}; an interval says how far the number of paths reaches, not how far the model.")


def reproduce(command: str, file: str, settings: str) -> None:
    """Draw the command that gives the same figures, with the settings file that it reads."""
    with st.expander("Take it along: the same on the command line"):
        st.code(command, language="bash", wrap_lines=True)
        st.caption(CHECKOUT)
        st.download_button("Settings (JSON)", settings, file_name=file, mime="application/json", on_click="ignore")


def reproduce_command(command: str) -> None:
    """Draw the command that gives the same figures."""
    with st.expander("Take it along: the same on the command line"):
        st.code(command, language="bash", wrap_lines=True)
        st.caption(CHECKOUT)


def caveats(text: str, assumed: str = "") -> None:
    """Draw what the page leaves out and assumes."""
    with st.expander("What this leaves out"):
        st.markdown(f"{text.strip()}\n\n{assumed}".replace("$", "\\$"))
