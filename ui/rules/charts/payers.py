"""Who bears the charges under each rule: shares by profit, leverage, size and side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import group_shares
from ui.charts.common import Figure, axis, bars, figure, label, row_axis
from ui.frame.formats import percent
from ui.frame.theme import FAINT
from ui.rules.answers import Contender, common_profit

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


def groups(chosen: Sequence[Contender], by: str) -> Figure:
    """Return who bears the charges as stacked bars, a bar for each rule, with a key below."""
    profit = common_profit(chosen)
    shares = [group_shares(c.view.run, by, profit) for c in chosen]
    names = list(shares[0])
    shades = dict(zip(names, SHADES[by], strict=True))
    paying = [name for name in names if any(share[name] >= 5e-3 for share in shares)]
    nobody = [index for index, share in enumerate(shares) if not any(share.values())]
    key = " ".join(
        f'<span style="color:{shades[name]}">\N{BLACK SQUARE}</span>\N{NO-BREAK SPACE}{name}' for name in paying
    )
    return figure(
        f"compare_{by}",
        TITLES[by],
        _group_takeaway(chosen, shares, names),
        [_bar(chosen, shares, name, shade) for name, shade in shades.items()],
        x=axis(f"share of charges (%)<br>{key}", range=[0, 100]),
        y=row_axis([f"<b>{c.letter}</b>" for c in chosen]),
        annotations=[label("nobody is charged", x=50, y=index) for index in nobody],
        barmode="stack",
        margin={"l": 30, "r": 14, "t": 8, "b": 52},
        height=74 + 34 * max(len(chosen), 3),
    )


def _bar(chosen: Sequence[Contender], shares: Sequence[Mapping[str, float]], name: str, shade: str) -> dict[str, Any]:
    """Return the part of every bar that stands for one group."""
    values = np.array([100.0 * share[name] for share in shares])
    hover = [f"{c.letter} {c.label}: {name} {v:.1f} %" for c, v in zip(chosen, values, strict=True)]
    return bars(
        name,
        values,
        np.arange(len(chosen)),
        0.7,
        {"color": shade, "line": {"width": 0.5, "color": FAINT}},
        text=[f"{name} {value:.0f} %" if value >= 22 else f"{value:.0f}" if value >= 6 else "" for value in values],
        textposition="inside",
        insidetextanchor="middle",
        constraintext="none",
        textangle=0,
        textfont={"color": "#ffffff" if shade == BLUES[-1] else "#16191d"},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
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
