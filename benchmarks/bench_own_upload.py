"""A book of one million rows through a real browser: seconds until the page says what it is, and the server's memory.

Memory is that of the server's process before, at most, and after the tab was closed and its session has ended.
`--record` puts the figures into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_own_book import N_ROWS, write
from benchmarks.reliability import Tried, record
from tests.e2e.conftest import CHROMIUM, FLAGS, free_port, wait_until_healthy

ROOT = Path(__file__).parents[1]
ENDED = 240.0  # seconds after which a session without its page has ended, and memory was given back
LOOK = 20.0
WARM = 8_000  # ms until the server has read and compiled what pages need
PATIENCE = 180_000  # ms


def megabytes(server: psutil.Process) -> float:
    """The server's memory now."""
    return float(server.memory_info().rss) / 2**20


def main() -> None:
    """Serve, upload twice in tabs of their own, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    load, port = psutil.getloadavg()[0], free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        log = Path(folder) / "log"
        file = write(Path(folder), "csv", asked.rows)
        with log.open("w") as out:
            served = subprocess.Popen([*command, "--server.port", str(port)], cwd=ROOT, stdout=out, stderr=out)
        server, url = psutil.Process(served.pid), f"http://127.0.0.1:{port}"
        try:
            wait_until_healthy(url, served, log)
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for turn in range(2):  # the first visitor is there while the server still starts
                page = browser.new_page()
                page.goto(f"{url}/your_data")
                page.get_by_text("Nothing is loaded").first.wait_for(timeout=PATIENCE)
                page.wait_for_timeout(WARM)
                if turn == 0:
                    page.close()
            before, start = megabytes(server), time.perf_counter()
            page.set_input_files("input[type=file] >> nth=0", file)
            most = before
            while not page.get_by_text(f"{asked.rows:,} positions").count():
                most = max(most, megabytes(server))
                page.wait_for_timeout(100)
            seconds = time.perf_counter() - start
            loaded = megabytes(server)
            page.get_by_role("button", name="Open on Live cascade").click()
            page.get_by_text(f"of {asked.rows:,} traders").first.wait_for(timeout=PATIENCE)
            run, most = megabytes(server), max(most, megabytes(server))
            opened = time.perf_counter() - start - seconds
            page.close()
            began, after = time.perf_counter(), run
            while time.perf_counter() - began < ENDED:
                time.sleep(LOOK)
                after = megabytes(server)
                print(f"  {time.perf_counter() - began:4.0f} s after its tab was closed: {after:.0f} MB", flush=True)
            browser.close()
        finally:
            served.terminate()
            served.wait(15)
        size = file.stat().st_size / 2**20
    happened = (
        f"said after {seconds:.1f} s, its cascade shown after {opened:.1f} s more; memory {before:.0f} MB before, "
        f"{loaded:.0f} loaded, {run:.0f} run, {most:.0f} at most, {after:.0f} after the session has ended"
    )
    print(f"{asked.rows:,} rows, {size:.0f} MB: {happened}; load average {load:.1f}")
    if asked.record:
        tried = f"book of {asked.rows:,} rows ({size:.0f} MB of CSV) uploaded in a browser, then its tab closed"
        record(Tried("upload", tried, "1", happened, "benchmarks/bench_own_upload.py"), load)


if __name__ == "__main__":
    main()
