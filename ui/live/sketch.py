"""A line that a hand draws across a few points, before the computed one is shown beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ui.live.assets import register

_sketch = register("sketch")


def sketch(
    x: Sequence[str],
    *,
    key: str,
    high: float,
    x_title: str,
    y_title: str,
    unit: str,
    values: Sequence[float | None] = (),
    computed: Sequence[float] = (),
) -> list[float | None]:
    """Show a picture to draw a line into, and return its value above each of `x`, None where nothing is drawn yet.

    A finger or the mouse drags it from 0 to `high`; with the keyboard each point is a slider. With `computed` values
    the line is finished: they are drawn beside it, and it can no longer be moved.
    """
    data = {
        "x": list(x), "high": high, "xTitle": x_title, "yTitle": y_title, "unit": unit,
        "values": list(values) or [None] * len(x), "computed": list(computed),
    }  # fmt: skip
    result = _sketch(key=key, data=json.dumps(data).encode(), on_values_change=lambda: None)
    return clean_line(result.get("values"), len(x), high) or list(data["values"])


def clean_line(raw: Any, n: int, high: float) -> list[float | None]:
    """Return a line as the browser reports it, within its bounds; empty where it is none."""
    if isinstance(raw, str | Mapping) or not isinstance(raw, Sequence) or len(raw) != n:
        return []
    is_number = [isinstance(value, int | float) and not isinstance(value, bool) and value == value for value in raw]
    return [min(max(float(value), 0.0), high) if good else None for value, good in zip(raw, is_number, strict=True)]
