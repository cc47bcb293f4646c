"""Seasons: what defaulters of earlier days and the others are charged, and the fund, day after day."""

from __future__ import annotations

import numpy as np

from engine import Seasons, SeasonSpread
from ui.charts.common import Figure, axis, end_labels, figure, line, markers
from ui.frame.formats import usd
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, NEUTRAL, WINNERS

WHO = (("defaulted before", DEFAULTERS, "diamond", 0.1), ("never defaulted", WINNERS, "circle", -0.1))


def charts(found: tuple[Seasons, SeasonSpread]) -> list[Figure]:
    """Return both charts of the one draw."""
    return [charged(found[0]), fund(found[0])]


def charged(found: Seasons) -> Figure:
    """Return the share of their profit that both groups are charged, day after day."""
    rates, days = 100.0 * found.charged(found.runs), np.arange(1, len(found.runs) + 1)
    traces = []
    for column, (name, color, symbol, shift) in enumerate(WHO):
        known = np.isfinite(rates[:, column])
        hover = f"{name}: %{{y:.2f}} % of profit<extra></extra>"
        look = {"color": color, "symbol": symbol, "size": 10}
        traces.append(markers(name, days[known] + shift, rates[known, column], look, hover))
    top = float(np.nanmax(rates, initial=0.0))
    ends = {name: float(rates[-1, column]) for column, (name, *_) in enumerate(WHO) if np.isfinite(rates[-1, column])}
    times = found.times_charged(found.runs)
    return figure(
        "season_charges",
        "What they are charged (diamond: defaulted before)",
        f"In this one draw defaulters pay {times:.2f} times the share of the others, "
        f"{found.times_charged(found.forgetful):.2f} times where nobody keeps a record.",
        traces,
        x=axis("day", range=[0.4, days[-1] + 0.6], dtick=1),
        y=axis("charged, % of profit", range=[-0.05 * (top or 1.0), 1.15 * top or 1.0]),
        annotations=end_labels(ends, 0.0, 1.15 * top or 1.0),
        margin={"l": 56, "r": 96, "t": 8, "b": 38},
        height=230,
    )


def fund(found: Seasons) -> Figure:
    """Return the fund's balance over the days, with tiers and without."""
    traces, ends = [], {}
    for name, runs, color, dash in (
        ("without tiers", found.untiered, NEUTRAL, "dash"),
        ("with tiers", found.runs, INSURANCE_FUND, "solid"),
    ):
        values = np.concatenate([[runs[0].venue.fund], [float(run.fund[-1]) for run in runs]])
        hover = f"{name}, end of day %{{x}}: $%{{y:,.0f}}<extra></extra>"
        traces.append(line(name, np.arange(values.size), values, color, 2, hover, dash=dash))
        ends[name] = float(values[-1])
    top = 1.08 * max(float(np.max(trace["y"])) for trace in traces)
    short, more = found.empty_days(found.runs), found.empty_days(found.untiered)
    return figure(
        "season_fund",
        "The fund at the end of each day",
        f"In this one draw short on {short} days with tiers, on {more} without; it ends at {usd(ends['with tiers'])}.",
        traces,
        x=axis("day", range=[0, len(found.runs)], dtick=1),
        y=axis("fund (USD)", range=[0.0, top or 1.0], tickformat=".3~s"),
        annotations=end_labels(ends, 0.0, top or 1.0),
        margin={"l": 62, "r": 84, "t": 8, "b": 38},
        height=230,
    )
