"""What every request passes through: names that are answered, ways that are closed, where a page may connect to."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse
from streamlit import config

from ui.frame import guard, uploads


async def app(scope, receive, send):
    """What the guard lets through is answered with "fine", on either way."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("fine")(scope, receive, send)


def client(served, monkeypatch, mode="starlette-app"):
    """A function that asks the server, bound to an address, under a name."""
    monkeypatch.setattr(config, "_server_mode", mode)
    plain = config.get_option
    bound = served if mode == "starlette-app" else None
    monkeypatch.setattr(config, "get_option", lambda name: bound if name == "server.address" else plain(name))

    def ask(host, path="/", method="GET", kind="http"):
        scope = {"type": kind, "method": method, "path": path, "query_string": b"", "server": (served, 8501)}
        sent = []

        async def receive():
            return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b"x"}

        async def send(message):
            sent.append(message)

        asyncio.run(guard.Guard(app)({**scope, "headers": [(b"host", host.encode())]}, receive, send))
        if kind == "websocket":
            return sent[0]["type"]
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return SimpleNamespace(status=sent[0]["status"], headers=headers, text=sent[1]["body"].decode())

    return ask


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS", "GET"])
@pytest.mark.parametrize("path", ["/_stcore/upload_file/session/f1", "/base/_stcore/upload_file/session/f1"])
def test_no_file_is_taken(monkeypatch, method, path):
    answer = client("127.0.0.1", monkeypatch)("localhost", path, method)
    assert (answer.status, answer.text) == (403, uploads.CLOSED)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("mode", ["starlette-app", "asgi-server"])
@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501"])
def test_this_machines_own_names_are_answered(monkeypatch, host, mode):
    ask = client("127.0.0.1", monkeypatch, mode)
    assert ask(host).text == "fine"
    assert ask(host, "/_stcore/stream", kind="websocket") == "websocket.accept"


@pytest.mark.parametrize("mode", ["starlette-app", "asgi-server"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1@evil", ""])
def test_another_name_for_this_machine_is_refused(monkeypatch, host, mode):
    ask = client("127.0.0.1", monkeypatch, mode)
    answer = ask(host)
    assert answer.status == 403
    assert guard.HOSTS in answer.text
    assert "evil" not in answer.text
    assert ask(host, "/_stcore/stream", kind="websocket") == "websocket.close"


def test_the_names_of_a_public_server_are_listed(monkeypatch):
    monkeypatch.setenv(guard.HOSTS, "shortfall.example, other.example")
    ask = client("127.0.0.1", monkeypatch)
    assert [ask(name).status for name in ("shortfall.example", "other.example:443", "127.0.0.1")] == [200, 200, 403]


def test_a_server_for_everybody_answers_to_any_name(monkeypatch):
    assert client("0.0.0.0", monkeypatch)("venue.example").text == "fine"


def directives(answer):
    return dict(part.partition(" ")[::2] for part in answer.headers["content-security-policy"].split("; "))


def test_a_page_connects_to_its_own_server_alone(monkeypatch):
    said = directives(client("0.0.0.0", monkeypatch)("venue.example:8443"))["connect-src"].split()
    assert said == ["'self'", "ws://venue.example:8443", "wss://venue.example:8443", "data:", "blob:"]


@pytest.mark.parametrize("host", ["a; script-src *", "a *", "ws: wss:", "a\tb", ""])
def test_a_name_adds_nothing_to_the_policy(monkeypatch, host):
    said = directives(client("0.0.0.0", monkeypatch)(host))
    assert said["connect-src"] == "'self' data: blob:"
    assert said["script-src"] == "'self' blob: 'unsafe-inline' 'unsafe-eval'"
