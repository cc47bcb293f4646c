"""A class of 200 phones on one server: opening the page, predicting within ten seconds, and the teacher's screen.

Phones are real clients over HTTP and a websocket, each with connections of its own; the teacher is a Chromium.
    python benchmarks/bench_class.py [--phones 200]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import websockets

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench_live import PROBE  # noqa: E402
from tests.e2e.conftest import CHROMIUM, FLAGS, VIEWPORT, free_port, wait_until_healthy  # noqa: E402

SECONDS = 10.0  # within which all come, and all predict


class Phone:
    """One client: opens the page, joins, hears what there is to show, predicts."""

    def __init__(self, address: str, code: str) -> None:
        self.host, self.code = urlsplit(address).netloc, code
        self.token, self.number, self.opened, self.clicked, self.kept, self.confirmed = "", 0, 0.0, 0.0, "", 0.0
        self.asked, self.told = asyncio.Event(), asyncio.Event()

    async def request(self, way: str, sent: dict[str, Any] | None = None) -> bytes:
        host, port = self.host.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps({"code": self.code, **sent}).encode() if sent is not None else b""
        method = "GET" if sent is None else "POST"
        head = (
            f"{method} /{way} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
        if b" 200 " not in answer[:20]:
            raise RuntimeError(answer[:200])
        return answer.split(b"\r\n\r\n", 1)[1]

    async def come(self, after: float) -> None:
        """Open the page as a browser does, join, and listen until the end."""
        await asyncio.sleep(after)
        began = time.perf_counter()
        await self.request("class")
        await self.request("app/static/class/phone.js")
        await self.request("class/about", {})
        joined = json.loads(await self.request("class/join", {"name": ""}))
        self.token, self.number = joined["token"], joined["number"]
        url = f"ws://{self.host}/class/live?code={self.code}"
        async with websockets.connect(url, subprotocols=[self.token]) as socket:  # type: ignore[list-item]
            async for message in socket:
                self.opened = self.opened or time.perf_counter() - began
                self.asked.set()
                if json.loads(message)["result"]:
                    self.told.set()
                    return

    async def predict(self, after: float) -> None:
        """Predict once, and note how long the click took."""
        await asyncio.sleep(after)
        began = time.perf_counter()
        sent = {"token": self.token, "question": "pair", "value": str(self.number)}
        self.kept = json.loads(await self.request("class/answer", sent)).get("kept", "")
        self.confirmed = time.perf_counter()
        self.clicked = self.confirmed - began


async def open_sandbox(browser: Any, address: str) -> Any:
    """Open Live cascade beside the lesson, ready to be dragged."""
    page = await browser.new_page(viewport=VIEWPORT)
    await page.add_init_script(PROBE)
    await page.goto(f"{address}/?v=1&p=calm&traders=200")
    await page.locator(".sf-board .sf-grid[data-drawn]").wait_for(timeout=120_000)
    await page.wait_for_function("probe.isOpen()")
    return page


async def drag(page: Any) -> list[float]:
    """Move the leverage to and fro while phones predict; ms from each input to its charts painted."""
    box = await page.get_by_role("slider", name="Leverage", exact=True).bounding_box()
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 0.12 * box["width"], 0.8 * box["width"]
    await page.mouse.move(left, y)
    await page.evaluate("probe.start()")
    await page.mouse.down()
    began = time.perf_counter()
    while (now := time.perf_counter() - began) < SECONDS:
        await page.mouse.move(left + width * (1 - abs((now / 4) % 2 - 1)), y)
        await asyncio.sleep(0.012)
    await page.evaluate("probe.stop()")
    await page.mouse.up()
    return list(await page.evaluate("probe.charts"))


async def measure(address: str, number: int) -> dict[str, Any]:
    """Let a class go through its first step, and return what was seen."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        teacher = await browser.new_page()
        teacher.set_default_timeout(120_000)
        await teacher.goto(f"{address}/lesson")
        await teacher.get_by_role("button", name="Start a class").click()
        await teacher.get_by_role("button", name="Start", exact=True).click()
        found = re.search(r"class#(\w+)", await teacher.locator(".sf-class").inner_text())
        assert found is not None
        phones = [Phone(address, found[1]) for _ in range(number)]
        whole = [asyncio.create_task(phone.come(random.uniform(0, SECONDS))) for phone in phones]
        await asyncio.gather(*(phone.asked.wait() for phone in phones))
        sandbox = await open_sandbox(browser, address)
        dragging = asyncio.create_task(drag(sandbox))
        await asyncio.gather(*(phone.predict(random.uniform(0, SECONDS)) for phone in phones))
        last = max(phone.confirmed for phone in phones)
        await teacher.get_by_text(f"{number} of {number} have answered").wait_for()
        shown = time.perf_counter() - last
        dragged = await dragging
        began = time.perf_counter()
        await teacher.get_by_role("button", name="Reveal to all").click()
        await asyncio.gather(*(phone.told.wait() for phone in phones))
        told = time.perf_counter() - began
        await asyncio.gather(*whole)
        await browser.close()
    return {
        "opened": [phone.opened for phone in phones], "clicked": [phone.clicked for phone in phones],
        "dragged": dragged, "shown": shown, "told": told,
        "lost": sum(phone.kept != str(phone.number) for phone in phones),
    }  # fmt: skip


def main() -> None:
    """Serve the app with a store of its own, measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "secrets.toml").write_text(f'[connections.classes]\nurl = "sqlite:///{folder}/classes.sqlite"\n')
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
        command += ["--secrets.files", str(folder / "secrets.toml")]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, folder / "log")
            load = os.getloadavg()[0]
            seen = asyncio.run(measure(f"http://127.0.0.1:{port}", given.phones))
        finally:
            process.terminate()
            process.wait(15)
    opened, clicked = (1e3 * np.percentile(seen[name], (50, 95, 100)) for name in ("opened", "clicked"))
    dragged = np.percentile(seen["dragged"], (50, 95, 100))
    print(f"{given.phones} phones; load of the machine before: {load:.1f}")
    print("page opened and joined, ms: p50 {:.0f}, p95 {:.0f}, most {:.0f}".format(*opened))
    print("answer confirmed, ms: p50 {:.0f}, p95 {:.0f}, most {:.0f}".format(*clicked))
    print(
        f"last answer on the teacher's screen after {seen['shown']:.2f} s; reveal on all phones: {seen['told']:.2f} s"
    )
    print(
        "a drag of the teacher's meanwhile, input to charts painted, ms: p50 {:.0f}, p95 {:.0f}, most {:.0f}".format(
            *dragged
        )
    )
    print(f"answers lost: {seen['lost']}")


if __name__ == "__main__":
    main()
