"""A sweep on a Dask cluster of two worker processes against one: at least 1.7 times as fast, and the same table.

Each worker has one thread. The cells run once before, so that neither start-up nor compilation is in the figures.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
from distributed import Client, LocalCluster

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine
from engine.questions.sweep import sweep

AXES = {"venue.fund": [0.0, 1e6, 2e6, 5e6, 1e7, 2e7], "book.leverage_cap": [10, 15, 20, 30, 50, 100]}
N_PATHS = 3000
ROUNDS = 2
LEAST = 1.7


def scenario() -> engine.Scenario:
    """2,000 traders over a day of five-minute steps, volatile enough that funds are used."""
    calm = engine.load_preset("calm").scenario
    return replace(calm, book=replace(calm.book, leverage=10.0), path=replace(calm.path, volatility=1.5, n_steps=288))


def seconds(n_workers: int) -> tuple[float, pd.DataFrame]:
    """Return the best time of a sweep on so many workers, and its table."""
    with LocalCluster(n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        with Client(cluster.scheduler_address, set_as_default=False) as client:
            client.wait_for_workers(n_workers, timeout=60)
            client.run(warm_up)
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            table = sweep(scenario=scenario(), settings=AXES, n_paths=N_PATHS, scheduler=cluster.scheduler_address)
            times.append(time.perf_counter() - start)
    return min(times), table


def warm_up() -> None:
    """Compile, or load what was compiled, on a worker."""
    sweep(scenario=scenario(), settings={"seed": [0]}, n_paths=2, n_threads=1)


def main() -> None:
    """Print both times and their ratio."""
    warm_up()
    one, first = seconds(1)
    two, second = seconds(2)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    verdict = "met" if one / two >= LEAST else "missed"
    print(f"{len(first)} cells x {N_PATHS} paths: one worker {one:.2f} s, two {two:.2f} s")
    print(f"{one / two:.2f} times as fast (target {LEAST}: {verdict}), the same table to the last bit")


if __name__ == "__main__":
    main()
