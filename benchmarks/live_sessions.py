"""Websocket clients that drag at once, each its own sliders; their answers are held against the engine's."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.page_client import Page, value
from ui.cascade.headline import headline
from ui.charts.run_view import view_of
from ui.settings.run_settings import Choice, scenario_of

PRESET = "calm"
RATE = 30.0  # messages a second that a client would like to send


@dataclass(frozen=True, slots=True)
class Sessions:
    """What the clients saw: updates a second of the slowest and of all, answer times, wrong answers."""

    slowest: float
    total: float
    milliseconds: list[float]
    n_wrong: int


def drag_sessions(address: str, number: int, seconds: float) -> Sessions:
    """Open `number` sessions on the first page, let them drag for `seconds`, then check what they were answered."""
    logs = asyncio.run(_all(address, number, seconds))
    answers = [answer for log in logs for answer in log]
    wrong = sum(text != _expected(leverage, volatility) for leverage, volatility, text, _ in answers)
    rates = [len(log) / seconds for log in logs]
    return Sessions(min(rates), sum(rates), [ms for *_, ms in answers], wrong)


def _expected(leverage: float, volatility: float) -> str:
    values: dict[str, float | str] = {"book.leverage": leverage, "path.volatility": volatility}
    return headline(view_of(PRESET, scenario_of(Choice(PRESET, values))))


async def _all(address: str, number: int, seconds: float) -> list[list[Any]]:
    start, ready = asyncio.Event(), asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_session(address, i, seconds, start, ready)) for i in range(number)]
    for _ in tasks:
        await asyncio.wait_for(ready.acquire(), 120)
    start.set()
    return list(await asyncio.gather(*tasks))


async def _session(address: str, i: int, seconds: float, start: asyncio.Event, ready: asyncio.Semaphore) -> list[Any]:
    """Return (leverage, volatility, headline, milliseconds) of every answer."""
    page = await Page(address).open("", f"v=1&p={PRESET}")
    channel = await page.lane()
    ready.release()
    await start.wait()
    log: list[Any] = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        leverage, volatility = 2.0 + (len(log) % 40), 20.0 + i
        await channel.send(json.dumps({"set:book.leverage": leverage, "set:path.volatility": volatility}))
        message = await channel.recv()
        took = time.perf_counter() - began
        log.append((leverage, volatility, value(message).get("headline"), 1e3 * took))
        await asyncio.sleep(max(0.0, 1 / RATE - took))
    await channel.close()
    await page.close()
    return log
