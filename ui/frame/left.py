"""A page's own heavy run ends when its page has gone: nobody would see it, and it takes a processor from others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from engine import RunStoppedError, Stop
from ui.frame.line import LEFT
from ui.frame.sessions import is_connected, own_session

LOOK = 0.1  # seconds between two looks whether the page is there
AGAIN = 0.01  # seconds after which a run that still goes on is told again


@contextmanager
def until_left() -> Iterator[None]:
    """End the runs of the block, and the script that makes them, when its page has been away for LEFT seconds."""
    session = own_session()
    if not session:
        yield
        return
    stop, over = Stop(), threading.Event()
    threading.Thread(target=_watch, args=(session, stop, over), name="page's own run", daemon=True).start()
    try:
        with stop.applies():
            yield
    except RunStoppedError:
        st.stop()
        raise  # where no script runs that could be ended
    finally:
        over.set()


def _watch(session: str, stop: Stop, over: threading.Event) -> None:
    seen = time.monotonic()
    while not over.wait(AGAIN if stop.is_set else LOOK):
        if not stop.is_set and is_connected(session):
            seen = time.monotonic()
        elif time.monotonic() - seen > LEFT:
            stop.set()
