"""The table of what was checked, data/validation.csv and in docs/method.md: written by the tests that check it."""

from __future__ import annotations

import csv
import io
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = ROOT / "data" / "validation.csv"
WRITE = os.environ.get("VALIDATION") == "write"  # make validation
CHECKS = ("run on", "vectors", "oracle", "closed forms", "replays", "hindcast", "mutants", "speed")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table; `asked` and `agree` are counts that hold on any machine, the rest is as it was measured."""

    check: str
    what: str
    asked: str = ""
    agree: str = ""
    worst: str = ""
    limit: str = ""
    note: str = ""
    test: str = ""
    on: str = ""


NAMES = tuple(field.name for field in fields(Row))


def read() -> list[Row]:
    """The rows of the file."""
    with FILE.open(encoding="utf-8", newline="") as source:
        return [Row(**row) for row in csv.DictReader(source)]


def text_of(rows: Iterable[Row]) -> str:
    """The rows as the file has them, in the order of CHECKS."""
    text = io.StringIO()
    writer = csv.DictWriter(text, NAMES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in sorted(rows, key=lambda row: CHECKS.index(row.check)))
    return text.getvalue()


def write(found: list[Row]) -> None:
    """Put rows into the file in place of those of the same checks, and the file into docs/method.md."""
    from ui.method import document

    checks = {row.check for row in found}
    kept = [row for row in read() if row.check not in checks] if FILE.exists() else []
    FILE.write_text(text_of([*kept, *found]), encoding="utf-8")
    document.DOCUMENT.write_text(document.renewed(document.DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def today() -> str:
    """The day of the run."""
    return datetime.now(UTC).date().isoformat()


def machine() -> str:
    """Versions and machine of the run."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "streamlit"))
    processors = f"{os.cpu_count()} processors ({platform.machine()})"
    return f"Python {platform.python_version()}, {libraries}, {platform.system()}, {processors}"
