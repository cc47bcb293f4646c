"""Who should contribute: shares of the fund by three measures, beside who pays today."""

from __future__ import annotations

import numpy as np

from engine import ContributionShares
from ui.charts.common import Figure, categories, figure
from ui.fund.charts.causes import NO_LOSS, cells, nothing, short
from ui.fund.contributors import MEASURES, takeaway


def charts(found: ContributionShares) -> list[Figure]:
    """Return the chart of the fold."""
    return [shares(found)]


def shares(found: ContributionShares) -> Figure:
    """Return each group's share of the fund by each measure; a column adds up to 100 %."""
    name, title = "shares", "Shares of the fund, by measure (%)"
    if not found.by_shapley.any():
        return nothing(name, title, NO_LOSS)
    share = 100.0 * np.array([getattr(found, measure) for measure in MEASURES])
    heads = [head.replace(" ", "<br>") for head in MEASURES.values()]
    rows = [short(text) for text in found.labels]
    hover = "%{y}, %{x}: %{customdata:.1f} %<extra></extra>"
    return figure(
        name,
        title,
        takeaway(found),
        cells(share, heads, rows, share, hover),
        x=categories("measure; caused: component ES, added: Shapley"),
        y=categories("leverage of the traders (x)"),
        height=300,
        margin={"l": 72, "r": 14, "t": 8, "b": 60},
    )
