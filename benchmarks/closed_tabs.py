"""How long work goes on after its tab was closed: `python benchmarks/closed_tabs.py`; `--record` keeps the figures.

A precise run is started and its tab closed after some while; then, until the server's processor rests, it is looked at
every tenth of a second. The last is a page with 100,000 traders that is left while its own run is at work.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_live import ROOT, row, served
from benchmarks.bench_sessions import every_page_once
from benchmarks.page_client import Page
from benchmarks.processes import worked
from benchmarks.reliability import Tried, record

RESTS = 0.15  # of a processor
LOOK = 0.1
PAGES = (("fund_size", "v=1&others={}&venue=okx", "start:fund"), ("what_it_costs_me", "v=1&others={}", "start:cost"))
HEAVY = "v=1&p=hyperliquid-2025&traders=100000&policy=adl_minimax_leverage"


async def close_precise(address: str, server: psutil.Process, turn: int) -> float:
    """Start a precise run, close its tab, and return the seconds until the processor rests."""
    name, link, button = PAGES[turn % len(PAGES)]
    page = await Page(address).open(name, link.format(10 + turn))
    await page.press(button)
    await asyncio.sleep(0.3 + 0.35 * turn)
    await page.close()
    return rest(server)


async def leave(address: str, server: psutil.Process) -> float:
    """Ask for a heavy page, close the tab before it is there, and return the seconds until the processor rests."""
    page = await Page(address).open("laws")
    asking = asyncio.create_task(page.open("", HEAVY))
    await asyncio.sleep(1.0)
    asking.cancel()
    await page.close()
    return rest(server)


def rest(server: psutil.Process) -> float:
    """Seconds until the server's processor was at rest for half a second."""
    began = last = time.perf_counter()
    while time.perf_counter() - last < 0.5:
        before = worked([server])
        time.sleep(LOOK)
        if worked([server]) - before > RESTS * LOOK:
            last = time.perf_counter()
    return last - began


def main() -> None:
    """Print every figure; keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=12)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    with served(ROOT) as address:
        (server,) = psutil.Process().children()
        asyncio.run(every_page_once(Page(address)))
        rest(server)
        load = psutil.getloadavg()[0]
        spent = [asyncio.run(close_precise(address, server, turn)) for turn in range(given.times)]
        print("  " + ", ".join(f"{each:.1f}" for each in spent))
        left = asyncio.run(leave(address, server))
    row("work after a tab with a precise run was closed, median", float(np.median(spent)), "s", most=1.0)
    row("most", max(spent), "s")
    row("after a page with 100,000 traders was left", left, "s")
    if given.record:
        happened = f"the processor rests after {np.median(spent):.1f} s (median), {max(spent):.1f} s (most)"
        happened += f"; a page's own run of 100,000 traders under minimax deleveraging, left, after {left:.1f} s"
        tried = "tab closed in the middle of a precise run"
        record(Tried("closed tabs", tried, str(len(spent)), happened, "benchmarks/closed_tabs.py"), load)


if __name__ == "__main__":
    main()
