"""The charts of Fund size, as plain plotly figures. Streamlit is not imported here."""

from __future__ import annotations

from ui.charts.common import Figure
from ui.fund.answers import FundResult
from ui.fund.charts.sizes import chance_over_fund, equal_risk


def answer_charts(result: FundResult) -> list[Figure]:
    """Return the two charts that follow the hand: chance over fund, and funds of equal risk over leverage."""
    return [chance_over_fund(result), equal_risk(result)]
