"""Price and fund under each rule, one color and dash a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.charts.common import (
    Figure,
    axis,
    end_labels,
    figure,
    line,
    money_axis,
    money_hover,
    note,
    price_hover,
    thin,
    time_axis,
)
from ui.frame.formats import money, percent
from ui.frame.theme import REFERENCE
from ui.rules.answers import SAME, Contender

NARROW = 180.0  # pixels of a time axis on a phone, beside the letters of the rules


def price(chosen: Sequence[Contender]) -> Figure:
    """Return the reference price and the mark under each rule."""
    view = chosen[0].view
    reference = view.run.prices
    kept = _distinct(chosen, "mark")
    lows = [float(reference.min()), *(float(c.view.run.mark.min()) for c in chosen)]
    highs = [float(reference.max()), *(float(c.view.run.mark.max()) for c in chosen)]
    traces = [_line(reference, "reference", REFERENCE, "solid", price_hover("y", view))]
    ends = {"reference": float(reference[-1])}
    for names, contender in kept:
        mark = contender.view.run.mark
        ends[f"mark {names}"] = float(mark[-1])
        traces.append(_line(mark, f"mark {names}", contender.color, contender.dash, price_hover("y", view)))
    lowest = {c.letter: float(c.view.run.mark.min() / c.view.run.mark[0] - 1.0) for c in chosen}
    low, high = min(lowest, key=lowest.__getitem__), max(lowest, key=lowest.__getitem__)
    text = f"The mark falls by {percent(-lowest[low])} at its lowest under every rule."
    if lowest[high] - lowest[low] > 5e-4:
        text = f"The mark falls by {percent(-lowest[low])} under {low} and by {percent(-lowest[high])} under {high}."
    if lowest[low] >= -5e-4:
        text = "The mark does not fall."
    return figure(
        "compare_price",
        "Price",
        text,
        traces,
        x=time_axis(view, NARROW),
        y=axis(f"price ({view.preset.quote_currency})", tickformat=f",.{view.price_digits}f"),
        annotations=end_labels(ends, min(lows), max(highs)),
        margin={"l": 62, "r": 84, "t": 8, "b": 38},
    )


def fund(chosen: Sequence[Contender]) -> Figure:
    """Return the fund's balance under each rule."""
    view = chosen[0].view
    kept = _distinct(chosen, "fund")
    low = min(min(float(c.view.run.fund.min()) for c in chosen), 0.0)
    high = max(float(c.view.run.fund.max()) for c in chosen)
    is_empty = high <= 0.0 and low >= 0.0
    traces = [
        _line(c.view.run.fund, f"fund {names}", c.color, c.dash, money_hover("y", view), shape="hv")
        for names, c in kept
    ]
    ends = {names: float(c.view.run.fund[-1]) for names, c in kept}
    return figure(
        "compare_fund",
        "Insurance fund",
        "No rule has a fund to draw on." if is_empty else _fund_takeaway(chosen),
        [] if is_empty else traces,
        x=time_axis(view, NARROW),
        y=money_axis("balance", view, range=[1.06 * low, 1.06 * high if high > 0 else max(-0.1 * low, 1.0)]),
        annotations=[note("No fund.")] if is_empty else end_labels(ends, low, high),
        margin={"l": 62, "r": 84, "t": 8, "b": 38},
    )


def _fund_takeaway(chosen: Sequence[Contender]) -> str:
    parts = [f"{names} {money(float(c.view.run.fund[-1]), c.view.currency)}" for names, c in _distinct(chosen, "fund")]
    return f"At the end: {', '.join(parts)}."


def _distinct(chosen: Sequence[Contender], name: str) -> list[tuple[str, Contender]]:
    """Return the series that differ, each with the letters of the rules that share it."""
    kept: list[tuple[str, Contender]] = []
    for contender in chosen:
        mine = getattr(contender.view.run, name)
        for index, (names, other) in enumerate(kept):
            theirs = getattr(other.view.run, name)
            if np.allclose(mine, theirs, rtol=SAME, atol=SAME * max(float(np.abs(theirs).max()), 1e-300)):
                kept[index] = (f"{names}, {contender.letter}", other)
                break
        else:
            kept.append((contender.letter, contender))
    return kept


def _line(values: Any, name: str, color: str, dash: str, hover: str, **style: str) -> dict[str, Any]:
    index = thin(values)
    return line(
        name, index, values[index], color, 2.0, f"{name} {hover}<br>step %{{x}}<extra></extra>", dash=dash, **style
    )
