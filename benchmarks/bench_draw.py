"""Time to draw paths and books: `python benchmarks/bench_draw.py` from the repository's root."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.drawing.blocks import draw_block
from engine.drawing.book_settings import BookModel
from engine.drawing.books import draw_book
from engine.drawing.path_settings import PATH_MODELS, PathModel

PAST = PathModel(minutes_per_step=15.0, n_steps=384)  # 96 hours
OWN = {
    "bootstrap": {"returns": tuple(np.random.default_rng(0).standard_t(4, 5000) * 0.001)},
    "waypoints": {"points": ((0, 100.0), (50, 80.0), (100, 90.0), (400, 85.0))},
    "history": {"coin": "BTC", "n_steps": 288},  # a day has no more
    "array": {"prices": tuple(np.linspace(100, 90, 501))},
}


def milliseconds(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the least and the median duration of a call."""
    call()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        durations.append(1e3 * (time.perf_counter() - start))
    return min(durations), float(np.median(durations))


def main() -> None:
    """Print one line per model and per book size."""
    for name in PATH_MODELS:
        model = PathModel(model=name, **({"n_steps": 500, "volatility": 1.5} | OWN.get(name, {})))
        out = np.empty((100, model.n_steps + 1))
        least, median = milliseconds(
            lambda m=model, o=out: draw_block(model=m, initial_price=100.0, seed=0, block=0, out=o), 50
        )
        print(f"paths 100 x {model.n_steps} {name:<10} {least:8.2f} ms least {median:8.2f} ms median")
    for contract in ("linear", "inverse"):
        for n_traders in (2_000, 100_000, 1_000_000):
            book = BookModel(n_traders=n_traders, contract=contract, stop_share=0.2)
            for words, past in (("", None), ("with a past", PAST)):
                least, median = milliseconds(lambda b=book, p=past: draw_book(model=b, seed=0, past=p), 5)
                print(f"book {contract:<8} {n_traders:>9,} {words:<11} {least:8.2f} ms least {median:8.2f} ms median")


if __name__ == "__main__":
    main()
