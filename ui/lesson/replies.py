"""Predictions: read as they are typed, refused kindly, and held against what was computed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ui.frame.formats import SPACE
from ui.lesson.market import dollars
from ui.lesson.step import Choice, Drawing, Number, Step

BETWEEN = "~"  # of a drawn line's values in a link
EXACT, NEAR = 0.005, 0.1  # of the answer: up to where a guess is right, and near
UNITS = re.compile(r"[$%x\s]|dollars?|percent", re.IGNORECASE)
COMMA = re.compile(r"^-?\d+,\d{1,2}$")
GROUPS = re.compile(r"(?<=\d)[,'\u2019\u00a0\u202f ](?=\d{3}(\D|$))")


def read(step: Step, given: Any) -> str:
    """Return a prediction as a link has it; ValueError with a kind sentence where it is none yet."""
    if isinstance(step.ask, Drawing):
        return _drawn(step.ask, given)
    text = str(given or "").strip()
    if isinstance(step.ask, Choice):
        if text not in step.ask.options:
            raise ValueError("Choose one of them first: here a wrong guess is worth more than none.")
        return text
    return _number(step.ask, text)


def _number(ask: Number, text: str) -> str:
    if not text:
        raise ValueError("Write a number first, any number: here a wrong guess is worth more than none.")
    bare = UNITS.sub("", text.replace("\N{MINUS SIGN}", "-"))
    plain = GROUPS.sub("", bare)
    plain = plain.replace(",", ".") if COMMA.match(plain) else plain
    if not re.fullmatch(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})", plain):
        raise ValueError(f"{text[:20]!r} could not be read as a number. Write it in digits; a guess is enough.")
    value = float(plain)
    if value < ask.least:
        raise ValueError("Less than nothing it cannot be. Write it without a minus sign, and try again.")
    if value > ask.most:
        raise ValueError(f"{ask.absurd} Try again.")
    return f"{value:g}"


def _drawn(ask: Drawing, given: Any) -> str:
    values = given.split(BETWEEN) if isinstance(given, str) else list(given or ())
    try:
        line = [None if value in (None, "") else min(max(float(value), 0.0), ask.high) for value in values]
    except (TypeError, ValueError):
        line = []
    left = len(ask.x) - sum(value is not None and value == value for value in line)
    if len(line) != len(ask.x) or left == len(ask.x):
        raise ValueError("Draw the line first: drag across the picture, or move its points with the arrow keys.")
    if left:
        where = f"{left} of {len(ask.x)} points are" if left > 1 else "one point is"
        raise ValueError(f"Nearly there: {where} still missing. Draw across the whole width.")
    return BETWEEN.join(f"{value:.1f}".removesuffix(".0") for value in line if value is not None)


def checker(step: Step) -> Callable[[str], str]:
    """Return what a link's prediction for a step goes through."""
    return lambda text: read(step, text)


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
