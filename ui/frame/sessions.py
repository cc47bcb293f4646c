"""Whether a session's page is there, how many sessions are served, and what they held is given back."""

import ctypes
import gc
import sys
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet, finalize

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.frame.kept import let_go


def own_session() -> str:
    """The session that this script runs for; empty outside a script, as in the middle of a drag."""
    context = get_script_run_ctx(suppress_warning=True)
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
        seat = st.session_state[SEAT] = Seat()
        _taken.add(seat)
        finalize(seat, give_back_soon).atexit = False
    return True


class Held:
    """What a session holds that is to be let go of when it ends, whatever still names it."""

    def end(self) -> None:
        """Let go of it."""
        raise NotImplementedError


HOLDERS = ("_session_state", "_fragment_storage")  # of Streamlit's session: what a page's names live on in


def end_expired() -> None:
    """End the sessions that have waited for their page as long as they may; on the server's own thread.

    Streamlit's loop keeps the last session that it served until it serves another one, and callbacks of its page keep
    what they were made with, so what each held is let go of here.
    """
    if runtime.exists():
        kept: Any = runtime.get_instance()._session_mgr
        ended = [info.session for _, info in kept._session_storage._cache.expire()]
        has_held = False
        for session in ended:
            session.shutdown()
            for value in list(session.session_state.filtered_state.values()):
                if isinstance(value, Held):
                    value.end()
                    has_held = True
            for name in HOLDERS:
                setattr(session, name, type(getattr(session, name))())
        if ended and not kept.list_sessions():
            _forget_last_page()
            let_go()
        if has_held:
            gc.unfreeze()  # the page of a visitor who came while the server started is among what was frozen
        if ended:
            gc.collect()
            give_back_soon()
        if has_held:
            gc.freeze()


def _forget_last_page() -> None:
    """Empty the names of the page that ran last: Streamlit keeps its module until another page runs."""
    module = sys.modules["__main__"]
    if Path(getattr(module, "__file__", None) or "").parent in (ROOT, ROOT / "pages"):
        vars(module).clear()


ROOT = Path(__file__).parents[2]
SOON = 5.0  # seconds: sessions often end together
_waiting = threading.Lock()


def give_back_soon() -> None:
    """Give back what ended sessions held, on a thread of its own, once for all that end within SOON."""
    if sys.platform == "linux" and _waiting.acquire(blocking=False):
        timer = threading.Timer(SOON, give_back)
        timer.daemon = True
        timer.start()


def give_back() -> None:
    """Return free memory to the system; the allocator of Linux keeps what lies between things that live on."""
    if _waiting.locked():  # not where it is called by hand
        _waiting.release()
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)


M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
LARGE, ARENAS = 2**20, 4


def keep_memory_together() -> None:
    """Let what is LARGE have memory of its own, which goes back when it is freed, and threads share ARENAS heaps.

    By default a freed array of some MB makes the next ones part of the heaps, of which there are eight a processor:
    after fifty visitors more than half of what they hold was free and not given back.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if option is not None:
        option(M_MMAP_THRESHOLD, LARGE)
        option(M_ARENA_MAX, ARENAS)
