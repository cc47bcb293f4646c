"""Time of auto-deleveraging inside the cascade: `python benchmarks/bench_deleveraging.py` from anywhere.

The preset of 10 October 2025 with 2,000 to 100,000 traders, book drawing and ledger included, least of some runs.
Pro rata and minimax deleveraging close a part of everybody at every default: events grow with the square.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

SIZES = (2_000, 20_000, 100_000)
POLICIES = ("preset", "adl_queue", "adl_scan", "adl_prorata", "adl_minimax_leverage")
REPEATS = 4


def main() -> None:
    """Print the table; a dash where the log would be too long."""
    engine.warm_up()
    preset = engine.load_preset("hyperliquid-2025").scenario
    print(f"{'policy':24s}{'traders':>9s}{'ms':>9s}{'defaults':>10s}{'events':>11s}")
    for policy in POLICIES:
        for n_traders in SIZES:
            scenario = replace(preset, book=replace(preset.book, n_traders=n_traders))
            if policy != "preset":
                scenario = replace(scenario, venue=replace(scenario.venue, policy=policy, policy_options={}))
            times = []
            try:
                for _ in range(REPEATS):
                    start = time.perf_counter()
                    run = engine.run_scenario(scenario)
                    times.append(1e3 * (time.perf_counter() - start))
            except engine.InputError:
                print(f"{policy:24s}{n_traders:9,d}{'-':>9s}")
                continue
            defaults = int((run.events["kind"] == 2).sum())
            print(f"{policy:24s}{n_traders:9,d}{min(times):9.1f}{defaults:10,d}{len(run.events):11,d}", flush=True)


if __name__ == "__main__":
    main()
