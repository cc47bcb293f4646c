"""The page of the method: the one document, its tables as rows, and the counts of what was checked."""

from __future__ import annotations

import csv
from pathlib import Path

from engine import POLICIES
from tests.app.boards import open_page, text_of
from ui.method.document import checked_sentence, rule_rows, sections

DATA = Path(__file__).parents[2] / "data"


def test_the_page_shows_the_whole_document() -> None:
    app = open_page("pages/method.py")
    said = [element.value for element in app.markdown]
    text = text_of(app)
    for section in sections():
        assert section.title == "Method" or f"**{section.title}**" in said
        for block in section.blocks:
            if isinstance(block, str):
                assert block.replace("$", "\\$") in said
            else:
                assert all(cell in text for row in block for cell in row.values() if "://" not in cell)
    assert len(sections()) == 7
    assert checked_sentence() in text


def test_every_rule_stands_there_with_a_file_of_code_and_a_source() -> None:
    rows = rule_rows()
    assert [row["rule"] for row in rows] == [policy.label for policy in POLICIES.values()]
    assert all(row["source"] for row in rows)
    shown = next(block for section in sections() for block in section.blocks if isinstance(block, list))
    assert [row["name"] for row in shown] == list(POLICIES)
    assert {row["name"]: row["source"] for row in shown}["adl_minimax_leverage"] == "https://arxiv.org/abs/2603.15963"


def test_the_sentence_counts_the_rows_of_the_file() -> None:
    with (DATA / "validation.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    vectors = [row for row in rows if row["check"] == "vectors"]
    agree, asked = sum(int(row["agree"]) for row in vectors), sum(int(row["asked"]) for row in vectors)
    assert f"{agree} of {asked} agree" in checked_sentence()
    assert next(row["what"] for row in rows if row["check"] == "run on") in checked_sentence()
    assert all(row["test"] for row in rows if row["check"] != "run on")
