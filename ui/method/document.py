"""docs/method.md: its text is written by hand, its two tables by this module (`python -m ui.method.document`).

Streamlit is not imported here.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from engine import POLICIES, Policy

ROOT = Path(__file__).parents[2]
DOCUMENT, VALIDATION = ROOT / "docs" / "method.md", ROOT / "data" / "validation.csv"
PLACE = r"(?<=<!-- {0} -->\n).*?(?=<!-- /{0} -->)"
TABLE = "engine/sharing/policy_table.py"
CODE = {"adl": "engine/sharing/adl_selection.py", "none": TABLE}
ADDRESS = re.compile(r"https?://\S+")
COMMIT = re.compile(r"([\w-]+/[\w.-]+) ([0-9a-f]{12})\b")
LINK = re.compile(r"\[([^]]*)\]\(([^)]*)\)")

CHECKS = {
    "vectors": "Numbers that venues publish",
    "oracle": "generated books, kernel against a slow reading of the model",
    "closed forms": "closed forms",
    "replays": "figures of replays within their tolerance",
    "hindcast": "venues and eras, days on which winners pay against the record",
    "mutants": "one-line changes of the engine that tests must notice",
}
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document: its title and its blocks, each Markdown text or the rows of a table."""

    title: str
    blocks: tuple[str | list[Row], ...]


def rule_rows() -> list[Row]:
    """Return a row for each rule: name, who pays, who uses it, its code, its source."""
    return [
        {
            "rule": policy.label,
            "name": f"`{name}`",
            "who pays": policy.who_pays,
            "used by": policy.used_by,
            "code": CODE.get(policy.family, "engine/sharing/rules.py"),
            "source": _source(policy),
        }
        for name, policy in POLICIES.items()
    ]


def _source(policy: Policy) -> str:
    found = ADDRESS.search(policy.source)
    if found:
        return found.group().rstrip(".,;)")
    paper, commit = re.search(r"arXiv (\d{4}\.\d{5})", policy.source), COMMIT.match(policy.source)
    if paper:
        return f"https://arxiv.org/abs/{paper[1]}"
    return f"https://github.com/{commit[1]}/tree/{commit[2]}" if commit else policy.source.split(" (read")[0]


def validation_rows() -> list[Row]:
    """Return the rows that the tests wrote."""
    with VALIDATION.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def checked_sentence() -> str:
    """Return the rows that the tests wrote, counted by what was checked."""
    counts: dict[str, list[int]] = {}
    for row in validation_rows():
        if row["agree"]:
            sums = counts.setdefault(row["check"], [0, 0])
            sums[0] += int(row["agree"])
            sums[1] += int(row["asked"])
    rows = {row["check"]: row for row in validation_rows()}
    parts = [f"{CHECKS[check]}: {agree} of {asked} agree" for check, (agree, asked) in counts.items()]
    if not rows["mutants"]["agree"]:
        parts.append(f"{CHECKS['mutants']}: {rows['mutants']['note']}")
    return f"{'; '.join(parts)}. Run on {rows['run on']['on']}: {rows['run on']['what']}."


def markdown(rows: list[Row]) -> str:
    """Return rows as a table in Markdown."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return f"<{text}>" if ADDRESS.fullmatch(text) else text.replace("|", "/")


def renewed(text: str) -> str:
    """Return the document with both tables as they are now."""
    for name, rows in (("rules", rule_rows()), ("validation", validation_rows())):
        table = markdown(rows)
        text, n = re.subn(PLACE.format(name), lambda _found, table=table: table, text, flags=re.DOTALL)
        if n != 1:
            raise ValueError(f"docs/method.md must have one place for {name}, had {n}")
    return text


def sections() -> list[Section]:
    """Return the document in parts, as the page shows it; links to files of the project become their paths."""
    parts = re.split(r"^#{1,2} (.+)\n", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [Section(title, _blocks(body)) for title, body in zip(parts[::2], parts[1::2], strict=True)]


def _blocks(body: str) -> tuple[str | list[Row], ...]:
    found: list[str | list[Row]] = []
    plain = LINK.sub(lambda link: link[0] if ADDRESS.match(link[2]) else f"`{link[1]}`", body)
    for block in re.split(r"\n\s*\n", re.sub(r"<!-- .*? -->\n?", "", plain).strip("\n")):
        lines = block.splitlines()
        if block.startswith("    "):
            block = f"```text\n{dedent(block)}\n```"
        found.append(_table(lines) if lines and lines[0].startswith("|") else block)
    return tuple(found)


def _table(lines: list[str]) -> list[Row]:
    cells = [[cell.strip().strip("`<>") for cell in line.strip().strip("|").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
