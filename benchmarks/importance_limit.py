"""About what a tilt of the price path can gain: `python benchmarks/importance_limit.py` from anywhere.

No law of paths can draw them with more than they show before the cascade is run. If a path with features x is short
with chance p(x), the best law draws x in proportion to the root of p(x), and gains E[p] / E[sqrt p]^2. The features
are the extremes of the path, its largest moves over 1 to 64 steps, its squares in windows, and how it passes its own
extremes; p(x) is a logistic regression on all their products, fitted to half of the paths and read from the other.
An estimate, not a bound: a law that knows more of the path than these features could gain more.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine
from benchmarks.bench_importance import CASES
from engine.questions.fund import size_fund

N_PATHS = 400_000
CHANCE = 1e-3  # rarer ones leave too few paths to fit to
NAMES = ("gbm, cascades",)
SHARES = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)  # of paths, by fitted chance: groups of equal p
RIDGE, N_ROUNDS = 5.0, 25


def features(log: np.ndarray) -> np.ndarray:
    """Return features of log prices (paths, steps + 1), standardized, with all products, (paths, many)."""
    steps = np.diff(log, axis=1)
    log, steps = log / steps.std(), steps / steps.std()
    found = [log.max(axis=1), -log.min(axis=1), log[:, -1], (steps**2).sum(axis=1), (steps**4).sum(axis=1)]
    for width in (1, 2, 4, 8, 16, 32, 64):
        move = log[:, width:] - log[:, :-width]
        found += [move.max(axis=1), -move.min(axis=1)]
    walk = np.cumsum(steps**2, axis=1)
    found += [(walk[:, width:] - walk[:, :-width]).max(axis=1) for width in (4, 12, 36)]
    for side in (1.0, -1.0):
        passed = np.diff(np.maximum.accumulate(side * log, axis=1), axis=1)
        found += [(passed**power).sum(axis=1) for power in (2, 3)]
    x = np.column_stack(found)
    x = np.sign(x) * np.log1p(np.abs(x))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    first, second = np.triu_indices(x.shape[1])
    return np.column_stack([np.ones(len(x)), x, x[:, first] * x[:, second]])


def fitted(x: np.ndarray, is_short: np.ndarray) -> np.ndarray:
    """Return the coefficients of a logistic regression with a ridge."""
    found = np.zeros(x.shape[1])
    found[0] = np.log(is_short.mean())
    for _ in range(N_ROUNDS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(x @ found, -30.0, 30.0)))
        curve = (x * (chance * (1.0 - chance) + 1e-9)[:, None]).T @ x + RIDGE * np.eye(x.shape[1])
        slope = x.T @ (is_short - chance) - RIDGE * found * (np.arange(found.size) > 0)
        change = np.linalg.solve(curve, slope)
        found += change * min(1.0, 3.0 / np.abs(change).max())
    return found


def limit(name: str) -> tuple[float, float]:
    """Return the share of paths of a setting that need any fund, and the gain of the best law at CHANCE."""
    path, venue, book, _ = CASES[name]
    model = engine.PathModel(**path)
    drawn = engine.draw_book(model=engine.BookModel(**book), seed=0)
    start = model.initial_price or drawn.mean_entry_price
    need = size_fund(engine.Study(book=drawn, venue=engine.Venue(**venue), model=model, n_paths=N_PATHS)).needs
    x = features(np.log(engine.draw_paths(model=model, initial_price=start, n_paths=N_PATHS, seed=0) / start))
    is_short = (need > np.quantile(need, 1.0 - CHANCE)).astype(float)
    half = N_PATHS // 2
    order = np.argsort(-(x[half:] @ fitted(x[:half], is_short[:half])))
    ranked = is_short[half:][order]
    edges = (np.array(SHARES) * half).astype(int)
    root = sum((end - first) * np.sqrt(ranked[first:end].mean()) for first, end in pairwise(edges))
    return float((need > 0.0).mean()), float(ranked.mean() / (root / half) ** 2)


def main() -> None:
    """Print the estimates for the settings in which a shortfall is the sum of many small deficits."""
    for name in NAMES:
        share, gain = limit(name)
        print(f"{name:<28} {share:4.0%} of paths need a fund; the best tilt gains about {gain:.0f} at {CHANCE:g}")


if __name__ == "__main__":
    main()
