"""What importance sampling gains at rare shortfalls: `python benchmarks/bench_importance.py` from anywhere.

Gain: paths that plain Monte Carlo needs for the same standard error, p (1 - p) / error^2, over the paths that
importance sampling takes, its pilot runs counted. At a probability near 1e-4 it is to be at least 50 where gaps are the
cause; cascades of many small deficits gain a few. Each setting has funds that about 5, 1 and 0.2 in 10,000 paths exceed
(quantiles of 200,000 plain paths), and every fund ten seeds: a gain is itself an estimate, and varies by half of itself
and more.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

N_PATHS = 20_000
SEEDS = tuple(range(1, 11))
LEAST = 50.0
BOOK = {"n_traders": 100, "open_interest": 1e7}
THIN = {"depth": 1e8, "residual_margin": "trader", "impact_half_life": 20.0}
# name: path, venue, book, funds at about 5e-4, 1e-4 and 2e-5
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], tuple[float, float, float]]] = {
    "gbm, cascades": ({"n_steps": 96}, THIN | {"depth": 3e5}, BOOK, (38_923, 40_390, 41_005)),
    "merton": ({"model": "merton", "n_steps": 96}, THIN, BOOK, (379e3, 645e3, 790e3)),
    "student_t, gaps": (
        {"model": "student_t", "n_steps": 96, "gap_steps": tuple(range(1, 97))},
        THIN,
        BOOK,
        (45e3, 103e3, 316e3),
    ),
}


def measure(name: str) -> None:
    """Print the gains of a setting at each of its funds: their geometric mean, and the least."""
    path, venue, book, funds = CASES[name]
    model = engine.PathModel(**path)
    drawn = engine.draw_book(model=engine.BookModel(**book), seed=0)
    for fund in funds:
        case: dict[str, Any] = {"book": drawn, "venue": engine.Venue(**venue, fund=fund), "model": model}
        gains, chances, started = [], [], time.perf_counter()
        for seed in SEEDS:
            try:
                found = engine.estimate(
                    **case,
                    n_paths=N_PATHS,
                    seed=seed,
                    importance=engine.plan_tilts(engine.Study(**case, seed=seed)),
                )
            except engine.DegenerateWeightsError:
                gains.append(0.0)
                continue
            assert found.importance is not None
            gains.append(found.importance.gain)
            chances.append(found.shortfall_probability)
        seconds = (time.perf_counter() - started) / len(SEEDS)
        chance = min(
            chances, key=lambda one: one.stderr / one.value, default=engine.Estimated(float("nan"), float("nan"))
        )
        middle = float(np.exp(np.mean(np.log(np.maximum(gains, 1.0)))))
        verdict = "met" if middle >= LEAST else "missed"
        print(
            f"{name:<28} P {chance.value:8.2e} +- {chance.stderr / chance.value:4.0%}   gain {middle:6.0f}  "
            f"({verdict} at {LEAST:.0f})   least {min(gains):5.0f}, {sum(gain < LEAST for gain in gains)} of "
            f"{len(gains)} below, {gains.count(0.0)} refused   {seconds:.1f} s",
            flush=True,
        )


def main() -> None:
    """Print every setting; a gain of 0 is a run that refused its weights."""
    print(f"{N_PATHS:,} paths and the pilot's, {len(SEEDS)} seeds")
    for name in CASES:
        measure(name)


if __name__ == "__main__":
    main()
