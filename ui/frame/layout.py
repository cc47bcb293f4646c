"""The frame of a page: how much room it gives to what it shows, at most three sizes of type, both themes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

from ui.frame import terms

STATIC = Path(__file__).parents[2] / "static"
RERUN = "frame:rerun"
LARGE = "look:large"
CHECKOUT = (
    "Commands run in a checkout of Shortfall: get its repository, `make run` once (it sets up .venv), then write "
    "`.venv/bin/python` for `python`; a settings file is looked for in the folder you are in."
)


def rerun() -> None:
    """Run the page again from code; the address line then says nothing new of the browser's."""
    st.session_state[RERUN] = True
    st.rerun()


def style(main: str = "", hand: str = "") -> None:
    """Set the page's frame; once per run, outside fragments.

    `main` is the main board's key (with "-" at its end: how it begins) and `hand` the key of its slider panel: on a
    phone the panel stands between the sentence and the charts.
    """
    place = f'[class*="st-key-{main}"]' if main.endswith("-") else f".st-key-{main or 'none'}"
    phone = _sheet("phone").replace(".sf-main", place).replace(".sf-hand", f".st-key-live-panel-{hand or 'none'}")
    terms.forget()
    st.html(f"<style>{_sheet('page')}{phone}{_sheet('large') if is_large() else ''}</style>")


@cache
def _sheet(name: str) -> str:
    return (STATIC / f"{name}.css").read_text(encoding="utf-8")


def own_style(name: str) -> None:
    """Set what a page's own elements look like: static/<name>.css, after the frame."""
    st.html(f"<style>{_sheet(name)}</style>")


def is_large() -> bool:
    """Return whether the page is shown across a room; a link may ask for it with look=large."""
    if LARGE not in st.session_state:
        st.session_state[LARGE] = st.session_state.get(f"{LARGE}:kept", st.query_params.get("look") == "large")
    return bool(st.session_state[LARGE])


def look_toggle() -> None:
    """Draw the switch between both sizes of type."""
    is_large()
    st.toggle("Large type", key=LARGE, help="For a projector: larger type and charts.", on_change=_keep_look)


def _keep_look() -> None:
    """Put the look into the address, and keep it when another page is opened."""
    st.session_state[f"{LARGE}:kept"] = st.session_state[LARGE]
    if st.session_state[LARGE]:
        st.query_params["look"] = "large"
    else:
        st.query_params.pop("look", None)


def heading(title: str, text: str, mark: str = "") -> None:
    """Show a page's title and a line beside it, with what kind of statement it is (recorded, computed, assumed)."""
    badge = f'<span class="sf-mark">{escape(mark)}</span> ' if mark else ""
    st.html(f'<div class="sf-top"><h1>{escape(title)}</h1><p>{badge}{terms.explained(text)}</p></div>')


def paragraph(text: str) -> None:
    """Show a sentence or two in the page's ordinary size."""
    st.html(f'<p class="sf-text">{terms.explained(text)}</p>')


def caption(text: str) -> None:
    """Show a sentence beside what it is about, in weaker type; what stands between double asterisks is bold."""
    parts = (terms.explained(part, text) for part in text.split("**"))
    shown = "".join(f"<b>{part}</b>" if at % 2 else part for at, part in enumerate(parts))
    st.html(f'<p class="sf-text sf-caption">{shown}</p>')


def notice(text: str, kind: Literal["info", "warning", "error"] = "info") -> None:
    """Show a sentence that a link, a name or a refusal may be part of: as text, whatever stands in it."""
    role = "status" if kind == "info" else "alert"
    st.html(f'<p class="sf-notice sf-{kind}" role="{role}">{escape(text)}</p>')


def plain(text: str) -> str:
    """Return a text for a label, where signs would be markup: as text."""
    return re.sub(r"([\\`*_{}\[\]()#+\-!$:~<>|])", r"\\\1", text)


def bullets(title: str, items: Sequence[str]) -> None:
    """Show a list under a title; an item that is an address becomes a link."""
    rows = "".join(f"<li>{_link(item) if _is_address(item) else escape(item)}</li>" for item in items)
    st.html(f'<div class="sf-text"><h2>{escape(title)}</h2><ul>{rows}</ul></div>')


def text_table(rows: list[dict[str, str]], *, links: str = "", numbers: tuple[str, ...] | slice = ()) -> None:
    """Show rows of text as a table that wraps.

    `links` names the column whose addresses become links; `numbers` the columns of numbers, or says where they stand.
    """
    if not rows:
        return
    names = tuple(rows[0])
    numbers = names[numbers] if isinstance(numbers, slice) else numbers
    head = "".join(f"<th{_right(name, numbers)}>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_right(name, numbers)}>{_cell(row[name], name == links)}</td>" for name in names)
        + "</tr>"
        for row in rows
    )
    table = f'<table class="sf-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    label = escape(f"table, {len(rows)} rows")  # a region that the keyboard can scroll
    st.html(f'<div class="sf-scroll" tabindex="0" role="region" aria-label="{label}">{table}</div>')


def interval_table(rows: list[dict[str, str]], *, is_precise: bool) -> None:
    """Show every figure with its interval, and which kind of figures they are."""
    with st.expander("Every figure with its 95 % interval"):
        text_table(rows, numbers=("estimate", "95 % interval"))
        kind = "the precise run" if is_precise else "the draft"
        st.caption(f"Computed by {kind}; an interval says how far the number of paths reaches, not how far the model.")


def command_line(command: str, file: str = "", settings: str = "") -> None:
    """Show the command that gives the same figures, with the settings file that it reads if it reads one."""
    with st.expander("Take it along: the same on the command line"):
        st.code(command, language="bash", wrap_lines=True)
        st.caption(CHECKOUT)
        if file:
            st.download_button("Settings (JSON)", settings, file_name=file, mime="application/json", on_click="ignore")


def caveats(text: str, assumed: str = "") -> None:
    """Show what the page leaves out and assumes."""
    with st.expander("What this leaves out"):
        st.markdown(f"{text.strip()}\n\n{assumed}".replace("$", "\\$"))


def _right(name: str, numbers: tuple[str, ...]) -> str:
    return ' class="sf-number"' if name in numbers else ""


def _cell(text: str, is_link: bool) -> str:
    return _link(text, text.split("/")[2].removeprefix("www.")) if is_link and _is_address(text) else escape(text)


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _link(address: str, text: str = "") -> str:
    target = escape(address, quote=True)
    return f'<a href="{target}" target="_blank" rel="noopener noreferrer">{escape(text or address)}</a>'
