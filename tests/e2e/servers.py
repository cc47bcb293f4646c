"""A server that can be killed and started again, a connection to it that can be cut, and what a page shows then."""

import os
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.e2e.conftest import ROOT, free_port, launched


class Server:
    """The product on a port of its own, which can be killed and started again."""

    def __init__(self, log: Path, *more: str) -> None:
        self.port, self.log, self.more = free_port(), log, more
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = launched(ROOT / "app.py", self.port, self.log, *self.more)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(15)


class Wire:
    """A connection to a server that can be cut: what is open ends, what comes is refused."""

    def __init__(self, port: int) -> None:
        self.target, self.is_up = port, True
        self.ends: list[socket.socket] = []
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


def router_in(folder: Path, *others: str) -> Path:
    """The router over this tree in another folder, with all of its pages but `others`, which are to be put there."""
    (folder / "pages").mkdir()
    (folder / "app.py").write_text((ROOT / "app.py").read_text())
    for name in ("ui", "static", ".streamlit", "engine", "data"):
        (folder / name).symlink_to(ROOT / name)
    for file in (ROOT / "pages").glob("*.py"):  # the router refuses to start without one of its pages
        if file.stem not in others:
            (folder / "pages" / file.name).symlink_to(file)
    return folder / "app.py"


def opened(page: Any, address: str) -> str:
    """Open an address, wait until it is drawn, and give its sentence."""
    return headline(shown(page, address))


def shown(page: Any, address: str) -> Any:
    """Open an address, and wait until it is drawn."""
    page.goto(address, timeout=120_000)
    drawn(page)
    return page


def drawn(page: Any) -> None:
    """Wait until the first board is drawn."""
    page.locator(".sf-board .sf-grid[data-drawn]").first.wait_for(timeout=150_000)


def headline(page: Any) -> str:
    """The sentence of the first board."""
    return page.locator(".sf-headline").first.inner_text()


def is_told(page: Any, words: str) -> None:
    """Wait until the page says of its connection what it has to."""
    page.locator(".sf-lost", has_text=words).wait_for(timeout=90_000)
