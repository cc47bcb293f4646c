"""The address line: a link is read when it is opened and written when the hand lets go; a button copies it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

from engine import clearing_house_names, load_clearing_house
from ui.frame.layout import RERUN, STATIC, heading, look_toggle, notice
from ui.settings import sidebar
from ui.settings.link import CLEARING_HOUSES, OTHERS, LinkError, decode_page, encode, own
from ui.settings.page_settings import Setting
from ui.settings.run_settings import Choice

KNOWN = "address:known"
REFUSED = "address:refused"
SAID = "address:said"
AGAIN = "address:again"  # whether this run was begun by code
LINK = "address:link"
HELD = "address:held"  # a link that could not be opened, and the settings beside which it stays in the address line
RULES = "pages/rules_side_by_side.py"
LONGEST = 50

_copy = component(
    "shortfall_copy",
    html='<button type="button" disabled>Copy link</button>',
    js=(STATIC / "copy_link.js").read_text(encoding="utf-8"),
    css=(STATIC / "copy_link.css").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a page says: the page's settings, and the replay's and what is pinned where it shows them."""

    settings: tuple[Setting, ...] = ()
    has_replay: bool = False
    has_pin: bool = False

    def read(self) -> None:
        """Take over a link that was just opened (or gone back to); once per run, before anything is drawn."""
        st.session_state[AGAIN] = st.session_state.pop(RERUN, False)
        given = _parameters()
        if not given or _is_known(given):
            return
        st.session_state[KNOWN] = [given]
        try:
            opened = decode_page(given, self.settings, has_replay=self.has_replay, has_pin=self.has_pin)
        except LinkError as error:
            st.session_state[REFUSED] = [f"The link was not opened. {error}"]
            st.session_state[HELD] = (given, self._wanted())
            return
        st.session_state.pop(HELD, None)
        st.session_state[REFUSED] = [f"Left out of the link: {each}" for each in opened.left_out]
        if opened.choice is not None:
            sidebar.choose(opened.choice)
        if self.has_pin:
            sidebar.pin(opened.pinned)
        for setting, value in opened.values:
            setting.put(value)

    def write(self) -> None:
        """Put the settings into the address line, also after a page change has emptied it.

        A page that nobody has touched keeps its bare address, and a link that could not be opened stays as it was.
        """
        wanted, given = self._wanted(), _parameters()
        st.session_state[LINK] = wanted
        if given == wanted or (not given and wanted == self._untouched()):
            return
        if st.session_state.get(HELD) == (given, wanted):
            return
        others = {name: text for name, text in st.query_params.to_dict().items() if name in OTHERS}
        st.query_params.from_dict({**wanted, **others})
        known = st.session_state.setdefault(KNOWN, [])
        st.session_state[KNOWN] = [*known[-LONGEST:], wanted]

    def _wanted(self) -> dict[str, str]:
        choice = sidebar.current() if self.has_replay else None
        return encode(choice, self.settings, sidebar.pinned() if self.has_pin else None)

    def _untouched(self) -> dict[str, str]:
        return encode(Choice(sidebar.presets()[0]) if self.has_replay else None)


def top(title: str, text: str, mark: str, *, has_link: bool = True) -> None:
    """Draw a page's heading with the button of its link and the switch of its look, and what of a link was refused."""
    with st.container(horizontal=True, vertical_alignment="top", key="top"):
        heading(title, text, mark)
        if has_link:
            copy_link()
        look_toggle()
    say_refused()


def say_refused() -> None:
    """Say what of a link was not opened, until something is chosen."""
    before = st.session_state.get(SAID, ()) if st.session_state.get(AGAIN) else ()
    st.session_state[SAID] = st.session_state.pop(REFUSED, before)
    for sentence in st.session_state[SAID]:
        notice(sentence, "warning")
        if CLEARING_HOUSES in sentence:
            house = next(name for name in clearing_house_names() if load_clearing_house(name).title in sentence)
            st.page_link(
                RULES, label=f"{load_clearing_house(house).title}: its waterfall", query_params={"house": house}
            )


def address_of(choice: Choice) -> str:
    """Return the whole link of a replay's run, as a file names where it comes from."""
    base = "/".join(str(st.context.url or "").split("?")[0].split("/")[:3])
    return f"{base}/live_cascade?{urlencode(encode(choice))}"


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
    if not st.session_state.get(AGAIN):  # what code runs again is no answer of the browser's
        st.session_state[KNOWN] = known[known.index(given) :]
    return True


def _parameters() -> dict[str, str]:
    return own(st.query_params.to_dict())
