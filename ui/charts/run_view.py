"""What the charts and tables of one run are drawn from: scenario, run and summary, with the units to write them in."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from engine import Book, InputError, Preset, Run, RunStoppedError, Scenario, Winners, load_preset, run_scenario, winners
from ui.charts.run_summary import Floats, Orders, RunSummary, orders, summarize
from ui.frame.kept import when_empty
from ui.frame.logs import log_failure

MOST_KEPT = 64
MOST_BYTES = 2**29  # of all runs that are kept; the latest one always is
DERIVED_BYTES = 100  # a trader: leverage, winners, order of the charts

OF_RUN, OF_BOOK = (tuple(field.name for field in fields(part)) for part in (Run, Book))

_lock = threading.Lock()
_kept: dict[tuple[str, Scenario], RunView] = {}  # the only cache of runs; the latest stands last


@dataclass(frozen=True, eq=False)
class RunView:
    """One run and how it is written down: `preset` gives currency, price digits and time labels."""

    preset: Preset
    scenario: Scenario
    run: Run

    @cached_property
    def summary(self) -> RunSummary:
        """The figures that sentences quote."""
        return summarize(self.run, self.winners, self.orders)

    @cached_property
    def winners(self) -> Winners:
        """Traders with a profit before charges."""
        return winners(self.run)

    @cached_property
    def orders(self) -> Orders:
        """Forced trades that went to the market."""
        return orders(self.run)

    @cached_property
    def leverage(self) -> Floats:
        """Leverage at entry, (n,): notional over collateral, infinite without collateral."""
        book = self.run.book
        size = np.abs(book.size)
        notional = size / book.entry_price if book.is_inverse else size * book.entry_price
        with np.errstate(divide="ignore"):
            return notional / book.collateral

    @property
    def currency(self) -> str:
        """Settlement currency."""
        return self.preset.currency

    @property
    def price_digits(self) -> int:
        """Decimals of a price."""
        return self.preset.price_digits

    @property
    def n_steps(self) -> int:
        """Steps of the path."""
        return int(self.run.prices.size - 1)

    @property
    def minutes_per_step(self) -> float:
        """Length of a step."""
        return self.scenario.path.minutes_per_step

    @cached_property
    def n_bytes(self) -> int:
        """Memory that the run holds."""
        return _bytes(self)

    @cached_property
    def time_labels(self) -> tuple[tuple[int, str], ...]:
        """The preset's labels, moved along where the path was stretched."""
        before = self.preset.scenario.path.n_steps
        if before == self.n_steps:
            return self.preset.time_labels
        return tuple((round(step * self.n_steps / before), label) for step, label in self.preset.time_labels)

    def label(self, trader: int) -> str:
        """A trader's name in a sentence: "trader 17", or the name on record."""
        name = self.run.book.label(trader)
        return f"trader {name}" if name.isdigit() else name


def view_of(preset_name: str, scenario: Scenario) -> RunView:
    """Return a scenario's run in the units of the preset that it began as, computed once while it is among the latest.

    Runs are kept by their settings, never by an array: settings are frozen values, so equal ones share a run.

    Raises
    ------
    InputError
        For settings that only fail together with the book or the path that they draw.
    """
    key = preset_name, scenario
    with _lock:
        known = _kept.pop(key, None)
        if known is not None:
            _kept[key] = known
            return known
    view = RunView(load_preset(preset_name), scenario, _run(preset_name, scenario))
    with _lock:
        _kept[key] = view
        size = sum(kept.n_bytes for kept in _kept.values())
        while len(_kept) > 1 and (size > MOST_BYTES or len(_kept) > MOST_KEPT):
            size -= _kept.pop(next(iter(_kept))).n_bytes
    return view


def forget_runs(preset_names: Collection[str]) -> None:
    """Let go of the runs that are kept of presets of somebody's own."""
    with _lock:
        gone = [_kept.pop(key) for key in list(_kept) if key[0] in preset_names]
    del gone  # outside of the lock


@when_empty
def forget_all() -> None:
    """Let go of all runs that are kept."""
    with _lock:
        gone = dict(_kept)
        _kept.clear()
    del gone


def _run(preset_name: str, scenario: Scenario) -> Run:
    try:
        return run_scenario(scenario)
    except (InputError, RunStoppedError):  # a refusal, which the page says; or the page has gone
        raise
    except Exception:
        log_failure(f"The run of {preset_name}, seed {scenario.seed},", scenario, load_preset(preset_name).scenario)
        raise


def _bytes(view: RunView) -> int:
    """Return how much memory a run holds: its arrays, those that are columns of one table as that table, once."""
    kept = {}
    for part, names in ((view.run, OF_RUN), (view.run.book, OF_BOOK)):
        for name in names:
            array = getattr(part, name)
            if isinstance(array, np.ndarray):
                table = array.base if isinstance(array.base, np.ndarray) and array.dtype.names is None else array
                kept[id(table)] = table.nbytes
    return sum(kept.values()) + DERIVED_BYTES * view.run.book.n_traders + 2**14
