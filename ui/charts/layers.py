"""Bars of the layers of a waterfall, one behind the other from the top down: of a run, and of a clearing house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ui.charts.common import Floats, bars, row_axis


@dataclass(frozen=True, slots=True)
class Layer:
    """A bar: who, how much, what of, in which color, and what else is to be said of it."""

    name: str
    amount: float
    color: str
    limit: float = -1.0
    is_hatched: bool = False
    note: str = ""


def layer_bars(rows: Sequence[Layer], amounts: Floats, starts: Floats) -> dict[str, Any]:
    """Return the bars of layers, in their colors, what nobody pays hatched."""
    shapes = ["/" if row.is_hatched else "" for row in rows]
    marker = {"color": [row.color for row in rows], "pattern": {"shape": shapes, "fillmode": "replace", "size": 6}}
    return bars("layers", amounts, np.arange(len(rows)), 0.62, marker, base=starts)


def told_bars(trace: dict[str, Any], texts: list[str], hover: list[str]) -> dict[str, Any]:
    """Return bars with a text right of each, which may reach beyond the plot."""
    told = {"text": texts, "textposition": "outside", "cliponaxis": False, "constraintext": "none"}
    return {**trace, **told, "hovertext": hover, "hovertemplate": "%{hovertext}<extra></extra>"}


def layer_axis(rows: Sequence[Layer]) -> dict[str, Any]:
    """Return the axis of the layers' names, the first on top."""
    return row_axis([row.name for row in rows])
