"""What a page's script computes itself ends when the page has gone: nobody would see it, and others wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import streamlit as st

from ui.frame.sessions import is_connected, own_session

if TYPE_CHECKING:
    from engine import Stop

LEFT = 0.8  # seconds without its page after which a run is stopped: with the report, about one
LOOK = 0.1  # seconds between two looks whether the page is there
AGAIN = 0.01  # seconds after which a run that still goes on is told again

Part = TypeVar("Part", bound=Callable[..., None])
_is_watched: ContextVar[bool] = ContextVar("page is watched", default=False)


def page_part(part: Part) -> Part:
    """Make a function a part of its page that runs alone, a fragment, and ends when the page has gone."""

    @wraps(part)
    def watched(*arguments: Any, **named: Any) -> None:
        with until_left():
            part(*arguments, **named)

    return cast(Part, st.fragment(watched))


@contextmanager
def until_left() -> Iterator[None]:
    """End the runs of the block, and the script that makes them, when its page has been away for LEFT seconds."""
    from engine import RunStoppedError, Stop  # the server starts before the engine is loaded

    session = own_session()
    if not session or _is_watched.get():
        yield
        return
    stop, over, token = Stop(), threading.Event(), _is_watched.set(True)
    threading.Thread(target=_watch, args=(session, stop, over), name="page's own run", daemon=True).start()
    try:
        with stop.applies():
            yield
    except RunStoppedError:
        st.stop()
        raise  # where no script runs that could be ended
    finally:
        _is_watched.reset(token)
        over.set()


def _watch(session: str, stop: Stop, over: threading.Event) -> None:
    seen = time.monotonic()
    while not over.wait(AGAIN if stop.is_set else LOOK):
        if not stop.is_set and is_connected(session):
            seen = time.monotonic()
        elif time.monotonic() - seen > LEFT:
            stop.set()
