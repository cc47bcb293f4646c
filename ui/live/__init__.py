"""Components that follow the hand: sliders that report while they move, and charts that are updated in place."""

from ui.live.board import Click, chart_board
from ui.live.pack import pack
from ui.live.player import player
from ui.live.sketch import sketch
from ui.live.slider import live_slider, set_slider, slider_fold, slider_note, slider_panel, slider_value

__all__ = [
    "Click",
    "chart_board",
    "live_slider",
    "pack",
    "player",
    "set_slider",
    "sketch",
    "slider_fold",
    "slider_note",
    "slider_panel",
    "slider_value",
]
