"""Fit what no record gives of markets, on days before 2025: python benchmarks/fit_markets.py coarse|near|era|work.

Depth (times what the market file says), what of it is left when volatility rises (`depth_floor`), the half-life of
impact and the time for which positions are held are tried on three grids, 234 trials in all: alike for all markets
that have a record, then near what was best, then apart for the markets to the end of 2021 and for those since. A
trial's misfit is the sum of squared logs of hindcast over record (half a day added to both, counts scaled to the same
days) over winner days, fund days, days displaced by more than 1, 3 and 5 %, and of the share liquidated a day outside
its recorded range. What comes best goes into data/markets by hand, as assumed; 2025 and 2026 are held out.

`every` after the name of a grid looks at every so many days. "work" tries six times in which a fund works off half of
the positions that it has taken over, with five books, at Binance to 2021, the one market whose venue limits them and
whose record has a winner day.
"""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

UNTIL = "2024-12-31"
GRIDS = {  # depth times the file's, floors, half-lives in minutes, holding times in hours; in the order they were tried
    "coarse": ((0.5, 1.0, 2.0), (0.1, 0.3, 0.5, 1.0), (1.5, 3.0, 6.0), (4.0, 8.0, 24.0)),  # 108, every fourth day
    "near": ((1.0, 1.5), (0.5, 0.7, 1.0), (2.0, 3.0, 4.5), (4.0, 8.0)),  # 36, every day
    "era": ((0.75, 1.0, 1.25), (0.2, 0.3, 0.5, 0.7, 1.0), (2.0, 3.0, 4.5), (8.0,)),  # 45 for each era, every day
}
WORK_MINUTES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0)


def misfit(row: object, found: engine.Hindcast) -> float:
    """Return the sum of squared logs of a hindcast over its record."""
    scale = found.days / row.exposure
    pairs = [(row.winner_events, found.winner_days), (row.fund_days, found.fund_days)]
    pairs += [(row.displacement_days[level], found.displacement_days[level]) for level in (0.01, 0.03, 0.05)]
    total = sum(math.log((have + 0.5) / (seen * scale + 0.5)) ** 2 for seen, have in pairs if seen is not None)
    if row.liquidated_share is not None:
        low, high = row.liquidated_share
        total += math.log(min(max(found.liquidated_share, low), high) / found.liquidated_share) ** 2
    return total


def eras(every: int) -> tuple[list, list]:
    """Return row, market and days before 2025 of the markets with a record: to the end of 2021, and since."""
    early, late = [], []
    for row in engine.load_record():
        if row.market and any(n is not None for n in (row.winner_events, row.fund_days)):
            venue, _, coin = row.market.rpartition("-")
            market = engine.load_market(venue, coin.upper())
            since, until = max(filter(None, (row.since, market.since))), min(row.until, UNTIL)
            if since < until:
                era = early if len(row.until) > 0 and row.until < "2022-06" else late
                era.append((row, market, {"since": since, "until": until, "every": every}))
    return early, late


def main() -> None:
    """Try a grid, on all markets or on each era alone."""
    if sys.argv[1:2] == ["work"]:
        fit_work()
        return
    grid, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    early, late = eras(every)
    for markets in (early, late) if grid == "era" else (early + late,):
        fit(markets, *GRIDS[grid])


def fit(markets: list, depths: tuple, floors: tuple, half_lives: tuple, holdings: tuple) -> None:
    """Print every trial, the best ones first, and what the best one gives by market."""
    found: dict = {}
    for holding in holdings:
        for row, market, window in markets:
            held = market.changed(holding_hours=holding)
            kept = engine.prepare_days(market=held, **window)
            for trial in itertools.product(depths, floors, half_lives):
                times, floor, half_life = trial
                there = held.changed(depth=held.values["depth"] * times, depth_floor=floor, half_life_minutes=half_life)
                result = engine.hindcast(market=there, prepared=kept, **window)
                found.setdefault((holding, *trial), []).append((misfit(row, result), row, result))
    ranked = sorted(found.items(), key=lambda item: sum(one for one, _, _ in item[1]))
    print(f"{len(ranked)} trials on {len(markets)} markets; holding hours, depth times, floor, half-life: misfit")
    for trial, results in ranked[:25]:
        print(trial, f"{sum(one for one, _, _ in results):.1f}", [f"{one:.1f}" for one, _, _ in results])
    for one, row, result in ranked[0][1]:
        moved, seen = ("/".join(map(str, days.values())) for days in (result.displacement_days, row.displacement_days))
        print(f"{row.market:18s} {result.days} of {row.exposure} days, misfit {one:.1f}")
        print(f"    winner {result.winner_days} ({row.winner_events}), fund {result.fund_days} ({row.fund_days})")
        print(f"    displaced {moved} ({seen}), liquidated {result.liquidated_share:.4f} {row.liquidated_share}")


def fit_work() -> None:
    """Print winner days by book, and fund days, for each time in which positions are worked off."""
    market = engine.load_market("binance-2019", "BTC")
    for minutes in WORK_MINUTES:
        found = engine.hindcast(market=market.changed(fund_work_minutes=minutes), seeds=5)
        days = f"{found.winner_days_by_seed} winner days, {found.fund_days} fund days"
        print(f"{minutes:g} minutes: {days} of {found.days}", flush=True)


if __name__ == "__main__":
    main()
