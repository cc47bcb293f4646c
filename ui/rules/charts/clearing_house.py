"""A clearing house's default waterfall: what each layer paid, in the order chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine import ClearingHouse, DefaultWaterfall, Layer
from ui.charts.common import Figure, axis, figure
from ui.charts.layers import Layer as Bar
from ui.charts.layers import layer_axis, layer_bars, told_bars
from ui.frame.formats import exact, money, percent
from ui.frame.theme import BACKSTOP, DEFAULTERS, INSURANCE_FUND, NEUTRAL, VENUE_CAPITAL

LONGEST = 22  # letters of a name in one line


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
    rows = [
        Bar(_short(layer.name), paid, color_of(clearing_house, layer))
        for layer, paid in zip(layers, done.paid, strict=True)
    ]
    rows.append(Bar("nobody", done.unallocated, NEUTRAL, is_hatched=True))
    amounts = np.array([row.amount for row in rows])
    hover = [f"{row.name}: {exact(row.amount, clearing_house.currency)}" for row in rows]
    drawn = layer_bars(rows, amounts, np.concatenate([[0.0], np.cumsum(amounts)[:-1]]))
    trace = told_bars(drawn, _beside(clearing_house.currency, layers, done), hover)
    title = f"paid, from the top down ({clearing_house.currency})"
    return figure(
        "house",
        "Who bears the loss",
        takeaway(clearing_house, loss, done),
        [trace],
        x=axis(title, range=[0, 1.45 * max(loss, 1.0)], tickformat=".2~s"),
        y=layer_axis(rows),
        margin={"l": 150, "r": 14, "t": 8, "b": 38},
        height=80 + 34 * len(rows),
    )


def _beside(currency: str, layers: Sequence[Layer], done: DefaultWaterfall) -> list[str]:
    """Return what stands right of each bar: what the layer paid and how much of it that is."""
    texts = [
        f"{money(paid, currency)},<br>{percent(done.rate[layer.name], 0)} of it" if paid > 0 else "not reached"
        for layer, paid in zip(layers, done.paid, strict=True)
    ]
    return [*texts, money(done.unallocated, currency) if done.unallocated > 0 else ""]


def _short(name: str) -> str:
    first = name[:LONGEST].rsplit(" ", 1)[0]
    return name if len(name) <= LONGEST else f"{first}<br>{name[len(first) + 1 :]}"


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
