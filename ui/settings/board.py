"""The board on which a page answers."""

from __future__ import annotations

from collections.abc import Sequence

from ui.charts.common import Figure
from ui.charts.sizes import sized
from ui.frame.terms import defined
from ui.live import Click, chart_board


def answer_board(charts: list[Figure], *, key: str, headline: str, numbers: Sequence[tuple[str, str]]) -> Click | None:
    """Show a page's sentence with its terms defined, numbers and charts, and return the point that was clicked."""
    words = defined(headline, "headline")
    return chart_board(sized(charts), key=key, headline=headline, words=words, numbers=numbers)
