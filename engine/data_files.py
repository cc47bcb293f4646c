"""Files of data/: documents, tables of rows, and cells that hold several parts."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"


def names_in(folder: str) -> tuple[str, ...]:
    """Return the names of the documents in a folder of data/, sorted."""
    return tuple(sorted(path.stem for path in (DATA / folder).glob("*.toml")))


def document_of(folder: str, name: str) -> dict[str, Any]:
    """Return a document of a folder of data/."""
    return tomllib.loads((DATA / folder / f"{name}.toml").read_text(encoding="utf-8"))


def rows_of(file: str) -> list[dict[str, str]]:
    """Return the rows of a table in data/, each by its columns."""
    with (DATA / file).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def several(cell: str) -> tuple[str, ...]:
    """Return the parts of a cell, which bars part."""
    return tuple(part for part in cell.split(" | ") if part)
