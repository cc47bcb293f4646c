"""The short way to a board: who may use it, what it believes, and that it ends with its session."""

import asyncio
import gc
import threading
from functools import cache

import pytest
from anyio import CapacityLimiter
from starlette.websockets import WebSocket

from tests.ui import sockets
from ui.live import live_channel
from ui.live.live_channel import (
    AWAY,
    LONGEST,
    POLICY,
    SLOW,
    SLOW_WORKERS,
    TOO_LONG,
    UNSUPPORTED,
    WORKERS,
    LiveChannel,
    serve,
)

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


def talk(token, messages, headers=sockets.HERE):
    """What the lane sends to a client that says `messages` one after the other and goes; a callable is called."""
    return sockets.talk(serve, "/live/lane", [token], messages, headers)


class Lane:
    """A browser's end of a lane in a running loop: it says a message and waits for the answer."""

    def __init__(self, token):
        self.come, self.go = asyncio.Queue(), asyncio.Queue()
        scope = {"type": "websocket", "path": "/live/lane", "subprotocols": [token], "headers": []}
        self.come.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(serve(WebSocket(scope, self.come.get, self.go.put)))

    def say(self, text):
        self.come.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self):
        return await asyncio.wait_for(self.go.get(), 10)


def test_answers_each_message_with_the_boards_bytes(channel):
    sent = talk(channel.token, ['{"lev": 40}', '{"lev": 41, "fund": 2}'])
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.send"]
    assert sent[1]["bytes"] == b"[('fund', 1.0), ('lev', 40.0)]"
    assert sent[2]["bytes"] == b"[('fund', 2.0), ('lev', 41.0)]"


def test_values_that_cannot_be_drawn_get_an_empty_answer(channel):
    assert talk(channel.token, ['{"lev": 13}'])[1]["bytes"] == b""


def test_a_token_that_nobody_has_is_refused(channel):
    assert talk("x" * 24, ['{"lev": 40}']) == [{"type": "websocket.close", "code": POLICY, "reason": ""}]


@pytest.mark.parametrize("origin", [b"http://there:1", b"http://[", b"null", b"http://here:1.there", b""])
def test_a_page_of_another_site_is_refused(channel, origin):
    headers = ((b"host", b"here:1"), (b"origin", origin))
    assert talk(channel.token, ['{"lev": 40}'], headers)[0]["type"] == "websocket.close"


def test_a_client_that_is_no_browser_is_let_in(channel):
    assert len(talk(channel.token, ['{"lev": 40}'], ((b"host", b"here:1"),))) == 2


@pytest.mark.parametrize("message", ["", "x", "[1]", "5", "null", "[" * LONGEST, '{"lev": x}'])
def test_a_message_of_another_form_ends_it(channel, message):
    sent = talk(channel.token, [message])
    assert sent[-1]["type"] == "websocket.close"
    assert sent[-1]["code"] == UNSUPPORTED


def test_a_message_that_is_too_long_ends_it(channel):
    assert talk(channel.token, ['{"lev": ' + "1" * LONGEST + "}"])[-1]["code"] == TOO_LONG


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


def test_a_board_has_one_lane_and_the_newest_counts(channel):
    async def two():
        first = Lane(channel.token)
        await first.hear()
        second = Lane(channel.token)
        closed = await first.hear()
        await second.hear()
        second.say('{"lev": 40}')
        return closed, (await second.hear())["bytes"]

    closed, picture = asyncio.run(two())
    assert (closed["type"], closed["code"]) == ("websocket.close", AWAY)
    assert picture == b"[('fund', 1.0), ('lev', 40.0)]"


def test_lanes_of_one_board_take_no_worker_from_another_user(channel, monkeypatch):
    """Many lanes of one heavy board, each in the middle of a message, and somebody else's drag beside them."""
    monkeypatch.setattr(live_channel, "_limiter", cache(lambda is_slow: CapacityLimiter(WORKERS)))
    hold, at_work, most = threading.Event(), [], []

    def heavy(_values):
        at_work.append(1)
        most.append(len(at_work))
        hold.wait(10)
        at_work.pop()
        return b"heavy"

    channel.redraw = heavy
    other = LiveChannel()
    other.redraw, other.bounds = echo, BOUNDS

    async def crowd():
        lanes = []
        for _ in range(10 * WORKERS):
            lanes.append(Lane(channel.token))
            await lanes[-1].hear()
            lanes[-1].say('{"lev": 40}')
            await asyncio.sleep(0.01)
        mine = Lane(other.token)
        await mine.hear()
        mine.say('{"lev": 41}')
        answer = await asyncio.wait_for(mine.hear(), 1)
        hold.set()
        await asyncio.gather(*(lane.task for lane in lanes[:-1]))
        return answer["bytes"]

    assert asyncio.run(crowd()) == b"[('fund', 1.0), ('lev', 41.0)]"
    assert max(most) == 1


def test_heavy_boards_take_no_worker_from_light_ones(monkeypatch):
    """More heavy boards than workers, each in the middle of a picture, and somebody else's drag beside them."""
    limiters = {is_slow: CapacityLimiter(SLOW_WORKERS if is_slow else WORKERS) for is_slow in (False, True)}
    monkeypatch.setattr(live_channel, "_limiter", limiters.get)
    hold = threading.Event()
    boards = [LiveChannel() for _ in range(WORKERS + 2)]
    for board in boards:
        board.redraw, board.bounds, board.took = lambda values: hold.wait(10) and b"heavy", BOUNDS, 2 * SLOW
    light = LiveChannel()
    light.redraw, light.bounds = echo, BOUNDS

    async def crowd():
        lanes = [Lane(board.token) for board in (*boards, light)]
        for lane in lanes:
            await lane.hear()
            lane.say('{"lev": 41}')
        answer = await asyncio.wait_for(lanes[-1].hear(), 1)
        hold.set()
        return answer["bytes"], [(await lane.hear())["bytes"] for lane in lanes[:-1]]

    assert asyncio.run(crowd()) == (b"[('fund', 1.0), ('lev', 41.0)]", [b"heavy"] * len(boards))


def test_what_a_picture_took_is_known(channel):
    channel.redraw = lambda values: bytes(sum(i % 2 for i in range(3_000_000)) % 2)
    channel.answer({"lev": 40.0})
    assert channel.took > 0.005
    channel.redraw = echo
    channel.answer({"lev": 40.0})
    assert channel.took < 0.005


def test_the_token_is_in_no_address():
    assert live_channel.route("live/lane", serve).path == "/live/lane"
