"""One server and one Chromium for all end-to-end tests; a tab that fails on any error and any request to elsewhere."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--process-per-site",  # tabs share a process, which has compiled the page's scripts: a quarter less work a tab
    # Two pages behind the address bar cost a second of work for each context. The others are the driver's.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,PaintHolding,HttpsUpgrades,"
    "MediaRouter,OptimizationHints,NetworkTimeServiceQuerying,DestroyProfileOnBrowserClose",
]
VIEWPORT = {"width": 1280, "height": 800}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_until_healthy(url: str, process: subprocess.Popen, log: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"the server did not start:\n{log.read_text()}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is below this folder."""
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "e2e"):
            item.add_marker("e2e")


def launched(app: Path, port: int, log: Path, *more: str) -> subprocess.Popen:
    """`streamlit run <app>` in its folder, once it answers."""
    command = [sys.executable, "-m", "streamlit", "run", app.name, "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), *more]
    with log.open("a") as out:
        process = subprocess.Popen(command, cwd=app.parent, stdout=out, stderr=subprocess.STDOUT)
    wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
    return process


@pytest.fixture(scope="package")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function that starts an app and gives the address; all are stopped at the end."""
    running: list[subprocess.Popen] = []

    def start(app: Path = ROOT / "app.py") -> str:
        port = free_port()
        running.append(launched(app, port, tmp_path_factory.mktemp("server") / "log"))
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(15)


@pytest.fixture(scope="package")
def base_url(serve: Any) -> str:
    return serve()


@pytest.fixture(scope="package")
def driver() -> Iterator[Any]:
    """What starts browsers."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def context(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A persistent Chromium context (the plain kind stops headless Chromium from using its cache)."""
    profile = str(tmp_path_factory.mktemp("profile"))
    browser = driver.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, headless=True, args=FLAGS, viewport=VIEWPORT, accept_downloads=True
    )
    # An empty tab keeps the process that all tabs share while tests close theirs.
    browser.pages[0].route("**/*", lambda route: route.fulfill(body=""))
    browser.pages[0].goto("http://127.0.0.1/")
    yield browser
    browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in the page's browser; a test that provokes an error empties it."""
    return []


@pytest.fixture
def page(context: Any, problems: list[str]) -> Iterator[Any]:
    """A tab. A console error, an uncaught exception or a request that leaves the machine fails the test."""
    page = new_tab(context, problems)
    yield page
    page.close()
    assert problems == []


def new_tab(context: Any, problems: list[str]) -> Any:
    """A tab that writes down what goes wrong in it."""
    page = context.new_page()
    page.set_default_timeout(60_000)
    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "blob:", "data:")

    def on_request(request: Any) -> None:
        if not request.url.startswith(local):
            problems.append(f"request to {request.url}")

    def on_console(message: Any) -> None:
        # On a link straight to a page the client asks <page>/_stcore/{health,host-config} first: two 404 by design.
        if message.type == "error" and "/_stcore/" not in (message.location or {}).get("url", ""):
            problems.append(f"console: {message.text}")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    return page
