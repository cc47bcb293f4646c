"""What pages share that follow the hand: when it let go, a draft, a precise run on a thread, what was asked last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Any, TypeVar
from weakref import ref

import streamlit as st

from engine import InputError
from ui.frame.apart import Progress, Work, process_for
from ui.frame.layout import notice, rerun
from ui.frame.line import Job
from ui.frame.sessions import own_session

__all__ = ["Job", "Progress", "Work"]
Query = TypeVar("Query", bound=Hashable)
KEPT = 8  # precise results of one page in one session
MOST = 400  # of all pages in all sessions
SECONDS = 0.4


class _Results(dict[Hashable, Any]):
    """One session's precise results of one page, by what was asked."""


_shelf: deque[tuple[ref[_Results], Hashable]] = deque()  # all sessions' results, the oldest first


def on_release(name: str) -> Callable[[], None]:
    """Return a callback that notes that the hand let go: link, rankings and tables of the page follow then."""

    def released() -> None:
        st.session_state[f"{name}:released"] = True

    return released


def was_released(name: str) -> bool:
    """Return whether the hand has let go since this was last asked."""
    return bool(st.session_state.pop(f"{name}:released", False))


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
        notice(f"{wrong}: {result}.", "error")
    else:
        show(result)
    if was_released(name):
        rerun()


def released_result(name: str, draft: Callable[[Any], Any]) -> Any:
    """Return the result for what follows when the hand lets go, None where there is none."""
    result = result_of(name, query_of(name), draft)
    return None if isinstance(result, str) else result


def panel(
    name: str, query: Hashable, work: Work, *, label: str, draft: str, precise: str, has_own: bool = False
) -> None:
    """Say which kind of numbers is shown; offer the precise run, or its bar and a stop button while it runs.

    A run for other settings than those asked about is stopped: its result would be about something else. `has_own`
    says that the query names what this session has of its own; where it does not, `work` can be pickled.
    """
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and job.query != query:
        job.stop()
        job = st.session_state[f"job:{name}"] = None
    is_running = job is not None and job.is_running
    st.fragment(_panel, run_every=SECONDS if is_running else None)(name, query, work, label, draft, precise, has_own)


def _panel(name: str, query: Hashable, work: Work, label: str, draft: str, precise: str, has_own: bool) -> None:
    job: Job | None = st.session_state.get(f"job:{name}")
    if job is not None and not job.is_running:
        _keep(name, job)
        st.session_state[f"job:{name}"] = None
        if job.result is not None:
            rerun()
        job = None
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None:
            st.progress(min(job.share, 1.0), text=f"{label}: {_how_far(job)}")
            if st.button("Stop", key=f"stop:{name}"):
                job.stop()
                job.wait(5.0)
                rerun()
        elif _precise(name, query) is not None:
            st.caption(f"**Precise**: {precise}.")
        else:
            if st.button(label, key=f"start:{name}"):
                st.session_state[f"job:{name}"] = Job(query, work, own_session(), apart=process_for(has_own=has_own))
                rerun()
            st.caption(f"**Draft**: {draft}.")
            if st.session_state.get(f"failed:{name}"):
                notice(f"{st.session_state.pop(f'failed:{name}')}.", "error")


def _how_far(job: Job) -> str:
    before = job.before
    if before:
        return f"waiting, {before} precise run{'s' if before > 1 else ''} of other visitors before it"
    return f"{100 * job.share:.0f} %"


def _precise(name: str, query: Hashable) -> Any:
    """Return the precise result that this session has for these settings, or None."""
    return st.session_state.get(f"precise:{name}", {}).get(query)


def _keep(name: str, job: Job) -> None:
    if job.error:
        st.session_state[f"failed:{name}"] = job.error
    if job.result is not None:
        keep(st.session_state.setdefault(f"precise:{name}", _Results()), job.query, job.result)


def keep(kept: _Results, query: Hashable, result: Any) -> None:
    """Keep a result; the session's oldest goes beyond KEPT, and the oldest of all sessions beyond MOST."""
    kept[query] = result
    _shelf.append((ref(kept), query))
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)))
    while len(_shelf) > MOST:
        whose, oldest = _shelf.popleft()
        others = whose()
        if others is not None:
            others.pop(oldest, None)
