"""The section on clearing houses: a default on record, its layers as bars, and the same loss in another order."""

from __future__ import annotations

import streamlit as st

from engine import default_waterfall
from engine.clearing import ORDERS, ClearingHouse, clearing_house_names, load_clearing_house, ordered_layers
from engine.clearing import with_own_capital as with_capital
from ui import layout
from ui.charts.house import house_chart
from ui.formats import money
from ui.live import board, live_slider, slider_panel

LABELS = {
    "recorded": "As on record",
    "own_first": "Own capital first",
    "members_first": "Members first",
    "side_by_side": "Side by side",
}
ASSUMED_SHARE = 0.1  # of the loss: own capital to start with, where its size is not recorded


@st.fragment
def clearing_house_section() -> None:
    """Draw the section; it does not depend on the scenario."""
    left, right = st.columns([1, 2])
    with left:
        name = st.selectbox(
            "Default on record",
            list(clearing_house_names()),
            format_func=lambda name: load_clearing_house(name).title,
            key="house:name",
            help="A clearing member failed; these layers met the loss.",
        )
        house = load_clearing_house(name)
        order = st.radio(
            "Order of the layers",
            list(ORDERS),
            format_func=LABELS.__getitem__,
            key="house:order",
            help="Whose money goes first: the clearing house's own or that of its members.",
        )
        loss, own, cap = _sliders(house)
    layers = ordered_layers(with_capital(house, own), order, cap)
    done = default_waterfall(loss=loss, layers=layers)
    with right:
        board(layout.sized([house_chart(house, layers, loss, done)]), key="house:chart", columns=1)
    st.caption(
        f"**Recorded** {house.summary} **Assumed** {' '.join(house.assumptions)}"
        + ("" if _recorded_capital(house) > 0 else " Own capital is not recorded: the amount here is an assumption.")
    )
    st.caption("Sources: " + " · ".join(f"<{address}>" for address in house.sources))


def _recorded_capital(house: ClearingHouse) -> float:
    return next(float(layer.capacity or 0.0) for layer in house.layers if layer.name == house.own)


def _sliders(house: ClearingHouse) -> tuple[float, float, float]:
    """Draw the three sliders and return loss, own capital and assessments, money in the house's currency."""
    million = 1e9 if house.currency == "KRW" else 1e6
    unit = f" {'bn' if million == 1e9 else 'M'} {house.currency}"
    recorded, scale = _recorded_capital(house), house.loss / million
    with slider_panel(f"house:{house.name}"):
        loss = live_slider(
            "Loss",
            0.0,
            4.0 * scale,
            scale,
            0.1,
            key=f"house:{house.name}:loss",
            unit=unit,
            digits=1,
            help="What the defaulter's own margin does not cover.",
        )
        own = live_slider(
            "Own capital",
            0.0,
            scale,
            recorded / million if recorded > 0 else ASSUMED_SHARE * scale,
            0.1,
            key=f"house:{house.name}:own",
            unit=unit,
            digits=1,
            help="Skin in the game: what the clearing house itself puts into the waterfall.",
        )
        cap = live_slider(
            "Assessments",
            0.0,
            300.0,
            0.0,
            5.0,
            key=f"house:{house.name}:cap",
            unit=" %",
            digits=0,
            help="What members can be called for on top, as a share of their contribution.",
        )
    st.caption(f"Contributions: {money(_contributions(house), house.currency)} by {house.n_members} members, evenly.")
    return loss * million, own * million, cap / 100.0


def _contributions(house: ClearingHouse) -> float:
    layer = next(layer for layer in house.layers if layer.name == house.members)
    return float(sum(layer.contributions))  # type: ignore[arg-type]
