"""A step as a class answers it: its question for phones, each answer judged, what all of them said, their picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, bars, dotted, figure, label, line, row_axis
from ui.classroom.store import Judged
from ui.frame.theme import DEFAULTERS, FAINT, WINNERS
from ui.lesson import progress, replies
from ui.lesson.step import Choice, Drawing, Number, Step

SLID = 100.0  # a number up to this, in percent or without a unit, is given with a slider
N_BINS = 16
HEIGHT = 230


def body(step: Step) -> dict[str, Any]:
    """Return a step's question as phones get it; nothing of its answer is in it."""
    words = {"rule": step.rule, "scene": step.text(step.scene), "question": step.text(step.question)}
    return {"title": progress.title(step.name).replace(" ", ". ", 1), **words, "ask": _asked(step.ask)}


def _asked(ask: Number | Choice | Drawing) -> dict[str, Any]:
    if isinstance(ask, Number):
        kind = "slider" if ask.unit in ("%", "") and ask.most <= SLID else "number"
        return {"kind": kind, "unit": ask.unit, "least": ask.least, "most": ask.most, "absurd": ask.absurd}
    if isinstance(ask, Choice):
        return {"kind": "choice", "options": dict(ask.options)}
    names = ("x_title", "y_title", "x_unit", "unit", "high")
    return {"kind": "line", "x": list(ask.x), **{name: getattr(ask, name) for name in names}}


def result(step: Step, values: Sequence[str]) -> dict[str, Any]:
    """Return what phones show beside their own answer once it is revealed."""
    found: dict[str, Any] = {"why": step.text(step.why), "computed": computed(step)}
    if isinstance(step.ask, Choice):
        found["counts"] = {name: list(values).count(name) for name in step.ask.options}
    if isinstance(step.ask, Drawing):
        found["line"] = list(step.answer().value)
    return found


def computed(step: Step) -> str:
    """Return the computed answer in words; empty where none is right, or where it is a line."""
    value = step.answer().value
    if isinstance(step.ask, Number):
        return replies.shown(step.ask, value)
    return step.ask.options[value] if isinstance(step.ask, Choice) and value is not None else ""


def judge(step: Step, guess: str) -> Judged:
    """Return an answer to a step beside what was computed."""
    told, value = replies.verdict(step, guess), step.answer().value
    if isinstance(step.ask, Choice):
        return Judged(told, 100.0 if guess == value else 0.0, None)
    mine = replies.line(guess) if isinstance(step.ask, Drawing) else [float(guess)]
    right = list(value) if isinstance(step.ask, Drawing) else [value]
    off = sum(abs(one - other) for one, other in zip(mine, right, strict=True)) / len(right)
    scale = sum(abs(each) for each in right) / len(right) or 1.0
    return Judged(told, 100.0 * max(0.0, 1.0 - off / scale), off)


def middle(step: Step, values: Sequence[str]) -> str:
    """Return what the class as a whole predicts: the middle number or line, or what most chose."""
    if isinstance(step.ask, Choice):
        return Counter(values).most_common(1)[0][0]
    if isinstance(step.ask, Drawing):
        return replies.read(step, [median(each) for each in zip(*map(replies.line, values), strict=True)])
    return f"{median(map(float, values)):g}"


def said(step: Step, values: Sequence[str]) -> str:
    """Return what a class said beside what was computed, in a sentence."""
    n, whole = len(values), middle(step, values)
    if isinstance(step.ask, Choice):
        most = f"{list(values).count(whole)} of {n}"
        if step.ask.said is not None:
            return f"{most} voted for: {step.ask.said(whole)}"
        return f"{most} chose: {step.ask.options[whole]}. Computed: {computed(step).lower()}."
    if isinstance(step.ask, Drawing):
        return f"The middle of all lines, {n} in number, is {judge(step, whole).off:.1f} points off on average."
    near = sum(judge(step, each).points >= 100.0 * (1.0 - replies.NEAR) for each in values)
    middle_guess = replies.shown(step.ask, float(whole))
    return f"The middle of {n} guesses: {middle_guess}. Computed: {computed(step)}. Near it were {near}."


def picture(step: Step, values: Sequence[str], *, is_revealed: bool) -> Figure:
    """Return the picture of all answers to a step; what was computed is in it once it is revealed."""
    if isinstance(step.ask, Choice):
        counts = [list(values).count(each) for each in step.ask.options]
        words = [f"{count}: {text}" for count, text in zip(counts, step.ask.options.values(), strict=True)]
        places = np.arange(len(counts), dtype=float)
        row = bars("", np.array(counts, dtype=float), places, 0.5, {"color": WINNERS})
        most = max(1, *counts)
        notes = [
            label(text, x=0.0, y=place - 0.38, xanchor="left") for place, text in zip(places, words, strict=True)
        ]  # fmt: skip
        rows = row_axis([""] * len(counts)) | {"range": [len(counts) - 0.6, -0.75]}
        margin = {"l": 14, "r": 14, "t": 8, "b": 40}
        return _figure(step, "", [row], x=_students(most), y=rows, annotations=notes, margin=margin)
    if isinstance(step.ask, Drawing):
        return _lines(step, step.ask, values, is_revealed)
    return _heaps(step, step.ask, values, is_revealed)


def _figure(step: Step, told: str, traces: list[dict[str, Any]], **more: Any) -> Figure:
    return figure(f"class-{step.name}", "What the class says", told, traces, height=HEIGHT, **more)


def _students(most: int) -> dict[str, Any]:
    return axis("students", range=[0, max(1, most) * 1.15], dtick=max(1, -(-most // 5)))


def _heaps(step: Step, ask: Number, values: Sequence[str], is_revealed: bool) -> Figure:
    given = [float(each) for each in values]
    high = max([*given, step.answer().value if is_revealed else 0.0, ask.least + 1.0])
    counts, edges = np.histogram(given, bins=N_BINS, range=(ask.least, high))
    width = float(edges[1] - edges[0])
    heap = {"type": "bar", "x": (edges[:-1] + edges[1:]) / 2, "y": counts.astype(float), "width": 0.9 * width,
            "marker": {"color": WINNERS}}  # fmt: skip
    unit = {"$": "guess (dollars)", "%": "guess (percent)"}.get(ask.unit, "guess")
    shapes, notes = [], []
    if is_revealed:
        at = step.answer().value
        shapes = [dotted(x=at)]
        side = "right" if at > high / 2 else "left"
        notes = [label(f"computed: {computed(step)}", x=at, y=1.0, paper="y", xanchor=side, yanchor="top")]
    x, y = axis(unit, range=[ask.least, high]), _students(int(counts.max()))
    return _figure(step, "", [heap], x=x, y=y, shapes=shapes, annotations=notes)


def _lines(step: Step, ask: Drawing, values: Sequence[str], is_revealed: bool) -> Figure:
    x = np.array(ask.x)
    drawn = [np.array(replies.line(each)) for each in values]
    all_y = np.concatenate([np.append(each, np.nan) for each in drawn]) if drawn else np.array([])
    traces = [line("each line", np.tile(np.append(x, np.nan), len(drawn)), all_y, FAINT, 1)]
    if drawn:
        traces.append(line("the middle line", x, np.median(drawn, axis=0), WINNERS, 4))
    if is_revealed:
        traces.append(line("computed", x, np.array(step.answer().value), DEFAULTERS, 4))
    x_axis, y_axis = axis(f"{ask.x_title} ({ask.x_unit})"), axis(f"{ask.y_title} ({ask.unit})", range=[0, ask.high])
    told = "Thin: each line. Thick and blue: the middle one." + (" Orange: computed." if is_revealed else "")
    return _figure(step, told, traces, x=x_axis, y=y_axis)
