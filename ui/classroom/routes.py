"""The students' page beside Streamlit: one HTML file, one script, three short questions and a websocket that tells.

A phone joins, gets a token, and sends it with each answer; the websocket sends what it has to show, whenever that has
changed, and again after every loss. Of a question nothing is sent but what the teacher's screen asks; the result
comes when it is revealed. No page of Streamlit is needed for any of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config

from ui.classroom.limits import Limit
from ui.frame import server
from ui.live.live_channel import AWAY, POLICY, is_same_origin, route, token_of

if TYPE_CHECKING:
    from ui.classroom.store import Snapshot

PAGE = Path(__file__).parents[2] / "static" / "class" / "phone.html"
LONGEST = 4096  # bytes that a phone may send
LOOK = 0.2  # seconds between two looks for what a teacher has changed
TIDY = 600.0  # seconds between two looks for classes that are too old
WORKERS = 8  # questions to the store at once
GONE, ELSEWHERE = 4001, 4002  # closing codes: no such class or phone; the same phone came again
VISITS, ANSWERS = Limit(1_500, 20.0), Limit(20, 2.0)  # of an address (a school has one for all), of a phone
_log = logging.getLogger(__name__)


async def _store(work: Callable[..., Any], *given: Any) -> Any:
    """Call a function of the store on a thread, the engine first; libraries are read when a class is first used."""
    return await anyio.to_thread.run_sync(lambda: work(_engine(), *given), limiter=_workers())


def _engine() -> Any:
    from ui.classroom.connection import store_engine  # here: the server answers before the database's library is read

    return store_engine()


@cache
def _workers() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(WORKERS)


def _said(told: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(told, status, {"Cache-Control": "no-store"})


async def _body(request: Request) -> dict[str, Any]:
    """Return what a phone sent; an empty one where it is too long or no such thing."""
    sent = b""
    async for part in request.stream():
        sent += part
        if len(sent) > LONGEST:
            return {}
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _address(request: Request | WebSocket) -> str:
    return request.client.host if request.client else ""


async def page(_request: Request) -> Response:
    """The page itself; which class it is for stands behind # and is not sent."""
    return HTMLResponse(PAGE.read_text(encoding="utf-8"), headers={"Cache-Control": "no-cache"})


async def about(request: Request) -> Response:
    """Tell whether there is a class with this code, and whether it wants nicknames."""
    from ui.classroom import store

    async def work(sent: dict[str, Any]) -> dict[str, Any]:
        return {"has_names": await _store(store.has_names, _word(sent, "code"))}

    return await _limited(request, work)


async def join(request: Request) -> Response:
    """Take a phone into a class, and give it its token."""
    from ui.classroom import store

    async def work(sent: dict[str, Any]) -> dict[str, Any]:
        token, number = await _store(store.join, _word(sent, "code"), _word(sent, "name"))
        return {"token": token, "number": number}

    return await _limited(request, work)


async def answer(request: Request) -> Response:
    """Keep an answer, and say what is kept: only then is it safe."""
    from ui.classroom import asked, store

    async def work(sent: dict[str, Any]) -> dict[str, Any]:
        def check(body: dict[str, Any]) -> str:
            return asked.check(body, sent.get("value"))

        words = [_word(sent, name) for name in ("code", "token", "question")]
        if not ANSWERS.is_free(words[1]):
            raise ValueError("Too many at once; wait a moment and try again.")
        return {"kept": await _store(store.answer, *words, check)}

    return await _limited(request, work)


async def _limited(request: Request, work: Callable[[dict[str, Any]], Any]) -> Response:
    """Answer a phone: what `work` returns, or why not, in a sentence."""
    if not VISITS.is_free(_address(request)):
        return _said({"refused": "Too many at once; wait a moment and try again."}, 429)
    sent = await _body(request)
    if not sent:
        return _said({"refused": "This could not be read."}, 400)
    try:
        return _said(await work(sent))
    except ValueError as error:  # of the store, or of what was typed
        return _said({"refused": str(error)})


def _word(sent: dict[str, Any], name: str) -> str:
    word = sent.get(name, "")
    return word[:200] if isinstance(word, str) else ""


class Room:
    """The phones of one class that are connected: one look at the store serves them all."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.phones: dict[str, anyio.CancelScope] = {}
        self.snapshot: Snapshot | None = None
        self.read_at = 0.0
        self.turn = anyio.Lock()
        self.changed = anyio.Event()
        self.is_watched = False

    async def refresh(self) -> None:
        """Read the class as it is now; who waits here together is served by one reading."""
        from ui.classroom import store

        came = time.monotonic()
        async with self.turn:
            if self.read_at <= came:
                self.read_at = time.monotonic()
                self.snapshot = await _store(store.snapshot, self.code)

    async def watch(self) -> None:
        """Wake all phones when the class has changed, until there is none."""
        from ui.classroom import store

        while self.phones:
            await anyio.sleep(LOOK)
            try:
                found = await _store(store.version, self.code)
                if self.snapshot is None or found != self.snapshot.version:
                    await self.refresh()
                    self._wake()
            except store.UnknownError:
                self.snapshot = None
                self._wake()
            except Exception:  # the store is away for a moment: phones wait
                _log.exception("A class could not be read.")
        self.is_watched = False
        _rooms.pop(self.code, None)

    def _wake(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()


_rooms: dict[str, Room] = {}
_watchers: set[asyncio.Task[None]] = set()


async def live(socket: WebSocket) -> None:
    """Tell one phone what it has to show, now and whenever that changes."""
    token, code = token_of(socket), socket.query_params.get("code", "")
    if not token or not is_same_origin(socket) or not VISITS.is_free(_address(socket)):
        await socket.close(POLICY)
        return
    from ui.classroom import store

    try:
        await socket.accept(token)
        with contextlib.suppress(store.UnknownError):
            await socket.close(await _tell(socket, code, token))
            return
        await socket.close(GONE)
    except (WebSocketDisconnect, KeyError, RuntimeError):  # KeyError: a binary message; RuntimeError: it has gone
        return


async def _tell(socket: WebSocket, code: str, token: str) -> int:
    """Tell until the phone goes, comes again or the class is gone; return the code that says why."""
    room = _rooms.get(code) or Room(code)
    await room.refresh()
    if room.snapshot is None:
        return GONE
    room.snapshot.of(token)  # raises where the phone is not in the class
    room = _rooms.setdefault(code, room)
    before = room.phones.pop(token, None)
    if before is not None:
        before.cancel()
    async with anyio.create_task_group() as group:
        room.phones[token] = mine = group.cancel_scope
        if not room.is_watched:
            room.is_watched = True
            _keep(room.watch())
        group.start_soon(_until_gone, socket, mine)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has gone
            while room.snapshot is not None:
                changed = room.changed
                await socket.send_text(json.dumps(room.snapshot.of(token)))
                await changed.wait()
        mine.cancel()
    was_newest = room.phones.get(token) is mine
    if was_newest:
        del room.phones[token]
    return GONE if room.snapshot is None else AWAY if was_newest else ELSEWHERE


def _keep(watching: Any) -> None:
    task = asyncio.create_task(watching)
    _watchers.add(task)
    task.add_done_callback(_watchers.discard)


async def _until_gone(socket: WebSocket, scope: anyio.CancelScope) -> None:
    with contextlib.suppress(WebSocketDisconnect, KeyError, RuntimeError):
        while len(await socket.receive_text()) <= LONGEST:
            pass
    scope.cancel()


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Serve as ever, and delete the classes that are older than a day."""
    tidying = asyncio.create_task(_tidy())
    async with server.lifespan(app):
        yield
    tidying.cancel()


def _forget() -> None:
    from ui.classroom import connection, store

    if connection.has_store():
        store.forget(connection.store_engine())


async def _tidy() -> None:
    while True:
        try:
            await anyio.to_thread.run_sync(_forget)
        except Exception:
            _log.exception("Old classes could not be deleted.")
        await asyncio.sleep(TIDY)


def routes() -> tuple[BaseRoute, ...]:
    """What `st.App` has to serve for phones."""
    base = config.get_option("server.baseUrlPath").strip("/")
    ways = {"about": about, "join": join, "answer": answer}
    place = f"/{base}/class".replace("//", "/")
    posts = (Route(f"{place}/{name}", way, methods=["POST"]) for name, way in ways.items())
    return (Route(place, page), *posts, route("class/live", live))
