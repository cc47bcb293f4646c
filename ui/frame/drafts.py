"""What pages of many paths share: a draft that follows the hand, a precise run on demand, and what was asked last."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from engine import InputError
from ui.frame import job
from ui.frame.intervals import Row
from ui.frame.layout import text_table
from ui.settings.market import ASSUMED

A = TypeVar("A", bound=Hashable)


def settler(name: str) -> Callable[[], None]:
    """Return a callback that notes that the hand let go: rankings and tables follow then."""

    def settle() -> None:
        st.session_state[f"{name}:settled"] = True

    return settle


def asked(name: str) -> Any:
    """Return what the sliders of a page ask now."""
    return st.session_state[f"{name}:ask"]


def answer_of(name: str, ask: A, draft: Callable[[A], Any]) -> Any:
    """Return the precise answer if there is one, else the draft; a sentence for what cannot be."""
    try:
        return job.result_of(name, ask) or draft(ask)
    except InputError as error:
        return "; ".join(error.violations)


def follow(name: str, ask: A, draft: Callable[[A], Any], show: Callable[[Any], Any], wrong: str) -> None:
    """Show the answer to what the sliders ask, in a fragment; the rest of the page follows when the hand lets go."""
    st.session_state[f"{name}:ask"] = ask
    answer = answer_of(name, ask, draft)
    if isinstance(answer, str):
        st.error(f"{wrong}: {answer}.")
    else:
        show(answer)
    if st.session_state.pop(f"{name}:settled", False):
        st.rerun()


def settled_answer(name: str, draft: Callable[[Any], Any]) -> Any:
    """Return the answer for what follows when the hand lets go, None where there is none."""
    answer = answer_of(name, asked(name), draft)
    return None if isinstance(answer, str) else answer


def table(rows: list[Row], *, is_precise: bool) -> None:
    """Draw every figure with its interval, and which kind of figures they are."""
    with st.expander("Every figure with its 95 % interval"):
        text_table(rows, numbers=("estimate", "95 % interval"))
        kind = "the precise run" if is_precise else "the draft"
        st.caption(f"Computed by {kind}; an interval says how far the number of paths reaches, not how far the model.")


def reproduce(command: str, file: str, settings: str) -> None:
    """Draw the command that gives the same figures, with the settings file that it reads."""
    with st.expander("Take it along: the same on the command line"):
        st.code(command, language="bash", wrap_lines=True)
        st.download_button("Settings (JSON)", settings, file_name=file, mime="application/json", on_click="ignore")


def caveats(text: str) -> None:
    """Draw what the page leaves out and assumes."""
    with st.expander("What this leaves out"):
        st.markdown(f"{text.strip()}\n\n{ASSUMED}".replace("$", "\\$"))
