"""One heavy visitor beside a normal one: `python benchmarks/bench_starvation.py` from anywhere.

The normal one drags a board of 2,000 traders, as fast as a browser sends; the heavy one has 100,000 traders, precise
runs that are started again and again, and forty lanes: of one session, or of forty. `--record` keeps the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import websockets

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_live import ROOT, row, served
from benchmarks.bench_sessions import follow
from benchmarks.page_client import Page
from benchmarks.reliability import Tried, record

HEAVY = "v=1&p=calm&traders=100000&leverage=40&volatility=200&seed={}"
LANES = 40
LIMIT = 300.0  # ms
RATE = 30.0


async def drag(lane: websockets.ClientConnection, seconds: float, spent: list[float]) -> None:
    """Move two sliders to values that nobody had, a message after each answer, thirty a second at most."""
    mind, end = random.Random(id(lane)), time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        values = {"set:book.leverage": round(mind.uniform(2, 60), 1), "set:path.volatility": mind.randrange(10, 300)}
        await lane.send(json.dumps(values))
        await lane.recv()
        spent.append(1e3 * (time.perf_counter() - began))
        await asyncio.sleep(max(0.0, 1 / RATE - spent[-1] / 1e3))


async def insist(page: Page, end: float) -> None:
    """Drag over a lane of the page, and open another one whenever it is closed."""
    while time.perf_counter() < end:
        with suppress(websockets.ConnectionClosed):
            lane = await page.lane()
            await drag(lane, end - time.perf_counter(), [])


async def run_precisely(address: str, end: float) -> None:
    """Start one precise run after the other."""
    number = 0
    while time.perf_counter() < end:
        number += 1
        page = await Page(address).open("fund_size", f"v=1&others=40&venue=okx&volatility={60 + number}")
        with suppress(RuntimeError):
            await asyncio.wait_for(follow(page), max(0.1, end - time.perf_counter()))
        await page.close()


async def beside(address: str, sessions: int, has_precise: bool, seconds: float) -> list[float]:
    """How long the normal one's drags take, in ms, while `sessions` of the heavy one have forty lanes in all."""
    normal = await Page(address).open("", "v=1&p=calm&seed=3")
    pages = [await Page(address).open("", HEAVY.format(number)) for number in range(sessions)]
    spent: list[float] = []
    end = time.perf_counter() + seconds + 3.0
    heavy = [insist(pages[number % sessions], end) for number in range(LANES if sessions else 0)]
    heavy += [run_precisely(address, end)] if has_precise else []
    tasks = [asyncio.create_task(each) for each in heavy]
    await asyncio.sleep(3.0)
    lane = await normal.lane()
    await drag(lane, seconds, spent)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for page in (normal, *pages):
        await page.close()
    return spent


CASES = (
    ("alone", 0, False),
    ("beside precise runs", 0, True),
    ("beside 40 lanes of one session of 100,000 traders", 1, False),
    ("beside 40 lanes of 40 sessions of 100,000 traders", 40, False),
    ("beside both, 40 lanes of one session and precise runs", 1, True),
    ("beside both, 40 lanes of 40 sessions and precise runs", 40, True),
)


def main() -> None:
    """Print every figure; keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of dragging in each case")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    for number, (name, sessions, has_precise) in enumerate(CASES):
        with served(ROOT) as address:
            asyncio.run(beside(address, 0, False, 3.0))
            load = psutil.getloadavg()[0]
            spent = asyncio.run(beside(address, sessions, has_precise, given.seconds))
        p50, p95 = np.percentile(spent, (50, 95))
        row(f"{name}: {len(spent)}, p50", p50, "ms")
        row("p95", p95, "ms", most=LIMIT)
        if given.record:
            tried = f"a drag {name}"
            happened = f"p50 {p50:.0f}, p95 {p95:.0f} ms"
            kept = Tried(
                f"starvation {number}", tried, f"{len(spent)} values", happened, "benchmarks/bench_starvation.py"
            )
            record(kept, load)


if __name__ == "__main__":
    main()
