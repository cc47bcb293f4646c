"""A clearing house's default waterfall: what each layer paid, in the order chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine import ClearingHouse, DefaultWaterfall, Layer
from ui.charts.common import Figure, axis, bars, figure
from ui.frame.formats import exact, money, percent
from ui.frame.theme import BACKSTOP, DEFAULTERS, INSURANCE_FUND, NEUTRAL, VENUE_CAPITAL


def color_of(clearing_house: ClearingHouse, layer: Layer) -> str:
    """Return the color of the party behind a layer."""
    if layer.name == clearing_house.own:
        return VENUE_CAPITAL
    if layer.kind == "assessments":
        return BACKSTOP
    return INSURANCE_FUND if layer.kind == "members" else DEFAULTERS


def waterfall_chart(
    clearing_house: ClearingHouse, layers: Sequence[Layer], loss: float, done: DefaultWaterfall
) -> Figure:
    """Return the layers as bars, from the top down."""
    names = [layer.name for layer in layers] + ["nobody"]
    amounts = np.array([*done.paid, done.unallocated])
    marker = {
        "color": [color_of(clearing_house, layer) for layer in layers] + [NEUTRAL],
        "pattern": {"shape": [""] * len(layers) + ["/"], "fillmode": "replace", "size": 6},
    }
    trace = bars(
        "layers",
        amounts,
        np.arange(len(names)),
        0.62,
        marker,
        base=np.concatenate([[0.0], np.cumsum(amounts)[:-1]]),
        text=_beside(clearing_house.currency, layers, done),
        textposition="outside",
        cliponaxis=False,
        constraintext="none",
        hovertext=[f"{name}: {exact(x, clearing_house.currency)}" for name, x in zip(names, amounts, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    title = f"paid, from the top down ({clearing_house.currency})"
    return figure(
        "house",
        "Who bears the loss",
        takeaway(clearing_house, loss, done),
        [trace],
        x=axis(title, range=[0, 1.45 * max(loss, 1.0)], tickformat=".2~s"),
        y=_rows(names),
        margin={"l": 150, "r": 14, "t": 8, "b": 38},
        height=80 + 34 * len(names),
    )


def _rows(names: Sequence[str]) -> dict[str, Any]:
    ticks = {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": [_short(name) for name in names]}
    return axis("", range=[len(names) - 0.45, -0.55], showgrid=False, **ticks)


def _beside(currency: str, layers: Sequence[Layer], done: DefaultWaterfall) -> list[str]:
    """Return what stands right of each bar: what the layer paid and how much of it that is."""
    texts = [
        f"{money(paid, currency)},<br>{percent(done.rate[layer.name], 0)} of it" if paid > 0 else "not reached"
        for layer, paid in zip(layers, done.paid, strict=True)
    ]
    return [*texts, money(done.unallocated, currency) if done.unallocated > 0 else ""]


def _short(name: str) -> str:
    return (
        name if len(name) <= 22 else f"{name[:22].rsplit(' ', 1)[0]}<br>{name[len(name[:22].rsplit(' ', 1)[0]) + 1 :]}"
    )


def takeaway(clearing_house: ClearingHouse, loss: float, done: DefaultWaterfall) -> str:
    """Return who bore the loss, in a sentence."""
    if loss <= 0:
        return "No loss, so no layer pays."
    own, currency = done.by_layer[clearing_house.own], clearing_house.currency
    members = sum(float(charge.sum()) for charge in done.by_member.values())
    text = (
        f"Of {money(loss, currency)} the clearing house pays {money(own, currency)} and its "
        f"{clearing_house.n_members} members {money(members, currency)}, "
        f"{percent(done.rate[clearing_house.members])} of each contribution"
    )
    if done.unallocated > 0:
        return f"{text}; {money(done.unallocated, currency)} are left, for gains haircuts and tear-ups."
    return f"{text}."
