"""The charts of What it costs me, as plain plotly figures. Streamlit is not imported here."""

from __future__ import annotations

from ui.charts.common import Figure
from ui.cost.answers import CostResult
from ui.cost.charts.position import after_a_move, chance_over_leverage, cost_over_leverage, losses


def answer_charts(result: CostResult) -> list[Figure]:
    """Return the four charts of a position: cost and chance over leverage, after a move, what is lost when it pays."""
    return [cost_over_leverage(result), chance_over_leverage(result), after_a_move(result), losses(result.mine)]
