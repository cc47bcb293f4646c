"""Solvency, fairness and revenue in one picture: right and up are two of them, a ring is a loss that nobody pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ui.charts.common import markers
from ui.frame.theme import FAINT

PAID = 1e-9  # of the loss: less is rounding
KEY = "disc: loss paid in full, ring: part of it paid by nobody"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something stands: how far right and up, which part of the loss nobody pays, and its whole story."""

    x: float
    y: float
    unpaid: float
    story: str


def shape(at: Standing) -> str:
    """Return the shape of a point."""
    return "circle" if at.unpaid < PAID else "circle-open"


def named_point(name: str, at: Standing, color: str) -> dict[str, Any]:
    """Return the trace of a point with a color of its own, the larger the more of the loss nobody pays."""
    edge = {"width": 2, "color": color}
    marker = {"size": [11.0 + 22.0 * at.unpaid], "color": color, "symbol": shape(at), "line": edge}
    return markers(name, [at.x], [at.y], marker, f"{at.story}<extra></extra>")


def other_points(name: str, places: Sequence[Standing], size: float = 7, color: str = FAINT) -> dict[str, Any]:
    """Return the trace of all the others."""
    marker = {"size": size, "color": color, "symbol": [shape(at) for at in places]}
    x, y = np.array([at.x for at in places]), np.array([at.y for at in places])
    return markers(name, x, y, marker, "%{hovertext}<extra></extra>", hovertext=[at.story for at in places])
