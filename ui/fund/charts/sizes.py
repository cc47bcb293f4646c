"""How large a fund has to be: chance over its size, over leverage, and the fund over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import FundSizes
from ui.charts.common import Figure, axis, band, categories, diamond, dotted, end_labels, figure, label, line
from ui.frame.formats import money, percent
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, REFERENCE, WINNERS
from ui.fund.answers import LEVERAGES, SHARES, TARGETS, CellPaths, FundResult
from ui.settings.market import OPEN_INTEREST

HEIGHT = 240
DOTS = {"mode": "lines+markers", "marker": {"size": 6}}
POINTS = 81
LEVERAGE_TICKS = (3, 5, 8, 12, 18, 27, 40)
LIGHT_TO_DARK = [[0.0, "rgba(213,94,0,0.04)"], [1.0, "rgba(213,94,0,0.8)"]]
WORST_EMPTY = (  # by how many of the three worst paths
    "none of the three worst paths empties",
    "one of the three worst paths empties",
    "two of the three worst paths empty",
    "the three worst paths all empty",
)


def chance_over_fund(result: FundResult) -> Figure:
    """Return the chance that a fund is too small over its size, with error band, target, VaR and ES."""
    sizes, query = result.sizes, result.query
    name, title = "chance", "Chance of a shortfall"
    own = query.market.fund_money
    floor = 1.0 / _seen(sizes)
    top = max(float(sizes.needs.max()) * 1.05, own * 1.3, 1e4)
    fund = np.unique(np.concatenate([np.linspace(0.0, top, POINTS), [own]]))
    chances = sizes.curve(fund)
    low, high = (np.maximum(end, 0.1 * floor) for end in chances.interval())
    shown = np.maximum(chances.value, 0.1 * floor)
    at, var, es = sizes.shortfall_probability(own), sizes.value_at_risk, sizes.expected_shortfall
    tail = f"VaR 99 % is {money(var.value, 'USD')}, ES 99 % {money(es.value, 'USD')}"
    takeaway = f"{percent(at.value)} at {money(own, 'USD')}; {tail}."
    traces = [
        *band(fund, 100 * low, 100 * high),
        line("", fund, 100 * shown, DEFAULTERS, 2, "fund $%{x:,.0f}: too small with %{y:.3~g} %<extra></extra>"),
        diamond(
            [own],
            [100 * max(at.value, 0.1 * floor)],
            INSURANCE_FUND,
            "this fund, $%{x:,.0f}: %{y:.3~g} %<extra></extra>",
        ),
    ]
    marks = [(var.value, "VaR 99"), (es.value, "ES 99")] if sizes.needs.any() else []
    bottom, ceiling = np.log10(30 * floor), np.log10(130.0)
    shapes = [dotted(x=x) for x, _ in marks]
    shapes.append(dotted(y=100 * query.target))
    notes = [
        label(text, x=x, y=1.0 - 0.09 * k, paper="y", xanchor="left", xshift=3, yanchor="top")
        for k, (x, text) in enumerate(marks)
    ]
    text = f"target {percent(query.target)}"
    notes.append(
        label(text, x=1.0, y=float(np.log10(100 * query.target)), paper="x", xanchor="right", yanchor="bottom")
    )
    return figure(
        name,
        title,
        takeaway,
        traces,
        x=axis("fund (USD)", range=[0.0, top], tickformat="~s", nticks=7),
        y=axis("chance within the horizon (%)", type="log", range=[bottom, ceiling], dtick=1, tickformat="~r"),
        height=HEIGHT,
        shapes=shapes,
        annotations=notes,
    )


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
    growth = last[-1] / last[1] if last[1] > 0 else np.inf
    times = f", {growth:.0f} times that of {LEVERAGES[1]:g}x" if np.isfinite(growth) and growth >= 2 else ""
    text = list(lines)[-1]
    takeaway = f"At {LEVERAGES[-1]:g}x, a chance of {text} takes {money(float(last[-1]), 'USD')}{times}."
    if len(targets) < len(TARGETS):
        takeaway += " Smaller chances need the precise run."
    return figure(
        "risk",
        "Funds of equal risk, by leverage",
        takeaway,
        traces,
        x=_leverage_axis(),
        y=axis("fund (USD)", range=[0.0, top], tickformat="~s", nticks=6),
        height=HEIGHT,
        annotations=end_labels({text: float(values[-1]) for text, values in lines.items()}, 0.0, top),
        margin={"l": 56, "r": 48, "t": 8, "b": 40},
    )


def _leverage_axis() -> dict[str, Any]:
    return axis(
        "median leverage of the traders",
        type="log",
        range=[float(np.log10(2.7)), float(np.log10(44))],
        tickmode="array",
        tickvals=list(LEVERAGE_TICKS),
        ticktext=[f"{tick}x" for tick in LEVERAGE_TICKS],
    )


def heat_map(result: FundResult, chosen: tuple[int, int]) -> Figure:
    """Return the chance of a shortfall over fund and leverage; `chosen` (row, column) is outlined."""
    value = 100.0 * result.chance
    row, column = chosen
    names = [f"{leverage:g}x" for leverage in LEVERAGES]
    funds = [money(share * OPEN_INTEREST, "USD") for share in SHARES]
    text = [[f"{cell:.0f}" if cell >= 9.95 else f"{cell:.1f}" if cell > 0 else "0" for cell in line] for line in value]
    cells = {
        "type": "heatmap",
        "z": value,
        "x": names,
        "y": funds,
        "colorscale": LIGHT_TO_DARK,
        "zmin": 0.0,
        "zmax": max(float(value.max()), 1.0),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }
    # Points to click on: a heat map names no single point.
    x = [name for _ in funds for name in names]
    y = [fund for fund in funds for _ in names]
    place = np.array([[r, c] for r in range(len(funds)) for c in range(len(names))], dtype=np.int32)
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": x,
        "y": y,
        "text": [cell for line in text for cell in line],
        "textposition": "middle center",
        "marker": {"size": 26, "symbol": "square", "opacity": 0},
        "customdata": place,
        "hovertemplate": "%{y} at %{x}: too small on %{text} % of paths<extra>choose</extra>",
    }
    box = {"type": "rect", "x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    how = f"{funds[row]} at {names[column]}: {text[row][column]} %. Click a cell for its paths."
    return figure(
        "heat",
        "Shortfalls, fund by leverage (%)",
        how,
        [cells, points],
        x=categories("median leverage of the traders"),
        y=categories("fund (USD)"),
        height=300,
        shapes=[{**box, "line": {"color": INSURANCE_FUND, "width": 3}}],
        margin={"l": 74, "r": 14, "t": 8, "b": 40},
    )


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
    empty = int((paths.worst.min(axis=1) <= 1e-6 * top).sum())
    what = f"{money(paths.share * OPEN_INTEREST, 'USD')} at {paths.leverage:g}x"
    end = money(float(row[0.5][-1]), "USD")
    takeaway = f"{what}: the median ends at {end}; {WORST_EMPTY[empty]} it."
    return figure(
        "paths",
        "The fund in the chosen cell",
        takeaway,
        traces,
        x=axis(f"time ({name})", range=[0.0, float(x[-1])]),
        y=axis("fund (USD)", range=[1.05 * bottom, 1.16 * top], tickformat="~s", nticks=6),
        height=300,
        annotations=[label("worst three in red, bands 50 % and 90 %", x=0.02, y=1.0, paper="xy", xanchor="left")],
    )
