"""How a visitor gets in: the pages in their menus, the wait for a compilation, a seat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from ui.frame import sessions
from ui.frame.layout import notice
from ui.frame.server import is_warm, wait_until_warm

ROOT = Path(__file__).parents[2]


def menus(pages: Mapping[str, Mapping[str, str]], start: str) -> dict[str, list[st.Page]]:
    """Return the pages of each menu, given as titles and files; `start` is the file of the first one.

    Raises
    ------
    FileNotFoundError
        A file is not there.
    """
    missing = [file for menu in pages.values() for file in menu.values() if not (ROOT / file).is_file()]
    if missing:
        raise FileNotFoundError(f"PAGES must name files that exist, had {', '.join(missing)}")
    return {
        name: [page for title, file in menu.items() for page in _links(title, file, is_first=file == start)]
        for name, menu in pages.items()
    }


def _links(title: str, file: str, *, is_first: bool) -> list[st.Page]:
    """Return a page, and the first one twice: it opens at / and answers to its own name too, as all the others do.

    It is shown there and not redirected: a redirect adds an entry to the browser's history, and Back ends in it.
    """
    if not is_first:
        return [st.Page(ROOT / file, title=title)]
    own_link = st.Page(ROOT / file, title=title, url_path=Path(file).stem, visibility="hidden")
    return [st.Page(ROOT / file, title=title, url_path="start", default=True), own_link]


def is_let_in() -> bool:
    """Wait until the engine is compiled, and return whether there is a seat; where there is none, say so."""
    if not is_warm():
        with st.spinner("Compiling the engine: once after an installation, about ten seconds."):
            wait_until_warm()
    if not sessions.has_seat():
        notice(sessions.FULL.format(most=sessions.MOST))
        return False
    return True
