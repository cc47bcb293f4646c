"""Venue presets are complete, valid for the engine, and honest about what no source confirms."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

import pytest

from engine.venue import Venue
from tests.data.files import DATA, document, is_address, name, rows, unknown_fields

VENUES = sorted((DATA / "venues").glob("*.toml"))
VENUE_KEYS = {
    *("name", "title", "kind", "contract", "as_of", "date_read", "sources", "unverified", "not_recorded", "note"),
    *("margin", "fund", "waterfall", "settlement", "venue"),
}


@pytest.mark.parametrize("path", VENUES, ids=name)
def test_venue_is_complete_and_sourced(path: Path) -> None:
    venue = document(path)
    assert set(venue) >= VENUE_KEYS
    assert venue["name"] == path.stem
    assert venue["kind"] in {"exchange", "on-chain", "clearing house"}
    assert venue["contract"] in {"linear", "inverse", ""}
    datetime.fromisoformat(venue["date_read"])
    assert venue["sources"]
    assert all(is_address(source) for source in venue["sources"])
    assert venue["waterfall"]["order"]
    assert {"interval", "price"} <= set(venue["settlement"])
    assert ("layer" in venue) == (venue["kind"] == "clearing house")


@pytest.mark.parametrize("path", VENUES, ids=name)
def test_venue_settings_are_valid(path: Path) -> None:
    venue = document(path)
    assert unknown_fields(Venue, venue["venue"]) == set()
    Venue(depth=math.inf, **venue["venue"])
    if "brackets" in venue["margin"]:
        margin = venue["margin"]
        found = [
            row
            for row in rows(DATA / "brackets" / margin["brackets"])
            if (row["symbol"], row["as_of"]) == (margin["symbol"], margin["brackets_as_of"])
        ]
        assert found
    if "max_drawdown" in venue["fund"]:
        assert venue["fund"]["max_drawdown"] == venue["venue"].get("fund_max_drawdown", 1.0)


@pytest.mark.parametrize("path", VENUES, ids=name)
def test_what_is_unverified_is_a_field_of_the_venue(path: Path) -> None:
    venue = document(path)
    layers = {layer["name"] for layer in venue.get("layer", [])}
    for field in venue["unverified"]:
        section, _, key = field.partition(".")
        if section == "layer":
            assert key in layers, field
        elif section in {"margin", "fund", "waterfall", "settlement"}:
            assert key in venue[section], field
        elif section == "policy_options":
            assert key in venue["venue"]["policy_options"], field
        else:
            assert section in venue["venue"], field
    assert not set(venue["not_recorded"]) & set(venue["venue"])
