"""Predictions: read as they are typed, refused kindly, and held against what was computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.classroom import asked
from ui.frame.formats import SPACE
from ui.lesson.market import dollars
from ui.lesson.step import Choice, Drawing, Number, Step

BETWEEN = asked.BETWEEN
EXACT, NEAR = 0.005, 0.1  # of the answer: up to where a guess is right, and near


def read(step: Step, given: Any) -> str:
    """Return a prediction as a link has it; ValueError with a kind sentence where it is none yet."""
    if isinstance(step.ask, Drawing):
        return asked.drawn(given, len(step.ask.x), step.ask.high)
    text = str(given or "").strip()
    if isinstance(step.ask, Choice):
        return asked.chosen(text, step.ask.options)
    return asked.number(text, step.ask.least, step.ask.most, step.ask.absurd)


def line(guess: str) -> list[float]:
    """Return a drawn line's values."""
    return [float(value) for value in guess.split(BETWEEN)] if guess else []


def shown(ask: Number, value: float) -> str:
    """Return a number with its unit."""
    if ask.unit == "$":
        return dollars(value)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text}{SPACE}{ask.unit}" if ask.unit else text


def verdict(step: Step, guess: str) -> str:
    """Return the prediction beside what was computed, in a kind sentence."""
    answer = step.answer().value
    if isinstance(step.ask, Drawing):
        return _line_verdict(step.ask, line(guess), answer)
    if isinstance(step.ask, Choice):
        if step.ask.said is not None:
            return f"You voted for: {step.ask.said(guess)}"
        if guess == answer:
            return f"You said: {step.ask.options[guess]}. Computed: the same."
        return f"You said: {step.ask.options[guess]}. Computed: {step.ask.options[answer].lower()}."
    mine, computed = shown(step.ask, float(guess)), shown(step.ask, answer)
    apart = abs(float(guess) - answer)
    if apart <= EXACT * max(abs(answer), 1.0):
        return f"Your guess: {mine}. Computed: {computed}. Exactly."
    nearly = ", and that is near" if apart <= NEAR * abs(answer) else ""
    side = "less" if float(guess) > answer else "more"
    return f"Your guess: {mine}. Computed: {computed}, {side} than you thought{nearly}."


def _line_verdict(ask: Drawing, mine: Sequence[float], computed: Sequence[float]) -> str:
    apart = [abs(one - other) for one, other in zip(mine, computed, strict=True)]
    mean = sum(apart) / len(apart)
    if max(apart) <= 0.05 * ask.high:
        return f"Your line is never more than {max(apart):.1f} points from what was computed: well drawn."
    at = apart.index(max(apart))
    x = f"{ask.x[at]:g}{'' if ask.x_unit == 'x' else SPACE}{ask.x_unit}"
    return (
        f"Your line is {mean:.1f} points off on average, and furthest at {x}: you drew "
        f"{mine[at]:.1f}{SPACE}{ask.unit}, "
        f"computed are {computed[at]:.1f}{SPACE}{ask.unit}."
    )
