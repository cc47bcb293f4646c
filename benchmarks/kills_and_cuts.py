"""Servers killed and connections cut under open pages, in a real Chromium: `python benchmarks/kills_and_cuts.py`.

A page is at rest, in the middle of a drag, of a precise run, or has a run pinned as A, when its server is killed (-9)
and started again, or when its connection is cut for some seconds. It has come through when it shows what the engine
says of its address, and follows the next move. `--kills N`, `--cuts SECONDS...` (each with every one of the four,
`--times` over, at once and with a connection of its own); `--record NAME` puts the count into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reliability import Tried, record
from tests.e2e.conftest import CHROMIUM, FLAGS, VIEWPORT
from tests.e2e.servers import Server, Wire, headline, opened
from ui.cascade.headline import headline as headline_of
from ui.charts.run_view import view_of
from ui.settings.link import decode_page
from ui.settings.run_settings import scenario_of

CASCADE = "/?v=1&p=okex-2018&leverage=25&seed=7"
FUND = "/fund_size?v=1&others=25"
LOST = "The connection to the server is lost"
PATIENCE = 120.0  # seconds until a page must have found back
SLIDER = ".sf-slider input[type=range]"


class NotBackError(Exception):
    """A page that did not come through; says what it showed."""


class Visit:
    """A page at rest; while its server is away a key moves a slider."""

    name = "at rest"
    link = CASCADE

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.before = opened(page, url + self.link)

    def begin(self) -> None:
        """Bring the page into the middle of what it does."""

    def meanwhile(self) -> None:
        """Move something while nobody hears it."""
        self.page.locator(SLIDER).first.press("ArrowRight")

    def end(self) -> None:
        """Let go."""

    def check(self) -> None:
        """Require the engine's sentence for the page's address, and that the next move is followed by both."""
        self.settle()
        was, shown = self.page.url, headline(self.page)
        self.page.locator(SLIDER).first.press("PageDown")  # far: a step may leave the sentence as it is
        self.wait(lambda: self.page.url != was and headline(self.page) != shown, "the slider is not followed")
        self.settle()

    def settle(self) -> None:
        """Wait until the page says what the engine says of its address."""
        self.wait(lambda: not self.is_lost() and self.is_right(), "another sentence than the engine's")

    def is_lost(self) -> bool:
        """Whether the page says that its connection is lost."""
        return self.page.locator(".sf-lost", has_text=LOST).is_visible()

    def is_right(self) -> bool:
        """Whether the sentence is the engine's for the address."""
        if not self.page.locator(".sf-headline").count():
            return False
        choice = decode_page(dict(parse_qsl(urlsplit(self.page.url).query)), (), has_replay=True, has_pin=True).choice
        assert choice is not None
        return headline(self.page).startswith(headline_of(view_of(choice.preset, scenario_of(choice))))

    def wait(self, is_so: Any, why: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if is_so():
                    return
            except Exception as error:  # the page is being loaded again: there is nothing to ask yet
                self.last = error
            self.page.wait_for_timeout(200)
        raise NotBackError(f"{self.name}: {why}; {self.page.url} shows {self.page.inner_text('body')[:300]!r}")


class Drag(Visit):
    """A hand on a slider: down before, moved while the server is away, up afterwards."""

    name = "in a drag"

    def begin(self) -> None:
        """Take the first slider and move it."""
        slider = self.page.locator(SLIDER).first
        slider.scroll_into_view_if_needed()
        self.box = slider.bounding_box()
        self.to(0.4)
        self.page.mouse.down()
        for place in range(10):
            self.to(0.4 + 0.02 * place)
            self.page.wait_for_timeout(30)

    def to(self, share: float) -> None:
        """Move the hand to a place on the slider."""
        self.page.mouse.move(self.box["x"] + share * self.box["width"], self.box["y"] + self.box["height"] / 2)

    def meanwhile(self) -> None:
        """Move on."""
        self.to(0.7)

    def end(self) -> None:
        """Let go, somewhere else."""
        self.to(0.65)
        self.page.mouse.up()


class Pinned(Visit):
    """A run is pinned as A, and stays so."""

    name = "with A pinned"

    def begin(self) -> None:
        """Pin the run, and move on from it."""
        self.page.get_by_role("button", name="Pin as A").click()
        self.page.get_by_role("button", name="Unpin A").wait_for(timeout=60_000)
        self.page.wait_for_function("location.search.includes('a.p=')")

    def check(self) -> None:
        """Require that A is pinned, too."""
        super().check()
        self.page.get_by_role("button", name="Unpin A").wait_for(timeout=60_000)


class Precise(Visit):
    """A precise run is at work; afterwards there is its result, or the button that starts it again."""

    name = "in a precise run"
    link = FUND

    def begin(self) -> None:
        """Start it."""
        self.page.get_by_role("button", name="Precise run").click()
        self.page.get_by_role("button", name="Stop").wait_for(timeout=60_000)

    def meanwhile(self) -> None:
        """The run is all there is."""

    def is_right(self) -> bool:
        """Whether there is a sentence."""
        return self.page.locator(".sf-headline").count() > 0 and headline(self.page) != ""

    def check(self) -> None:
        """Require a precise result, or that it can be started again and is at work then."""
        self.settle()
        start, result = self.page.get_by_role("button", name="Precise run"), self.page.get_by_text("Precise: ")
        self.wait(lambda: start.is_visible() or result.is_visible(), "neither a result nor a button")
        if not result.is_visible():
            if headline(self.page) != self.before:
                raise NotBackError(f"{self.name}: {headline(self.page)!r} instead of {self.before!r}")
            start.click()
        stop = self.page.get_by_role("button", name="Stop")
        self.wait(lambda: result.is_visible() or stop.is_visible(), "no precise run")


VISITS = (Visit, Drag, Precise, Pinned)


@contextmanager
def windows() -> Iterator[Any]:
    """A Chromium; what it gives is a function that opens a window of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield lambda: browser.new_context(viewport=VIEWPORT).new_page()
        browser.close()


def told(what: str, visit: Visit, log: list[bool]) -> None:
    """Check a page, say how it went, and close it."""
    began = time.monotonic()
    try:
        visit.check()
        log.append(True)
    except Exception as error:
        log.append(False)
        print(f"    {type(error).__name__}: {str(error)[:500]}")
    visit.page.context.close()
    print(f"  {what}, {visit.name}: {'ok' if log[-1] else 'FAILED'} after {time.monotonic() - began:.1f} s", flush=True)


def kill_all(window: Any, number: int, log: Path) -> list[bool]:
    """Kill the server under a page, `number` times."""
    came: list[bool] = []
    server = Server(log)
    server.start()
    for turn in range(number):
        visit = VISITS[turn % len(VISITS)](window(), server.url)
        visit.begin()
        server.kill()
        visit.meanwhile()
        visit.page.wait_for_timeout(1000 * (turn % 5))
        server.start()
        visit.end()
        told(f"kill {turn + 1}", visit, came)
    server.kill()
    return came


def cut_all(window: Any, seconds: float, times: int, log: Path) -> list[bool]:
    """Cut the connections of several pages at once for some seconds."""
    came: list[bool] = []
    server = Server(log)
    server.start()
    wires = [Wire(server.port) for _ in range(times)]
    visits = [VISITS[turn % len(VISITS)](window(), wire.url) for turn, wire in enumerate(wires)]
    for visit in visits:
        visit.begin()
    for wire in wires:
        wire.cut()
    for visit in visits:
        visit.meanwhile()
    visits[0].page.wait_for_timeout(1000 * seconds)
    for wire in wires:
        wire.is_up = True
    for visit in visits:
        visit.end()
    for visit in visits:
        told(f"cut of {seconds:g} s", visit, came)
    server.kill()
    return came


def keep(kind: str, tried: str, came: list[bool], load: float) -> None:
    """Put a count into the page."""
    tried += ": pages at rest, in a drag, in a precise run, with A pinned"
    happened = f"{sum(came)} of {len(came)} showed what the engine says of their address, and followed the next move"
    record(Tried(kind, tried, str(len(came)), happened, "benchmarks/kills_and_cuts.py"), load)


def main() -> None:
    """Kill and cut as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--cuts", type=float, nargs="*", default=[], help="seconds of each")
    parser.add_argument("--times", type=int, default=len(VISITS), help="pages that are cut at once")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    load = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, windows() as window:
        log = Path(folder) / "log"
        if given.kills:
            came = kill_all(window, given.kills, log)
            print(f"{sum(came)} of {len(came)} kills")
            if given.record:
                keep("kills", "server killed (-9) and started again 0 to 4 s later", came, load)
        for seconds in given.cuts:
            came = cut_all(window, seconds, given.times, log)
            print(f"{sum(came)} of {len(came)} cuts of {seconds:g} s")
            if given.record:
                keep(f"cuts of {seconds:04g} s", f"connection cut for {seconds:g} s", came, load)


if __name__ == "__main__":
    main()
