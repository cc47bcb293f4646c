"""How the charts follow the hand, in a real headless Chromium: `python benchmarks/bench_live.py` from the root.

A hand drags the leverage of the preset "calm" (288 steps) to and fro. An update's latency runs from the pointer event
whose value was sent to the end of the frame in which the answer was painted. Limits stand beside the figures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.live_sessions import drag_sessions
from tests.e2e.conftest import CHROMIUM, FLAGS, VIEWPORT, free_port, wait_until_healthy

ROOT = Path(__file__).parents[1]
LINK = "/?v=1&p=calm&traders={}"
SMALL = 2_000  # up to here the strict limits hold
PROBE = (Path(__file__).parent / "live_probe.js").read_text()
TOLD = ("headline", "charts", "remounts", "faded", "missing", "frames", "longest", "errors")


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Start the app of a folder on a free port; give its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen(command, cwd=root, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, Path(log.name))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(15)


@contextmanager
def tab() -> Iterator[Any]:
    """Open a tab in a fresh profile, with the probe in it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as p:
        context = p.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=FLAGS, viewport=VIEWPORT
        )
        page = context.new_page()
        page.add_init_script(PROBE)
        yield page
        context.close()


def row(name: str, value: float, unit: str, *, most: float | None = None, least: float | None = None) -> None:
    """Print one figure and the limit it is held against."""
    limit, verdict = "", ""
    if most is not None:
        limit, verdict = f"<= {most:g}", "ok" if value <= most else "MISSED"
    if least is not None:
        limit, verdict = f">= {least:g}", "ok" if value >= least else "MISSED"
    print(f"  {name:<44}{value:>10,.1f} {unit:<4}{limit:>10}  {verdict}", flush=True)


def load(page: Any, address: str) -> float:
    """Open an address and return the seconds until its first chart."""
    began = time.perf_counter()
    page.goto(address)
    page.locator(".sf-board .sf-plot .main-svg").first.wait_for(timeout=180_000)
    seconds = time.perf_counter() - began
    page.locator(".sf-board .sf-grid[data-drawn]").wait_for(timeout=180_000)
    return seconds


def drag(page: Any, seconds: float) -> None:
    """Move the leverage to and fro, four seconds each way, an event every 12 ms; then let go."""
    box = page.get_by_role("slider", name="Leverage", exact=True).bounding_box()
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 0.12 * box["width"], 0.8 * box["width"]
    page.mouse.move(left, y)
    page.mouse.down()
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < seconds:
        page.mouse.move(left + width * (1 - abs((now / 4) % 2 - 1)), y)
        time.sleep(0.012)
    page.evaluate("probe.stop()")
    page.mouse.up()
    page.wait_for_timeout(800)


def memory(page: Any) -> dict[str, float]:
    """Return the page's heap (MB), DOM nodes and listeners after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    found = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {"heap": found["JSHeapUsedSize"] / 1e6, "nodes": found["Nodes"], "listeners": found["JSEventListeners"]}


def measure(address: str, n_traders: int, seconds: float) -> None:
    """Drag in a fresh browser and print what was seen."""
    with tab() as page:
        is_small = n_traders <= SMALL
        first = load(page, address + LINK.format(n_traders))
        page.wait_for_function("probe.isOpen()", timeout=10_000)
        page.wait_for_timeout(500)
        before = memory(page)
        page.evaluate("probe.start()")
        drag(page, seconds)
        seen = page.evaluate(f"Object.fromEntries({list(TOLD)}.map(name => [name, probe[name]]))")
        after = memory(page)
    print(f"{n_traders:,d} traders, {seconds:g} s of dragging")
    row("first load to first chart", first, "s", most=4.0)
    row("updates a second, all four charts", len(seen["charts"]) / seconds, "/s", least=14 if is_small else 10)
    for name, text in (("headline", "headline and price"), ("charts", "all four charts")):
        p50, p95 = np.percentile(seen[name] or [np.inf], (50, 95))
        all_p95 = {True: {"headline": 80, "charts": 140}, False: {"headline": None, "charts": 200}}[is_small][name]
        row(f"{text}, input to painted, p50", p50, "ms", most=80 if is_small and name == "charts" else None)
        row(f"{text}, input to painted, p95", p95, "ms", most=all_p95)
    for name in ("remounts", "faded", "missing"):
        row({"faded": "stale fades", "missing": "frames with a chart missing"}.get(name, name), seen[name], "", most=0)
    row("frames a second", seen["frames"] / seconds, "/s")
    row("longest frame", seen["longest"], "ms")
    row("heap before", before["heap"], "MB")
    row("heap after", after["heap"], "MB", most=round(1.1 * before["heap"] + 2, 1))
    row("errors", seen["errors"], "", most=0)


def watch_memory(address: str, minutes: float) -> None:
    """Drag for minutes in one tab; memory must not grow after the first minute."""
    print(f"memory over {minutes:g} min of dragging, {SMALL:,d} traders")
    with tab() as page:
        load(page, address + LINK.format(SMALL))
        series, began = [], time.perf_counter()
        while (now := time.perf_counter() - began) < 60 * minutes:
            page.evaluate("probe.start()")
            drag(page, 32.0)  # four times to and fro: let go at the same place, for what is drawn there is counted
            series.append(memory(page))
            print(f"  {now:6.0f} s  " + "  ".join(f"{name} {value:,.1f}" for name, value in series[-1].items()))
    start = series[min(1, len(series) - 1)]
    for name, value in series[-1].items():
        row(f"{name} at the end", value, "MB" if name == "heap" else "", most=round(1.1 * start[name] + 2, 1))


def measure_fresh() -> None:
    """Time the first chart on a machine that has compiled nothing: a copy of the tree without its caches."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "copy"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
        began = time.perf_counter()
        with served(root) as address, tab() as page:
            print("a fresh machine, nothing compiled")
            row("server start", time.perf_counter() - began, "s")
            row("first load to first chart", load(page, address), "s", most=15.0)


def sessions(address: str, number: int, seconds: float) -> None:
    """Let websocket clients drag at once; print the slowest and whether every answer was right."""
    result = drag_sessions(address, number, seconds)
    print(f"{number} sessions at once, {seconds:g} s")
    row("updates a second, slowest session", result.slowest, "/s", least=8)
    row("updates a second, all sessions", result.total, "/s")
    row("answer time, p50", float(np.percentile(result.milliseconds, 50)), "ms")
    row("answer time, p95", float(np.percentile(result.milliseconds, 95)), "ms")
    row("wrong answers", result.n_wrong, "", most=0)


def main() -> None:
    """Print every figure that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="of dragging, for each number of traders")
    parser.add_argument("--traders", type=int, nargs="*", default=[SMALL, 100_000])
    parser.add_argument("--sessions", type=int, default=20, help="websocket clients at once; 0: none")
    parser.add_argument("--minutes", type=float, default=0.0, help="of dragging while memory is watched")
    parser.add_argument("--fresh", action="store_true", help="time the first chart with nothing compiled, too")
    given = parser.parse_args()
    if not CHROMIUM:
        print("No Chromium on this machine: nothing was measured. The variable CHROMIUM may name one.")
        return
    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")
    with served(ROOT) as address:
        for n_traders in given.traders:
            measure(address, n_traders, given.seconds)
        if given.sessions:
            sessions(address, given.sessions, min(given.seconds, 20.0))
        if given.minutes:
            watch_memory(address, given.minutes)
    if given.fresh:
        measure_fresh()
    print(f"load average at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
