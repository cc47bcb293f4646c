"""The venues' own worked numbers, counted: how many the simulator was asked, and how many it agrees with."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.errors import Checker

VECTORS = Path(__file__).parents[2] / "data" / "vectors.csv"
COUNTS = (
    *("vectors", "asked", "agree", "agree_in_part", "differ"),
    *("cannot_be_asked", "no_concept", "facts", "fact_keys"),
)
COLUMNS = ("venue", *COUNTS, "note")
SUMS = "all"  # the row of sums


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueNumbers:
    """The worked examples that one venue published.

    Parameters
    ----------
    venue : str
    vectors : int
        Examples in all: asked, cannot be asked, no concept, and facts.
    asked, agree, agree_in_part, differ : int
        Put to the simulator through the public API with the venue's preset, and what came of it; agreeing in part is
        agreeing in everything that the model has.
    cannot_be_asked, no_concept : int
        The model has the mechanism but not this input; it does not have the mechanism.
    facts, fact_keys : int
        Examples, and single numbers of others, that are constants of a document: no calculation could get them wrong.
    note : str
        Why it differs; empty where it does not.
    """

    venue: str
    vectors: int
    asked: int
    agree: int
    agree_in_part: int
    differ: int
    cannot_be_asked: int
    no_concept: int
    facts: int
    fact_keys: int
    note: str


@lru_cache(maxsize=4)
def venue_numbers(file: Path = VECTORS) -> tuple[VenueNumbers, ...]:
    """Return the counts by venue, in the order of the file, without its row of sums.

    Raises
    ------
    InputError
        For other columns than COLUMNS, a count that is none, and counts that do not add up.
    """
    check = Checker("vectors")
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            check.add("columns", ", ".join(COLUMNS), reader.fieldnames)
        check.raise_if_any()
        rows = [row for row in reader if row["venue"] != SUMS]
    for row in rows:
        if not all(row[name].isdigit() for name in COUNTS):
            check.add(row["venue"], "counts >= 0", [row[name] for name in COUNTS])
    check.raise_if_any()
    found = tuple(
        VenueNumbers(venue=row["venue"], note=row["note"], **{name: int(row[name]) for name in COUNTS}) for row in rows
    )
    for one in found:
        if one.agree + one.agree_in_part + one.differ != one.asked:
            check.add(one.venue, "asked = agree + agree_in_part + differ", one.asked)
        if one.asked + one.cannot_be_asked + one.no_concept + one.facts != one.vectors:
            check.add(one.venue, "vectors = asked + cannot_be_asked + no_concept + facts", one.vectors)
    check.raise_if_any()
    return found
