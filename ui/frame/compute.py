"""The only cache: runs by their settings, never by an array. Settings are frozen values, so equal ones share a run."""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine import Scenario, load_preset, run_scenario
from ui.charts.run_view import View

MOST_KEPT = 64
MOST_BYTES = 2**29  # of all runs that are kept; the latest one always is
BYTES_PER_TRADER = 400

_lock = threading.Lock()
_kept: OrderedDict[tuple[str, Scenario], View] = OrderedDict()


def view_of(preset_name: str, scenario: Scenario) -> View:
    """Return a scenario's run in the units of the preset that it began as, computed once while it is among the latest.

    Raises
    ------
    InputError
        For settings that only fail together with the book or the path that they draw.
    """
    key = preset_name, scenario
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    view = View(load_preset(preset_name), scenario, run_scenario(scenario))
    with _lock:
        _kept[key] = view
        size = sum(map(_bytes, _kept.values()))
        while len(_kept) > 1 and (size > MOST_BYTES or len(_kept) > MOST_KEPT):
            size -= _bytes(_kept.popitem(last=False)[1])
    return view


def _bytes(view: View) -> int:
    """Return about how much memory a run holds."""
    return int(view.run.events.nbytes) + BYTES_PER_TRADER * view.run.book.n_traders + 2**14
