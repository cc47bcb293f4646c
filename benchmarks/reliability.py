"""docs/reliability.md: what was tried, how often, what happened. `python benchmarks/reliability.py` writes it anew.

It is made from reliability.json beside this file: the faults that there were with the tests that hold them, what was
tried by hand or by a test, and what the scripts here measured, which put their own rows there with `--record`.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_suffix(".json")
PAGE = ROOT / "docs" / "reliability.md"


@dataclass(frozen=True, slots=True)
class Tried:
    """One row: its name, what was tried, how often, what happened, and the script or test that does it again."""

    name: str
    tried: str
    times: str
    happened: str
    again: str


def record(row: Tried, load: float) -> None:
    """Keep a row that a script measured, with this day, this machine and the load average before it; write the page."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    made = {**asdict(row), "measured": f"{date.today()}, {machine()}, load average {load:.1f}"}
    kept["measured"] = [each for each in kept["measured"] if each["name"] != row.name] + [made]
    kept["measured"].sort(key=lambda each: str(each["name"]))
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept), encoding="utf-8")


def machine() -> str:
    """This machine, in short; on Linux with the family of its processors, of which the newest is twice as fast."""
    info, kind = Path("/proc/cpuinfo"), platform.machine()
    if info.is_file():
        rows = dict(line.split(":", 1) for line in info.read_text(encoding="utf-8").splitlines() if ":" in line)
        known = {name.strip(): value.strip() for name, value in rows.items()}
        kind = f"{known.get('model name', kind)} family {known.get('cpu family', 'unknown')}"
    return f"{os.cpu_count()} processors ({kind}), Python {platform.python_version()}"


def page(kept: dict[str, Any]) -> str:
    """The page as text."""
    tried = [(each["tried"], each["times"], each["happened"], code(each["again"])) for each in kept["tried"]]
    measured = [
        (each["tried"], each["times"], each["happened"], each["measured"], code(each["again"]))
        for each in kept["measured"]
    ]
    faults = [(str(each["number"]), each["fault"], each["now"], code(*each["tests"])) for each in kept["faults"]]
    return "\n".join(
        (
            "# What was tried, and what happened",
            "",
            *paragraphs(kept["about"]),
            "## Measured",
            "",
            *table(("tried", "times", "happened", "when and where", "again with"), measured),
            "",
            "## Tried by tests and by hand",
            "",
            *table(("tried", "times", "happened", "again with"), tried),
            "",
            "## Faults that there were",
            "",
            *table(("", "fault", "now", "test"), faults),
            "",
            "## Not tried, and known limits",
            "",
            *(f"- {each}" for each in kept["limits"]),
            "",
        )
    )


def paragraphs(texts: list[str]) -> list[str]:
    """Each text and an empty line."""
    return [line for text in texts for line in (text, "")]


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """A table in Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines]


def code(*names: str) -> str:
    """Files and tests as they are written in code."""
    return ", ".join(f"`{name}`" if "/" in name else name for name in names)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(KEPT.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
