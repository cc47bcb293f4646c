"""What a step of the lesson is made of. Each is an entry of ui/lesson/steps.py; nothing else knows their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ui.charts.common import Figure
from ui.settings.page_settings import Pick, Several, Slider, Whole

Control = Slider | Pick | Several | Whole
Value = Any  # of a control or an answer: a number, a name, names, or a drawn line


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A prediction that is a number: `least` and `most` are what it could be at all, `absurd` says why not more."""

    unit: str
    least: float = 0.0
    most: float
    absurd: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A prediction that is one of several names, {name: what it is called}.

    In a vote none of them is right: `said` says what comes of one.
    """

    options: Mapping[str, str]
    said: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A prediction that is a line drawn by hand: a value above each of `x`, from 0 to `high`."""

    x: tuple[float, ...]
    x_title: str
    y_title: str
    x_unit: str
    unit: str
    high: float


Ask = Number | Choice | Drawing


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine computed: the value beside the prediction, and every figure that the step's texts name."""

    value: Value
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do by hand: what, with which control, whether it is done, and what the control's value does."""

    text: str
    control: Control
    is_done: Callable[[Value], bool]
    said: Callable[[Value], str]
    press: Callable[[int], str] | None = None  # of a Whole: what its button says next, "" at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. Texts are templates of the answer's facts: no number is written in them.

    `picture` draws the charts for a value of the task's control, and without what would give the answer away until the
    prediction is made.
    """

    name: str
    title: str
    rule: str
    scene: str
    question: str
    ask: Ask
    answer: Callable[[], Answer]
    why: str
    task: Task
    picture: Callable[[Value, bool], list[Figure]]
    is_answered_by_hand: bool = False  # the answer shows itself while the task is done

    def text(self, template: str) -> str:
        """Return one of the step's texts with its figures."""
        return template.format(**self.answer().facts)
