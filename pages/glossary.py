"""Glossary: the field's terms, each defined, worked out and shown in the running app."""

from __future__ import annotations

import streamlit as st

from ui.frame import layout
from ui.frame.formats import counted
from ui.frame.terms import terms
from ui.glossary import view
from ui.settings import address

ADDRESS = address.Address(view.SETTINGS)
BOX = "glossary:box"


def on_search() -> None:
    """Keep what is looked for; the term of a link gives way to it."""
    view.SEARCH.put(" ".join(st.session_state[BOX].split())[: view.LONGEST])
    view.TERM.put("")


def answer() -> None:
    """Draw what the search finds, or the term of the link, the five ideas, and all other terms."""
    if view.SEARCH.value:
        hits = view.found(view.SEARCH.value)
        if not hits:
            layout.notice(f"No term has {view.SEARCH.value!r} in it. Try a shorter word, such as fund or price.")
            return
        st.caption(f"{counted(len(hits), 'term')} found")
        view.entries(hits)
        return
    asked = tuple(term for term in terms() if term.anchor == view.TERM.value)
    if asked:
        view.entries(asked)
        st.divider()
    st.html('<h2 class="sf-part">Five ideas, and where each is in this product</h2>')
    view.entries(tuple(term for term in terms() if term.is_idea and term not in asked))
    st.html('<h2 class="sf-part">All terms</h2>')
    view.entries(tuple(term for term in terms() if not term.is_idea and term not in asked))


layout.style()
layout.own_style("glossary")
ADDRESS.read()
ADDRESS.write()
layout.top(
    "Glossary",
    "What the words on the pages mean: a sentence, a sum worked out by the engine, and a link that shows it running.",
    "computed",
    address.copy_link,
)
address.say_refused()
st.session_state[BOX] = view.SEARCH.value
st.text_input("Search the terms", key=BOX, on_change=on_search, placeholder="haircut", max_chars=view.LONGEST)
answer()
