"""A client's end of a websocket, as a test plays it: what it says one after the other, and what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.websockets import WebSocket

Headers = Sequence[tuple[bytes, bytes]]
HERE: Headers = ((b"host", b"here:1"), (b"origin", b"http://here:1"))


def talk(
    serve: Callable[[WebSocket], Any],
    path: str,
    tokens: Sequence[str],
    messages: Sequence[Any],
    headers: Headers = HERE,
    query: str = "",
) -> list[dict[str, Any]]:
    """What the server sends to a client that says `messages` one after the other and goes; a callable is called."""
    waiting = [{"type": "websocket.connect"}, *messages, {"type": "websocket.disconnect", "code": 1000}]
    sent = []

    async def receive() -> dict[str, Any]:
        while callable(waiting[0]):
            waiting.pop(0)()
        item = waiting.pop(0)
        return {"type": "websocket.receive", "text": item} if isinstance(item, str) else item

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": path, "subprotocols": list(tokens), "headers": list(headers)}
    scope |= {"query_string": query.encode(), "client": ("10.0.0.7", 1)}
    asyncio.run(serve(WebSocket(scope, receive, send)))
    return sent
