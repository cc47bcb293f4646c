"""The teacher's screen of a class, for any page that asks: start, what phones say, reveal, board, end."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit

import segno
import streamlit as st
from streamlit.components.v2 import component

from engine import cell_text
from ui.charts.board import sized
from ui.charts.common import Figure
from ui.classroom import store
from ui.classroom.connection import store_engine
from ui.classroom.store import Judged
from ui.frame import layout
from ui.frame.layout import STATIC
from ui.frame.terms import explained
from ui.live import chart_board

WORD = "teach"  # in the address that opens a class; it is taken out of it at once
SECRET, OPENED, SAID = "class:secret", "class:opened", "class:said"
TEACHER, FORGOTTEN = "class:teacher", "class:forgotten"
EVERY = 1.0  # seconds between two looks at what phones have sent
ON_BOARD = 10
POINTS = "Points: 100 for what was computed, less by as many percent as one is off; a vote has none."


KEEPS = (STATIC / "teacher.js").read_text(encoding="utf-8")
_finds = component("shortfall_teacher_finds", js=KEEPS)
_teacher = component(
    "shortfall_teacher",
    html="<button type=button>Copy the teacher\N{RIGHT SINGLE QUOTATION MARK}s link</button>",
    js=KEEPS,
    css=(STATIC / "copy_link.css").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a page asks a class.

    `text` and `why` stand on the big screen; `body` is what phones get, `result` what they get once it is revealed,
    `judge` holds one answer against what was computed, `said` sums all of them up, and `picture` draws them, without
    and with what was computed.
    """

    name: str
    text: str
    why: Callable[[], str]
    body: Callable[[], dict[str, Any]]
    result: Callable[[Sequence[str]], dict[str, Any]]
    judge: Callable[[str], Judged]
    said: Callable[[Sequence[str]], str]
    picture: Callable[[Sequence[str], bool], Figure]
    points: str = POINTS


def read(on_open: Callable[[str], None]) -> None:
    """Open the class of a secret link, and take the secret out of the address; once per run, after that was read.

    `on_open` is given the name of the question that is before the class, "" for none.
    """
    given = st.query_params.get(WORD, "") or st.session_state.get(SECRET, "")
    st.query_params.pop(WORD, None)
    if not given:
        return
    try:
        row = store.taught(store_engine(), given)
    except store.UnknownError as error:
        _forget(str(error))
        return
    st.session_state[SECRET] = given
    st.session_state.pop(FORGOTTEN, None)
    if st.session_state.get(OPENED) != row.code:
        st.session_state[OPENED] = row.code
        on_open(row.question)


def is_on() -> bool:
    """Tell whether this page is a class's."""
    return SECRET in st.session_state


def _forget(said: str = "") -> None:
    for name in (SECRET, OPENED):
        st.session_state.pop(name, None)
    st.session_state[SAID] = said
    st.session_state[FORGOTTEN] = True


def follow(question: Question) -> list[str]:
    """Put a question before all phones, and return their answers where they are revealed, else none."""
    row = store.taught(store_engine(), _secret())
    if row.question != question.name and not row.is_over:
        store.ask(store_engine(), _secret(), question.name, question.body())
    values, _, is_revealed = store.given(store_engine(), _secret(), question.name)
    return values if is_revealed else []


def _keep() -> None:
    """Draw the button that copies the teacher's link; the tab keeps the secret, and gives it back after a loss."""
    if is_on():
        _teacher(key=f"{TEACHER}:link", data={"secret": _secret(), "forget": False}, on_found_change=lambda: None)
        return
    data = {"secret": "", "forget": bool(st.session_state.get(FORGOTTEN))}
    _finds(key=TEACHER, data=data, on_found_change=_found)


def _found() -> None:
    given = st.session_state[TEACHER].get("found")
    if isinstance(given, str) and not is_on():
        st.session_state[SECRET] = given


def _secret() -> str:
    return str(st.session_state[SECRET])


def bar(what: str, first: str, on_start: Callable[[], None]) -> None:
    """Draw the way to start a class, or its code, link and QR code; `what` says what students do."""
    if st.session_state.get(SAID):
        layout.notice(st.session_state.pop(SAID))
    _keep()
    if not is_on():
        with st.popover("Start a class"):
            layout.paragraph(f"{what} No account, nothing personal; all of it is deleted after a day, or by you.")
            st.toggle("Nicknames, shown on the board", key="class:names")
            st.button("Start", type="primary", on_click=_start, args=(on_start,))
        return
    row = store.taught(store_engine(), _secret())
    if row.is_over:
        _ended()
        return
    link = _link(row.code)
    with st.expander(f"Class {row.code}: link and QR code", expanded=row.question in ("", first)):
        drawn = segno.make(link, error="m").svg_data_uri(scale=6, border=3, light="#fff")
        shown = escape(link)
        st.html(
            f'<div class="sf-class"><img src="{drawn}" alt="QR code of {shown}"><p>Open <b>{shown}</b><br>'
            f"or scan the code. Code of the class: <b>{row.code}</b></p></div>"
        )
        if urlsplit(link).hostname in ("localhost", "127.0.0.1", "::1"):
            layout.notice(
                "Phones cannot reach this address: it is this computer's own. Start the server with `make class`.",
                "warning",
            )
        layout.paragraph(
            "This tab is your right to lead the class. The teacher's link opens it in another one, or once this one is "
            "closed: keep it to yourself."
        )


def _link(code: str) -> str:
    parts = urlsplit(str(st.context.url or ""))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/class#{code}"


def _start(on_start: Callable[[], None]) -> None:
    try:
        code, secret = store.start(store_engine(), has_names=bool(st.session_state.get("class:names")))
    except store.ClassError as error:
        st.session_state[SAID] = str(error)
        return
    st.session_state[SECRET], st.session_state[OPENED] = secret, code
    st.session_state.pop(FORGOTTEN, None)
    on_start()


def talk(question: Question) -> None:
    """Draw what the class says to a question, live, and the button that reveals; then the answer beside it."""
    values, _, is_revealed = store.given(store_engine(), _secret(), question.name)
    st.html(f'<p class="sf-question">{explained(question.text)}</p>')
    if is_revealed and values:
        told, why = explained(question.said(values)), explained(question.why())
        st.html(f'<div class="sf-answer" role="status"><p><strong>{told}</strong></p><p>{why}</p></div>')
    elif not is_revealed and not store.taught(store_engine(), _secret()).is_over:
        st.button("Reveal to all", key=f"class:reveal:{question.name}", type="primary", on_click=_reveal,
                  args=(question,))  # fmt: skip
    live(question, is_revealed)
    with st.expander("Board"):
        layout.paragraph(question.points)
        layout.text_table(_board(), numbers=("place", "points"))


@st.fragment(run_every=EVERY)
def live(question: Question, is_revealed: bool) -> None:
    """Draw how many have answered and what they say; again every second."""
    try:
        values, n, _ = store.given(store_engine(), _secret(), question.name)
    except (store.UnknownError, KeyError):  # deleted in another tab
        return
    layout.paragraph(f"{len(values)} of {n} have answered." if n else "Nobody has joined yet.")
    chart = question.picture(values, is_revealed)
    chart_board(sized([chart]), key=f"class:{question.name}:{is_revealed}", columns=1)


def _reveal(question: Question) -> None:
    values, _, _ = store.given(store_engine(), _secret(), question.name)
    if not values:
        st.session_state[SAID] = "Nobody has answered yet: there is nothing to reveal. You can step on."
        return
    judged = {value: question.judge(value) for value in set(values)}  # before the store is kept from others

    def judge(value: str) -> Judged:
        return judged[value] if value in judged else question.judge(value)

    store.reveal(store_engine(), _secret(), question.name, question.result, judge)


def _board() -> list[dict[str, str]]:
    rows = store.board(store_engine(), _secret())
    places = [1 + sum(other > points for *_, other in rows) for *_, points in rows]
    return [
        {"place": str(place), "student": name or f"number {number}", "points": f"{points:.0f}"}
        for place, (number, name, points) in zip(places[:ON_BOARD], rows, strict=False)
    ]


def end_button() -> None:
    """Draw what ends a class."""
    if is_on() and not store.taught(store_engine(), _secret()).is_over:
        with st.popover("End the class"):
            layout.paragraph("Every phone shows its place, and nobody answers any more.")
            st.button("End it now", on_click=lambda: store.end(store_engine(), _secret()))


def _ended() -> None:
    layout.notice("The class has ended; every phone shows its place.")
    with st.container(horizontal=True, gap="small"):
        rows = store.table(store_engine(), _secret())
        st.download_button("Answers as CSV", as_csv(rows), "class.csv", "text/csv", on_click="ignore")
        st.button("Delete the class now", on_click=_delete)


def _delete() -> None:
    store.delete(store_engine(), _secret())
    _forget("The class and all its answers are deleted.")


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Return rows as a file for a table program, in which no name or answer is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0] if rows else ("student", "name", "question", "answer", "points", "place"))
    for row in rows:
        writer.writerow(cell_text(each) if isinstance(each, str) else each for each in row.values())
    return out.getvalue()
