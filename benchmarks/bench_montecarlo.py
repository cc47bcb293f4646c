"""Time of many paths: `python benchmarks/bench_montecarlo.py` from the root; `--quick` leaves out the large one.

W is 2,000 traders x 500 steps of 5 minutes x 100 paths at 150 % volatility, losses shared pro rata to profit at every
step, paths drawn anew each time, on one thread.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

OPEN_INTEREST = 1e8
VENUES = {
    "calm": engine.Venue(depth=1e12, fund=1e9),
    "stressed": engine.Venue(depth=OPEN_INTEREST / 10, residual_margin="trader", impact_half_life=20.0),
}
TARGETS = {"calm": 10.0, "stressed": 20.0}


def milliseconds(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the least duration of a call, and its thread's least processor time, which others disturb less."""
    call()
    wall, own = [], []
    for _ in range(repeats):
        start, begin = time.perf_counter(), time.thread_time()
        call()
        wall.append(1e3 * (time.perf_counter() - start))
        own.append(1e3 * (time.thread_time() - begin))
    return min(wall), min(own)


def bench_w() -> None:
    """Print the time of W on either venue, and what happens in it."""
    book = engine.draw_book(model=engine.BookModel(n_traders=2_000, open_interest=OPEN_INTEREST), seed=0)
    model = engine.PathModel(volatility=1.5, n_steps=500)
    for name, venue in VENUES.items():

        def run(venue: engine.Venue = venue) -> engine.Estimate:
            return engine.estimate(book=book, venue=venue, model=model, n_paths=100, n_threads=1)

        wall, own = milliseconds(run, 40)
        est = run()
        forced, cut = 2_000 * est.liquidated_share.value, est.paths["n_cut"].mean()
        print(
            f"W {name:<9} {wall:8.2f} ms least {own:8.2f} ms processor (at most {TARGETS[name]:.0f})"
            f"   a path: {forced:.0f} forced out, {cut:.0f} charged"
        )


def bench_large() -> None:
    """Print time and memory of 10,000 traders x 288 steps x 10,000 paths with charges per trader."""
    book = engine.draw_book(model=engine.BookModel(n_traders=10_000, open_interest=OPEN_INTEREST), seed=0)
    model = engine.PathModel(volatility=0.8, n_steps=288)
    for name, venue in VENUES.items():
        start = time.perf_counter()
        est = engine.estimate(book=book, venue=venue, model=model, n_paths=10_000)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"10,000 x 288 x 10,000 {name:<9} {seconds:6.2f} s (under 4)   peak {peak:4.0f} MB (under 500)"
            f"   P(shortfall) {est.shortfall_probability.value:.3f}"
        )


def bench_questions() -> None:
    """Print the time of what the pages ask for in a first draft."""
    book = engine.draw_book(model=engine.BookModel(n_traders=2_000, open_interest=OPEN_INTEREST), seed=0)
    model = engine.PathModel(volatility=1.2, n_steps=288)
    case = {"book": book, "venue": VENUES["stressed"], "model": model}
    position = engine.PositionSpec(side="short", size=1, leverage=5)
    questions: dict[str, Callable[[], object]] = {
        "estimate, 200 paths": lambda: engine.estimate(**case, n_paths=200),
        "size_fund, 1,000 paths": lambda: engine.size_fund(engine.Study(**case, n_paths=1_000)),
        "position_cost, 200 paths": lambda: engine.position_cost(engine.Study(**case, n_paths=200), position),
        "largest_crash": lambda: engine.largest_crash(book=book, venue=VENUES["stressed"]),
    }
    for name, question in questions.items():
        wall, _ = milliseconds(question, 3)
        print(f"{name:<26} {wall:8.1f} ms least")


if __name__ == "__main__":
    bench_w()
    bench_questions()
    if "--quick" not in sys.argv:
        bench_large()
