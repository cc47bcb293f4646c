"""Rules side by side: price, fund and who pays, one color and dash per rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.questions.fairness import WhoPays, group_shares
from ui.charts.common import (
    Figure,
    axis,
    end_labels,
    figure,
    label,
    money_axis_title,
    money_hover,
    note,
    price_hover,
    thin,
    time_axis,
)
from ui.frame.formats import money, percent
from ui.frame.theme import FAINT, REFERENCE
from ui.rules.comparison import Contender, common_profit
from ui.rules.concentration import lorenz_curve, trilemma

GRAY = "#a9b4bd"
BLUES = ("#cfe4f2", "#8cc5e8", "#3d95cc", "#1a78b2", "#005b8f")  # the last group is the darkest
SHADES = {
    "profit": (GRAY, BLUES[1], BLUES[2], BLUES[4]),
    "leverage": BLUES,
    "size": (BLUES[1], BLUES[2], BLUES[4]),
    "side": (BLUES[1], BLUES[4]),
}
WHO = {
    "no profit": "Traders without profit pay",
    "lower half": "The lower half pays",
    "next 40 %": "The next 40 % pay",
    "top 10 %": "The top 10 % pay",
    "longs": "Longs pay",
    "shorts": "Shorts pay",
}
TITLES = {
    "profit": "Who pays, by profit",
    "leverage": "Who pays, by leverage at entry",
    "size": "Who pays, by size of position",
    "side": "Who pays, by side",
}
SAME = 1e-9
NARROW = 180.0  # pixels of a time axis on a phone, beside the letters of the rules


def all_charts(chosen: Sequence[Contender], everybody: Mapping[str, WhoPays]) -> list[Figure]:
    """Return all charts in causal order: price, fund, who pays, how concentrated, and the trade-off."""
    return [
        price(chosen),
        fund(chosen),
        *(groups(chosen, by) for by in TITLES),
        lorenz_curve(chosen),
        trilemma(chosen, everybody),
    ]


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
        y=axis(
            money_axis_title("balance", view),
            range=[1.06 * low, 1.06 * high if high > 0 else max(-0.1 * low, 1.0)],
            tickformat=".3~s",
        ),
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


def _line(values: Any, name: str, color: str, dash: str, hover: str, **line: Any) -> dict[str, Any]:
    index = thin(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": index,
        "y": values[index],
        "line": {"color": color, "width": 2.0, "dash": dash, **line},
        "hovertemplate": f"{name} {hover}<br>step %{{x}}<extra></extra>",
    }


def groups(chosen: Sequence[Contender], by: str) -> Figure:
    """Return who bears the charges as stacked bars, a bar for each rule."""
    profit = common_profit(chosen)
    shares = [group_shares(c.view.run, by, profit) for c in chosen]
    names = list(shares[0])
    rows = np.arange(len(chosen))
    traces = []
    for name, shade in zip(names, SHADES[by], strict=True):
        values = np.array([100.0 * share[name] for share in shares])
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "x": values,
                "y": rows,
                "width": 0.7,
                "marker": {"color": shade, "line": {"width": 0.5, "color": FAINT}},
                "text": [f"{name} {value:.0f} %" if value >= 22 else "" for value in values],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "constraintext": "none",
                "textangle": 0,
                "textfont": {"color": "#ffffff" if shade == BLUES[-1] else "#16191d"},
                "hovertext": [f"{c.letter} {c.label}: {name} {v:.1f} %" for c, v in zip(chosen, values, strict=True)],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    paying = [name for name in names if any(share[name] >= 5e-3 for share in shares)]
    nobody = [index for index, share in enumerate(shares) if not any(share.values())]
    return figure(
        f"compare_{by}",
        TITLES[by],
        _group_takeaway(chosen, shares, names),
        traces,
        x=axis(f"share of charges (%)<br>{' · '.join(paying)}", range=[0, 100]),
        y=axis(
            "",
            range=[len(chosen) - 0.45, -0.55],
            tickmode="array",
            tickvals=rows.tolist(),
            ticktext=[f"<b>{c.letter}</b>" for c in chosen],
            showgrid=False,
        ),
        annotations=[label("nobody is charged", x=50, y=index) for index in nobody],
        barmode="stack",
        margin={"l": 30, "r": 14, "t": 8, "b": 52},
        height=74 + 34 * max(len(chosen), 3),
    )


def _group_takeaway(chosen: Sequence[Contender], shares: Sequence[Mapping[str, float]], names: Sequence[str]) -> str:
    """Return the group whose share differs most between the rules; where none does, the one that pays most."""
    paying = [(c.letter, share) for c, share in zip(chosen, shares, strict=True) if any(share.values())]
    if not paying:
        return "Nobody is charged under any of them."
    span = {name: max(s[name] for _, s in paying) - min(s[name] for _, s in paying) for name in names}
    name = max(reversed(names), key=span.__getitem__)
    if span[name] < 5e-3:
        name = max(names, key=paying[0][1].__getitem__)
        return f"{_who(name)} {percent(paying[0][1][name], 0)} under each of them."
    low, high = (pick(paying, key=lambda item: item[1][name]) for pick in (min, max))
    return f"{_who(name)} {percent(low[1][name], 0)} under {low[0]} and {percent(high[1][name], 0)} under {high[0]}."


def _who(name: str) -> str:
    return WHO.get(name, f"Leverage {name} pays")
