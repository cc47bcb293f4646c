"""How large a fund has to be: chance over its size, over leverage, and the fund over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import FundSizes
from ui.charts.common import (
    Figure,
    axis,
    band,
    categories,
    diamond,
    dotted,
    end_labels,
    figure,
    label,
    line,
    times_ticks,
)
from ui.frame.formats import percent, usd
from ui.frame.intervals import bounds
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, REFERENCE, WINNERS
from ui.fund.answers import LEVERAGES, SHARES, TARGETS, CellPaths, FundResult
from ui.fund.charts.causes import ground
from ui.settings.market import OPEN_INTEREST

HEIGHT = 240
DOTS = {"mode": "lines+markers", "marker": {"size": 6}}
POINTS = 81
LEVERAGE_TICKS = (3, 5, 8, 12, 18, 27, 40)
LIGHT_TO_DARK = [[0.0, "rgba(213,94,0,0.04)"], [1.0, "rgba(213,94,0,0.8)"]]
WORST_EMPTY = (  # by how many of the three worst paths
    "none of the three worst paths",
    "one of the three worst paths",
    "two of the three worst paths",
    "all three worst paths",
)


def answer_charts(result: FundResult) -> list[Figure]:
    """Return the two charts that follow the hand: chance over fund, and funds of equal risk over leverage."""
    return [chance_over_fund(result), equal_risk(result)]


def chance_over_fund(result: FundResult) -> Figure:
    """Return the chance that a fund is too small over its size, with error band, target, VaR and ES."""
    sizes, own = result.sizes, result.query.market.fund_money
    floor = 1.0 / _seen(sizes)
    top = max(float(sizes.needs.max()) * 1.05, own * 1.3, 1e4)
    at, var, es = sizes.shortfall_probability(own), sizes.value_at_risk, sizes.expected_shortfall
    marks = [(var.value, "VaR 99"), (es.value, "ES 99")] if sizes.needs.any() else []
    tail = f"VaR 99 % is {usd(var.value)}, ES 99 % {usd(es.value)}"
    mine = [100 * max(at.value, 0.1 * floor)]
    hover = "this fund, $%{x:,.0f}: %{y:.3~g} %<extra></extra>"
    return figure(
        "chance",
        "Chance of a shortfall",
        f"{percent(at.value)} at {usd(own)}; {tail}.",
        [*_curve(sizes, own, top), diamond([own], mine, INSURANCE_FUND, hover)],
        x=axis("fund (USD)", range=[0.0, top], tickformat="~s", nticks=7),
        y=axis(
            "chance within the horizon (%)",
            type="log",
            range=[np.log10(30 * floor), np.log10(130.0)],
            dtick=1,
            tickformat="~r",
        ),
        height=HEIGHT,
        shapes=[*(dotted(x=x) for x, _ in marks), dotted(y=100 * result.query.target)],
        annotations=_named(marks, result.query.target),
    )


def _curve(sizes: FundSizes, own: float, top: float) -> list[dict[str, Any]]:
    """Return the chance over the fund with its error band; a logarithmic axis has no 0, so it ends above it."""
    floor = 1.0 / _seen(sizes)
    fund = np.unique(np.concatenate([np.linspace(0.0, top, POINTS), [own]]))
    chances = sizes.curve(fund)
    low, high = (np.maximum(end, 0.1 * floor) for end in chances.interval())
    hover = "fund $%{x:,.0f}: too small with %{y:.3~g} %<extra></extra>"
    shown = np.maximum(chances.value, 0.1 * floor)
    return [*band(fund, 100 * low, 100 * high), line("", fund, 100 * shown, DEFAULTERS, 2, hover)]


def _named(marks: list[tuple[float, str]], target: float) -> list[dict[str, Any]]:
    """Return the names of the dotted lines."""
    notes = [
        label(text, x=x, y=1.0 - 0.09 * k, paper="y", xanchor="left", xshift=3, yanchor="top")
        for k, (x, text) in enumerate(marks)
    ]
    place = {"x": 1.0, "y": float(np.log10(100 * target)), "xanchor": "right", "yanchor": "bottom"}
    return [*notes, label(f"target {percent(target)}", paper="x", **place)]


def _seen(sizes: FundSizes) -> float:
    """Return how many paths a chance is read from; where one path is the answer, as many as show every target."""
    return 10.0 / min(TARGETS) if sizes.is_exact else float(sizes.n_paths)


def equal_risk(result: FundResult) -> Figure:
    """Return the funds that fall short equally often, over the leverage of the traders."""
    query = result.query
    targets = [target for target in TARGETS if _seen(result.columns[0]) * target >= 2.5]
    lines: dict[str, np.ndarray] = {}
    for target in targets:
        lines[f"{100 * target:g} %"] = np.array([column.size(target).value for column in result.columns])
    colors = (REFERENCE, WINNERS, DEFAULTERS)
    traces: list[dict[str, Any]] = [
        line("", np.array(LEVERAGES), values, color, 2, f"%{{x}}x: $%{{y:,.0f}} for {text}<extra></extra>") | DOTS
        for (text, values), color in zip(lines.items(), colors, strict=False)
    ]
    own, leverage = query.market.fund_money, min(max(query.market.leverage, LEVERAGES[0]), LEVERAGES[-1])
    top = max(max((float(values.max()) for values in lines.values()), default=0.0), own, 1e4) * 1.1
    traces.append(diamond([leverage], [own], INSURANCE_FUND, "this fund, $%{y:,.0f}<extra></extra>"))
    last = list(lines.values())[-1]
    few, many = (result.columns[at].size(targets[-1]) for at in (1, -1))
    is_more = few.value > 0 and bounds(many)[0] > bounds(few)[1]
    times = f", {many.value / few.value:.0f} times that of {LEVERAGES[1]:g}x" if is_more else ""
    text = list(lines)[-1]
    takeaway = f"At {LEVERAGES[-1]:g}x, a chance of {text} takes {usd(float(last[-1]))}{times}."
    if len(targets) < len(TARGETS):
        takeaway += " Smaller chances need the precise run."
    leverages = [float(np.log10(2.7)), float(np.log10(44))]
    return figure(
        "risk",
        "Funds of equal risk, by leverage",
        takeaway,
        traces,
        x=axis("median leverage of the traders", type="log", range=leverages, **times_ticks(LEVERAGE_TICKS)),
        y=axis("fund (USD)", range=[0.0, top], tickformat="~s", nticks=6),
        height=HEIGHT,
        annotations=end_labels({text: float(values[-1]) for text, values in lines.items()}, 0.0, top),
        margin={"l": 56, "r": 48, "t": 8, "b": 40},
    )


def heat_map(result: FundResult, chosen: tuple[int, int]) -> Figure:
    """Return the chance of a shortfall over fund and leverage; `chosen` (row, column) is outlined."""
    value = 100.0 * result.chance
    row, column = chosen
    names = [f"{leverage:g}x" for leverage in LEVERAGES]
    funds = [usd(share * OPEN_INTEREST) for share in SHARES]
    text = [[f"{cell:.0f}" if cell >= 9.95 else f"{cell:.1f}" if cell > 0 else "0" for cell in line] for line in value]
    top = max(float(value.max()), 1.0)
    box = {"type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return figure(
        "heat",
        "Shortfalls, fund by leverage (%)",
        f"{funds[row]} at {names[column]}: {text[row][column]} %. Click a cell for its paths.",
        [ground(value, names, funds, LIGHT_TO_DARK, zmax=top), _points(text, names, funds)],
        x=categories("median leverage of the traders"),
        y=categories("fund (USD)"),
        height=300,
        shapes=[{**box, "line": {"color": INSURANCE_FUND, "width": 3}}],
        margin={"l": 74, "r": 14, "t": 8, "b": 40},
    )


def _points(text: list[list[str]], names: list[str], funds: list[str]) -> dict[str, Any]:
    """Return points to click on: a heat map names no single point."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [name for _ in funds for name in names],
        "y": [fund for fund in funds for _ in names],
        "text": [cell for line in text for cell in line],
        "textposition": "middle center",
        "marker": {"size": 26, "symbol": "square", "opacity": 0},
        "customdata": np.array([[r, c] for r in range(len(funds)) for c in range(len(names))], dtype=np.int32),
        "hovertemplate": "%{y} at %{x}: too small on %{text} % of paths<extra>choose</extra>",
    }


def fund_over_time(paths: CellPaths) -> Figure:
    """Return the fund of the chosen cell over time: where half and 90 % of the paths are, and the worst three."""
    unit, name = (1440.0, "days") if paths.minutes[-1] > 2880 else (60.0, "hours")
    x = paths.minutes / unit
    row = {level: paths.band[at] for at, level in enumerate(paths.levels)}
    base = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "line": {"width": 0}}
    traces: list[dict[str, Any]] = []
    for low, high in ((0.05, 0.95), (0.25, 0.75)):
        traces.append({**base, "y": row[low]})
        traces.append({**base, "y": row[high], "fill": "tonexty", "fillcolor": "rgba(230,159,0,0.22)"})
    worst = {"color": DEFAULTERS, "width": 1}
    traces += [{**base, "y": path, "line": worst} for path in paths.worst]
    traces.append(
        {
            **base,
            "y": row[0.5],
            "line": {"color": INSURANCE_FUND, "width": 2},
            "hoverinfo": "x+y",
            "hovertemplate": "median $%{y:,.0f}<extra></extra>",
        }
    )
    top = max(float(paths.band.max()), float(paths.worst.max()), 1.0)
    bottom = min(0.0, float(paths.worst.min()))
    start, share = paths.share * OPEN_INTEREST, paths.usable_share
    trigger = (1.0 - share) * start
    reached = WORST_EMPTY[int((paths.worst.min(axis=1) <= trigger + 1e-6 * top).sum())]
    what = f"{usd(start)} at {paths.leverage:g}x"
    low = "empty the fund" if share >= 1.0 else f"take {percent(share, 0)} of it, where deleveraging starts"
    takeaway = f"{what}: the median ends at {usd(float(row[0.5][-1]))}; {reached} {low}."
    return figure(
        "paths",
        "The fund in the chosen cell",
        takeaway,
        traces,
        x=axis(f"time ({name})", range=[0.0, float(x[-1])]),
        y=axis("fund (USD)", range=[1.05 * bottom, 1.16 * top], tickformat="~s", nticks=6),
        height=300,
        shapes=[dotted(y=trigger)] if share < 1.0 else [],
        annotations=[label("worst three in red, bands 50 % and 90 %", x=0.02, y=1.0, paper="xy", xanchor="left")],
    )
