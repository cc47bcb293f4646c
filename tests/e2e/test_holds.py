"""An open page lives on: after a restart of the server, a lost connection, a session that has ended."""

import os

import pytest

from tests.e2e.servers import Server, Wire, drawn, headline, is_told, opened

LINK = "/?v=1&p=okex-2018&leverage=25&seed=7"
SIGNS = "ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection to|Failed to fetch|disconnected from server"
NOTHING = (*SIGNS.split("|"), "WebSocket is already in", "reaching server", "not responding")


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A server that tests may kill."""
    server = Server(tmp_path_factory.mktemp("holds") / "log")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(started):
    """That server, running, whoever has killed it before."""
    if not started.is_running():
        started.start()
    return started


@pytest.fixture
def losing(page, problems):
    """A tab that is allowed to complain about a connection that is not there."""
    yield page
    problems[:] = [each for each in problems if not any(sign in each for sign in NOTHING)]


def follows(page, before):
    """Move the first slider by a key: the sentence changes, and the address follows."""
    page.locator(".sf-slider input[type=range]").first.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.sf-headline')?.innerText !== before", arg=before, timeout=20_000
    )
    page.wait_for_function("!location.search.includes('leverage=25')", timeout=20_000)


def test_a_page_outlives_a_killed_server(losing, server):
    before = opened(losing, server.url + LINK)
    server.kill()
    is_told(losing, "The connection to the server is lost")
    server.start()
    is_told(losing, "opened again from its link")
    drawn(losing)
    assert headline(losing) == before
    follows(losing, before)


def test_what_was_moved_while_the_server_was_away_is_there_when_the_page_opens_itself_again(losing, server):
    before = opened(losing, server.url + LINK)
    slider = losing.locator(".sf-slider input[type=range]").first
    server.kill()
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    moved = slider.get_attribute("aria-valuetext")
    losing.locator(".sf-lost", has_text="not computed yet").wait_for(timeout=10_000)
    server.start()
    is_told(losing, "opened again from its link, with what you moved last")
    losing.wait_for_function("!location.search.includes('leverage=25')", timeout=60_000)
    drawn(losing)
    assert slider.get_attribute("aria-valuetext") == moved
    assert headline(losing) != before
    losing.reload()  # it stands in the link from then on, and is put back once
    drawn(losing)
    assert slider.get_attribute("aria-valuetext") == moved
    assert opened(losing, server.url + LINK) == before


def test_a_pinned_run_is_there_after_a_restart_in_the_middle_of_a_drag(losing, server):
    opened(losing, server.url + LINK)
    losing.get_by_role("button", name="Pin as A").click()
    losing.get_by_role("button", name="Unpin A").wait_for()
    losing.wait_for_function("location.search.includes('a.')")
    slider = losing.locator(".sf-slider input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    losing.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2)
    losing.mouse.down()
    losing.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    server.kill()
    losing.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    server.start()
    is_told(losing, "opened again from its link")
    losing.mouse.up()
    losing.get_by_role("button", name="Unpin A").wait_for(timeout=60_000)
    drawn(losing)
    follows(losing, headline(losing))


@pytest.mark.parametrize("seconds", [1, int(os.environ.get("CUT", "4"))])
def test_what_was_moved_while_the_connection_was_away_is_computed_when_it_is_back(losing, server, seconds):
    wire = Wire(server.port)
    before = opened(losing, wire.url + LINK)
    wire.cut()
    losing.wait_for_timeout(200)
    losing.locator(".sf-slider input[type=range]").first.press("ArrowRight")
    losing.locator(".sf-lost", has_text="is lost").wait_for(timeout=1000)  # a move is told of before the two seconds
    losing.wait_for_timeout(1000 * seconds)
    wire.is_up = True
    losing.wait_for_function(
        "before => document.querySelector('.sf-headline')?.innerText !== before", arg=before, timeout=60_000
    )
    assert not losing.locator(".sf-lost", has_text="opened again").is_visible()


def test_a_page_whose_session_has_ended_opens_itself_again(losing, tmp_path):
    server = Server(tmp_path / "log", "--server.disconnectedSessionTTL", "2")
    server.start()
    try:
        wire = Wire(server.port)
        before = opened(losing, wire.url + LINK)
        wire.cut()
        losing.wait_for_timeout(10_000)
        wire.is_up = True
        is_told(losing, "opened again from its link")
        drawn(losing)
        assert headline(losing) == before
        follows(losing, before)
    finally:
        server.kill()
