"""The venues' own worked numbers, counted: how many the simulator was asked, and how many it agrees with."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.errors import Checker

VECTORS = Path(__file__).parents[2] / "data" / "vectors.csv"
COLUMNS = ("venue", "asked", "agree", "differ", "cannot be asked", "facts", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNumbers:
    """The published numbers of one venue.

    Parameters
    ----------
    venue : str
    asked, agree, differ : int
        Put to the simulator through the public API; agree and differ add up to asked.
    cannot_be_asked : int
        About something that the model does not have.
    facts : int
        Constants of a document, which no calculation could get wrong.
    note : str
        Why it differs; empty where it does not.
    """

    venue: str
    asked: int
    agree: int
    differ: int
    cannot_be_asked: int
    facts: int
    note: str


@lru_cache(maxsize=4)
def venue_numbers(file: Path = VECTORS) -> tuple[VenueNumbers, ...]:
    """Return the counts by venue, in the order of the file.

    Raises
    ------
    InputError
        For a missing or unknown column, a count that is none, and counts that do not add up.
    """
    check = Checker("vectors")
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            check.add("columns", ", ".join(COLUMNS), reader.fieldnames)
        check.raise_if_any()
        rows = list(reader)
    for row in rows:
        counts = [row[name] for name in COLUMNS[1:-1]]
        if not all(count.isdigit() for count in counts):
            check.add(row["venue"], "counts >= 0", counts)
        elif int(row["agree"]) + int(row["differ"]) != int(row["asked"]):
            check.add(row["venue"], "of agree + differ = asked", counts)
    check.raise_if_any()
    return tuple(
        VenueNumbers(
            venue=row["venue"],
            note=row["note"],
            **{name.replace(" ", "_"): int(row[name]) for name in COLUMNS[1:-1]},
        )
        for row in rows
    )
