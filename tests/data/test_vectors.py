"""The counts of the venues' own numbers: read as they stand, and refused where they do not add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import InputError, VenueNumbers, venue_numbers
from engine.laws.venue_numbers import COLUMNS

HEAD = ",".join(COLUMNS)


def read(folder: Path, *rows: str) -> tuple[VenueNumbers, ...]:
    file = folder / "vectors.csv"
    file.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return venue_numbers(file)


def test_every_venue_that_differs_says_why() -> None:
    rows = venue_numbers()
    assert {"dYdX v4", "Bybit", "BitMEX"} <= {row.venue for row in rows}
    assert "all" not in {row.venue for row in rows}
    assert all(row.note for row in rows if row.differ)


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "Kraken,10,6,3,2,1,1,2,1,4,rounded down", "all,10,6,3,2,1,1,2,1,4,")
    assert row == VenueNumbers(
        venue="Kraken", vectors=10, asked=6, agree=3, agree_in_part=2, differ=1, cannot_be_asked=1, no_concept=2,
        facts=1, fact_keys=4, note="rounded down",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Kraken,10,6,3,2,2,1,2,1,4,", "vectors.Kraken must be asked = agree"),
        ("Kraken,11,6,3,2,1,1,2,1,4,", "vectors.Kraken must be vectors = asked"),
        ("Kraken,10,six,3,2,1,1,2,1,4,", "vectors.Kraken must be counts >= 0"),
    ],
)
def test_counts_that_do_not_add_up_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(tmp_path, row)


def test_another_head_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vectors.csv"
    file.write_text("venue,asked\nKraken,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"vectors\.columns must be venue, vectors"):
        venue_numbers(file)
