"""The address line: a link is read when it is opened and written when the hand lets go; a button copies it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

from ui.settings import sidebar
from ui.settings.link import OTHERS, LinkError, decode_page, encode
from ui.settings.page_settings import Setting
from ui.settings.run_settings import Choice

KNOWN = "address:known"
REFUSED = "address:refused"
LINK = "address:link"
LONGEST = 50

STATIC = Path(__file__).parents[2] / "static"


def _read(file: str) -> str:
    return (STATIC / file).read_text(encoding="utf-8")


_copy = component(
    "shortfall_copy",
    html='<button type="button" disabled>Copy link</button>',
    js=_read("copy_link.js"),
    css=_read("copy_link.css"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a page says: the page's settings, and the replay's where the page shows one."""

    settings: tuple[Setting, ...] = ()
    has_replay: bool = False

    def read(self) -> None:
        """Take over a link that was just opened (or gone back to); once per run, before anything is drawn."""
        given = _parameters()
        if not given or _is_known(given):
            return
        st.session_state[KNOWN] = [given]
        try:
            choice, values = decode_page(given, self.settings, has_replay=self.has_replay)
        except LinkError as error:
            st.session_state[REFUSED] = error.sentences
            return
        st.session_state.pop(REFUSED, None)
        if choice is not None:
            sidebar.choose(choice)
        for setting, value in values:
            setting.put(value)

    def write(self) -> None:
        """Put the settings into the address line, also after a page change has emptied it.

        A page that nobody has touched keeps its bare address.
        """
        choice = sidebar.current() if self.has_replay else None
        wanted, given = encode(choice, self.settings), _parameters()
        st.session_state[LINK] = wanted
        if given == wanted or (not given and wanted == self._untouched()):
            return
        others = {name: text for name, text in st.query_params.to_dict().items() if name in OTHERS}
        st.query_params.from_dict({**wanted, **others})
        known = st.session_state.setdefault(KNOWN, [])
        st.session_state[KNOWN] = [*known[-LONGEST:], wanted]

    def _untouched(self) -> dict[str, str]:
        return encode(Choice(sidebar.presets()[0]) if self.has_replay else None)


def say_refused() -> None:
    """Say why a link was not opened, until something is chosen."""
    for sentence in st.session_state.pop(REFUSED, ()):
        st.warning(f"The link was not opened. {_plain(sentence)}")


def copy_link() -> None:
    """Draw the button that copies the address; after `write`."""
    _copy(key="copy_link", data={"link": urlencode(st.session_state.get(LINK, {}))})


def _is_known(given: dict[str, str]) -> bool:
    """Tell whether this session wrote or read these parameters before.

    What the browser says may be older than what was last written: it was sent before that arrived. So all that was
    written since the last answer counts, and what is older than the answer is forgotten.
    """
    known = st.session_state.get(KNOWN, [])
    if given not in known:
        return False
    st.session_state[KNOWN] = known[known.index(given) :]
    return True


def _parameters() -> dict[str, str]:
    return {name: text for name, text in st.query_params.to_dict().items() if name not in OTHERS}


def _plain(sentence: str) -> str:
    """Return a sentence in which nothing that a link says is read as a link, a formula or a picture."""
    return re.sub(r"([\[\]<>$:`])", r"\\\1", sentence)
