"""Rules side by side: two to four venues or rules on the same traders and the same shocks."""

from __future__ import annotations

from html import escape

import streamlit as st

from engine import InputError, load_preset, load_venue_preset
from ui.frame import layout
from ui.live import chart_board
from ui.rules import clearing_house, comparison, own_rule
from ui.rules.charts import all_charts
from ui.rules.comparison import FEWEST, MOST, OWN, Contender
from ui.settings import address
from ui.settings import sidebar as controls
from ui.settings.run_settings import KNOBS, Choice, knob_of, scenario_of

RELEASED, LAST_GOOD = "compare:released", "compare:last_good"
CHOSEN = comparison.CHOSEN
ADDRESS = address.Address((CHOSEN, *own_rule.SETTINGS, *clearing_house.SETTINGS), has_replay=True)
STYLE = """
<style>
.sf-rules { display: grid; grid-template-columns: auto 1fr; gap: .35rem .6rem; font-size: .875rem; line-height: 1.4; }
.sf-rules b { font-weight: 600; }
.sf-letter { color: #fff; border-radius: 3px; padding: 0 .4rem; height: 1.25rem; font-weight: 600; }
</style>
"""


def on_release() -> None:
    """Note that the hand let go: the link, tables and files follow then."""
    st.session_state[RELEASED] = True


def pick() -> list[str]:
    """Draw the list of rules and venues, and the panel of one's own, and return what is compared, in order."""
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    with left:
        keys = CHOSEN.draw(on_release)
    with right.popover("Design your own rule", width="stretch"):
        own_rule.own_rule_panel(on_release)
    return [*keys, OWN] if own_rule.USED.value else list(keys)


def runs_of(keys: list[str], choice: Choice) -> tuple[tuple[Contender, ...], dict[str, str]]:
    """Return the runs, or the last ones that could be run and a sentence for each control that is wrong."""
    try:
        scenario = scenario_of(choice)
        chosen = comparison.contenders(keys, choice.preset, scenario, own_rule.own_options())
    except InputError as error:
        sentences: dict[str, str] = {}
        for name, sentence in zip(error.fields, error.violations, strict=True):
            sentences.setdefault(knob_of(name), sentence)
        return st.session_state.get(LAST_GOOD, ()), sentences
    st.session_state[LAST_GOOD] = chosen
    return chosen, {}


def sentences(chosen: tuple[Contender, ...]) -> None:
    """Draw what happened under each, with its letter."""
    rows = "".join(
        f'<span class="sf-letter" style="background:{c.color}">{c.letter}</span>'
        f"<span><b>{escape(c.label)}.</b> {escape(c.sentence)}</span>"
        for c in chosen
    )
    st.html(f'{STYLE}<div class="sf-rules">{rows}</div>')


def venue_notes(chosen: tuple[Contender, ...]) -> None:
    """Say of each venue what no source confirms and what is not recorded."""
    for contender in chosen:
        kind, _, name = contender.key.partition(":")
        if kind != "venue":
            continue
        venue = load_venue_preset(name)
        text = f"**{contender.letter} {venue.title}** (rules of {venue.as_of}, read {venue.date_read})."
        if venue.unverified:
            text += f" Unverified: {', '.join(_plain(venue.unverified))}."
        if venue.not_recorded:
            text += f" Not recorded, so as in the replay: {', '.join(_plain(venue.not_recorded))}."
        if venue.contract and venue.contract != contender.view.run.book.contract:
            text += f" Its contract is {venue.contract}; the replay's stays {contender.view.run.book.contract}."
        st.caption(f"{text} {venue.note}".replace("$", "\\$"))


def _plain(names: tuple[str, ...]) -> list[str]:
    return [name.replace("_", " ").replace(".", " ") for name in names]


def numbers(chosen: tuple[Contender, ...]) -> None:
    """Draw the measures with paired differences, and the files."""
    first = chosen[0].letter
    rows = comparison.measure_rows(chosen)
    layout.text_table(rows, numbers=tuple(name for name in rows[0] if name != "measure"))
    st.caption(
        f"Differences are paired: the same traders and the same shocks, so each is due to the rule alone. All against "
        f"{first}; pp are percentage points. Computed from this run of the replay."
    )
    left, right, _ = st.columns([1, 1, 3])
    name = chosen[0].view.preset.name
    for column, title, text, file in (
        (left, "Figures as CSV", comparison.figures_csv, f"{name}-rules.csv"),
        (right, "Traders as CSV", comparison.traders_csv, f"{name}-rules-traders.csv"),
    ):
        column.download_button(
            title,
            lambda text=text: text(chosen),
            file_name=file,
            mime="text/csv",
            on_click="ignore",
            width="stretch",
        )


@st.fragment
def side_by_side(places: controls.Places) -> None:
    """Sliders, sentences and charts: what a drag runs again."""
    choice = controls.current()
    with st.container(key="answer-pick"):
        keys = pick()
    chosen, errors = runs_of(keys, choice) if len(keys) >= FEWEST else ((), {})
    controls.sliders(choice, errors, places, on_release)
    if len(keys) < FEWEST:
        st.info(f"Choose {FEWEST} to {MOST} rules or venues; {len(keys)} chosen.")
    for name, sentence in errors.items():
        if name not in KNOBS or not chosen:
            st.error(f"These settings cannot be run: {sentence}.")
    if chosen:
        show(chosen, choice, can_run=not errors)
    follow()


def show(chosen: tuple[Contender, ...], choice: Choice, *, can_run: bool) -> None:
    """Draw what the rules come to."""
    with st.container(key="answer-sentences"):
        sentences(chosen)
    every = comparison.everybody(scenario_of(choice)) if can_run else {}
    chart_board(layout.sized(all_charts(chosen, every)), key=f"compare:{choice.preset}")
    numbers(chosen)
    venue_notes(chosen)


@st.fragment
def houses() -> None:
    """The clearing houses, which do not depend on the replay."""
    clearing_house.clearing_house_section(on_release)
    follow()


def follow() -> None:
    """Run the page again when the hand has let go."""
    if st.session_state.pop(RELEASED, False):
        st.rerun()


layout.style("compare-", "main")
ADDRESS.read()
chosen_now = controls.current()
preset = load_preset(chosen_now.preset)
if not runs_of(list(CHOSEN.value), chosen_now)[1]:
    ADDRESS.write()
layout.top(
    "Rules side by side",
    f"Who pays, when only the rule differs? {preset.title}: {preset.summary}",
    preset.status,
    address.copy_link,
)
address.say_refused()
side_by_side(controls.lists(chosen_now, on_release, has_policy=False))
st.divider()
st.markdown("**Clearing houses: the default waterfall**")
houses()
