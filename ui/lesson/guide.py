"""For teachers: three class plans with their links, what to leave out, and sheets to print."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import streamlit as st

from ui.frame import layout
from ui.lesson import handout, progress
from ui.lesson.market import PRESET
from ui.settings.page_settings import SEPARATOR

CASCADE, RULES, RECORD = "live_cascade?v=1&p=cascade", "rules_side_by_side", "forecast_against_record"
SANDBOX = f"live_cascade?v=1&p={PRESET}"
GAME = "run_the_venue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A class: how long it takes, which steps it shows (none: all), and what to do when, as (minutes, what, link)."""

    minutes: int
    aim: str
    steps: tuple[str, ...]
    parts: tuple[tuple[int, str, str], ...]


PLANS = (
    Plan(
        minutes=20,
        aim="Who pays, and why: the idea of a socialized loss.",
        steps=("pair", "sell", "gap", "haircut", "rules"),
        parts=(
            (5, "Two sides and By hand on the big screen: the class guesses aloud, one student presses Sell.", ""),
            (8, "A gap and The haircut in pairs: write a guess on the sheet first, then reveal.", ""),
            (5, "Three rules: vote by hands before and after seeing whom each rule hits. Did anybody change?", ""),
            (2, "Everybody writes one sentence: who pays, and why?", ""),
        ),
    ),
    Plan(
        minutes=45,
        aim="From one position to a cascade, and what would have helped.",
        steps=(),
        parts=(
            (15, "Steps up to The haircut, alone or in pairs, predictions on paper.", ""),
            (10, "The tipping point together: everybody draws a line, compare three of them, then find the step.", ""),
            (10, "Three rules and One leg: vote, then argue for the trader who pays most.", ""),
            (5, "What helps: who pays the price of each remedy on a calm day?", ""),
            (5, "The sandbox: which single setting ends the cascade?", SANDBOX),
        ),
    ),
    Plan(
        minutes=90,
        aim="The same questions for real venues and real days.",
        steps=(),
        parts=(
            (30, "All steps, with the sheet.", ""),
            (
                15,
                "The sandbox in groups: each finds its smallest change after which nobody but the fund pays.",
                SANDBOX,
            ),
            (15, "A crash of two thousand traders: find its tipping point with the leverage.", CASCADE),
            (10, "Run the venue, a class on phones: whose rules lose least over five seasons?", GAME),
            (10, "Rules side by side: which rule would your group choose, and who in the room would leave?", RULES),
            (10, "What is on record: one group a day that really happened; does the model say the same?", RECORD),
        ),
    ),
)


def link(plan: Plan) -> str:
    """Return the lesson's link of a plan, the other steps left out."""
    hidden = [name for name in progress.names() if plan.steps and name not in plan.steps]
    return f"lesson?{urlencode({'v': '1', **({'hide': SEPARATOR.join(hidden)} if hidden else {})})}"


def guide() -> None:
    """Draw the plans, the choice of steps, and the buttons that print."""
    with st.expander("For teachers: three class plans, sheets to print, steps to leave out"):
        handout.buttons()
        columns = st.columns(len(PLANS))
        for column, plan in zip(columns, PLANS, strict=True):
            with column:
                st.html(_plan(plan))
        progress.HIDE.draw(lambda: None)
        layout.paragraph(
            "Whoever opens the link sees the other steps only. No account, nothing personal: what is predicted stands "
            "in the link of the one who predicts, and nowhere else."
        )
    handout.sheets(progress.shown_steps())


def _plan(plan: Plan) -> str:
    rows = "".join(
        f"<li><b>{minutes} min.</b> {escape(what)} {_anchor(target, 'Open it') if target else ''}</li>"
        for minutes, what, target in plan.parts
    )
    return (
        f'<div class="sf-plan"><h3>{plan.minutes} minutes</h3><p>{escape(plan.aim)} '
        f"{_anchor(link(plan), 'The lesson for this class')}</p><ol>{rows}</ol></div>"
    )


def _anchor(target: str, words: str) -> str:
    return f'<a href="{escape(target, quote=True)}" target="_self">{escape(words)}</a>'
