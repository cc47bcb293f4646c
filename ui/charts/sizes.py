"""Charts for the size of type that was chosen, and the board on which a page answers."""

from collections.abc import Sequence

from ui.charts.common import Figure, enlarge
from ui.frame.layout import is_large
from ui.frame.terms import defined
from ui.live import Click, chart_board


def sized(charts: list[Figure]) -> list[Figure]:
    """Return charts for the size of type that was chosen."""
    return [enlarge(chart) for chart in charts] if is_large() else charts


def answer_board(
    charts: list[Figure], *, key: str, headline: str, numbers: Sequence[tuple[str, str]] = (), columns: int = 2
) -> Click | None:
    """Show a page's sentence with its terms defined, numbers and charts, and return the point that was clicked."""
    words = defined(headline, "headline")
    return chart_board(sized(charts), key=key, headline=headline, words=words, numbers=numbers, columns=columns)
