"""Charts for the size of type that was chosen."""

from ui.charts.common import Figure, enlarge
from ui.frame.layout import is_large


def sized(charts: list[Figure]) -> list[Figure]:
    """Return charts for the size of type that was chosen."""
    return [enlarge(chart) for chart in charts] if is_large() else charts
