"""The short way while a hand moves: slider values in, a board's message out, over a websocket beside Streamlit's.

A fragment run costs the server several milliseconds and the browser a pass over the whole page. Between the two ends of
a drag nothing of that is needed: one function is called with the values, and what it returns goes to the board. When
the hand lets go the fragment runs as always, and its result counts. Where this way is closed (another server, a lost
connection, values that cannot be drawn), every value goes through the fragment.
"""

import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
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
WORKERS = 6  # drags that are computed at once; the others wait their turn, at most one of each board
SLOW, SLOW_WORKERS = 0.05, 1  # seconds of a processor for one picture; boards above that share workers of their own
POLICY, UNSUPPORTED, AWAY, TOO_LONG = 1008, 1003, 1001, 1009  # websocket closing codes

Redraw = Callable[[dict[str, float]], bytes]
_channels: "WeakValueDictionary[str, LiveChannel]" = WeakValueDictionary()
_log = logging.getLogger(__name__)


class LiveChannel:
    """One board's function and the bounds of its sliders. Lives as long as the session that has it in its state."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(18)
        self.redraw: Redraw | None = None
        self.bounds: dict[str, tuple[float, float, float]] = {}
        self.took = 0.0
        self.turn = anyio.Lock()
        self.lane: anyio.CancelScope | None = None
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
        began = time.thread_time()
        try:
            return self.redraw(values) if self.redraw else b""
        except Exception:
            _log.debug("no picture for %s", values, exc_info=True)
            return b""
        finally:
            self.took = time.thread_time() - began


def open_channel(key: str, panel: str, redraw: Redraw) -> str:
    """Set what a drag on the panel's sliders calls, and return the token by which this session's browser finds it."""
    name = f"live:channel:{key}"
    if name not in st.session_state:
        st.session_state[name] = LiveChannel()
    mine = st.session_state[name]
    mine.redraw, mine.bounds = redraw, slider_bounds(panel)
    return mine.token


async def serve(socket: WebSocket) -> None:
    """Answer one browser's messages in order; it sends the next one after the answer.

    The token comes as the subprotocol, because addresses end up in access logs. A board has one lane: the newest.
    """
    token = token_of(socket)
    mine = _channels.get(token)
    if mine is None or not is_same_origin(socket):
        await socket.close(POLICY)
        return
    if mine.lane is not None:
        mine.lane.cancel()
    mine.lane = lane = anyio.CancelScope()
    del mine  # the session may end while the hand rests
    code = AWAY
    try:
        with lane:
            await socket.accept(token)
            code = await _answer_all(socket, token)
        await socket.close(code)
    except (WebSocketDisconnect, KeyError, RuntimeError):  # KeyError: a binary message; RuntimeError: it has gone
        return


async def _answer_all(socket: WebSocket, token: str) -> int:
    """Answer until a message cannot be answered; return the code that says why."""
    while True:
        message = await socket.receive_text()
        mine = _channels.get(token)
        if mine is None:
            return AWAY
        if len(message) > LONGEST:
            return TOO_LONG
        values = mine.values(message)
        if values is None:
            return UNSUPPORTED
        async with mine.turn:  # before a worker is taken: who waits for the own board holds up nobody else
            picture = await anyio.to_thread.run_sync(mine.answer, values, limiter=_limiter(mine.took > SLOW))
        del mine
        await socket.send_bytes(picture)


@cache
def _limiter(is_slow: bool) -> anyio.CapacityLimiter:
    """The workers: heavy boards have few, so that no number of them keeps a light one waiting."""
    return anyio.CapacityLimiter(SLOW_WORKERS if is_slow else WORKERS)


def token_of(socket: WebSocket) -> str:
    """The token by which a browser names what it is about."""
    return next(iter(socket.scope.get("subprotocols", ())), "")


def is_same_origin(socket: WebSocket) -> bool:
    """A page of another site must not use a visitor's browser; clients that are no browser send no origin."""
    origin = socket.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == socket.headers.get("host")
    except ValueError:
        return False


def route(name: str, answer: Callable[[WebSocket], Awaitable[None]]) -> WebSocketRoute:
    """What `st.App` has to serve, below the address that the server is configured for."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return WebSocketRoute(f"/{base}/{name}".replace("//", "/"), answer)
