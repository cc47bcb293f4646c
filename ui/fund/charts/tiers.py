"""A fund in tiers: its path over the tiers, who fills it by each key, the rate against days on which it is short."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, bars, diamond, dotted, end_labels, figure, label, line, note, row_axis, thin
from ui.frame.formats import percent, usd
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, NEUTRAL
from ui.fund.tiers import FACTORS, KEYS, STEPS, Tiers, group_names
from ui.settings.market import OPEN_INTEREST

SHADES = ("#cfe4f2", "#8cc5e8", "#3d95cc", "#005b8f")  # low to high leverage
TIER = ("rgba(230,159,0,0.10)", "rgba(230,159,0,0.22)")


def charts(found: Tiers) -> list[Figure]:
    """Return all three."""
    return [path(found), who(found), chance(found)]


def path(found: Tiers) -> Figure:
    """Return the fund over the days with tiers and without, the tiers as steps beneath."""
    query = found.query
    levels = [query.fund_target * OPEN_INTEREST * level for level in (1.0, query.deep_level)]
    top = 1.08 * max(float(found.fund.max()), float(found.bare.max()), levels[0])
    traces = []
    for name, values, color, dash in (
        ("without tiers", found.bare, NEUTRAL, "dash"),
        ("with tiers", found.fund, INSURANCE_FUND, "solid"),
    ):
        index = thin(values)
        hover = f"{name}: $%{{y:,.0f}}<br>day %{{x:.1f}}<extra></extra>"
        traces.append(line(name, index / STEPS, values[index], color, 2, hover, dash=dash))
    wide = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "line": {"width": 0}}
    steps = [
        {**wide, "y0": low, "y1": high, "fillcolor": shade}
        for low, high, shade in ((levels[1], levels[0], TIER[0]), (0.0, levels[1], TIER[1]))
    ]
    rates = [
        label(f"{percent(rate, 0)} a year", x=0.0, y=level, paper="x", xanchor="left", yanchor="top", xshift=4)
        for rate, level in zip((query.tier_rate, query.deep_rate), levels, strict=True)
    ]
    ends = {"with tiers": float(found.fund[-1]), "without": float(found.bare[-1])}
    return figure(
        "tiers",
        "The fund, and the tiers below it",
        f"It ends at {usd(ends['with tiers'])} with tiers and at {usd(ends['without'])} without; its target is "
        f"{usd(levels[0])}.",
        traces,
        x=axis("real days", range=[0, found.n_days]),
        y=axis("fund (USD)", range=[0.0, top], tickformat=".3~s"),
        shapes=steps,
        annotations=[*rates, *end_labels(ends, 0.0, top)],
        margin={"l": 62, "r": 74, "t": 8, "b": 38},
        height=240,
    )


def who(found: Tiers) -> Figure:
    """Return each group's part of the contributions under each key, a bar a key."""
    if not found.shares.any():
        return figure(
            *("who_fills", "Who fills it, by key", "Nobody pays in.", []),
            x=axis("share of contributions (%)", range=[0, 100]),
            y=row_axis(list(KEYS.values())),
            annotations=[note("Nobody pays in.")],
        )
    rows, names = np.arange(len(KEYS)), group_names()
    traces = [_bar(found, rows, names, place) for place in range(len(names))]
    high = found.shares[:, -1]
    most, least = int(np.argmax(high)), int(np.argmin(high))
    keys = list(KEYS.values())
    return figure(
        "who_fills",
        "Who fills it, by key",
        f"Traders {names[-1]} pay {percent(float(high[most]), 0)} by {keys[most]} and {percent(float(high[least]), 0)} "
        f"by {keys[least]}.",
        traces,
        x=axis("share of contributions (%), by leverage at entry", range=[0, 100]),
        y=row_axis(keys) | {"title": {"text": "shared by", "standoff": 6}},
        barmode="stack",
        margin={"l": 112, "r": 14, "t": 8, "b": 38},
        height=230,
    )


def _bar(found: Tiers, rows: Any, names: list[str], place: int) -> dict[str, Any]:
    """Return the part of every bar that stands for one group."""
    share, name = 100.0 * found.shares[:, place], names[place]
    return bars(
        name,
        share,
        rows,
        0.7,
        {"color": SHADES[place]},
        text=[f"{name} {value:.0f} %" if value >= 24 else f"{value:.0f}" if value >= 6 else "" for value in share],
        textposition="inside",
        insidetextanchor="middle",
        constraintext="none",
        textangle=0,
        textfont={"color": "#ffffff" if place == len(SHADES) - 1 else "#16191d"},
        hovertext=[f"{key}, {name}: {value:.1f} %" for key, value in zip(KEYS.values(), share, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def chance(found: Tiers) -> Figure:
    """Return the share of days on which the fund is short over the rate below the target."""
    rates, chances = 100.0 * found.query.tier_rate * np.array(FACTORS), 100.0 * found.chances
    own = FACTORS.index(1.0)
    hover = "%{x:.3~g} % a year: short on %{y:.3~g} % of days<extra></extra>"
    return figure(
        "rate_chance",
        "Contribution rate against days short",
        f"Short on {percent(found.chances[0])} of days without contributions, {percent(found.chances[own])} at these "
        f"rates, {percent(found.chances[-1])} at {FACTORS[-1]:.0f} times these.",
        [
            line("short", rates, chances, DEFAULTERS, 2, hover),
            diamond([rates[own]], [chances[own]], INSURANCE_FUND, hover),
        ],
        x=axis("rate below the target (% of notional a year)", range=[0.0, 1.03 * float(rates[-1])]),
        y=axis("days on which the fund is short (%)", range=[0.0, max(1.2 * float(chances.max()), 1.0)]),
        shapes=[dotted(x=float(rates[own]))],
        height=230,
    )
