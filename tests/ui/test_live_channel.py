"""The short way to a board: who may use it, what it believes, and that it ends with its session."""

import asyncio
import gc

import pytest
from starlette.websockets import WebSocket

from ui.live.live_channel import AWAY, LONGEST, POLICY, UNSUPPORTED, LiveChannel, serve

BOUNDS = {"lev": (1.0, 125.0, 20.0), "fund": (0.0, 10.0, 1.0)}


def echo(values):
    if values["lev"] == 13:
        raise ValueError("no picture")
    return repr(sorted(values.items())).encode()


@pytest.fixture
def channel():
    channel = LiveChannel()
    channel.redraw, channel.bounds = echo, BOUNDS
    return channel


def talk(token, messages, headers=((b"host", b"here:1"), (b"origin", b"http://here:1"))):
    """What the server sends to a client that says `messages` one after the other and goes; a callable is called."""
    waiting = [{"type": "websocket.connect"}, *messages, {"type": "websocket.disconnect", "code": 1000}]
    sent = []

    async def receive():
        while callable(waiting[0]):
            waiting.pop(0)()
        item = waiting.pop(0)
        return {"type": "websocket.receive", "text": item} if isinstance(item, str) else item

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": f"/live/{token}", "path_params": {"token": token}, "headers": list(headers)}
    asyncio.run(serve(WebSocket(scope, receive, send)))
    return sent


def test_answers_each_message_with_the_boards_bytes(channel):
    sent = talk(channel.token, ['{"lev": 40}', '{"lev": 41, "fund": 2}'])
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.send"]
    assert sent[1]["bytes"] == b"[('fund', 1.0), ('lev', 40.0)]"
    assert sent[2]["bytes"] == b"[('fund', 2.0), ('lev', 41.0)]"


def test_values_that_cannot_be_drawn_get_an_empty_answer(channel):
    assert talk(channel.token, ['{"lev": 13}'])[1]["bytes"] == b""


def test_a_token_that_nobody_has_is_refused(channel):
    assert talk("x" * 24, ['{"lev": 40}']) == [{"type": "websocket.close", "code": POLICY, "reason": ""}]


def test_a_page_of_another_site_is_refused(channel):
    headers = ((b"host", b"here:1"), (b"origin", b"http://there:1"))
    assert talk(channel.token, ['{"lev": 40}'], headers)[0]["type"] == "websocket.close"


def test_a_client_that_is_no_browser_is_let_in(channel):
    assert len(talk(channel.token, ['{"lev": 40}'], ((b"host", b"here:1"),))) == 2


@pytest.mark.parametrize("message", ["", "x", "[1]", "5", "null", "[" * LONGEST, '{"lev": ' + "1" * LONGEST + "}"])
def test_a_message_of_another_form_ends_it(channel, message):
    sent = talk(channel.token, [message])
    assert sent[-1]["type"] == "websocket.close"
    assert sent[-1]["code"] == UNSUPPORTED


def test_a_binary_message_ends_it(channel):
    assert len(talk(channel.token, [{"type": "websocket.receive", "bytes": b"x"}])) == 1


@pytest.mark.parametrize("value", ['"x"', "null", "true", "[1]", "NaN", "Infinity"])
def test_a_value_that_is_no_number_leaves_the_present_one(channel, value):
    assert talk(channel.token, [f'{{"lev": {value}, "stranger": 5}}'])[1]["bytes"] == b"[('fund', 1.0), ('lev', 20.0)]"


def test_a_value_beyond_the_bounds_is_clamped(channel):
    assert talk(channel.token, ['{"lev": 1e9, "fund": -1}'])[1]["bytes"] == b"[('fund', 0.0), ('lev', 125.0)]"


def test_it_ends_with_its_session():
    held = [LiveChannel()]
    held[0].redraw, held[0].bounds = echo, BOUNDS

    def end_session():
        held.clear()
        gc.collect()

    sent = talk(held[0].token, ['{"lev": 40}', end_session, '{"lev": 41}'])
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[-1]["code"] == AWAY


def test_each_session_has_its_own_token():
    assert LiveChannel().token != LiveChannel().token
    assert len(LiveChannel().token) >= 24
