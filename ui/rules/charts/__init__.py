"""The charts of Rules side by side, as plain plotly figures: one color and dash a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import WhoPays
from ui.charts.common import Figure
from ui.rules.answers import Contender
from ui.rules.charts.concentration import lorenz_curve, trilemma
from ui.rules.charts.lines import fund, price
from ui.rules.charts.payers import TITLES, groups


def all_charts(chosen: Sequence[Contender], everybody: Mapping[str, WhoPays]) -> list[Figure]:
    """Return all charts in causal order: price, fund, who pays, how concentrated, and the trade-off."""
    return [
        price(chosen),
        fund(chosen),
        *(groups(chosen, by) for by in TITLES),
        lorenz_curve(chosen),
        trilemma(chosen, everybody),
    ]
