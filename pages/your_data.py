"""Your data: positions, prices and a venue of one's own, from files, for this session alone."""

from __future__ import annotations

import streamlit as st

from ui.charts.board import told_board
from ui.frame import layout, uploads
from ui.own_data import charts, texts, view
from ui.settings import address
from ui.settings.own import own_data

NAME = "own"
ADDRESS = address.Address()

uploads.open_door()
layout.style(NAME)
ADDRESS.read()
ADDRESS.write()
address.top(
    "Your data",
    "Your positions with their liquidation prices, and your prices, in place of drawn traders and days.",
    "own file",
    has_link=False,
)
data = own_data()
book, prices = data.parts.get("book"), data.parts.get("prices")
drawn = charts.all_charts(book.reach if book else None, prices.found if prices else None)
told_board(drawn, texts.headline(data), key=NAME, numbers=texts.numbers(data))
view.opens(data)
left, right = st.columns(2, gap="large")
with left:
    view.positions(data)
with right:
    view.prices(data)
    view.venue(data)
st.divider()
st.caption(
    "Files are read on this server and not written to its disk by this program. What was read is kept in the memory of "
    "this session; it is let go when the session ends, two minutes after its page is closed. Links to your own book "
    "work in this session alone. The same files are read by `python -m engine run --book FILE --prices FILE`."
)
