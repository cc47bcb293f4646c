"""What the charts and tables of one run are drawn from: scenario, run and facts, with the units to write them in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine import Preset, Run, Scenario
from engine.questions.fairness import Winners, winners
from ui.charts.run_summary import Facts, Orders, facts, orders

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """One run and how it is written down: `preset` gives currency, price digits and time labels."""

    preset: Preset
    scenario: Scenario
    run: Run

    @cached_property
    def facts(self) -> Facts:
        """The figures that sentences quote."""
        return facts(self.run, self.winners, self.orders)

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
