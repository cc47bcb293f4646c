"""What a session has of its own: a book, prices, a venue. They are kept in the session alone and end with it."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from typing import Any
from weakref import finalize

import streamlit as st

from engine import OwnBook, forget, venue_preset_names
from ui.charts.run_view import forget_runs
from ui.frame.kept import when_empty
from ui.frame.sessions import Held

DATA = "own:data"
ANSWERS = 16  # entries from which on a cache keeps answers, which hold what they were asked about


@dataclass(slots=True)
class Kept:
    """What is to be let go of when a session ends: names of presets and venues, and books."""

    names: list[str] = field(default_factory=list)
    books: list[OwnBook] = field(default_factory=list)

    def end(self) -> None:
        """Let go of it, and of every answer that could still hold some of it."""
        names, books = self.names.copy(), self.books.copy()
        self.names.clear()
        self.books.clear()
        if not names and not books:
            return
        forget(names)
        for book in books:
            book.end()
        forget_runs(names)
        forget_answers()

    def end_soon(self) -> None:
        """Do so on a thread of its own: a session ends where locks may be held."""
        threading.Thread(target=self.end, name="own-data-ends", daemon=True).start()


class FilePart:
    """What was read of a file; `drop` lets go of it, whatever still names the part."""

    __slots__ = ()

    def drop(self) -> None:
        """Let go of what was read."""
        raise NotImplementedError


class OwnData(Held):
    """The session's own data, by kind ("book", "prices", "venue"); lives as long as the session's state."""

    def __init__(self) -> None:
        self.kept = Kept()
        self.parts: dict[str, Any] = {}
        self.preset = self.venue = ""
        self.market_book: OwnBook | None = None
        finalize(self, self.kept.end_soon).atexit = False

    def end(self) -> None:
        """Let go of the files and of what was made of them."""
        for part in self.parts.values():
            if isinstance(part, FilePart):
                part.drop()
        self.parts.clear()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Let go of what was made of earlier files."""
        self.kept.end()
        self.preset = self.venue = ""
        self.market_book = None


def own_data() -> OwnData:
    """Return the session's own data, empty at first."""
    if DATA not in st.session_state:
        st.session_state[DATA] = OwnData()
    found: OwnData = st.session_state[DATA]
    return found


def has_own() -> bool:
    """Return whether the session has anything of its own."""
    return DATA in st.session_state and bool(own_data().parts)


def own_presets() -> list[str]:
    """Return the names of the session's own presets."""
    return [own_data().preset] if has_own() and own_data().preset else []


def own_venues() -> list[str]:
    """Return the names of the session's own venues."""
    return [own_data().venue] if has_own() and own_data().venue else []


def venue_names() -> tuple[str, ...]:
    """Return the names of all venues, the session's own first."""
    return (*own_venues(), *venue_preset_names())


@when_empty
def forget_answers() -> None:
    """Empty the caches of answers of all pages: their keys hold what was asked about."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ui."):
            for value in list(vars(module).values()):
                if isinstance(value, _lru_cache_wrapper) and (value.cache_parameters()["maxsize"] or 0) >= ANSWERS:
                    value.cache_clear()
