"""The Contagion page under the hand: `python benchmarks/bench_contagion.py`; nothing but the page's own computing.

A slider is dragged over its range: 2,000 accounts are run for a crash in each of five coins, the chosen crash again
with the other margin and the other kind of policy, and drawn; no answer is one that was kept. Wall time.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_live import row
from ui.contagion import charts, controls, texts
from ui.contagion.answers import answer
from ui.live.pack import pack

N_MOVES = 60
SLIDERS = (controls.CRASH, controls.CORRELATION, controls.COMMON, controls.LEVERAGE)
MOST = 80.0


def redraw(moved: dict[str, float]) -> int:
    """Do what a drag asks of the server; return the bytes of its answer."""
    lists = {pick.key: pick.start for pick in controls.LISTS}
    found = answer(controls.asked(moved, lists))
    told = {"charts": charts.all_charts(found), "headline": texts.headline(found), "numbers": texts.numbers(found)}
    return len(pack(told))


def main() -> None:
    """Print p50 and p95 for every slider."""
    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")
    for slider in SLIDERS:
        spent = []
        for value in np.random.default_rng(1).uniform(slider.low, slider.high, N_MOVES):
            began = time.perf_counter()
            size = redraw({slider.key: float(value)})
            spent.append(1e3 * (time.perf_counter() - began))
        p50, p95 = np.percentile(spent[2:], (50, 95))
        row(f"{slider.label}: p50", p50, "ms", most=MOST)
        row(f"{slider.label}: p95, {size / 1e3:.0f} kB", p95, "ms")


if __name__ == "__main__":
    main()
