"""The section on clearing houses: a default on record, its layers as bars, and the same loss in another order."""

from __future__ import annotations

import streamlit as st

from engine import (
    CLEARING_ORDERS,
    ClearingHouse,
    clearing_house_names,
    default_waterfall,
    load_clearing_house,
    ordered_layers,
    with_own_capital,
)
from ui.charts.board import sized
from ui.frame import layout
from ui.frame.formats import money
from ui.live import chart_board, slider_panel
from ui.rules.charts.clearing_house import waterfall_chart
from ui.settings.page_settings import OnRelease, Pick, Slider, draw_panel
from ui.settings.words import CLEARING_WORDS

ASSUMED_SHARE = 0.1  # of the loss: own capital to start with, where its size is not recorded


def _recorded_capital(clearing_house: ClearingHouse) -> float:
    return next(float(layer.capacity or 0.0) for layer in clearing_house.layers if layer.name == clearing_house.own)


def _million(clearing_house: ClearingHouse) -> float:
    return 1e9 if clearing_house.currency == "KRW" else 1e6


def _sliders(name: str) -> tuple[Slider, Slider, Slider]:
    """Return the sliders of a clearing house: loss and own capital in millions or billions, assessments in percent."""
    clearing_house = load_clearing_house(name)
    million = _million(clearing_house)
    unit = f" {'bn' if million == 1e9 else 'M'} {clearing_house.currency}"
    recorded, scale = _recorded_capital(clearing_house), clearing_house.loss / million
    loss = Slider(
        key=f"house:{name}:loss", name="house.loss", label="Loss", low=0.0, high=4.0 * scale, start=scale, step=0.1,
        unit=unit, digits=1, help="What the defaulter's own margin does not cover.",
    )  # fmt: skip
    own = Slider(
        key=f"house:{name}:own", name="house.own", label="Own capital", low=0.0, high=scale,
        start=recorded / million if recorded > 0 else ASSUMED_SHARE * scale, step=0.1, unit=unit, digits=1,
        help="Skin in the game: what the clearing house itself puts into the waterfall.",
    )  # fmt: skip
    cap = Slider(
        key=f"house:{name}:cap", name="house.cap", label="Assessments", low=0.0, high=300.0, start=0.0, step=5.0,
        unit=" %", digits=0,
        help="What members can be called for on top, as a share of their contribution.",
    )  # fmt: skip
    return loss, own, cap


CLEARING_HOUSE = Pick(
    key="house:name", name="house", label="Default on record", start=clearing_house_names()[0],
    choices=clearing_house_names, show=lambda name: load_clearing_house(name).title, then=_sliders,
    help="A clearing member failed; these layers met the loss.",
)  # fmt: skip
ORDER = Pick(
    key="house:order", name="house.order", label="Order of the layers", start=next(iter(CLEARING_ORDERS)),
    choices=lambda: CLEARING_ORDERS, show=CLEARING_WORDS.__getitem__,
    help="Whose money goes first: the clearing house's own or that of its members.",
)  # fmt: skip
SETTINGS = (CLEARING_HOUSE, ORDER)


def clearing_house_section(on_release: OnRelease) -> None:
    """Draw the section; it does not depend on the scenario."""
    left, right = st.columns([1, 2])
    with left:
        chosen = load_clearing_house(CLEARING_HOUSE.draw(on_release))
        order = ORDER.draw(on_release, is_radio=True)
        sliders = _sliders(chosen.name)
        with slider_panel(f"house:{chosen.name}"):
            draw_panel((("", sliders),), on_release)
        layout.caption(
            f"Contributions: {money(_contributions(chosen), chosen.currency)} by {chosen.n_members} members, evenly."
        )
    million = _million(chosen)
    loss, own, cap = (slider.value * unit for slider, unit in zip(sliders, (million, million, 0.01), strict=True))
    layers = ordered_layers(with_own_capital(chosen, own), order, cap)
    done = default_waterfall(loss=loss, layers=layers)
    with right:
        chart_board(sized([waterfall_chart(chosen, layers, loss, done)]), key="house:chart", columns=1)
    layout.caption(
        f"**Recorded** {chosen.summary} **Assumed** {' '.join(chosen.assumptions)}"
        + ("" if _recorded_capital(chosen) > 0 else " Own capital is not recorded: the amount here is an assumption.")
    )
    st.caption("Sources: " + " · ".join(f"<{address}>" for address in chosen.sources))


def _contributions(clearing_house: ClearingHouse) -> float:
    layer = next(layer for layer in clearing_house.layers if layer.name == clearing_house.members)
    return float(sum(layer.contributions))  # type: ignore[arg-type]
