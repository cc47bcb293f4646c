"""What it costs me: how often a position pays for others, what that costs, how near it is, and where."""

from __future__ import annotations

import streamlit as st

from ui.cost import controls, drawn_page, portfolio_controls, portfolio_page, real_page
from ui.frame import layout
from ui.settings import address

ADDRESS = address.Address((*controls.SETTINGS, *portfolio_controls.SETTINGS))
PAGES = {
    controls.REAL: (
        real_page,
        "Your position on every recorded day: how often it pays for others, how often it is liquidated, what is on "
        "record.",
    ),
    controls.DRAWN: (
        drawn_page,
        "A position in the crowd: how often it is liquidated and pays for others, and what would halve that.",
    ),
    controls.PORTFOLIO: (
        portfolio_page,
        "Several coins on one account: how often a leg is taken for others, what is naked then, and what that costs.",
    ),
}

ADDRESS.read()
controls.follow_link(st.query_params.to_dict())
page, words = PAGES[controls.MODE.value]
layout.style(page.NAME, page.NAME)
ADDRESS.write()
address.top("What it costs me", words, "computed")
with st.sidebar:
    controls.MODE.draw(page.on_release, key="cost:choice:mode", is_radio=True, horizontal=True)
page.draw()
