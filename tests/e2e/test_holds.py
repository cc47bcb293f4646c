"""An open page lives on: after a restart of the server, a lost connection, a session that has ended."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import free_port, wait_until_healthy

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
LINK = "/?v=1&p=okex-2018&leverage=25&seed=7"
SIGNS = "ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket connection to|Failed to fetch|disconnected from server"
NOTHING = (*SIGNS.split("|"), "reaching server", "not responding")


class Server:
    """The product on a port of its own, which can be killed and started again."""

    def __init__(self, log: Path, *more: str) -> None:
        self.port, self.log, self.more = free_port(), log, more
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(self.port), *self.more]
        with self.log.open("a") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        wait_until_healthy(self.url, self.process, self.log)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(15)


class Wire:
    """A connection to a server that can be cut: what is open ends, what comes is refused."""

    def __init__(self, port: int) -> None:
        self.target, self.is_up, self.ends = port, True, []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.door.accept()
                if not self.is_up:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, come: socket.socket, go: socket.socket) -> None:
        with suppress(OSError):
            while data := come.recv(65536):
                go.sendall(data)
        for end in (come, go):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self.is_up = False
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "log")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def losing(page, problems):
    """A tab that is allowed to complain about a connection that is not there."""
    yield page
    problems[:] = [each for each in problems if not any(sign in each for sign in NOTHING)]


def opened(page, address):
    page.goto(address)
    drawn(page)
    return headline(page)


def drawn(page):
    page.locator(".sf-board .sf-grid[data-drawn]").first.wait_for(timeout=150_000)


def headline(page):
    return page.locator(".sf-headline").first.inner_text()


def follows(page, before):
    """Move the first slider by a key: the sentence changes, and the address follows."""
    page.locator(".sf-slider input[type=range]").first.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.sf-headline')?.innerText !== before", arg=before, timeout=20_000
    )
    page.wait_for_function("!location.search.includes('leverage=25')", timeout=20_000)


def is_told(page, words):
    page.locator(".sf-lost", has_text=words).wait_for(timeout=90_000)


def test_a_page_outlives_a_killed_server(losing, server):
    before = opened(losing, server.url + LINK)
    server.kill()
    is_told(losing, "The connection to the server is lost")
    server.start()
    is_told(losing, "opened again from its link")
    drawn(losing)
    assert headline(losing) == before
    follows(losing, before)


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
