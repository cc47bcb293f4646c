"""An event's replay on the page: recorded beside computed, assumptions, and the rule changed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine import ClearingHouse, InputError, Preset
from ui.charts.board import sized
from ui.frame import layout
from ui.frame.formats import money
from ui.history import charts, replay_texts
from ui.history.answers import as_it_was, changed, compared, rearranged, shares
from ui.history.controls import changes_of, fund_words, what_if_of
from ui.live import chart_board, slider_panel
from ui.settings.page_settings import Slider, draw_panel
from ui.settings.reproduce import command

PAIRED = "Paired: the same traders, the same shocks; only what is named differs. Both computed."


def beside_record(replay: Preset | ClearingHouse) -> None:
    """Draw the figures on record beside the replay's, and what had to be assumed."""
    rows = compared(replay)
    st.markdown(f"**Recorded against computed: the replay {replay.title}**")
    layout.paragraph(f"{replay.summary} {replay_texts.compared_sentence(rows)}")
    layout.text_table(replay_texts.compared_rows(replay), links="source")
    layout.bullets("Assumed, where nothing is on record", replay.assumptions)
    if isinstance(replay, Preset):
        st.page_link("pages/live_cascade.py", label="Open it in Live cascade", query_params={"p": replay.name})
    else:
        st.page_link(
            "pages/rules_side_by_side.py", label="Its waterfall with sliders", query_params={"house": replay.name}
        )


def change_the_rule(replay: Preset | ClearingHouse, event: str, on_release: Callable[[], None]) -> None:
    """Draw what another rule, or another fund, would have done to the replay."""
    first, fund = changes_of(event)
    assert isinstance(fund, Slider)
    st.markdown("**Change the rule: what if?**")
    left, right = st.columns([1, 2])
    with left:
        first.draw(on_release)
        with slider_panel(f"history:{replay.name}"):
            draw_panel((("", (fund,)),), on_release)
        st.caption(PAIRED)
    with right:
        if isinstance(replay, Preset):
            _cascade(replay, event, fund)
        else:
            _waterfall(replay, str(first.value), fund)


def _cascade(preset: Preset, event: str, fund: Slider) -> None:
    what_if, before = what_if_of(changes_of(event)), as_it_was(preset)
    try:
        after = changed(preset, what_if)
    except InputError as error:
        layout.notice(f"This cannot be run: {error}.", "error")
        return
    sentence = replay_texts.changed_sentence(before, after, what_if.policy, fund_words(fund))
    names = {side: replay_texts.who(side, before, after) for side in replay_texts.WHO}
    drawn = charts.beside(shares(before), shares(after), names, preset.currency, sentence)
    chart_board(sized([drawn]), key=f"history:beside:{preset.name}", columns=1)
    layout.text_table(replay_texts.changed_rows(before, after), numbers=("as it was", "changed", "difference"))
    if after.scenario != before.scenario:
        layout.paragraph(replay_texts.elsewhere_sentence(preset, what_if))
    layout.command_line(command(after.scenario, preset.name))


def _waterfall(house: ClearingHouse, order: str, fund: Slider) -> None:
    _, before = rearranged(house, "recorded", 1.0)
    names, after = rearranged(house, order, fund.value)
    rows = [(name, before.by_layer[name], after.by_layer[name]) for name in names]
    rows.append(("nobody", before.unallocated, after.unallocated))
    own, members = after.by_layer[house.own], after.by_layer[house.members]
    takeaway = (
        f"Of {money(house.loss, house.currency)} the clearing house pays {money(own, house.currency)} and its members "
        f"{money(members, house.currency)}."
    )
    chart_board(sized([charts.layers(rows, house.currency, takeaway)]), key=f"history:layers:{house.name}", columns=1)
