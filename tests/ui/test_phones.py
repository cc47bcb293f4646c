"""A phone's end of a class: what it may send, what it is told, how much it loads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from starlette.requests import Request

from tests.ui import sockets
from tests.ui.test_classroom import BODY
from ui.classroom import asked, routes, store, tables
from ui.classroom.limits import Limit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = tables.prepared(create_engine(f"sqlite:///{tmp_path / 'classes.sqlite'}"))
    monkeypatch.setattr(routes, "_engine", lambda: made)
    monkeypatch.setattr(routes, "VISITS", Limit(50, 0.0))
    monkeypatch.setattr(routes, "ANSWERS", Limit(3, 0.0))
    routes._workers.cache_clear()
    routes._rooms.clear()
    yield made
    made.dispose()


def post(way: Any, sent: Any) -> tuple[int, dict[str, Any]]:
    """What a phone gets back."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    routes._workers.cache_clear()  # of another loop
    scope = {"type": "http", "method": "POST", "path": "/class", "headers": [], "client": ("10.0.0.7", 1)}
    answer = asyncio.run(way(Request(scope, receive)))
    return answer.status_code, json.loads(answer.body)


def listen(code: str, token: str, headers: sockets.Headers = sockets.HERE) -> list[dict[str, Any]]:
    """What a phone hears that goes at once."""
    routes._workers.cache_clear()
    routes._rooms.clear()
    return sockets.talk(routes.live, "/class/live", [token], [], headers, f"code={code}")


def test_a_phone_joins_answers_once_and_is_told(engine: Engine) -> None:
    code, secret = store.start(engine, has_names=True)
    assert post(routes.about, {"code": code}) == (200, {"has_names": True})
    _, joined = post(routes.join, {"code": code, "name": "Ada"})
    assert joined["number"] == 1
    store.ask(engine, secret, "pair", BODY)
    sent = {"code": code, "token": joined["token"], "question": "pair"}
    assert "in digits" in post(routes.answer, {**sent, "value": "much"})[1]["refused"]
    assert post(routes.answer, {**sent, "value": "$50"}) == (200, {"kept": "50"})
    assert post(routes.answer, {**sent, "value": "60"}) == (200, {"kept": "50"})
    assert "Too many" in post(routes.answer, {**sent, "value": "60"})[1]["refused"]
    accepted, told, *_ = listen(code, joined["token"])
    assert accepted["type"] == "websocket.accept"
    shown = json.loads(told["text"])
    assert (shown["question"], shown["mine"]["value"], shown["result"]) == ({"name": "pair", **BODY}, "50", None)


def test_who_is_not_in_the_class_is_told_nothing(engine: Engine) -> None:
    code, _ = store.start(engine)
    assert "no class with this code" in post(routes.about, {"code": "AAAAAA"})[1]["refused"]
    assert "no class with this code" in post(routes.join, {"code": 5})[1]["refused"]
    assert "not in the class" in post(routes.answer, {"code": code, "token": "x", "value": 1})[1]["refused"]
    for name, token in ((code, "x" * 24), ("AAAAAA", "x" * 24)):
        heard = listen(name, token)
        assert [each["type"] for each in heard] == ["websocket.accept", "websocket.close"]
        assert heard[1]["code"] == routes.GONE
    other = ((b"host", b"here:1"), (b"origin", b"http://there:1"))
    assert listen(code, "x" * 24, other)[0]["type"] == "websocket.close"


@pytest.mark.parametrize("sent", [b"", b"x", b"[1]", b"[" * 4000, b'{"code": "' + b"A" * 5000 + b'"}'])
def test_what_cannot_be_read_is_refused(engine: Engine, sent: bytes) -> None:
    assert post(routes.join, sent) == (400, {"refused": "This could not be read."})


def test_an_address_that_asks_too_often_waits(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "VISITS", Limit(2, 0.0))
    assert [post(routes.about, {"code": "A"})[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("ask", "given", "kept"),
    [
        ({"kind": "number", "least": 0, "most": 1000, "absurd": "No."}, " $1,000 ", "1000"),
        ({"kind": "slider", "least": 0, "most": 100, "absurd": "No."}, "30", "30"),
        ({"kind": "choice", "options": {"a": "A"}}, "a", "a"),
        ({"kind": "line", "x": [1, 2, 3], "high": 60}, [0, 12.34, 99], "0~12.3~60"),
    ],
)
def test_each_kind_of_answer_is_read(ask: dict[str, Any], given: Any, kept: str) -> None:
    assert asked.check({"ask": ask}, given) == kept


@pytest.mark.parametrize("given", [None, "", "much", "-1", "1001", "1e3", {"a": 1}, ["1"], "9" * 4000, float("nan")])
def test_what_is_no_number_is_refused_in_a_sentence(given: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        asked.check(BODY, given)


@pytest.mark.parametrize("given", [None, "", [], [1, 2], [1, None, 3], ["x", 1, 2], {"a": 1}, [float("nan")] * 3])
def test_what_is_no_line_is_refused_in_a_sentence(given: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        asked.check({"ask": {"kind": "line", "x": [1, 2, 3], "high": 60}}, given)


def test_a_limit_fills_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("ui.classroom.limits.time.monotonic", lambda: now[0])
    limit = Limit(2, 1.0)
    assert [limit.is_free("a") for _ in range(3)] == [True, True, False]
    assert limit.is_free("b")
    now[0] += 1.0
    assert [limit.is_free("a") for _ in range(2)] == [True, False]


def test_all_that_a_phone_loads_is_small() -> None:
    files = [ROOT / "static/class" / name for name in ("phone.html", "phone.js")]
    assert sum(file.stat().st_size for file in files) <= 60_000
    assert "https://" not in "".join(file.read_text() for file in files)
