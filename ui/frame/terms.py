"""The field's terms, and sentences in which a page's first use of one has its definition on hover, focus and tap."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "data" / "glossary.toml"
USED = "terms:used"  # {term: where on the page it stands}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term: what it is, its formula, where it is a control, an example, its source, a worked line, a preset."""

    name: str
    definition: str
    where: str
    page: str
    source: str
    link: str = ""
    formula: str = ""
    worked: str = ""
    preset: str = ""
    words: tuple[str, ...] = ()
    is_idea: bool = False

    @property
    def anchor(self) -> str:
        """The term as an address names it."""
        return re.sub(r"[^a-z]+", "-", self.name.lower()).strip("-")


@cache
def terms() -> tuple[Term, ...]:
    """Return all terms by name, the five ideas first."""
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = [
        Term(**{**row, "words": tuple(row.get("words", ()))}, is_idea=kind == "idea")
        for kind in ("idea", "term")
        for row in document[kind]
    ]
    return tuple(sorted(found, key=lambda term: (not term.is_idea, term.name.lower())))


@cache
def _by_word() -> dict[str, Term]:
    return {word.lower(): term for term in reversed(terms()) for word in (*term.words, term.name)}


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_by_word(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, words))})(s?)(?![\w-])", re.IGNORECASE)


def forget() -> None:
    """Begin a page: every term is new again; once per run."""
    _state()[USED] = {}


def _state() -> Any:
    import streamlit as st  # here: sentences are made without it, they are explained on a page

    return st.session_state


def words_in(text: str, place: str = "") -> list[tuple[str, Term]]:
    """Return the words of a text that are a page's first use of a term; `place` is where the text stands."""
    used: dict[str, str] = _state().setdefault(USED, {})
    place, here, found = place or text, set(), []
    for match in _pattern().finditer(text):
        term = _by_word()[match[1].lower()]
        if term.name not in here and used.setdefault(term.name, place) == place:
            here.add(term.name)
            found.append((match[0], term))
    return found


def defined(text: str, place: str) -> list[tuple[str, str]]:
    """Return the words of a board's sentence that are a page's first use of a term, each with its definition."""
    return [(word, term.definition) for word, term in words_in(text, place)]


def explained(text: str, place: str = "") -> str:
    """Return a text as HTML in which the first use of a term on the page is a button with its definition."""
    parts, rest = [], text
    for word, term in words_in(text, place):
        before, _, rest = rest.partition(word)
        name = f"sf-term-{term.anchor}"
        parts.append(
            f'{escape(before)}<button type="button" class="sf-term" aria-describedby="{name}">{escape(word)}</button>'
            f'<span class="sf-tip" role="tooltip" id="{name}">{escape(term.definition)}</span>'
        )
    return "".join(parts) + escape(rest)
