"""Runs of replays whose recorded jumps, from one known price to the next a step later, are gaps."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from engine import Preset, Scenario, load_preset
from engine.scenario import with_values
from ui.charts.run_view import RunView, view_of

JUMP = 0.02


@lru_cache(maxsize=32)
def replay(name: str) -> Preset:
    """Return a preset with its jumps as gaps."""
    preset = load_preset(name)
    path = preset.scenario.path
    if path.model != "waypoints":
        return preset
    steps = [now[0] for last, now in pairwise(path.points) if now[0] - last[0] == 1 and _jumps(last[1], now[1])]
    gaps = tuple(sorted({*path.gap_steps, *steps}))
    return replace(preset, scenario=replace(preset.scenario, path=replace(path, gap_steps=gaps)))


def _jumps(last: float, now: float) -> bool:
    return abs(now / last - 1.0) > JUMP


def run_of(preset: Preset, scenario: Scenario) -> RunView:
    """Return a scenario's run as one that began as a preset."""
    return RunView(preset, scenario, view_of(preset.name, scenario).run)


def run(name: str, **values: object) -> RunView:
    """Return the run of a replay with settings changed, "__" for the dot."""
    preset = replay(name)
    return run_of(preset, with_values(preset.scenario, {key.replace("__", "."): each for key, each in values.items()}))
