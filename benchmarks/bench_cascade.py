"""One path of 288 steps: 2,000, 100,000 and 1,000,000 traders; building the book; peak memory.

Each size runs in a process of its own, so that peak memory is its own. Times are the least of some repeats, in
milliseconds: `cascade` is a volatile path on a thin venue (hundreds to thousands of liquidations), `calm` one on which
nothing happens. Everything that `engine.simulate` does is inside, the ledger too; drawing and sorting the book is not.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable

SIZES = (2_000, 100_000, 1_000_000)
LIMITS = {2_000: 1.0, 100_000: 10.0, 1_000_000: 60.0}


def least(function: Callable[[], object], repeats: int) -> float:
    """Return the shortest of some runs, in milliseconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def measure(n_traders: int) -> dict[str, float]:
    """Return the figures of one book size."""
    import numpy as np

    import engine
    from engine.simulation import prepare

    settings = engine.BookModel(n_traders=n_traders, open_interest=1e9, leverage=8.0)
    engine.simulate(
        book=engine.draw_book(model=engine.BookModel(n_traders=10), seed=0),
        prices=[5e4, 4e4],
        venue=engine.Venue(depth=1e9),
    )
    begin = time.perf_counter()
    book = engine.draw_book(model=settings, seed=0)
    venue = engine.Venue(depth=1e9, fund=1e6, liquidation_fee=0.001, impact_half_life=20.0)
    prepare(book, venue)
    built = 1e3 * (time.perf_counter() - begin)
    model = engine.PathModel(volatility=0.8, n_steps=288)
    volatile = engine.draw_paths(model=model, initial_price=5e4, n_paths=1, seed=3)[0]
    flat = np.full(289, 5e4)
    repeats = 200 if n_traders <= 2_000 else 20
    forced = engine.simulate(book=book, prices=volatile, venue=venue).n_liquidated
    return {
        "build": built,
        "cascade": least(lambda: engine.simulate(book=book, prices=volatile, venue=venue), repeats),
        "forced": float(forced),
        "calm": least(lambda: engine.simulate(book=book, prices=flat, venue=venue), repeats),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Print a table, and which limits are kept."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{'traders':>10}{'build ms':>10}{'cascade ms':>12}{'forced':>10}{'calm ms':>10}{'peak MB':>10}{'limit':>8}")
    for n_traders in SIZES:
        output = subprocess.run([sys.executable, __file__, str(n_traders)], capture_output=True, check=True, text=True)
        row = json.loads(output.stdout)
        print(
            f"{n_traders:>10,}{row['build']:>10.1f}{row['cascade']:>12.3f}{row['forced']:>10,.0f}"
            f"{row['calm']:>10.3f}{row['peak_mb']:>10.0f}{LIMITS[n_traders]:>8.0f}"
        )


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    main()
