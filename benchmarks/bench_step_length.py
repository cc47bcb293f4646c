"""How far the answer depends on the step length: `python benchmarks/bench_step_length.py [paths]` from the root.

One market along the same gbm paths, looked at every minute and every 5, 10 and 30 minutes: the expected deficit a day
and its difference from that of one-minute steps, paired by path, each with its standard error. Two refinements show
what a coarse path lacks: `extremes` leads from each step's opening over both extremes of its Brownian bridge to its
close (a coarse path has a smaller range); `pieces` leads there straight, in five steps (impact fades between them).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

OPEN_INTEREST = 1e9
HALF_LIFE = 30.0  # minutes
MINUTES = (1, 5, 10, 30)
READINGS = {"closes": 1, "extremes": 3, "pieces": 5}  # steps that each step is made of
DEPTHS = {"deep": 0.05 * OPEN_INTEREST, "shallow": 0.01 * OPEN_INTEREST}  # deep: a deficit on a fifth of the days
DAY = engine.PathModel(volatility=0.8, minutes_per_step=1.0, n_steps=1440)
PAST = engine.PathModel(volatility=0.8, minutes_per_step=15.0, n_steps=384)
BOOK = engine.BookModel(n_traders=2_000, open_interest=OPEN_INTEREST, size_tail=2.2)


def refined(path: np.ndarray, minutes: int, reading: str, rng: np.random.Generator) -> np.ndarray:
    """Return the path with each step in as many as its reading has."""
    logs = np.log(path)
    if reading == "pieces":
        count = READINGS[reading]
        return np.exp(np.interp(np.arange(count * (path.size - 1) + 1) / count, np.arange(path.size), logs))
    if reading == "closes":
        return path
    start, end = logs[:-1], logs[1:]
    variance = DAY.volatility**2 * minutes * DAY.step_years
    spread = np.sqrt((start - end) ** 2 - 2.0 * variance * np.log(1.0 - rng.random((2, start.size))))
    low, high = 0.5 * (start + end - spread[0]), 0.5 * (start + end + spread[1])
    first, second = np.where(end >= start, (low, high), (high, low))  # what the step moves away from comes first
    return np.exp(np.append(logs[0], np.column_stack([first, second, end]).ravel()))


def deficits(depth: float, minutes: int, paths: np.ndarray, reading: str) -> np.ndarray:
    """Return the deficit of each path, USD, where it is looked at every so many minutes."""
    venue = engine.Venue(depth=depth, impact_half_life=HALF_LIFE / minutes * READINGS[reading])
    book = engine.draw_book(model=BOOK, seed=0, past=PAST)
    rng, found = np.random.default_rng(0), np.empty(paths.shape[0])
    for row, path in enumerate(paths[:, ::minutes]):
        found[row] = engine.simulate(book=book, prices=refined(path, minutes, reading, rng), venue=venue).deficit.sum()
    return found


def show(words: str, found: np.ndarray, finest: np.ndarray) -> None:
    """Print the mean deficit and its difference from that of the finest steps, paired by path."""
    away, root = found - finest, np.sqrt(found.size)
    share, off = away.mean() / finest.mean(), away.std(ddof=1) / root / finest.mean()
    mean, error = found.mean(), found.std(ddof=1) / root
    print(f"{words} {mean:>14,.0f} +- {error:>9,.0f}   from {MINUTES[0]} min {share:+7.1%} +- {off:.1%}", flush=True)


def main() -> None:
    """Print one line per market, step length and reading."""
    n_paths = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    paths = engine.draw_paths(model=DAY, initial_price=BOOK.entry_price, n_paths=n_paths, seed=0)
    for name, depth in DEPTHS.items():
        finest = deficits(depth, MINUTES[0], paths, "closes")
        show(f"{name:<8} {MINUTES[0]:>3} min closes  ", finest, finest)
        for minutes in MINUTES[1:]:
            for reading in READINGS:
                show(f"{name:<8} {minutes:>3} min {reading:<8}", deficits(depth, minutes, paths, reading), finest)


if __name__ == "__main__":
    main()
