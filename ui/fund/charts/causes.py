"""Who causes a venue's losses and who pays for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import SystemicReport
from ui.charts.common import Figure, axis, categories, figure, note
from ui.frame.formats import percent, usd
from ui.frame.theme import DEFAULTERS, NEUTRAL, WINNERS

Floats = NDArray[np.float64]

NO_LOSS = "No path left a loss: nobody has to pay for anybody."
LAYERS = {"fund": "the fund", "venue": "the venue", "backstop": "the backstop", "nobody": "nobody"}


def causes(report: SystemicReport) -> Figure:
    """Return who causes and who pays: columns cause, rows pay, the layers before the traders included."""
    name, title = "causes", "Who causes, who pays (%)"
    money_of = report.matrix.value
    total = float(money_of.sum())
    if total <= 0:
        return nothing(name, title, NO_LOSS)
    shown = [k for k, _ in enumerate(report.payers) if k < len(report.labels) or money_of[:, k].sum() > 0]
    share = 100.0 * money_of[:, shown] / total
    payers = [short(report.payers[k]) for k in shown]
    labels = [short(text) for text in report.labels]
    layers = {payer: float(share[:, k].sum()) for k, payer in enumerate(payers) if k >= len(labels)}
    parts = {"traders": float(share[:, : len(labels)].sum())} | {LAYERS[layer]: part for layer, part in layers.items()}
    takeaway = f"Of what is lost, {', '.join(_borne(who, 0.01 * part) for who, part in parts.items())}."
    hover = "caused by %{x}x, paid by %{y}: $%{customdata:,.0f} a path<extra></extra>"
    return figure(
        name,
        title,
        takeaway,
        cells(share, _plain(labels), payers, money_of[:, shown], hover),
        x=categories("leverage of who causes it (x)"),
        y=categories("who pays"),
        height=300,
        margin={"l": 72, "r": 14, "t": 8, "b": 40},
    )


def cells(
    share: Floats, columns: Sequence[str], rows: Sequence[str], custom: Floats, hover: str
) -> list[dict[str, Any]]:
    """Return a heat map of percentages (columns, rows) with its numbers; `custom` is what `hover` may quote."""
    scale = [[0.0, "rgba(0,114,178,0.04)"], [1.0, "rgba(0,114,178,0.8)"]]
    # Text of its own, in the theme's color: that of a heat map is chosen as if the lightest cells were opaque.
    words = {
        "type": "scatter",
        "mode": "text",
        "x": [column for column in columns for _ in rows],
        "y": [row for _ in columns for row in rows],
        "text": [f"{cell:.0f}" if cell >= 0.5 else "" for cell in share.ravel()],
        "textposition": "middle center",
        "customdata": custom.ravel(),
        "hovertemplate": hover,
    }
    return [ground(share.T, list(columns), list(rows), scale), words]


def ground(z: Floats, x: list[str], y: list[str], scale: list[list[Any]], **more: float) -> dict[str, Any]:
    """Return the trace of a heat map (rows, columns) without numbers; `more` is plotly's own (zmax)."""
    look = {"colorscale": scale, "zmin": 0.0, "showscale": False, "xgap": 1, "ygap": 1, "hoverinfo": "skip"}
    return {"type": "heatmap", "z": z, "x": x, "y": y, **look, **more}


def _borne(who: str, part: float) -> str:
    if who == "nobody":
        return f"{percent(part, 0)} stays unpaid"
    return f"{who} {'pay' if who == 'traders' else 'pays'} {percent(part, 0)}"


def net(report: SystemicReport) -> Figure:
    """Return what each group of traders pays for others beyond what others pay for it, with error bars."""
    name, title = "net", "Cross-subsidy between traders"
    n = len(report.labels)
    flows, error = report.matrix.value[:, :n], report.matrix.stderr[:, :n]
    if flows.sum() <= 0:
        has_loss = report.matrix.value.sum() > 0
        return nothing(
            name, title, "No trader is charged for another: see who pays beside it." if has_loss else NO_LOSS
        )
    gives = flows.sum(axis=0) - flows.sum(axis=1)
    # A group's own losses that it pays itself are in both sums and fall out; the rest is taken as independent, and
    # as 0 where no path has any.
    apart = np.where(flows > 0.0, error, 0.0) ** 2 * (1.0 - np.eye(n))
    half = 1.96 * np.sqrt(apart.sum(axis=0) + apart.sum(axis=1))
    bar = {
        "type": "bar",
        "x": _plain([short(text) for text in report.labels]),
        "y": gives,
        "marker": {"color": [WINNERS if value >= 0 else DEFAULTERS for value in gives]},
        "error_y": {"type": "data", "array": half, "color": NEUTRAL, "thickness": 1, "width": 0},
        "customdata": np.column_stack([flows.sum(axis=1), flows.sum(axis=0)]),
        "hovertemplate": "%{x}: causes $%{customdata[0]:,.0f}, pays $%{customdata[1]:,.0f} a path<extra></extra>",
    }
    low, high = float((gives - half).min()), float((gives + half).max())
    span = max(high - low, 1e-9)
    ends = [low - 0.06 * span, high + 0.06 * span]
    return figure(
        name,
        title,
        net_words(report.labels, gives, half),
        [bar],
        x=categories("leverage of the traders (x)"),
        y=axis("paid less caused, a path (USD)", range=ends, tickformat="~s", nticks=6),
        height=300,
        margin={"l": 56, "r": 14, "t": 8, "b": 40},
        bargap=0.3,
    )


def net_words(labels: Sequence[str], gives: Floats, half: Floats) -> str:
    """Return who surely pays for others most, and who surely leaves most to others."""
    most, least = int(gives.argmax()), int(gives.argmin())
    parts = []
    if gives[most] > half[most]:
        parts.append(f"Traders at {short(labels[most])} pay {usd(float(gives[most]))} a path for others")
    if -gives[least] > half[least]:
        parts.append(f"those at {short(labels[least])} leave {usd(-float(gives[least]))} to others")
    text = "; ".join(parts) or "these paths do not tell who pays for whom"
    return f"{text[0].upper()}{text[1:]}."


def nothing(name: str, title: str, text: str) -> Figure:
    """Return an empty chart that says why."""
    empty = [note("Nothing to share out.")]
    bare = {"range": [0, 1], "showticklabels": False}
    return figure(name, title, text, [], x=axis("", **bare), y=axis("", **bare), annotations=empty, height=300)


def short(text: str) -> str:
    """Return a group's or a layer's name as a tick label has room for it: 3-5x, nobody."""
    names = {"insurance fund": "fund", "venue capital": "venue", "unfunded": "nobody"}
    if text.startswith("below "):
        return f"<{text[6:]}"
    if text.endswith(" and more"):
        return f"\N{GREATER-THAN OR EQUAL TO}{text[:-9]}"
    return names.get(text, text.replace("x to ", "-"))


def _plain(labels: Sequence[str]) -> list[str]:
    """Return groups of leverage for an axis that names the unit: a phone has no room for it at each."""
    return [text.replace("x", "") for text in labels]
