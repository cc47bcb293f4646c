"""Pictures of a season: the price with what was sold by force, who paid, and the three scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import GAME, PlayedSeason, TradeKind
from ui.charts.common import Figure, axis, figure, line, markers, row_axis, thin
from ui.charts.layers import Layer, layer_axis, layer_bars, told_bars
from ui.frame.formats import SPACE, percent, usd
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, NEUTRAL, REFERENCE, WINNERS
from ui.game import texts

HOURS_A_DAY = 24.0
COLORS = {"the fund": INSURANCE_FUND, "winners": WINNERS, "nobody": NEUTRAL}


def price(played: PlayedSeason) -> Figure:
    """Return reference and mark over the season, with every forced trade."""
    run, n = played.run, played.run.prices.size - 1
    hour = HOURS_A_DAY * GAME.days * np.arange(n + 1) / n
    kept = thin(run.mark)
    traces: list[dict[str, Any]] = [
        line("reference", hour[kept], 100.0 * run.prices[kept], REFERENCE, 2, "reference %{y:.1f} %<extra></extra>"),
        line("mark", hour[kept], 100.0 * run.mark[kept], NEUTRAL, 2, "mark %{y:.1f} %<extra></extra>"),
    ]
    forced = run.trades[run.trades["kind"] == TradeKind.LIQUIDATION]
    is_long = run.book.size[forced["trader"]] > 0
    for name, chosen, symbol in (("longs", is_long, "triangle-down"), ("shorts", ~is_long, "triangle-up")):
        own = forced[chosen]
        if own.size:
            marker = {"symbol": symbol, "size": 7, "color": DEFAULTERS}
            hover = f"{name[:-1]} forced out at %{{y:.1f}} %<extra></extra>"
            traces.append(markers(name, hour[own["step"]], 100.0 * own["mark_after"], marker, hover))
    moved = max(float(run.impact_high.max()), -float(run.impact_low.min()), 0.0)
    said = f"Forced trading moved the book by at most {percent(moved)}." if forced.size else "Nobody was forced out."
    low, high = float(run.mark_low.min()), float(run.mark_high.max())
    pad = 0.06 * (high - low)
    return figure(
        "season_price",
        "The price, and who was forced out (▼ longs, ▲ shorts)",
        said,
        traces,
        x=axis("time (hours)", range=[0.0, float(hour[-1])], dtick=12),
        y=axis("share of the first price (%)", range=[100.0 * (low - pad), 100.0 * (high + pad)]),
        height=240,
    )


def who_paid(played: PlayedSeason) -> Figure:
    """Return who paid the deficit, a bar each."""
    amounts = texts.paid(played)
    rows = [Layer(name, amount, COLORS[name], is_hatched=name == "nobody") for name, amount in amounts.items()]
    values = np.array([row.amount for row in rows])
    shown = [usd(row.amount) for row in rows]
    hover = [f"{row.name}: {text}" for row, text in zip(rows, shown, strict=True)]
    trace = told_bars(layer_bars(rows, values, np.zeros(len(rows))), shown, hover)
    high = max(float(values.max()), 1.0)
    said = f"{texts.payers(played)}."
    return figure(
        "season_payers",
        "Who paid",
        said[0].upper() + said[1:],
        [trace],
        x=axis("paid (USD)", range=[0.0, 1.25 * high], tickformat="~s"),
        y=layer_axis(rows),
        height=190,
        margin={"l": 70, "r": 14, "t": 8, "b": 40},
    )


def scores(played: PlayedSeason) -> Figure:
    """Return the three scores of a season, a bar each."""
    values = np.array(played.scores)
    rows = [Layer(name, value, NEUTRAL) for name, value in zip(texts.SCORES, values.tolist(), strict=True)]
    told = [f"{value:.0f}" for value in values]
    hover = [f"{row.name}: {row.amount:.1f}{SPACE}points" for row in rows]
    trace = told_bars(layer_bars(rows, values, np.zeros(len(rows))), told, hover)
    least = texts.SCORES[int(np.argmin(values))].lower()
    return figure(
        "season_scores",
        "The score",
        f"{played.points:.1f} points; {least} is the weakest of the three.",
        [trace],
        x=axis("points", range=[0.0, 112.0], tickvals=[0, 25, 50, 75, 100]),
        y=row_axis(list(texts.SCORES)),
        height=190,
        margin={"l": 70, "r": 14, "t": 8, "b": 40},
    )
