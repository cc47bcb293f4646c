"""Time a million traders: sharing a loss by every money policy, and closing a position by every deleveraging rule.

Run as `python benchmarks/bench_rules.py [n_traders]`. Targets for 1,000,000: 60 ms per policy, 300 ms by rank. The
public functions are timed, validation included; each figure is the best of several runs, over small and large amounts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.book import Book
from engine.sharing.allocation import allocate
from engine.sharing.deleveraging import auto_deleverage
from engine.sharing.policies import POLICIES

ALLOCATION_TARGET = 60.0
DELEVERAGING_TARGET = 300.0
SHARES = (1e-6, 0.1, 0.9)
RUNS = 5


def best(run: Callable[[], object]) -> float:
    """Milliseconds of the fastest of several runs, after one that compiles."""
    run()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def line(name: str, times: list[float], target: float) -> bool:
    """Print one row of the table; True where every figure is within its target."""
    is_met = max(times) < target
    print(
        f"{name:34s}" + "".join(f"{value:9.1f}" for value in times) + f"{target:9.0f}  {'ok' if is_met else 'MISSED'}"
    )
    return is_met


def allocations(n: int) -> bool:
    """Time engine.allocate for every policy that shares money."""
    rng = np.random.default_rng(0)
    profit, equity, size = rng.normal(0, 100, n), rng.lognormal(4, 2, n), rng.normal(0, 1, n)
    arrays = {
        "profit": profit,
        "equity": equity,
        "size": size,
        "leverage": rng.lognormal(1, 1, n),
        "notional": rng.lognormal(5, 1, n),
        "contribution": rng.lognormal(3, 1, n),
        "cash": rng.lognormal(4, 2, n),
    }
    options = {
        "risk_weighted": [{}, {"profit": 0.5, "leverage": 0.7, "notional": 0.3}],
        "first_come": [{"order": order} for order in ("index", "size", "random")],
    }
    is_met = True
    for policy in POLICIES.values():
        if policy.family != "money":
            continue
        for chosen in options.get(policy.name, [{}]):
            everything = allocate(policy=policy.name, amount=1e30, options=chosen, **arrays).charge.sum()
            times = [
                best(
                    lambda amount=share * everything, policy=policy, chosen=chosen: allocate(
                        policy=policy.name, amount=amount, options=chosen, **arrays
                    )
                )
                for share in SHARES
            ]
            name = " ".join([policy.name, *(str(value) for value in chosen.values())])
            is_met &= line(name, times, ALLOCATION_TARGET)
    return is_met


def deleveragings(n: int) -> bool:
    """Time engine.auto_deleverage for every rule; the target holds for the ranked one."""
    rng = np.random.default_rng(1)
    book = Book(
        size=rng.choice([-1.0, 1.0], n) * rng.lognormal(0, 1, n),
        entry_price=100 * np.exp(rng.normal(0, 0.1, n)),
        collateral=rng.lognormal(3, 1, n),
    )
    capacity = -book.size[book.size < 0].sum()
    is_met = True
    for rule, score in (("queue", "bitmex"), ("queue", "hyperliquid"), ("prorata", "bitmex"), ("minimax", "bitmex")):
        times = [
            best(
                lambda size=share * capacity, rule=rule, score=score: auto_deleverage(
                    size=size, bankruptcy_price=101.0, mark=100.0, book=book, rule=rule, score=score
                )
            )
            for share in SHARES
        ]
        is_met &= line(f"deleveraging {rule} {score}", times, DELEVERAGING_TARGET)
    return is_met


def main() -> int:
    """Print both tables; the exit code is 1 where a target is missed."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{n:,} traders, ms" + " " * 12 + "".join(f"{share:9.0e}" for share in SHARES) + "   target")
    is_met = allocations(n)
    return 0 if deleveragings(n) and is_met else 1


if __name__ == "__main__":
    sys.exit(main())
