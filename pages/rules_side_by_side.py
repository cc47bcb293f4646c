"""Rules side by side: two to four venues or rules on the same traders and the same shocks."""

from __future__ import annotations

import streamlit as st

from engine import InputError, load_preset
from ui.charts.board import sized
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.live import chart_board
from ui.rules import answers, builder, clearing_house, controls, own_rule, texts
from ui.rules.answers import FEWEST, LIST, MOST, Contender
from ui.rules.charts import all_charts
from ui.settings import address, sidebar
from ui.settings.reproduce import stem
from ui.settings.rule_list import IN_ORDER, RULES, policy_list, rule_faults, rule_list
from ui.settings.run_settings import RUN_SETTINGS, Choice, refusals, scenario_of

NAME, LAST_GOOD = "compare", "compare:last_good"
ADDRESS = address.Address(controls.SETTINGS, has_replay=True)
on_release = jobs.on_release(NAME)


def pick(choice: Choice) -> list[str]:
    """Draw the list of rules and venues, and the panel of one's own, and return what is compared, in order."""
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    with left:
        controls.CHOSEN.draw(on_release)
    with right:
        builder.switch(policy_list(choice.preset), on_release)
        with st.popover("Design your own rule", width="stretch"):
            own_rule.own_rule_panel(on_release)
    return controls.chosen_keys(is_list=choice.policy == IN_ORDER)


def runs_of(
    keys: list[str], choice: Choice, faults: dict[int, str] | None = None
) -> tuple[tuple[Contender, ...], dict[str, str]]:
    """Return the runs, or the last ones that could be run and a sentence for each control that is wrong.

    What is wrong with a list of rules goes into `faults`, by its place in it.
    """
    try:
        scenario = scenario_of(choice)
        chosen = answers.contenders(keys, choice.preset, scenario, own_rule.own_options())
    except InputError as error:
        if faults is not None:
            faults |= rule_faults(error)
        return st.session_state.get(LAST_GOOD, ()), refusals(error)
    st.session_state[LAST_GOOD] = chosen
    return chosen, {}


def numbers(chosen: tuple[Contender, ...]) -> None:
    """Draw the measures with paired differences, and the files."""
    layout.text_table(texts.measure_rows(chosen), numbers=slice(1, None))
    layout.caption(texts.caveat(chosen))
    left, right, _ = st.columns([1, 1, 3])
    name = "-".join([stem(chosen[0].view.scenario), *(contender.key.partition(":")[2] for contender in chosen)])
    for column, title, text, file in (
        (left, "Figures as CSV", texts.figures_csv, f"{name}-rules.csv"),
        (right, "Traders as CSV", texts.traders_csv, f"{name}-rules-traders.csv"),
    ):
        column.download_button(
            title, lambda text=text: text(chosen), file_name=file, mime="text/csv", on_click="ignore", width="stretch"
        )


@page_part
def side_by_side(places: sidebar.Places) -> None:
    """Sliders, sentences and charts: what a drag runs again."""
    choice = sidebar.current()
    with st.container(key="answer-pick"):
        keys = pick(choice)
    faults: dict[int, str] = {}
    chosen, errors = runs_of(keys, choice, faults) if len(keys) >= FEWEST else ((), {})
    sidebar.sliders(choice, errors, places, on_release)
    if len(keys) < FEWEST:
        st.info(f"Choose {FEWEST} to {MOST} rules or venues; {len(keys)} chosen.")
    for name, sentence in errors.items():
        if (name not in RUN_SETTINGS and name != RULES) or not chosen:
            layout.notice(f"These settings cannot be run: {sentence}.", "error")
    if chosen:
        with st.container(key="answer-sentences"):
            st.html(texts.sentences(chosen))
    if choice.policy == IN_ORDER:
        own = next((contender.view for contender in chosen if contender.key == LIST), None)
        with st.container(border=True, key="rules-builder"):
            builder.builder(rule_list(choice.preset), own, faults, on_release)
    if chosen:
        show(chosen, choice, can_run=not errors)
    follow()


def show(chosen: tuple[Contender, ...], choice: Choice, *, can_run: bool) -> None:
    """Draw what the rules come to."""
    every = answers.everybody(scenario_of(choice)) if can_run else {}
    chart_board(sized(all_charts(chosen, every)), key=f"compare:{choice.preset}")
    numbers(chosen)
    if command := texts.commands(chosen):
        layout.command_line(command)
    for note in filter(None, map(texts.venue_note, chosen)):
        layout.caption(note)


@page_part
def clearing_houses() -> None:
    """The clearing houses, which do not depend on the replay."""
    clearing_house.clearing_house_section(on_release)
    follow()


def follow() -> None:
    """Run the page again when the hand has let go."""
    if jobs.was_released(NAME):
        st.rerun()


layout.style("compare-", "main")
layout.own_style("rules")
ADDRESS.read()
chosen_now = sidebar.current()
preset = load_preset(chosen_now.preset)
if not runs_of(controls.chosen_keys(is_list=chosen_now.policy == IN_ORDER), chosen_now)[1]:
    ADDRESS.write()
address.top("Rules side by side", f"Who pays, when only the rule differs? {preset.title}.", preset.status)
side_by_side(sidebar.lists(chosen_now, on_release, has_policy=False))
st.divider()
st.markdown("**Clearing houses: the default waterfall**")
clearing_houses()
