"""A step on the page: rule and scene, the prediction, the computed answer beside it, the picture and the task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.charts.board import sized
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.frame.terms import explained
from ui.lesson import progress, replies
from ui.lesson.step import Choice, Drawing, Number, Step
from ui.live import chart_board, sketch, slider_panel
from ui.settings.page_settings import Pick, Slider, Whole

REFUSED = "lesson:refused"


def guess_of(step: Step) -> str:
    """Return what was predicted at a step, empty before it was."""
    return progress.GUESS[step.name].value


def is_revealed(step: Step) -> bool:
    """Tell whether the answer is shown: after the prediction and, where the hand finds it, after the task."""
    return bool(guess_of(step)) and (not step.is_answered_by_hand or step.task.is_done(step.task.control.value))


def steps_bar(now: Step) -> None:
    """Draw the steps as buttons: which one is open, which tasks are done."""
    with st.container(horizontal=True, gap="xsmall", key="lesson-steps"):
        for step in progress.shown_steps():
            mark = " ✓" if step.name in progress.DONE.value else ""
            kind = "secondary" if step.name == now.name else "tertiary"
            label = f"{progress.title(step.name)}{mark}"
            st.button(label, key=f"lesson:to:{step.name}", type=kind, on_click=go, args=(step.name,))


def go(name: str) -> None:
    """Open a step."""
    progress.AT.put(name)
    st.session_state.pop(REFUSED, None)


def step_page(step: Step, talk: Callable[[Step], None] | None = None) -> None:
    """Draw a step: words and prediction on the left, picture and task on the right; on a phone below one another.

    `talk` draws what a class says in place of one's own prediction.
    """
    left, right = st.columns([5, 7], gap="large")
    with left:
        words(step)
        if talk is None:
            ask(step)
            answer(step)
        else:
            talk(step)
        way_on(step)
    with right:
        if isinstance(step.ask, Drawing) and talk is None:
            drawing(step)
        picture(step)


def words(step: Step) -> None:
    """Draw title, rule and scene."""
    st.html(f'<h2 class="sf-lesson-title">{progress.title(step.name).replace(" ", ". ", 1)}</h2>')
    st.html(f'<p class="sf-lesson-rule">{explained(step.rule)}</p>')
    layout.paragraph(step.text(step.scene))


def ask(step: Step) -> None:
    """Draw the question and, until there is a prediction, what it is given with."""
    st.html(f'<p class="sf-question">{explained(step.text(step.question))}</p>')
    if not guess_of(step) and not isinstance(step.ask, Drawing):
        field = f"lesson:field:{step.name}"
        with st.form(f"lesson-form-{step.name}", border=False):
            if isinstance(step.ask, Number):
                unit = {"$": " in dollars", "%": " in percent"}.get(step.ask.unit, "")
                st.text_input(f"Your guess{unit}", key=field, autocomplete="off", max_chars=40)
            elif isinstance(step.ask, Choice):
                st.radio("Your choice", list(step.ask.options), index=None, format_func=step.ask.options.get, key=field)
            st.form_submit_button("That is my guess", on_click=lambda: commit(step, st.session_state.get(field)))
    refused = st.session_state.get(REFUSED, {}).get(step.name)
    if refused and not guess_of(step):
        layout.notice(refused)


def commit(step: Step, given: Any) -> None:
    """Keep a prediction, or say kindly why it is none yet."""
    try:
        progress.GUESS[step.name].put(replies.read(step, given))
        st.session_state.pop(REFUSED, None)
    except ValueError as error:
        st.session_state[REFUSED] = {step.name: str(error)}


def drawing(step: Step) -> None:
    """Draw the place for a drawn line, and the computed one beside it once it is kept."""
    assert isinstance(step.ask, Drawing)
    guess, spec = guess_of(step), step.ask
    unit = spec.x_unit if spec.x_unit == "x" else f" {spec.x_unit}"
    drawn = sketch(
        [f"{x:g}{unit}" for x in spec.x], key=f"lesson:line:{step.name}:{'kept' if guess else 'open'}", high=spec.high,
        x_title=spec.x_title, y_title=spec.y_title, unit=spec.unit, values=replies.line(guess),
        computed=step.answer().value if guess else (),
    )  # fmt: skip
    if not guess:
        st.button("That is my guess", key=f"lesson:draw:{step.name}", on_click=commit, args=(step, drawn))


def answer(step: Step) -> None:
    """Draw the prediction beside what was computed, and why."""
    if not is_revealed(step):
        return
    told = explained(replies.verdict(step, guess_of(step)))
    why = explained(step.text(step.why))
    st.html(f'<div class="sf-answer" role="status"><p><strong>{told}</strong></p><p>{why}</p></div>')
    st.button("Guess again", key=f"lesson:again:{step.name}", type="tertiary", on_click=again, args=(step,))


def again(step: Step) -> None:
    """Take a prediction back, and what was sold by hand."""
    progress.GUESS[step.name].put("")
    if isinstance(step.task.control, Whole):
        step.task.control.put(step.task.control.start)


def picture(step: Step) -> None:
    """Draw the picture with the task that moves it; before the prediction, what gives nothing away."""
    if not guess_of(step):
        if not isinstance(step.ask, Drawing):
            board(step, step.task.control.start, is_shown=False)
        return
    if isinstance(step.task.control, Slider):
        slid(step)
        return
    task(step)
    control = step.task.control
    if isinstance(control, Whole):
        press(step)
    else:
        control.draw(lambda: finish(step))
        if isinstance(control, Pick):
            layout.paragraph(step.task.said(control.value))
    board(step, control.value, is_shown=True)


@page_part
def slid(step: Step) -> None:
    """Draw a slider and what it moves: what a drag runs again."""
    task(step)
    control = step.task.control
    assert isinstance(control, Slider)
    panel = f"lesson:{step.name}"
    with slider_panel(panel):
        control.draw(jobs.on_release("lesson"))
    board(step, control.value, is_shown=True, panel=panel, slider=control.key)
    if jobs.was_released("lesson"):
        finish(step)
        layout.rerun()


def board(step: Step, value: Any, *, is_shown: bool, panel: str = "", slider: str = "") -> None:
    """Draw the charts of a step at a value."""
    charts = sized(step.picture(value, is_shown))
    moved: dict[str, Any] = {}
    if panel:
        moved = {"panel": panel, "redraw": lambda values: {"charts": step.picture(values[slider], True)}}
    columns = 3 if len(charts) > 1 else 1
    chart_board(charts, key=f"lesson:{step.name}:{'shown' if is_shown else 'open'}", columns=columns, **moved)


def task(step: Step) -> None:
    """Draw what there is to do by hand, and whether it is done."""
    is_done = step.name in progress.DONE.value or step.task.is_done(step.task.control.value)
    box, state = ("✓", "Done") if is_done else ("☐", "To do")
    text = explained(step.text(step.task.text))
    look = "sf-task sf-done" if is_done else "sf-task"
    st.html(f'<p class="{look}" role="status"><span aria-hidden="true">{box}</span> <b>{state}:</b> {text}</p>')


def press(step: Step) -> None:
    """Draw the button of a task that is done by pressing it, and the one that begins again."""
    control = step.task.control
    assert isinstance(control, Whole)
    assert step.task.press is not None
    label = step.task.press(control.value)
    with st.container(horizontal=True, gap="small"):
        if label:
            st.button(label, key=f"lesson:press:{step.name}", type="primary", on_click=pressed, args=(step, 1))
        if control.value:
            st.button(
                "From the start", key=f"lesson:restart:{step.name}", on_click=pressed, args=(step, -control.value)
            )


def pressed(step: Step, by: int) -> None:
    """Press once more, or from the start."""
    control = step.task.control
    assert isinstance(control, Whole)
    control.put(control.value + by)
    finish(step)


def finish(step: Step) -> None:
    """Tick the task when the hand has done it, after the prediction."""
    if guess_of(step) and step.task.is_done(step.task.control.value):
        progress.note_done(step)


def way_on(step: Step) -> None:
    """Draw the way to the steps before and after."""
    before, after = progress.neighbor(step, -1), progress.neighbor(step, 1)
    with st.container(horizontal=True, gap="small", key="lesson-way"):
        if before is not None:
            st.button("Back", key="lesson:back", on_click=go, args=(before.name,))
        if after is not None:
            kind = "primary" if step.name in progress.DONE.value else "secondary"
            st.button(f"Next: {after.title}", key="lesson:next", type=kind, on_click=go, args=(after.name,))
