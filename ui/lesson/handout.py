"""The lesson on paper: a sheet of questions with blank lines, and the same one with the answers; two pages each."""

from __future__ import annotations

from functools import cache
from html import escape

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from ui.charts.common import Figure, axis, figure, line, ticks
from ui.charts.svg import picture
from ui.frame.layout import STATIC
from ui.frame.theme import DEFAULTERS
from ui.lesson import progress, replies
from ui.lesson.sharing import last_words
from ui.lesson.step import Choice, Drawing, Number, Step

WIDTH, HEIGHT = 430, 215  # of a picture, in the pixels of its own type

_buttons = component(
    "shortfall_print",
    html='<button type="button" value="questions">Print this lesson</button> '
    '<button type="button" value="answers">Print the answers</button>',
    js=(STATIC / "print.js").read_text(encoding="utf-8"),
    css=(STATIC / "copy_link.css").read_text(encoding="utf-8"),
)


def buttons() -> None:
    """Draw the buttons that print a sheet."""
    _buttons(key="lesson-print")


def sheets(shown: tuple[Step, ...]) -> None:
    """Put both sheets on the page, where only paper shows them."""
    names = tuple(step.name for step in shown)
    st.html("".join(sheet(names, has_answers=each) for each in (False, True)))


@cache
def sheet(names: tuple[str, ...], *, has_answers: bool) -> str:
    """Return a sheet of some steps as HTML."""
    steps = [step for step in progress.STEPS if step.name in names]
    kind, title = ("answers", "The lesson, with answers") if has_answers else ("questions", "The lesson")
    rows = "".join(_row(number, step, has_answers) for number, step in enumerate(steps, start=1))
    last = escape(last_words()) if has_answers else _lines(3)
    head = "" if has_answers else " · Name: ______________________________"
    return (
        f'<section class="sf-sheet sf-sheet-{kind}"><h1>Shortfall · {title}: who pays when a crash takes traders below '
        f"zero?{head}</h1>{rows}<div><p><b>In one sentence: who pays, and why?</b></p><p>{last}</p></div></section>"
    )


def _row(number: int, step: Step, has_answers: bool) -> str:
    words = [
        f"<h2>{number}. {escape(step.title)}</h2><p><i>{escape(step.rule)}</i></p>",
        f"<p>{escape(step.text(step.scene))}</p>",
        f"<p><b>{escape(step.text(step.question))}</b></p>",
        _answer(step) if has_answers else _space(step),
    ]
    drawn = "".join(picture(chart, WIDTH) for chart in _pictures(step, has_answers))
    return f'<div class="sf-sheet-row"><div>{"".join(words)}</div><div>{drawn}</div></div>'


def _space(step: Step) -> str:
    if isinstance(step.ask, Choice):
        return "".join(f"<p>☐ {escape(words)}</p>" for words in step.ask.options.values())
    if isinstance(step.ask, Drawing):
        return "<p>Draw your line into the picture.</p>"
    return f"<p>My guess: ____________ {escape(step.ask.unit)}</p>{_lines(1)}"


def _lines(number: int) -> str:
    return '<span class="sf-blank"></span>' * number


def _answer(step: Step) -> str:
    value = step.answer().value
    told = ""
    if isinstance(step.ask, Number):
        told = f"<b>{escape(replies.shown(step.ask, value))}.</b> "
    elif isinstance(step.ask, Choice) and value is not None:
        told = f"<b>{escape(step.ask.options[value])}.</b> "
    return f"<p>{told}{escape(step.text(step.why))}</p>"


def _pictures(step: Step, has_answers: bool) -> list[Figure]:
    if isinstance(step.ask, Drawing):
        return [_grid(step, step.ask, has_answers)]
    is_by_hand = has_answers and step.is_answered_by_hand
    value = int(step.answer().value) if is_by_hand else step.task.control.start
    shown = step.picture(value, has_answers)
    return [{**chart, "height": HEIGHT} for chart in shown[:1]]


def _grid(step: Step, ask: Drawing, has_answers: bool) -> Figure:
    """Return the empty picture of a drawn line, or the computed line in it."""
    at = np.arange(len(ask.x), dtype=float)
    traces = [line("", at, np.array(step.answer().value), DEFAULTERS, 2)] if has_answers else []
    unit = ask.x_unit if ask.x_unit == "x" else f" {ask.x_unit}"
    return figure(
        step.name, step.title, step.text(step.question), traces, height=HEIGHT,
        x=axis(ask.x_title, range=[-0.5, len(at) - 0.5], **ticks(at, [f"{x:g}{unit}" for x in ask.x])),
        y=axis(f"{ask.y_title} ({ask.unit})", range=[0.0, ask.high]),
    )  # fmt: skip
