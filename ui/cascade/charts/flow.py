"""Where the deficit goes: layer by layer, down to the traders and to what nobody paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import POLICIES
from ui.cascade.headline import words_for_backstop
from ui.charts.common import LETTER, Figure, Floats, axis, bars, figure, label, money_axis_title
from ui.charts.run_view import RunView
from ui.frame.formats import exact, money, percent
from ui.frame.theme import BACKSTOP, DEFAULTERS, INSURANCE_FUND, NEUTRAL, VENUE_CAPITAL, WINNERS

BARS_WIDTH = 330.0  # pixels between the margins on a laptop


@dataclass(frozen=True, slots=True)
class Layer:
    """A bar: who, how much, what of, in which color."""

    name: str
    amount: float
    color: str
    limit: float = -1.0
    is_hatched: bool = False


def layers(view: RunView) -> list[Layer]:
    """Return the layers that the deficit passes, the deficit itself first; their amounts sum to it."""
    f, venue = view.summary, view.scenario.venue
    policy = POLICIES[venue.policy]
    rows = [
        Layer("deficit", f.to_cover, DEFAULTERS),
        Layer("insurance fund", f.fund_paid, INSURANCE_FUND, f.fund_start),
    ]
    if venue.venue_capital > 0:
        rows.append(Layer("venue capital", f.venue_paid, VENUE_CAPITAL, venue.venue_capital))
    if venue.backstop > 0:
        rows.append(Layer(words_for_backstop(view).removeprefix("the "), f.backstop_paid, BACKSTOP, venue.backstop))
    if policy.family == "adl":
        rows.append(Layer("closed early", max(f.deleveraged_charge, 0.0), WINNERS))
    elif policy.family == "money":
        rows.append(Layer("winners" if "spares_losers" in policy.laws else "traders", f.charged, WINNERS))
    rows.append(Layer("unfunded", f.unfunded, NEUTRAL, is_hatched=True))
    return rows


def flow(view: RunView) -> Figure:
    """Return the chart of the waterfall."""
    rows = layers(view)
    amounts = np.array([row.amount for row in rows])
    total = float(amounts[0])
    starts = np.concatenate([[0.0, 0.0], np.cumsum(amounts[1:])[:-1]])
    hover = [f"{row.name}: {exact(row.amount, view.currency)}" for row in rows]
    trace = told_bars(layer_bars(rows, amounts, starts), [_text(view, row) for row in rows], hover)
    notes = [] if total > 0 else [label("No deficit: nothing to pass on.", x=0.62, y=0.5, paper="xy")]
    return figure(
        "flow",
        "Where the deficit goes",
        _takeaway(view, rows),
        [trace],
        x=_money_axis(view, rows, starts),
        y=layer_axis(rows),
        annotations=notes,
        margin={"l": 104, "r": 14, "t": 8, "b": 38},
    )


def layer_bars(rows: list[Layer], amounts: Floats, starts: Floats) -> dict[str, Any]:
    """Return the bars of layers, in their colors, what nobody pays hatched."""
    shapes = ["/" if row.is_hatched else "" for row in rows]
    marker = {
        "color": [row.color for row in rows],
        "pattern": {"shape": shapes, "fillmode": "replace", "size": 6},
    }
    return bars("layers", amounts, np.arange(len(rows)), 0.62, marker, base=starts)


def told_bars(trace: dict[str, Any], texts: list[str], hover: list[str]) -> dict[str, Any]:
    """Return bars with a text right of each, which may reach beyond the plot."""
    told = {"text": texts, "textposition": "outside", "cliponaxis": False, "constraintext": "none"}
    return {**trace, **told, "hovertext": hover, "hovertemplate": "%{hovertext}<extra></extra>"}


def layer_axis(rows: list[Layer]) -> dict[str, Any]:
    """Return the axis of the layers' names, the first on top."""
    names = [row.name for row in rows]
    ticks = {"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": names, "showgrid": False}
    return axis("", range=[len(rows) - 0.45, -0.55], **ticks)


def _money_axis(view: RunView, rows: list[Layer], starts: Floats) -> dict[str, Any]:
    """The axis of amounts, long enough for the text right of each bar."""
    total = rows[0].amount
    title = money_axis_title("who pays, from the top down", view)
    if total <= 0:
        return axis(title, range=[0, 1], showticklabels=False, tickformat="~s")
    ends = [(start + row.amount, LETTER * len(_text(view, row)) + 8) for row, start in zip(rows, starts, strict=True)]
    longest = max(end / max(1.0 - width / BARS_WIDTH, 0.3) for end, width in ends)
    return axis(title, range=[0, longest], tickformat=".2~s")


def _text(view: RunView, row: Layer) -> str:
    amount = money(row.amount, view.currency)
    if row.limit < 0:
        return amount if row.amount > 0 else ""
    if row.amount <= 0:
        return f"0 of {money(row.limit, view.currency)}" if row.limit > 0 else "empty from the start"
    if row.limit == 0:
        return f"{amount}, out of what came in"
    return (
        f"{amount}, all of it"
        if row.amount >= row.limit * (1 - 1e-9)
        else f"{amount} of {money(row.limit, view.currency)}"
    )


def _takeaway(view: RunView, rows: list[Layer]) -> str:
    total = rows[0].amount
    if total <= 0:
        if view.summary.fund_income > 0:
            return f"No deficit; the fund took in {money(view.summary.fund_income, view.currency)} from the liquidated."
        return "No deficit, so no layer pays."
    largest = max(rows[1:], key=lambda row: row.amount)
    share = percent(largest.amount / total, 0)
    if largest.is_hatched:
        return f"{share} of the deficit of {money(total, view.currency)} is paid by nobody."
    return f"{_subject(largest.name)} {share} of the deficit of {money(total, view.currency)}."


def _subject(name: str) -> str:
    if name in ("winners", "traders"):
        return f"{name.capitalize()} pay"
    if name == "closed early":
        return "Owners of positions closed early bear"
    return "The venue pays" if name == "venue capital" else f"The {name} pays"
