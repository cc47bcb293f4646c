"""What the page Laws shows: the verdicts as a table of signs. Streamlit is not imported here."""

from __future__ import annotations

import pandas as pd

from engine import LAW_TABLE, POLICIES, law_matrix
from ui.laws.texts import LAW_TEXTS

KEPT, BROKEN = "✓", "✗"
RULE_HEAD = "Rule"


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
