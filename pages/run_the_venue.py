"""Run the venue: set margin, leverage, fees, fund, band and rule, and see what seasons of real days make of them."""

from __future__ import annotations

from ui.classroom import screen
from ui.frame import layout
from ui.game import class_screen, progress, texts, view
from ui.settings import address

ADDRESS = address.Address(progress.SETTINGS)

layout.style()
layout.own_style("game")
ADDRESS.read()
class_screen.read()
class_screen.follow()
ADDRESS.write()
address.top("Run the venue", texts.idea(), "computed")
class_screen.bar()
view.game()
screen.end_button()
