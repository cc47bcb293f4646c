"""Fifty visitors at once: `python benchmarks/bench_sessions.py [minutes]` from anywhere; ten minutes, unless told.

They come to the site of docs/deploy.md: a proxy with two processes behind it (`--processes`). Each has a session of its
own, over websockets as a page speaks them: it drags, changes to other events and other pages, and now and then starts a
precise run. Of each burst of drags one answer, and every sentence of an event or a fund, is
held against what the engine says in this process. `--record` puts the figures into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_live import row
from benchmarks.page_client import Page, value
from benchmarks.processes import held, worked
from benchmarks.reliability import Tried, record
from benchmarks.site import Site, site
from ui.cascade.headline import headline
from ui.charts.run_view import view_of
from ui.fund import answers, texts
from ui.fund.answers import FundQuery
from ui.settings.market import Market
from ui.settings.run_settings import Choice, run_sliders, scenario_of
from ui.settings.sidebar import with_moved

EVENTS = ("calm", "okex-2018", "bitmex-2020", "hyperliquid-2025", "bitvc-2014")
OTHERS = ("laws", "fund_size", "what_it_costs_me", "rules_side_by_side")
PRECISE = 0.005  # of what a visitor does
FORGOTTEN = 150.0  # seconds after which the server has forgotten closed sessions: before the load, and after it
MOST_CHECKED = 2000  # drags that are held against the engine


@dataclass
class Seen:
    """What all visitors saw: milliseconds by what was done, sentences to be checked, faults."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    runs: list[tuple[Choice, str]] = field(default_factory=list)
    funds: list[tuple[FundQuery, bool, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, began: float) -> None:
        """Note that something took until now."""
        self.milliseconds.setdefault(what, []).append(1e3 * (time.perf_counter() - began))


class Visitor:
    """One session with a mind of its own."""

    def __init__(self, page: Page, number: int, seen: Seen) -> None:
        self.page, self.number, self.seen = page, number, seen
        self.random = random.Random(number)
        self.event, self.choice = EVENTS[0], Choice(EVENTS[0])

    async def visit(self, end: float) -> None:
        """Do one thing after the other until the time is over."""
        await self.change_event()
        while time.perf_counter() < end:
            await asyncio.sleep(self.random.uniform(1.5, 5.0))
            choice = self.random.random()
            try:
                if choice < 0.65:
                    await self.drag()
                elif choice < 0.82:
                    await self.change_event()
                elif choice < 1.0 - PRECISE:
                    await self.change_page(self.random.choice(OTHERS))
                else:
                    await self.run_precisely()
            except Exception as error:
                self.seen.faults[f"{type(error).__name__}: {str(error)[:80]}"] += 1
            self.seen.faults.update(self.page.faults)
            self.page.faults.clear()
        await self.page.close()

    async def drag(self) -> None:
        """Move two sliders ten times over the lane, twenty times a second at most; one of the answers is checked."""
        lane = await self.page.lane()
        try:
            checked = self.random.randrange(10)
            sliders = [run_sliders(self.event)[name] for name in ("book.leverage", "venue.fund")]
            for step in range(10):
                moved = {slider.key: round(self.random.uniform(slider.low, slider.high), 1) for slider in sliders}
                began = time.perf_counter()
                await lane.send(json.dumps(moved))
                answer = await asyncio.wait_for(lane.recv(), 60)
                self.seen.note("drag", began)
                if step == checked:
                    self.seen.runs.append((with_moved(self.choice, moved), value(answer).get("headline", "")))
                await asyncio.sleep(max(0.0, 0.05 - (time.perf_counter() - began)))
        finally:
            await lane.close()

    async def change_event(self) -> None:
        """Open another event, with a leverage of its own; it is dragged from there on."""
        self.event, leverage = self.random.choice(EVENTS), self.random.randrange(3, 8)
        self.choice = Choice(self.event, {"seed": float(self.number), "book.leverage": float(leverage)})
        began = time.perf_counter()
        await self.page.open("", f"v=1&p={self.event}&seed={self.number}&leverage={leverage}")
        self.seen.note("event", began)
        self.seen.runs.append((self.choice, self.page.headline))

    async def change_page(self, name: str) -> None:
        """Look at another page and come back to the event."""
        began = time.perf_counter()
        others, query = self.ask() if name == "fund_size" else ("v=1", None)
        await self.page.open(name, others)
        self.seen.note(name, began)
        if query is not None:
            self.seen.funds.append((query, False, self.page.headline))
        await self.change_event()

    async def run_precisely(self) -> None:
        """Ask for a fund on many paths, and wait for it as the page does."""
        link, query = self.ask()
        await self.page.open("fund_size", link)
        began = time.perf_counter()
        await follow(self.page)
        self.seen.note("precise run", began)
        self.seen.funds.append((query, True, self.page.headline))
        await self.change_event()

    def ask(self) -> tuple[str, FundQuery]:
        """A fund to ask about: its link, and the same as a query."""
        others, volatility = self.random.randrange(5, 40), self.random.randrange(50, 150)
        market = Market(leverage=float(others), volatility=volatility / 100)
        return f"v=1&others={others}&volatility={volatility}", replace(FundQuery(), market=market)


async def follow(page: Page) -> None:
    """Start the precise run of a fund, and ask after it as often as a page does until it is there."""
    await page.press("start:fund")
    while page.ticking:
        await page.tick()
    if "start:fund" in page.buttons:
        raise RuntimeError(f"no precise result: {' '.join(page.texts)[:200]}")


async def visit_all(there: Site, number: int, seconds: float) -> tuple[Seen, list[float]]:
    """Let the visitors in, a few at a time; return what they saw, and the server's memory in MB every two seconds."""
    seen, memory = Seen(), []
    end = time.perf_counter() + seconds

    async def watch() -> None:
        while True:
            memory.append(held(there.servers))
            await asyncio.sleep(2.0)

    watching = asyncio.create_task(watch())
    visits = []
    for each in range(number):
        visits.append(asyncio.create_task(Visitor(there.page(f"visitor {each}"), each, seen).visit(end)))
        await asyncio.sleep(0.2)
    await asyncio.gather(*visits)
    watching.cancel()
    return seen, memory


async def every_page_once(page: Page) -> None:
    """What any first visitor makes: imports, compiled code, what is kept once for all; the page is closed then."""
    for name in ("", *OTHERS):
        await page.open(name, "v=1")
    await page.open("fund_size", "v=1")
    await follow(page)
    for event in EVENTS:
        await page.open("", f"v=1&p={event}")
    await page.close()


async def warmed(there: Site) -> None:
    """Let a first visitor see all pages of each process."""
    for server in there.servers:
        await every_page_once(await with_process(there, server))


async def with_process(there: Site, server: psutil.Process) -> Page:
    """A page that the proxy sends to this process."""
    for number in range(100):
        page = await there.page(f"first {number}").open("laws", "v=1")
        if any(one.status == psutil.CONN_ESTABLISHED for one in server.net_connections("tcp")):
            return page
        await page.close()
        await asyncio.sleep(0.5)
    raise RuntimeError("the proxy leads to one process only")


def wrong(seen: Seen) -> tuple[int, int]:
    """How many sentences were held against the engine, and how many were others."""
    runs = seen.runs[:: max(1, len(seen.runs) // MOST_CHECKED)]
    faults = []
    for choice, told in runs:
        right = headline(view_of(choice.preset, scenario_of(choice)))
        faults += [f"{choice}: {told!r} instead of {right!r}"] if told != right else []
    for query, is_precise, told in seen.funds:
        result = answers.precise(query, lambda done, total: None) if is_precise else answers.draft(query)
        right = texts.headline(result)
        faults += [f"{query}: {told!r} instead of {right!r}"] if told != right else []
    for fault in faults[:3]:
        print(f"  wrong: {fault}")
    return len(runs) + len(seen.funds), len(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is told of one run: MB of memory, the load average before, answers that were checked and were wrong."""

    seen: Seen
    before: float
    peak: float
    after: float
    processor: float
    load: float
    checked: int
    n_wrong: int

    def print(self) -> None:
        """Print every figure beside its limit."""
        for what, spent in sorted(self.seen.milliseconds.items()):
            p50, p95 = np.percentile(spent, (50, 95))
            row(f"{what}: {len(spent):,d}, p50", p50, "ms")
            row(f"{what}, p95", p95, "ms", most=250.0 if what == "drag" else None)
        row("answers held against the engine", self.checked, "")
        row("wrong answers", self.n_wrong, "", most=0)
        row("server's memory before", self.before, "MB")
        row("at its peak", self.peak, "MB")
        row(f"{FORGOTTEN:g} s after the last has left", self.after, "MB", most=1.15 * self.before)
        row("server's processor", 100 * self.processor, "%")
        row("faults", self.seen.faults.total(), "", most=0)
        print("\n".join(f"  {count} x {fault}" for fault, count in self.seen.faults.items()))

    def keep(self, sessions: int, processes: int, minutes: float) -> None:
        """Put the figures into the page."""
        drags, runs = self.seen.milliseconds["drag"], self.seen.milliseconds.get("precise run", [])
        p50, p95 = np.percentile(drags, (50, 95))
        happened = f"{self.checked:,d} answers held against the engine, {self.n_wrong} wrong, "
        happened += f"{self.seen.faults.total()} faults; a drag p50 {p50:.0f}, p95 {p95:.0f} ms; memory "
        happened += f"{self.before:.0f} MB before, {self.peak:.0f} at most, {self.after:.0f} after"
        tried = f"{sessions} sessions on {processes} processes behind one address for {minutes:g} minutes "
        tried += "that drag, change events and pages and run precisely"
        times = f"{len(drags):,d} drags, {len(runs)} precise runs"
        record(Tried("load", tried, times, happened, "benchmarks/bench_sessions.py"), self.load)


def served(folder: Path, processes: int) -> AbstractContextManager[Site]:
    """The site, open to more connections of one address than a household makes."""
    return site(folder, n_servers=processes, changes={"limit_conn visitor 40;": "limit_conn visitor 400;"})


def measure(sessions: int, minutes: float, processes: int) -> Measured:
    """Start a site, let the visitors in and out, and check what they were told."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), processes) as there:
        asyncio.run(warmed(there))
        time.sleep(FORGOTTEN)
        before, load, busy = held(there.servers), psutil.getloadavg()[0], worked(there.servers)
        seen, memory = asyncio.run(visit_all(there, sessions, 60 * minutes))
        busy = (worked(there.servers) - busy) / (60 * minutes)
        time.sleep(FORGOTTEN)
        after = held(there.servers)
    checked, n_wrong = wrong(seen)
    return Measured(
        seen=seen,
        before=before,
        peak=max(memory),
        after=after,
        processor=busy,
        load=load,
        checked=checked,
        n_wrong=n_wrong,
    )


def main() -> None:
    """Print every figure; keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float, nargs="?", default=10.0)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2, help="behind the proxy")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    measured = measure(given.sessions, given.minutes, given.processes)
    visit = f"{given.sessions} sessions, {given.processes} processes, {given.minutes:g} min"
    print(f"{visit}, load average {measured.load:.1f} before")
    measured.print()
    if given.record:
        measured.keep(given.sessions, given.processes, given.minutes)


if __name__ == "__main__":
    main()
