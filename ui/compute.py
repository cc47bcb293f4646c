"""The only cache: runs by their settings, never by an array. Settings are frozen values, so equal ones share a run."""

from __future__ import annotations

from functools import lru_cache

from engine import Scenario, load_preset, run_scenario
from ui.view import View

LARGEST_KEPT = 6_000  # traders: runs of more are kept in a smaller cache, for their arrays are large


def view_of(preset_name: str, scenario: Scenario) -> View:
    """Return a scenario's run in the units of the preset that it began as, computed once while it is among the latest.

    Raises
    ------
    InputError
        For settings that only fail together with the book or the path that they draw.
    """
    cached = _small if scenario.book.n_traders <= LARGEST_KEPT else _large
    return cached(preset_name, scenario)


def _compute(preset_name: str, scenario: Scenario) -> View:
    return View(load_preset(preset_name), scenario, run_scenario(scenario))


_small = lru_cache(maxsize=64)(_compute)
_large = lru_cache(maxsize=4)(_compute)
