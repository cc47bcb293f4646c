"""Deepening and stretching a crash: how far the reference falls, and how long it takes to its low."""

from __future__ import annotations

from dataclasses import replace

from engine import PathModel, Preset, Scenario, fall_of, with_depth

WHOLE = ("history", "array")  # paths that stay as they are: recorded days, and prices from a file
LONG = 180.0  # minutes from which on a time to the low is in hours


def depth(preset: Preset) -> float | None:
    """Return the crash's depth in percent, 0 on a path without a script.

    None where a replay does not fall, on recorded days as they were, and where the volatility scales the crash: one
    control for one thing.
    """
    path = preset.scenario.path
    if path.crash_volatility > 0 or path.model in WHOLE or (path.model == "waypoints" and fall_of(path) <= 0):
        return None
    return 100.0 * fall_of(path) if path.model in ("waypoints", "crash") else 0.0


def with_depth_of(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
    """Return the scenario with another depth in percent; a path without a script gets one."""
    path = scenario.path
    if path.model not in ("waypoints", "crash"):
        path = replace(path, model="crash")
    return replace(scenario, path=with_depth(path, value / 100.0))


def _minutes_to_low(path: PathModel) -> float:
    if path.model != "waypoints":
        return path.crash_steps * path.minutes_per_step
    return min(path.points, key=lambda point: point[1])[0] * path.minutes_per_step


def duration(preset: Preset) -> float | None:
    """Return the time to the low, in hours or minutes; None where there is no low, and on recorded days."""
    if preset.scenario.path.model in WHOLE:
        return None
    minutes = _minutes_to_low(preset.scenario.path)
    return None if minutes <= 0 else minutes / 60.0 if minutes >= LONG else minutes


def duration_bounds(preset: Preset) -> dict[str, float | str]:
    """Return the bounds of the time to the low, from a tenth of the preset's to four times as long, and its unit."""
    path = preset.scenario.path
    minutes = _minutes_to_low(path)
    longest = 4.0 * minutes
    if path.model != "waypoints":
        longest = min(longest, (path.n_steps - path.crash_start) * path.minutes_per_step)
    unit, size = ("h", 60.0) if minutes >= LONG else ("min", 1.0)
    return {"low": 0.1 * minutes / size, "high": longest / size, "unit": unit}


def with_duration(scenario: Scenario, value: float, preset: Preset) -> Scenario:
    """Return the scenario with its path stretched in time, the settlement at its end included; a gap stays a step."""
    start = duration(preset)
    assert start is not None
    factor, path = value / start, scenario.path
    if path.model != "waypoints":
        return replace(
            scenario, path=replace(path, crash_steps=max(round(preset.scenario.path.crash_steps * factor), 1))
        )
    points: list[tuple[int, float]] = []
    gaps: list[int] = []
    for step, price in path.points:
        points.append((max(round(step * factor), points[-1][0] + 1 if points else 0), price))
        if step in path.gap_steps:
            gaps.append(points[-1][0])
            points[-2] = (gaps[-1] - 1, points[-2][1])
    n_steps = max(round(path.n_steps * factor), points[-1][0], 1)
    stretched = replace(path, points=tuple(points), n_steps=n_steps, gap_steps=tuple(gaps))
    changed = replace(scenario, path=stretched)
    if scenario.venue.settlement_interval == path.n_steps:
        return replace(changed, venue=replace(changed.venue, settlement_interval=n_steps))
    return changed
