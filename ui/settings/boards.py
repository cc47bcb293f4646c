"""A page's sentence above its charts."""

from __future__ import annotations

from typing import Any

from ui.charts.common import Figure
from ui.charts.sizes import sized
from ui.frame.terms import defined
from ui.live import Click, chart_board


def told_board(charts: list[Figure], told: str, *, key: str, place: str = "headline", **more: Any) -> Click | None:
    """Show charts below their sentence, its terms explained; `more` is `chart_board`'s own (numbers, columns)."""
    return chart_board(sized(charts), key=key, headline=told, words=defined(told, place), **more)
