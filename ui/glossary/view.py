"""The entries of the glossary as HTML: definition, formula, worked line, control, example, source."""

from __future__ import annotations

import re
from html import escape

import streamlit as st

from engine import load_preset
from ui.frame.terms import Term, terms
from ui.glossary.evidence import evidence
from ui.glossary.worked import worked
from ui.settings.page_settings import Text

LONGEST = 60


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _anchor(text: str) -> str:
    if text and text not in {term.anchor for term in terms()}:
        raise ValueError(f"{text[:40]!r} is no term of the glossary; here are all of them.")
    return text


SEARCH = Text(key="glossary:search", name="q", label="Search", check=_short, help="A word of a term or its definition.")
TERM = Text(key="glossary:term", name="term", label="Term", check=_anchor, help="The term that a link opens.")
SETTINGS = (SEARCH, TERM)


def found(query: str) -> tuple[Term, ...]:
    """Return the terms that a search finds: all its words in name, other names or definition; names first."""
    words = query.lower().split()
    hits = [term for term in terms() if all(word in _text_of(term) for word in words)]
    return tuple(sorted(hits, key=lambda term: not all(word in _names(term) for word in words)))


def _names(term: Term) -> str:
    return " ".join((term.name, *term.words)).lower()


def _text_of(term: Term) -> str:
    return f"{_names(term)} {term.definition}".lower()


def entry(term: Term) -> str:
    """Return an entry."""
    also = f' <span class="sf-also">also: {escape(", ".join(term.words))}</span>' if term.words else ""
    parts = [f"<h3>{escape(term.name)}{also}</h3><p>{escape(term.definition)}</p>"]
    if term.formula:
        parts.append(f'<p class="sf-formula">{escape(term.formula)}</p>')
    if term.worked:
        parts.append(f"<p><b>Worked out:</b> {escape(worked(term.worked))}</p>")
    if term.is_idea:
        preset = load_preset(term.preset)
        parts.append(f"<p><b>In the preset {escape(preset.title)}:</b> {escape(preset.summary)}</p>")
        parts.append(f"<p><b>On record:</b> {escape(evidence(term.anchor))}</p>")
    show = f'<a href="{escape(address(term), quote=True)}" target="_self">Show me</a> · ' if term.page else ""
    source = _source(term.source)
    parts.append(f'<p class="sf-meta">{show}Control: {escape(term.where)} · {source}</p>')
    return f'<article class="sf-entry" id="{term.anchor}">{"".join(parts)}</article>'


def address(term: Term) -> str:
    """Return the link into the running app."""
    return f"{term.page}?v=1&{term.link}" if term.link else term.page


def _source(source: str) -> str:
    if not source.startswith("https://"):
        return escape(source)
    name = re.sub(r"^https://(www\.)?", "", source).split("/")[0]
    return f'<a href="{escape(source, quote=True)}" target="_blank" rel="noopener noreferrer">{escape(name)}</a>'


def entries(found_terms: tuple[Term, ...]) -> None:
    """Draw entries in columns as wide as they are readable."""
    st.html(f'<div class="sf-entries">{"".join(map(entry, found_terms))}</div>')
