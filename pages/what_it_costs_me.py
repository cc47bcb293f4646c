"""What it costs me: how often a position pays for others, what that costs, how near it is, and where."""

from __future__ import annotations

import streamlit as st

from ui.cost import controls, drawn_page, real_page
from ui.frame import layout
from ui.settings import address

ADDRESS = address.Address(controls.SETTINGS)

ADDRESS.read()
controls.follow_link(st.query_params.to_dict())
is_real = controls.MODE.value == controls.REAL
page = real_page if is_real else drawn_page
layout.style(page.NAME, page.NAME)
ADDRESS.write()
layout.top(
    "What it costs me",
    "Your position on every recorded day: how often it pays for others, how often it is liquidated, what is on record."
    if is_real
    else "A position in the crowd: how often it is liquidated and pays for others, and what would halve that.",
    "computed",
    address.copy_link,
)
address.say_refused()
with st.sidebar:
    controls.MODE.draw(page.on_release, key="cost:choice:mode", is_radio=True, horizontal=True)
page.draw()
