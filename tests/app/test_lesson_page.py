"""The lesson through the router: every step with right, wrong and empty predictions, tasks, links, steps left out."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.boards import boards, clean, move, notices, open_link, press
from tests.app.boards import text_of as words
from ui.lesson import progress, replies
from ui.lesson.step import Choice, Drawing, Number, Step
from ui.lesson.steps import STEPS
from ui.settings.page_settings import Pick, Several, Slider, Whole

PAGE = "pages/lesson.py"
DONE = {"pair": 108.0, "lever": 6.3, "gap": 95.5, "fund": 80.0, "haircut": 50.0, "tip": 4.1, "leg": 95.0}


def lesson(**link: str) -> AppTest:
    return open_link(PAGE, v="1", **link)


def guess(app: AppTest, step: Step, given: Any) -> AppTest:
    """Give a prediction as a hand does."""
    if isinstance(step.ask, Drawing):
        name = f"lesson:line:{step.name}:open"
        app.session_state[name] = {"values": given}
        return clean(app.run().button(key=f"lesson:draw:{step.name}").click().run())
    field = f"lesson:field:{step.name}"
    if isinstance(step.ask, Choice):
        if given:
            app.radio(key=field).set_value(given)
    else:
        app.text_input(key=field).set_value(given)
    return press(app, "That is my guess")


def right(step: Step) -> Any:
    value = step.answer().value
    if isinstance(step.ask, Drawing):
        return list(value)
    return f"{value:g}" if isinstance(step.ask, Number) else value or next(iter(step.ask.options))


def wrong(step: Step) -> Any:
    if isinstance(step.ask, Drawing):
        return [1.0] * len(step.ask.x)
    return "1" if isinstance(step.ask, Number) else next(name for name in step.ask.options if name != right(step))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("kind", ["right", "wrong"])
def test_a_prediction_stands_beside_what_was_computed(step: Step, kind: str) -> None:
    app = lesson(step=step.name)
    why = step.text(step.why)
    assert why not in words(app)
    app = guess(app, step, right(step) if kind == "right" else wrong(step))
    if isinstance(step.task.control, Whole):
        assert why not in words(app)
        while any(button.key == f"lesson:press:{step.name}" for button in app.button):
            app = app.button(key=f"lesson:press:{step.name}").click().run()
    assert why in words(app)
    assert replies.verdict(step, app.session_state[f"kept:lesson:guess:{step.name}"]) in words(app)
    assert all(chart["takeaway"] for board in boards(app) for chart in board["charts"])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_an_empty_prediction_gets_a_kind_sentence_and_gives_nothing_away(step: Step) -> None:
    app = guess(lesson(step=step.name), step, [None] * 9 if isinstance(step.ask, Drawing) else "")
    assert len(notices(app)) == 1
    assert "first" in notices(app)[0]
    assert step.text(step.why) not in words(app)


@pytest.mark.parametrize("given", ["abc", "-5", "12345"])
def test_an_absurd_prediction_is_answered_and_can_be_given_again(given: str) -> None:
    step = STEPS[0]
    app = guess(lesson(), step, given)
    assert len(notices(app)) == 1
    app = guess(app, step, "60")
    assert notices(app) == []
    assert "Exactly." in words(app)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_task_ticks_itself_when_it_is_done(step: Step) -> None:
    app = guess(lesson(step=step.name), step, wrong(step))
    assert "To do:" in words(app)
    control = step.task.control
    if isinstance(control, Slider):
        app = move(app, control.key, DONE[step.name]).run()
    elif isinstance(control, Pick):
        app = app.selectbox(key=control.key).set_value("C").run()
    elif isinstance(control, Several):
        app = app.multiselect(key=control.key).set_value(["margin", "partial"]).run()
    else:
        for _ in range(4):
            app = app.button(key=f"lesson:press:{step.name}").click().run()
    assert "Done:" in words(app)
    assert app.session_state["kept:lesson:done"] == (step.name,)
    assert any(button.label.endswith(" ✓") for button in app.button)


def test_progress_is_in_the_link_and_comes_back_from_it() -> None:
    app = guess(lesson(), STEPS[0], "55")
    app = app.button(key="lesson:next").click().run()
    link = app.session_state["address:link"]
    assert (link["step"], link["guess.pair"]) == ("lever", "55")
    again = lesson(**{name: text for name, text in link.items() if name != "v"} | {"step": "pair"})
    assert "Your guess: $55. Computed: $60" in words(again)
    line = replies.BETWEEN.join(["3"] * 9)
    assert "furthest at" in words(lesson(step="lever", **{"guess.lever": line}))


def test_what_a_link_gives_for_a_prediction_is_checked() -> None:
    app = lesson(**{"guess.pair": "abc"})
    assert any("abc" in notice for notice in notices(app))
    assert "Computed:" not in words(app)


def test_steps_that_a_link_leaves_out_are_not_there() -> None:
    hidden = [name for name in progress.names() if name not in ("pair", "rules")]
    app = lesson(hide=".".join(hidden))
    labels = [button.label for button in app.button if (button.key or "").startswith("lesson:to:")]
    assert labels == ["1 Two sides", "8 Three rules"]
    app = app.button(key="lesson:next").click().run()
    assert "Vote: which rule is fair?" in words(app)
    assert "In one sentence: who pays, and why?" in words(app)


def test_the_end_asks_first_too_and_leads_into_the_same_market() -> None:
    app = lesson(step="help")
    assert "Computed: In this market" not in words(app)
    app = app.text_input(key="lesson:own:box").set_value("The winners, because the fund was empty.").run()
    assert "Computed: In this market A, B, C and D lost" in words(app)
    sandbox = open_link("pages/live_cascade.py", v="1", p="dozen")
    assert "winner" in boards(sandbox)[0]["headline"]
