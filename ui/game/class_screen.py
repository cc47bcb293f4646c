"""A class that plays: each season as the question that the phones answer with settings of their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import median
from typing import Any

import streamlit as st

from ui.charts.common import Figure
from ui.classroom import screen
from ui.classroom.store import Judged
from ui.game import answers, charts, progress, texts

AT = "game:class:at"  # the season before the class, counted from 0
NAME = "season-"
WORST = 100.0


def question_of(number: int) -> screen.Question:
    """Return a season as a class is asked for its settings."""
    seed = progress.SEED.value
    return screen.Question(
        name=f"{NAME}{number + 1}",
        text=texts.CLASS_QUESTION,
        why=lambda: texts.season(answers.season(seed, number, progress.PLAYED[number].value or progress.now())),
        body=partial(body, number),
        result=partial(result, seed, number),
        judge=partial(judge, seed, number),
        said=partial(said, seed, number),
        picture=partial(picture, seed, number),
        points=texts.CLASS_POINTS,
    )


def body(number: int) -> dict[str, Any]:
    """Return a season's question as phones get it; nothing of the season is in it."""
    fields = [
        {
            "name": field, "label": label, "start": progress.START[field], "words": list(progress.VALUES[field]),
            "shown": [progress.shown(field, word) for word in progress.VALUES[field]],
        }
        for field, (label, _, _) in progress.WORDS.items()
    ]  # fmt: skip
    words = {"rule": texts.idea(), "scene": texts.kinds(), "question": texts.CLASS_QUESTION}
    return {"title": texts.title(number), **words, "ask": {"kind": "settings", "fields": fields}}


def result(seed: int, number: int, values: Sequence[str]) -> dict[str, Any]:
    """Return what phones show beside their own score: what the season was, and what came of the best venue."""
    best = answers.season(seed, number, answers.best_of(seed, number, values))
    return {"why": f"{said(seed, number, values)} {texts.season(best)}", "computed": ""}


def judge(seed: int, number: int, words: str) -> Judged:
    """Return a phone's settings with what the season made of them."""
    points = answers.points(seed, number, words)
    return Judged(texts.told(answers.scores(seed, number, words)), points, WORST - points)


def said(seed: int, number: int, values: Sequence[str]) -> str:
    """Return what a class reached, in a sentence."""
    reached = [answers.points(seed, number, words) for words in values]
    settings = texts.settings(progress.policy_of(answers.best_of(seed, number, values)))
    best, middle = f"{max(reached):.1f}", f"{median(reached):.1f}"
    return texts.CLASS_SAID.format(n=len(values), best=best, settings=settings, middle=middle)


def picture(seed: int, number: int, values: Sequence[str], is_revealed: bool) -> Figure:
    """Return which rules the class chose, and once the season was opened where each venue stands."""
    if not is_revealed or not values:
        return charts.rules_chosen([words.split(progress.BETWEEN)[-1] for words in values])
    return charts.venues([answers.scores(seed, number, words) for words in values])


def read() -> None:
    """Open the class of a secret link, at the season that it is at."""

    def opened(name: str) -> None:
        if name.startswith(NAME):
            st.session_state[AT] = int(name.removeprefix(NAME)) - 1

    screen.read(opened)


def at() -> int:
    """Return which season is before the class."""
    return int(st.session_state.get(AT, 0))


def follow() -> None:
    """Put the season that is open before all phones; once it was opened, the best venue of the class is shown."""
    if screen.is_on():
        values = screen.follow(question_of(at()))
        if values:
            progress.PLAYED[at()].put(answers.best_of(progress.SEED.value, at(), values))


def is_opened() -> bool:
    """Tell whether the season before the class was opened."""
    return len(progress.played()) > at()


def go(number: int) -> None:
    """Put another season before the class."""
    st.session_state[AT] = number


def bar() -> None:
    """Draw the way to start a class, or its code, link and QR code."""

    def begin() -> None:
        progress.begin_anew()
        go(0)

    screen.bar(texts.CLASS, f"{NAME}1", begin)


def talk() -> None:
    """Draw what the class says to the season before it, and the way on."""
    number = at()
    screen.talk(question_of(number))
    if is_opened() and number + 1 < progress.N_SEASONS:
        st.button("Next season", key="game:class:next", type="primary", on_click=go, args=(number + 1,))
