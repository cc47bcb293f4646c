"""Whether a session's page is there, and how many sessions are served."""

from weakref import WeakSet

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def own_session() -> str:
    """The session that this script runs for; empty outside a script."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_connected(session: str) -> bool:
    """Whether a session's page is connected; where no server runs (AppTest) it always is."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


MOST = 300  # sessions, with those that are kept a while for a page that may come back
SEAT = "session:seat"
FULL = (
    "This server shows its pages to {most} visitors at once, and as many are here. Reload this page in a few minutes: "
    "your settings are in its address."
)


class Seat:
    """One session's place. Lives as long as the session's state."""


_taken: "WeakSet[Seat]" = WeakSet()


def has_seat() -> bool:
    """Whether this session is one of those that are served: it keeps its place until it ends."""
    if SEAT not in st.session_state:
        if len(_taken) >= MOST:
            return False
        st.session_state[SEAT] = Seat()
        _taken.add(st.session_state[SEAT])
    return True
