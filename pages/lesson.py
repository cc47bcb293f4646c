"""Lesson: who pays when a crash takes traders below zero, found out by hand in ten minutes."""

from __future__ import annotations

import streamlit as st

from ui.classroom import screen
from ui.frame import layout
from ui.lesson import class_screen, ending, guide, progress, view
from ui.settings import address

ADDRESS = address.Address(progress.SETTINGS)

layout.style()
layout.own_style("lesson")
ADDRESS.read()
class_screen.read()
step = progress.current()
class_screen.follow(step)
view.finish(step)
ADDRESS.write()
address.top(
    "Lesson",
    "Who pays when a crash takes traders below zero? Guess first, then see: a dozen traders, a few sums, ten minutes.",
    "computed",
)
class_screen.bar()
view.steps_bar(step)
view.step_page(step, class_screen.talk())
screen.end_button()
if progress.neighbor(step, 1) is None:
    ending.ending()
st.divider()
guide.guide()
