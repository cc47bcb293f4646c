"""The teacher's screen of a class: the lesson, whose questions the phones answer; start, reveal, board, end."""

from __future__ import annotations

import csv
import io
from html import escape
from typing import Any
from urllib.parse import urlsplit

import segno
import streamlit as st

from ui.charts.sizes import sized
from ui.classroom import store
from ui.classroom.connection import store_engine
from ui.frame import layout
from ui.frame.terms import explained
from ui.lesson import progress, together
from ui.lesson.step import Step
from ui.live import chart_board

WORD = "teach"  # in the address: the secret link
SECRET, OPENED, SAID = "class:secret", "class:opened", "class:said"
EVERY = 1.0  # seconds between two looks at what phones have sent
ON_BOARD = 10


def read() -> None:
    """Open the class of a secret link; once per run, after the address was read."""
    given = st.query_params.get(WORD, "") or st.session_state.get(SECRET, "")
    if not given:
        return
    try:
        row = store.taught(store_engine(), given)
    except store.UnknownError as error:
        _forget(str(error))
        return
    st.session_state[SECRET] = st.query_params[WORD] = given
    if st.session_state.get(OPENED) != row.code:
        st.session_state[OPENED] = row.code
        if row.question in progress.names():
            progress.AT.put(row.question)


def is_on() -> bool:
    """Tell whether this page is a class's."""
    return SECRET in st.session_state


def _forget(said: str = "") -> None:
    for name in (SECRET, OPENED):
        st.session_state.pop(name, None)
    st.query_params.pop(WORD, None)
    st.session_state[SAID] = said


def follow(step: Step) -> None:
    """Put the step that is open before all phones; what is revealed is so here as on the phones."""
    if not is_on():
        return
    row = store.taught(store_engine(), _secret())
    if row.question != step.name and not row.is_over:
        store.ask(store_engine(), _secret(), step.name, together.body(step))
    values, _, is_revealed = store.given(store_engine(), _secret(), step.name)
    progress.GUESS[step.name].put(together.middle(step, values) if is_revealed and values else "")


def _secret() -> str:
    return str(st.session_state[SECRET])


def bar() -> None:
    """Draw the way to start a class, or its code, link and QR code."""
    if st.session_state.get(SAID):
        layout.notice(st.session_state.pop(SAID))
    if not is_on():
        with st.popover("Start a class"):
            layout.paragraph(
                "Students open a light page on their phones and predict; you see what the class says, reveal, and step "
                "on. No account, nothing personal; all of it is deleted after a day, or when you delete it."
            )
            st.toggle("Nicknames, shown on the board", key="class:names")
            st.button("Start", type="primary", on_click=_start)
        return
    row = store.taught(store_engine(), _secret())
    if row.is_over:
        _ended()
        return
    link = _link(row.code)
    with st.expander(f"Class {row.code}: link and QR code", expanded=not row.question or row.question == _first()):
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
            "The address line of this page is your right to lead the class: keep it to yourself, and open it "
            "again after a loss."
        )


def _first() -> str:
    return progress.shown_steps()[0].name


def _link(code: str) -> str:
    parts = urlsplit(str(st.context.url or ""))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/class#{code}"


def _start() -> None:
    try:
        code, secret = store.start(store_engine(), has_names=bool(st.session_state.get("class:names")))
    except store.ClassError as error:
        st.session_state[SAID] = str(error)
        return
    st.session_state[SECRET], st.session_state[OPENED] = secret, code
    st.query_params[WORD] = secret
    progress.DONE.put(())
    progress.AT.put(_first())


def talk(step: Step) -> None:
    """Draw what the class says to a step, live, and the button that reveals; then the answer beside it."""
    values, _, is_revealed = store.given(store_engine(), _secret(), step.name)
    question = explained(step.text(step.question))
    st.html(f'<p class="sf-lesson-question">{question}</p>')
    if is_revealed and values:
        told, why = explained(together.said(step, values)), explained(step.text(step.why))
        st.html(f'<div class="sf-answer" role="status"><p><strong>{told}</strong></p><p>{why}</p></div>')
    elif not is_revealed and not store.taught(store_engine(), _secret()).is_over:
        st.button("Reveal to all", key=f"class:reveal:{step.name}", type="primary", on_click=_reveal, args=(step,))
    live(step, is_revealed)
    with st.expander("Board"):
        layout.paragraph(together.POINTS)
        layout.text_table(_board(), numbers=("place", "points"))


@st.fragment(run_every=EVERY)
def live(step: Step, is_revealed: bool) -> None:
    """Draw how many have answered and what they say; again every second."""
    try:
        values, n, _ = store.given(store_engine(), _secret(), step.name)
    except (store.UnknownError, KeyError):  # deleted in another tab
        return
    layout.paragraph(f"{len(values)} of {n} have answered." if n else "Nobody has joined yet.")
    chart = together.picture(step, values, is_revealed=is_revealed)
    chart_board(sized([chart]), key=f"class:{step.name}:{is_revealed}", columns=1)


def _reveal(step: Step) -> None:
    values, _, _ = store.given(store_engine(), _secret(), step.name)
    if not values:
        st.session_state[SAID] = "Nobody has answered yet: there is nothing to reveal. You can step on."
        return
    store.reveal(store_engine(), _secret(), step.name, lambda given: together.result(step, given), together.judge(step))


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
        writer.writerow(_plain(each) for each in row.values())
    return out.getvalue()


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell
