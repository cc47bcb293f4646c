"""What is on record beside what was computed: a row for each figure, with tolerance, verdict and reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from engine import Recorded, recorded_value
from ui.charts.run_view import RunView
from ui.frame.formats import capital, money, percent, points

Row = dict[str, str]


def recorded_rows(view: RunView) -> list[Row]:
    """Return a row for each figure on record: the record, this run, the tolerance and whether the run is within it."""
    return figure_rows(view.preset.recorded, lambda key: recorded_value(view.run, key))


def figure_rows(recorded: Sequence[Recorded], value_of: Callable[[str], float]) -> list[Row]:
    """Return such rows for any figures; `value_of` gives what was computed for a key, NaN where nothing was."""
    return [_row(figure, value_of(figure.key)) for figure in recorded]


def _row(figure: Recorded, value: float) -> Row:
    has_bounds = math.isfinite(figure.low)
    span = f"{amount(figure.low, figure.unit)} to {amount(figure.high, figure.unit)}" if has_bounds else "none stated"
    if has_bounds and figure.low == figure.high:
        span = "exact"
    return {
        "figure": figure.label,
        "on record": amount(figure.value, figure.unit),
        "status": figure.status,
        "this run": amount(value, figure.unit) if math.isfinite(value) else "not computed",
        "tolerance": span,
        "within": _within(figure, value),
        "why": ". ".join(
            capital(text).rstrip(".")
            for text in (figure.tolerance_reason, figure.outside and f"outside: {figure.outside}", figure.note)
            if text
        ),
        "source": figure.source,
    }


def _within(figure: Recorded, value: float) -> str:
    """Return whether a figure is inside its tolerance, and how far outside it is; nothing where there is none."""
    if not (math.isfinite(figure.low) and math.isfinite(value)):
        return ""
    slack = 1e-9 * max(abs(figure.low), abs(figure.high))
    outside = max(figure.low - value, value - figure.high)
    if outside <= slack:
        return "within"
    if figure.unit == "fraction":
        return f"outside by {points(outside)} points"
    return f"outside by {amount(outside, figure.unit)}"


def amount(value: float, unit: str) -> str:
    """Return a figure on record with its unit: money, a share, or a number."""
    if unit == "fraction":
        return percent(value)
    if unit == "s":
        return f"{value:,.1f} s"
    return money(value, unit)
