"""Deepening and stretching a crash: how far the reference falls, and how long it takes to its low."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from engine import Preset, Scenario
from engine.drawing.paths import PathModel
from engine.scenario import fall_of, with_depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A slider's bounds, its value in the preset, and how the number is written; all in the units of the page."""

    low: float
    high: float
    step: float
    value: float
    unit: str = ""
    digits: int = 0
    scale: Literal["linear", "log"] = "linear"


def depth_shape(preset: Preset) -> Shape | None:
    """Return the slider of the crash's depth; None where a replay does not fall."""
    path = preset.scenario.path
    if path.model == "waypoints" and fall_of(path) <= 0:
        return None
    value = 100.0 * fall_of(path) if path.model in ("waypoints", "crash") else 0.0
    return Shape(low=0.0, high=90.0, step=0.5, value=value, unit="%", digits=1)


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


def duration_shape(preset: Preset) -> Shape | None:
    """Return the slider of the time to the low, in hours or minutes; None where there is no low."""
    path = preset.scenario.path
    minutes = _minutes_to_low(path)
    if minutes <= 0:
        return None
    longest = 4.0 * minutes
    if path.model != "waypoints":
        longest = min(longest, (path.n_steps - path.crash_start) * path.minutes_per_step)
    unit, size = ("h", 60.0) if minutes >= 180 else ("min", 1.0)
    return Shape(
        low=0.1 * minutes / size, high=longest / size, step=0.1, value=minutes / size, unit=unit, digits=1, scale="log"
    )


def with_duration(scenario: Scenario, value: float, preset: Preset) -> Scenario:
    """Return the scenario with its path stretched in time, the settlement at its end included."""
    shape = duration_shape(preset)
    assert shape is not None
    factor, path = value / shape.value, scenario.path
    if path.model != "waypoints":
        return replace(
            scenario, path=replace(path, crash_steps=max(round(preset.scenario.path.crash_steps * factor), 1))
        )
    points: list[tuple[int, float]] = []
    for step, price in path.points:
        points.append((max(round(step * factor), points[-1][0] + 1 if points else 0), price))
    n_steps = max(round(path.n_steps * factor), points[-1][0], 1)
    changed = replace(scenario, path=replace(path, points=tuple(points), n_steps=n_steps))
    if scenario.venue.settlement_interval == path.n_steps:
        return replace(changed, venue=replace(changed.venue, settlement_interval=n_steps))
    return changed
