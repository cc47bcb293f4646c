"""A run as plain plotly figures (dicts with NumPy arrays), in causal order. Streamlit is not imported here."""

from ui.cascade.charts.flow import flow
from ui.cascade.charts.ladder import ladder
from ui.cascade.charts.one_trader import one_trader, story
from ui.cascade.charts.over_time import fund, when
from ui.cascade.charts.payers import payers
from ui.cascade.charts.pinned import overlay
from ui.cascade.charts.play import film
from ui.cascade.charts.price import price
from ui.charts.common import Figure, enlarge, trader_at
from ui.charts.run_view import RunView

__all__ = [
    "Figure",
    "enlarge",
    "film",
    "flow",
    "fund",
    "ladder",
    "main_charts",
    "more_charts",
    "one_trader",
    "overlay",
    "payers",
    "price",
    "story",
    "trader_at",
    "when",
]


def main_charts(view: RunView, before: RunView | None = None) -> list[Figure]:
    """Return the first page's four: the price falls, positions are forced out, a deficit opens, somebody pays."""
    charts = [price(view), ladder(view), flow(view), payers(view)]
    return charts if before is None else overlay(charts, view, before)


def more_charts(view: RunView) -> list[Figure]:
    """Return the two charts of what happened over time."""
    return [fund(view), when(view)]
