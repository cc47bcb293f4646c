"""What every request passes through: names that are answered, ways that are closed, headers of a page on its own."""

import os
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from ui.frame import uploads

HOSTS = "SHORTFALL_HOSTS"  # environment: the names by which this server is reached, with commas between
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
UPLOAD = "/_stcore/upload_file"
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    # Nothing from another machine. Streamlit's page has inline scripts and styles, its components are imported from
    # blob: addresses, and Vega charts compile expressions.
    "default-src 'self'",
    "script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
)
HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "same-origin"}


def allowed_hosts(scope: Scope) -> frozenset[str]:
    """The names in whose name a request may come; empty: any.

    They are those of SHORTFALL_HOSTS, else, where only this machine is served, its own names: a page of another site
    whose name was made to point here is refused.
    """
    named = os.environ.get(HOSTS, "")
    if named:
        return frozenset(name.strip().lower() for name in named.split(","))
    is_streamlits = config._server_mode == "starlette-app"
    served = config.get_option("server.address") if is_streamlits else (scope.get("server") or ("",))[0]
    return LOOPBACK if served in LOOPBACK else frozenset()


def refusal(scope: Scope) -> str:
    """Why a request is not answered; empty when it is."""
    host = HOST.fullmatch(Headers(scope=scope).get("host", ""))
    allowed = allowed_hosts(scope)
    if allowed and (host is None or host[1].lower() not in allowed):
        return f"This server does not answer to the name in this request; {HOSTS} lists the names it answers to."
    return ""


def content_policy(host: str) -> str:
    """The Content-Security-Policy of a page that is served under this name: it connects to nothing else."""
    own = f"ws://{host} wss://{host} " if HOST.fullmatch(host) else ""
    return "; ".join((*POLICY, f"connect-src 'self' {own}data: blob:"))


class Guard:
    """ASGI middleware: refuses what is not for this server, and adds safe headers to every answer.

    A static file asked for by its version (?v=) is kept for good, any other is asked for again each time (the answer
    is a short "not modified").
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        sentence, status, headers = refusal(scope), 403, Headers(scope=scope)
        is_file, length = UPLOAD in scope["path"] and scope["type"] == "http", headers.get("content-length")
        if is_file and not sentence:
            status, sentence = uploads.refusal(scope["path"], scope["method"], length)
        if sentence and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        host = headers.get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in {"Content-Security-Policy": content_policy(host), **HEADERS}.items():
                    answered.setdefault(name, value)
                if "/app/static/" in scope["path"]:
                    answered["Cache-Control"] = FOREVER if scope["query_string"].startswith(b"v=") else "no-cache"
            await send(message)

        answer = PlainTextResponse(sentence, status_code=status) if sentence else self.app
        try:
            await answer(scope, receive, send_with_headers if scope["type"] == "http" else send)
        finally:
            if is_file and not sentence and scope["method"] == "PUT":
                uploads.arrived(scope["path"], length)


MIDDLEWARE = (Middleware(Guard),)
