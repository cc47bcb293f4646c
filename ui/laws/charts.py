"""The matrix of rules and laws: as a table to click in, and as text in large type and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from engine import LAW_TABLE, POLICIES, law_matrix
from ui.frame import layout
from ui.laws.texts import LAW_TEXTS

KEPT, BROKEN = "✓", "✗"
RULE_HEAD = "Rule"
ROW, HEAD = 29, 39  # pixels
TINT = {KEPT: "background-color: rgba(0,114,178,.14)", BROKEN: "background-color: rgba(213,94,0,.32); font-weight: 600"}


def matrix_frame() -> pd.DataFrame:
    """Return a row for each rule, a column for each law: kept or broken."""
    verdicts = law_matrix()
    columns = {
        LAW_TEXTS[law].head: [KEPT if kept[law].is_kept else BROKEN for kept in verdicts.values()] for law in LAW_TABLE
    }
    return pd.DataFrame({RULE_HEAD: [POLICIES[rule].label for rule in verdicts], **columns})


def law_of(head: str) -> str | None:
    """Return the law whose column has this head, None for the column of the rules."""
    return next((law for law, text in LAW_TEXTS.items() if text.head == head), None)


def clickable_matrix(frame: pd.DataFrame, *, key: str, on_select: Callable[[], None]) -> None:
    """Draw the matrix as a table in which one cell can be chosen."""
    heads: dict[str, Any] = {RULE_HEAD: st.column_config.Column(width=252)}
    for name, law in LAW_TABLE.items():
        text, about = LAW_TEXTS[name], f"{law.label}. {law.meaning}"
        heads[text.head] = st.column_config.Column(width=text.width, alignment="center", help=about)
    st.dataframe(
        frame.style.map(lambda sign: TINT.get(sign, "")),
        key=key,
        hide_index=True,
        on_select=on_select,
        selection_mode="single-cell",
        height=ROW * len(frame) + HEAD,
        row_height=ROW,
        column_config=heads,
    )


def text_matrix(frame: pd.DataFrame) -> None:
    """Draw the matrix as text: in large type, and on a narrow screen, where its heads stand upright."""
    heads = "".join(f"<th scope=col><span>{escape(name)}</span></th>" for name in frame.columns[1:])
    rows = "".join(
        f"<tr><th scope=row>{escape(rule)}</th>"
        + "".join(f'<td class="sf-{"kept" if sign == KEPT else "broken"}">{sign}</td>' for sign in signs)
        + "</tr>"
        for rule, *signs in frame.itertuples(index=False)
    )
    look = "sf-laws" if layout.is_large() else "sf-laws sf-phone"
    st.html(f'<table class="{look}"><thead><tr><th>{RULE_HEAD}</th>{heads}</tr></thead><tbody>{rows}</tbody></table>')


def meanings() -> None:
    """Draw what each column promises, for the heads have room for a word only."""
    words = "".join(
        f"<div><dt>{escape(text.head)}</dt><dd>{escape(text.short)}</dd></div>" for text in LAW_TEXTS.values()
    )
    st.html(f'<dl class="sf-laws-short">{words}</dl>')
