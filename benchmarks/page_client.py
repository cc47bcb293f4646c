"""A visitor without a browser: Streamlit's websocket as its page speaks it, and the lane of a board beside it."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from contextlib import suppress
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

EARLY = 2  # a script's end that another run follows at once


class Page:
    """What one visitor's page shows after its last run: boards and buttons by their keys, faults.

    `how` goes to `websockets.connect`: where the address really is, whose certificates are trusted.
    """

    def __init__(self, address: str, **how: Any) -> None:
        self.address, self.how = address.replace("http", "ws", 1), how
        self.boards: dict[str, dict[str, Any]] = {}
        self.buttons: dict[str, tuple[str, str]] = {}  # id and fragment
        self.texts: list[str] = []
        self.faults: list[str] = []
        self.ticking: dict[str, float] = {}  # fragments that run again by themselves, and after how many seconds
        self.where = ("", "")
        self.page_hash = ""  # of the page that is shown: a fragment's run that asks for a whole one is of that page
        self.stream: Any = None

    async def open(self, page: str = "", query: str = "", *, patience: float = 120.0) -> Page:
        """Open a page (empty: the first one) at a link; the session stays the same."""
        if self.stream is None:
            self.stream = await self._connect("_stcore/stream", "streamlit")
        self.where = page, query
        await self._run(patience=patience)
        return self

    async def press(self, key: str, *, patience: float = 120.0) -> None:
        """Press a button."""
        name, fragment = self.buttons[key]
        await self._run(pressed=name, fragment=fragment, patience=patience)

    async def tick(self, *, patience: float = 120.0) -> None:
        """Wait as long as the page's fragment wants to, and run it again as a browser does."""
        fragment, seconds = next(iter(self.ticking.items()))
        await asyncio.sleep(seconds)
        await self._run(fragment=fragment, is_tick=True, patience=patience)

    async def close(self) -> None:
        """Close the tab."""
        with suppress(websockets.ConnectionClosed):
            await self.stream.close()

    @property
    def headline(self) -> str:
        """The sentence of the first board that has one."""
        return next((told for board in self.boards.values() if (told := board.get("headline"))), "")

    async def lane(self) -> Any:
        """Open the short way of the board that has one."""
        token = next(board["channel"]["token"] for board in self.boards.values() if "channel" in board)
        return await self._connect("live/lane", token)

    async def _connect(self, way: str, protocol: str) -> Any:
        given: dict[str, Any] = {"max_size": None, "compression": None, "subprotocols": [protocol], **self.how}
        return await websockets.connect(f"{self.address}/{way}", **given)

    async def _run(self, pressed: str = "", fragment: str = "", is_tick: bool = False, patience: float = 120.0) -> None:
        ask = BackMsg()
        run = ask.rerun_script
        run.page_name, run.query_string = self.where
        run.fragment_id, run.is_auto_rerun = fragment, is_tick
        run.page_script_hash = self.page_hash if fragment else ""
        if pressed:
            state = run.widget_states.widgets.add()
            state.id, state.trigger_value = pressed, True
        await self.stream.send(ask.SerializeToString())
        end, is_whole = time.monotonic() + patience, not fragment
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self.stream.recv(), max(0.01, end - time.monotonic())))
            kind = told.WhichOneof("type")
            if kind == "new_session" and is_whole:
                self.boards, self.buttons, self.texts, self.ticking = {}, {}, [], {}
            self._hear(told, kind or "")
            if kind == "script_finished" and told.script_finished != EARLY:
                return
            is_whole |= kind == "script_finished"

    def _hear(self, told: ForwardMsg, kind: str) -> None:
        if kind == "navigation":
            self.page_hash = told.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.ticking[told.auto_rerun.fragment_id] = told.auto_rerun.interval
        elif kind == "delta" and told.delta.WhichOneof("type") == "new_element":
            self._show(told.delta.new_element, told.delta.fragment_id)

    def _show(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.faults.append(f"{element.exception.type}: {element.exception.message[:80]}")
        elif kind == "button":
            self.buttons[_key(element.button.id)] = element.button.id, fragment
        elif kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind == "bidi_component" and element.bidi_component.component_name == "shortfall_board":
            self.boards[_key(element.bidi_component.id)] = value(element.bidi_component.bytes)


def _key(name: str) -> str:
    """The key of a widget or component from its id: $$ID-<digest>-<key>."""
    return name.split("-", 2)[-1]


def value(message: bytes) -> dict[str, Any]:
    """What a packed message says, its arrays left out; nothing of an empty one."""
    if not message:
        return {}
    size = struct.unpack_from("<I", message)[0]
    return dict(json.loads(message[4 : 4 + size])["value"])
