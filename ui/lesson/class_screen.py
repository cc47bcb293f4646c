"""A class on the lesson's page: each step as the question that the phones answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ui.classroom import screen
from ui.lesson import progress, together
from ui.lesson.step import Step

WHAT = "Students open a light page on their phones and predict; you see what the class says, reveal, and step on."


def question_of(step: Step) -> screen.Question:
    """Return a step as a class is asked it."""
    return screen.Question(
        name=step.name,
        text=step.text(step.question),
        why=lambda: step.text(step.why),
        body=partial(together.body, step),
        result=partial(together.result, step),
        judge=partial(together.judge, step),
        said=partial(together.said, step),
        picture=lambda values, is_revealed: together.picture(step, values, is_revealed=is_revealed),
    )


def read() -> None:
    """Open the class of a secret link, at the step that it is at."""
    screen.read(lambda name: progress.AT.put(name) if name in progress.names() else None)


def follow(step: Step) -> None:
    """Put the step that is open before all phones; what is revealed is so here as on the phones."""
    if screen.is_on():
        values = screen.follow(question_of(step))
        progress.GUESS[step.name].put(together.middle(step, values) if values else "")


def bar() -> None:
    """Draw the way to start a class, or its code, link and QR code."""
    screen.bar(WHAT, _first(), _begin)


def _first() -> str:
    return progress.shown_steps()[0].name


def _begin() -> None:
    progress.DONE.put(())
    progress.AT.put(_first())


def talk() -> Callable[[Step], None] | None:
    """Return what draws what a class says to a step; None where there is no class."""
    return (lambda step: screen.talk(question_of(step))) if screen.is_on() else None
