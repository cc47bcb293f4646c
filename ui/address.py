"""The address line: a link is read when it is opened and written when the hand lets go; a button copies it."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2 import component

from ui import controls
from ui.knobs import Choice
from ui.link import OTHERS, LinkError, decode, encode

SEEN = "address:seen"
REFUSED = "address:refused"

_COPY = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector('button');
  button.onclick = async () => {
    await navigator.clipboard.writeText(location.href);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
  };
  button.disabled = false;
}
"""
_STYLE = """
button { font: inherit; font-size: .875rem; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: .1rem .6rem;
  min-height: 1.75rem; cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""
_copy = component("shortfall_copy", html='<button type="button" disabled>Copy link</button>', js=_COPY, css=_STYLE)


def read() -> None:
    """Take over a link that was just opened (or gone back to); once per run, before anything is drawn."""
    given = _scenario_parameters()
    if not given or given == st.session_state.get(SEEN):
        return
    st.session_state[SEEN] = given
    try:
        controls.choose(decode(given))
        st.session_state.pop(REFUSED, None)
    except LinkError as error:
        st.session_state[REFUSED] = error.sentences


def write(choice: Choice) -> None:
    """Put a choice into the address line, also after a page change has emptied it."""
    wanted = encode(choice)
    if _scenario_parameters() != wanted:
        others = {name: text for name, text in st.query_params.to_dict().items() if name in OTHERS}
        st.query_params.from_dict({**wanted, **others})
    st.session_state[SEEN] = wanted


def say_refused() -> None:
    """Say why a link was not opened, until something is chosen."""
    for sentence in st.session_state.pop(REFUSED, ()):
        st.warning(f"The link was not opened. {sentence}")


def copy_link() -> None:
    """Draw the button that copies the address."""
    _copy(key="copy_link")


def _scenario_parameters() -> dict[str, str]:
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OTHERS}
