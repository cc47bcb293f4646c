"""Time of auto-deleveraging inside the cascade: `python benchmarks/bench_deleveraging.py` from anywhere.

The preset of 10 October 2025 with 2,000 to 100,000 traders, book drawing and ledger included, least of some runs.
Pro rata and minimax deleveraging close a part of everybody at every default: events grow with the square, up to where
the log ends and the run is refused. `--record` keeps how times grow.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine
from benchmarks.reliability import Tried, record

SIZES = (2_000, 20_000, 50_000, 100_000)
POLICIES = ("preset", "adl_queue", "adl_scan", "adl_prorata", "adl_minimax_leverage")
RANKED = "adl_queue"
REPEATS = 4
AGAIN = "benchmarks/bench_deleveraging.py"


def timed(scenario: engine.Scenario) -> tuple[float, engine.Run | None]:
    """Milliseconds of a run, the least of some, and the run; none where its log would be too long."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        try:
            run = engine.run_scenario(scenario)
        except engine.InputError:
            return 1e3 * (time.perf_counter() - start), None
        times.append(1e3 * (time.perf_counter() - start))
    return min(times), run


def keep(rows: list[tuple[str, int, float, int]], load: float) -> None:
    """Put how ranked deleveraging grows, and when the others are refused, into docs/reliability.md."""
    ranked = [(n, ms, defaults) for policy, n, ms, defaults in rows if policy == RANKED]
    (fewer, before, few), (more, after, many) = ranked[1], ranked[-1]
    power = math.log(after / before) / math.log(more / fewer)
    happened = f"{before:.0f} ms to {after:.0f} ms: the power {power:.2f} of the number of traders"
    tried = f"ranked deleveraging, {fewer:,d} to {more:,d} traders, {few:,d} to {many:,d} defaults in a run"
    times = f"{len(ranked)} sizes, {REPEATS} runs"
    record(Tried("deleveraging, ranked", tried, times, happened, AGAIN), load)
    refused = [(policy, n, ms) for policy, n, ms, defaults in rows if defaults < 0]
    told = "; ".join(f"{policy} with {n:,d} traders after {ms / 1e3:.1f} s" for policy, n, ms in refused)
    tried = "pro rata and minimax deleveraging with more events than a log holds (5,000,000)"
    row = Tried(
        "deleveraging, pro rata", tried, f"{len(refused)}", f"refused: {told}", "benchmarks/bench_deleveraging.py"
    )
    record(row, load)


def main() -> None:
    """Print the table; a dash where the log would be too long, with the time until that was known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    load, rows = psutil.getloadavg()[0], []
    engine.warm_up()
    preset = engine.load_preset("hyperliquid-2025").scenario
    print(f"{'policy':24s}{'traders':>9s}{'ms':>9s}{'defaults':>10s}{'events':>11s}")
    for policy in POLICIES:
        for n_traders in SIZES:
            scenario = replace(preset, book=replace(preset.book, n_traders=n_traders))
            if policy != "preset":
                scenario = replace(scenario, venue=replace(scenario.venue, policy=policy, policy_options={}))
            milliseconds, run = timed(scenario)
            defaults = -1 if run is None else int((run.events["kind"] == 2).sum())
            rows.append((policy, n_traders, milliseconds, defaults))
            found = f"{'-':>10s}" if run is None else f"{defaults:10,d}{len(run.events):11,d}"
            print(f"{policy:24s}{n_traders:9,d}{milliseconds:9.1f}{found}", flush=True)
    if given.record:
        keep(rows, load)


if __name__ == "__main__":
    main()
