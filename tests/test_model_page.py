"""The page of the model: every citation names a section and a term that are there, and every policy has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import POLICIES
from engine.sharing.policy_record import PRICES, SCORES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "MODEL.md").read_text(encoding="utf-8")
FOLDERS = ("engine", "ui", "pages", "tests", "benchmarks")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

# docs/MODEL.md section 4 | sections 2 to 5 | section 4, "Policies" | section 4, `talmud`
CITATION = re.compile(
    r"(?P<folder>\S*)MODEL\.md(?:[\s#]+sections?\s+(?P<first>\d+)(?:\s+(?:to|and)\s+(?P<last>\d+))?"
    r"(?:,\s+(?:\"(?P<term>[^\"]+)\"|`(?P<name>[^`]+)`))?)?"
)


def sections() -> dict[int, str]:
    """Text of each numbered section by its number."""
    parts = re.split(r"^## (\d+) ", PAGE, flags=re.MULTILINE)[1:]
    return {int(number): text for number, text in zip(parts[::2], parts[1::2], strict=True)}


def wrong_citations(text: str) -> list[str]:
    """Citations of the model in a text that lead nowhere."""
    known, wrong = sections(), []
    for found in CITATION.finditer(text):
        numbers = {int(number) for number in (found["first"], found["last"]) if number}
        term = found["term"] or (f"`{found['name']}`" if found["name"] else "")
        if (
            not found["folder"].endswith("docs/")
            or not numbers
            or not numbers <= set(known)
            or not any(term in known[number] for number in numbers)
        ):
            wrong.append(found.group())
    return wrong


def test_the_sections_are_numbered_one_to_eight() -> None:
    assert list(sections()) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_every_citation_leads_to_a_section_and_a_term_that_are_there() -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in SOURCES
        if path != Path(__file__) and (found := wrong_citations(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    [
        "see MODEL.md section 4",
        "docs/MODEL.md",
        "docs/MODEL.md section 9",
        "docs/MODEL.md sections 5 to 10",
        'docs/MODEL.md section 4, "Policy tables"',
        "docs/MODEL.md section 3, `talmud`",
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text: str) -> None:
    assert wrong_citations(text) == [text.removeprefix("see ")]


def test_a_citation_that_leads_somewhere_is_left_alone() -> None:
    text = 'docs/MODEL.md section 4, `talmud`; docs/MODEL.md sections 2 to 5; docs/MODEL.md section 4, "Policies"'
    assert len(CITATION.findall(text)) == 3
    assert wrong_citations(text) == []


def test_every_policy_score_and_price_is_on_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", sections()[4], flags=re.MULTILINE)
    assert sorted(rows) == sorted(POLICIES)
    rows = re.findall(r"^\| `(\w+)`", sections()[5], flags=re.MULTILINE)
    assert sorted(rows) == sorted([*SCORES, *(name for name in POLICIES if name.startswith("adl_"))])
    assert all(f'"{price}"' in sections()[5] for price in PRICES)
