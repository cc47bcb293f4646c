"""The short way while a hand moves: slider values in, a board's message out, over a websocket beside Streamlit's.

A fragment run costs the server several milliseconds and the browser a pass over the whole page. Between the two ends of
a drag nothing of that is needed: one function is called with the values, and what it returns goes to the board. When
the hand lets go the fragment runs as always, and its result counts. Where this way is closed (another server, a lost
connection, values that cannot be drawn), every value goes through the fragment.
"""

import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import anyio
import streamlit as st
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config

from ui.live.slider import clean_number, slider_bounds

LONGEST = 4096  # characters of one message
WORKERS = 4  # drags that are computed at once; the others wait their turn
POLICY, UNSUPPORTED, AWAY = 1008, 1003, 1001  # websocket closing codes

Redraw = Callable[[dict[str, float]], bytes]
_channels: "WeakValueDictionary[str, LiveChannel]" = WeakValueDictionary()
_log = logging.getLogger(__name__)


class LiveChannel:
    """One board's function and the bounds of its sliders. Lives as long as the session that has it in its state."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(18)
        self.redraw: Redraw | None = None
        self.bounds: dict[str, tuple[float, float, float]] = {}
        self.turn = threading.Lock()
        _channels[self.token] = self

    def values(self, message: str) -> dict[str, float] | None:
        """All sliders' values, those of the message where it has numbers; None when it is no such message."""
        try:
            sent = json.loads(message)
        except (ValueError, RecursionError):
            return None
        if not isinstance(sent, Mapping):
            return None
        return {key: clean_number(sent.get(key), value, low, high) for key, (low, high, value) in self.bounds.items()}

    def answer(self, values: dict[str, float]) -> bytes:
        """The board's message; empty when these values cannot be drawn (then the fragment says why)."""
        try:
            with self.turn:
                return self.redraw(values) if self.redraw else b""
        except Exception:
            _log.debug("no picture for %s", values, exc_info=True)
            return b""


def open_channel(key: str, panel: str, redraw: Redraw) -> str:
    """Set what a drag on the panel's sliders calls, and return the token by which this session's browser finds it."""
    name = f"live:channel:{key}"
    if name not in st.session_state:
        st.session_state[name] = LiveChannel()
    mine = st.session_state[name]
    mine.redraw, mine.bounds = redraw, slider_bounds(panel)
    return mine.token


async def serve(socket: WebSocket) -> None:
    """Answer one browser's messages in order; it sends the next one after the answer."""
    token = socket.path_params["token"]
    if token not in _channels or not _is_same_origin(socket):
        await socket.close(POLICY)
        return
    await socket.accept()
    try:
        while True:
            message = await socket.receive_text()
            mine = _channels.get(token)
            values = mine.values(message) if mine and len(message) <= LONGEST else None
            if mine is None or values is None:
                await socket.close(UNSUPPORTED if mine else AWAY)
                return
            await socket.send_bytes(await anyio.to_thread.run_sync(mine.answer, values, limiter=_limiter()))
            del mine  # the session may end while the hand rests
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
        return


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(WORKERS)


def _is_same_origin(socket: WebSocket) -> bool:
    """A page of another site must not use a visitor's browser; clients that are no browser send no origin."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


def routes() -> list[WebSocketRoute]:
    """What `st.App` has to serve, below the address that the server is configured for."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return [WebSocketRoute(f"/{base}/live/{{token}}".replace("//", "/"), serve)]
