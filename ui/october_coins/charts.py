"""Charts of 10 October 2025 in all coins. No Streamlit here."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import LIQUIDATION_ORDERS, october_coins
from ui.charts.common import (
    OWN_TEXT,
    Figure,
    axis,
    bars,
    dotted,
    end_labels,
    figure,
    label,
    line,
    markers,
    named_bars,
    row_axis,
    ticks,
)
from ui.frame.theme import DEFAULTERS, FAINT, NEUTRAL, REFERENCE, WINNERS
from ui.october_coins import texts
from ui.october_coins.answers import HAIRCUT, Day, by_rule

TICKS = tuple(range(0, 3001, 600))  # seconds


def day_charts(day: Day) -> list[Figure]:
    """Return the charts of everybody's day."""
    return [prices(day), by_coin(day), results(day), naked(day)]


def own_charts(day: Day) -> list[Figure]:
    """Return the charts of the hedge of one's own."""
    return [equity(day), exposure(day)]


def _time(day: Day) -> dict[str, Any]:
    last = float(day.closed.seconds[-1])
    at = [tick for tick in TICKS if tick <= last]
    return axis("10 October 2025, UTC", range=[0, last], tickangle=0, **ticks(at, map(texts.clock, at)))


def prices(day: Day) -> Figure:
    """Return how far each coin's reference price fell, and where it stood at the end."""
    known, run = october_coins()["coin"], day.closed.run
    low, end = (100.0 * (each / run.prices[:, 0] - 1.0) for each in (run.prices.min(axis=1), run.prices[:, -1]))
    y = np.arange(len(known), dtype=np.float64)
    traces = [
        line("way back", np.array([a, b]), np.array([at, at]), FAINT, 3) for a, b, at in zip(low, end, y, strict=True)
    ]
    for name, value, color, symbol in (("low", low, DEFAULTERS, "circle"), ("at 22:00", end, REFERENCE, "diamond")):
        for status, suffix in (("recorded", ""), ("assumed", "-open")):
            chosen = np.array([coin["status"] == status for coin in known])
            hover = [f"{coin['name']}, {name}, {status}: {each:.1f} %" for coin, each in zip(known, value, strict=True)]
            marker = {"color": color, "size": 11, "symbol": symbol + suffix}
            told = [text for text, is_chosen in zip(hover, chosen, strict=True) if is_chosen]
            point = markers(f"{name}, {status}", value[chosen], y[chosen], marker, OWN_TEXT, hovertext=told)
            traces.append(point)
    return figure(
        "prices",
        "What fell, and came back",
        texts.prices_sentence(),
        traces,
        x=axis("reference price since 21:10, %", range=[1.1 * float(low.min()), max(8.0, 1.1 * float(end.max()))]),
        y=row_axis(day.closed.coins),
        height=340,
        shapes=[dotted(x=0.0)],
        margin={"l": 56, "r": 14, "t": 8, "b": 40},
    )


def by_coin(day: Day) -> Figure:
    """Return what was closed early in each coin, computed beside recorded."""
    known, y = october_coins()["coin"], np.arange(len(day.closed.coins), dtype=np.float64)
    computed = day.closed.deleveraged
    recorded = np.array([coin.get("deleveraged", 0.0) for coin in known])
    traces, told = [], []
    for name, value, shift, color in (("computed", computed, -0.18, WINNERS), ("recorded", recorded, 0.18, NEUTRAL)):
        hover = [f"{coin}, {name}: {texts.usd(each)}" for coin, each in zip(day.closed.coins, value, strict=True)]
        look = {"base": 0.0 * value, "hovertext": hover, "hovertemplate": OWN_TEXT}
        traces.append(bars(name, value, y + shift, 0.32, {"color": color}, **look))
        told += [
            label(
                texts.usd(each) if each or name == "computed" else "in the rest", x=float(each), y=float(at + shift),
                xanchor="left", xshift=4, font={"size": 11},
            )
            for each, at in zip(value, y, strict=True)
        ]  # fmt: skip
    return figure(
        "by_coin",
        "Winners closed early, by coin",
        f"{texts.coins_sentence(day)} Blue: computed; gray: recorded.",
        traces,
        x=axis(
            "notional (USD)", range=[0, 1.22 * max(float(computed.max()), float(recorded.max()))], tickformat=".2~s"
        ),
        y=row_axis(day.closed.coins),
        barmode="overlay",
        height=340,
        annotations=told,
        margin={"l": 56, "r": 14, "t": 8, "b": 40},
    )


def results(day: Day) -> Figure:
    """Return what hedged, long and short accounts made of the day under both kinds of rule."""
    groups = day.closed.groups()
    y = np.arange(len(groups), dtype=np.float64)
    traces, told, ends = [], [], [0.0]
    for name, run, shift, color, symbol in (
        ("closed early", day.closed, -0.15, DEFAULTERS, "circle"),
        ("haircut", day.haircut, 0.15, WINNERS, "diamond"),
    ):
        value = np.array([run.result(group) for group in groups.values()])
        hover = [f"{group}, {name}: {texts.usd(each)}" for group, each in zip(groups, value, strict=True)]
        marker = {"color": color, "size": 11, "symbol": symbol}
        traces.append(markers(name, value, y + shift, marker, OWN_TEXT, hovertext=hover))
        told += [
            label(texts.usd(each), x=float(each), y=float(at + shift), xanchor="left", xshift=8, font={"size": 11})
            for each, at in zip(value, y, strict=True)
        ]
        ends += value.tolist()
    span = max(max(ends) - min(ends), 1.0)
    return figure(
        "results",
        "Who won and lost what, by 22:00",
        f"{texts.results_sentence(day)} Vermilion circle: closed early; blue diamond: haircut.",
        traces,
        x=axis("gain or loss (USD)", range=[min(ends) - 0.12 * span, max(ends) + 0.3 * span], tickformat=".2~s"),
        y=row_axis(list(groups)),
        height=210,
        annotations=told,
        shapes=[dotted(x=0.0)],
        margin={"l": 72, "r": 14, "t": 8, "b": 40},
    )


def naked(day: Day) -> Figure:
    """Return what closing early left unhedged, by order of liquidation, beside what haircuts charge."""
    runs, y = by_rule(day.question), np.arange(len(LIQUIDATION_ORDERS), dtype=np.float64)
    rows = (
        ("left unhedged by closing early", [runs[order, day.question.policy].naked for order in LIQUIDATION_ORDERS]),
        ("charged by haircuts", [float(runs[order, HAIRCUT].run.charge.sum()) for order in LIQUIDATION_ORDERS]),
    )
    traces, told = [], []
    for (name, each), shift, color in zip(rows, (-0.18, 0.18), (DEFAULTERS, WINNERS), strict=True):
        trace, ends = named_bars(name, np.array(each), y + shift, 0.32, color, texts.usd)
        traces.append(trace)
        told += ends
    end = max(max(each) for _, each in rows)
    return figure(
        "naked",
        "Unhedged, or charged",
        f"{texts.naked_sentence(day)} Vermilion: unhedged; blue: charged by haircuts.",
        traces,
        x=axis("all accounts (USD)", range=[0, 1.22 * max(end, 1.0)], tickformat=".2~s"),
        y=row_axis([order.replace("_", " ").replace("largest ", "largest<br>") for order in LIQUIDATION_ORDERS]),
        barmode="overlay",
        height=230,
        annotations=told,
        margin={"l": 72, "r": 14, "t": 8, "b": 40},
    )


def _both(day: Day, name: str, title: str, takeaway: str, attribute: str) -> Figure:
    seconds = day.closed.seconds
    values = {run: getattr(run.hedge(), attribute) for run in (day.closed, day.haircut)}
    low = min(0.0, *(float(value.min()) for value in values.values()))
    high = max(1.0, *(float(value.max()) for value in values.values()))
    traces = [
        line(label_, seconds, values[run], color, 2, f"{label_}: $%{{y:,.0f}}<extra></extra>", **style)
        for label_, run, color, style in (
            ("haircut", day.haircut, WINNERS, {"dash": "dash"}),
            ("closed early", day.closed, DEFAULTERS, {}),
        )
    ]
    top, bottom = high + 0.08 * (high - low), low - 0.05 * (high - low)
    told = {"closed<br>early": float(values[day.closed][-1]), "haircut": float(values[day.haircut][-1])}
    return figure(
        name,
        title,
        f"{takeaway} Vermilion: closed early; blue, dashed: haircut.",
        traces,
        x=_time(day),
        y=axis("your account (USD)", range=[bottom, top], tickformat=".2~s"),
        height=240,
        annotations=end_labels(told, bottom, top, 28.0),
        shapes=[{**dotted(y=0.0), "line": {"color": FAINT, "width": 1}}],
        margin={"l": 62, "r": 60, "t": 8, "b": 40},
    )


def equity(day: Day) -> Figure:
    """Return the own account's equity under both kinds of rule."""
    return _both(day, "equity", "Your equity at the marks", texts.equity_sentence(day), "equity")


def exposure(day: Day) -> Figure:
    """Return the own account's exposure under both kinds of rule."""
    return _both(day, "exposure", "What you stand in: long minus short", texts.exposure_sentence(day), "exposure")
