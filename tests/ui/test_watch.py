"""A page asks whether its session is there: what the server says, and to whom."""

from types import SimpleNamespace

import pytest

from tests.ui.sockets import talk
from ui.live import watch
from ui.live.live_channel import LONGEST, POLICY, TOO_LONG
from ui.live.watch import GONE, Watched, serve


@pytest.fixture
def connected(monkeypatch):
    """The sessions whose pages are connected."""
    sessions = {"mine"}
    monkeypatch.setattr(watch, "get_instance", lambda: SimpleNamespace(is_active_session=sessions.__contains__))
    return sessions


def ask(token, *steps, origin="http://here:1"):
    """What the server says to a page that asks, with things that happen between its questions."""
    headers = ((b"host", b"here:1"), (b"origin", origin.encode()))
    sent = talk(serve, "/watch", [token] if token else [], steps, headers)
    return [message.get("text") or message.get("code") or message.get("subprotocol") for message in sent]


def test_a_page_is_told_that_it_is_connected_and_that_it_is_not(connected):
    mine = Watched("mine")
    said = ask(mine.token, "?", connected.clear, "?", lambda: connected.add("mine"), "?")
    assert said == [mine.token, "here", "here", "away", "here"]


def test_a_session_that_nobody_knows_is_gone(connected):
    assert ask("x" * 24) == ["x" * 24, GONE]


def test_a_session_that_ends_while_its_page_asks_is_gone(connected):
    held = [Watched("mine")]
    token = held[0].token
    assert ask(token, "?", held.clear, "?") == [token, "here", "here", GONE]


@pytest.mark.parametrize("origin", ["http://there:1", "http://[", "null"])
def test_a_page_of_another_site_hears_nothing(connected, origin):
    assert ask(Watched("mine").token, "?", origin=origin) == [POLICY]
    assert ask("", "?") == [POLICY]


def test_a_long_message_ends_it(connected):
    mine = Watched("mine")
    assert ask(mine.token, "?" * (LONGEST + 1)) == [mine.token, "here", TOO_LONG]
    assert ask(mine.token, {"type": "websocket.receive", "bytes": b"x"}) == [mine.token, "here"]
