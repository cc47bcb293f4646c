"""The board of a page: a sentence above charts, in the size of type that was chosen. The one module here that shows."""

from __future__ import annotations

from typing import Any

from ui.charts.common import Figure, enlarge
from ui.frame.layout import is_large
from ui.frame.terms import defined
from ui.live import Click, chart_board


def sized(charts: list[Figure]) -> list[Figure]:
    """Return charts for the size of type that was chosen."""
    return [enlarge(chart) for chart in charts] if is_large() else charts


def told_board(charts: list[Figure], told: str, *, key: str, place: str = "headline", **more: Any) -> Click | None:
    """Show charts below their sentence, its terms explained; `more` is `chart_board`'s own (numbers, columns)."""
    return chart_board(sized(charts), key=key, headline=told, words=defined(told, place), **more)
