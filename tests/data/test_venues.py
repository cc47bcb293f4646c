"""Venue presets are complete, valid for the engine, and honest about what no source confirms."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

import engine
from tests.data.files import DATA, document, is_address, name

VENUES = sorted((DATA / "venues").glob("*.toml"))


@pytest.mark.parametrize("path", VENUES, ids=name)
def test_venue_is_complete_and_sourced(path: Path) -> None:
    venue = document(path)
    assert venue["name"] == path.stem
    assert venue["contract"] in {"linear", "inverse", ""}
    datetime.fromisoformat(venue["date_read"])
    assert venue["sources"]
    assert all(is_address(source) for source in venue["sources"])
    assert venue["waterfall"]["order"]
    assert ("layer" in venue) == (venue["kind"] == "clearing house")


@pytest.mark.parametrize("path", VENUES, ids=name)
def test_the_engine_reads_the_file(path: Path) -> None:
    preset = engine.load_venue_preset(path.stem)
    assert (preset.name, preset.kind) == (path.stem, document(path)["kind"])
    assert bool(preset.brackets) == ("brackets" in preset.margin)
    if "max_drawdown" in preset.fund:
        assert preset.fund["max_drawdown"] == preset.settings.get("fund_max_drawdown", 1.0)


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


def test_rules_of_the_past_say_since_when_why_and_who_says_so() -> None:
    past = {path.stem: document(path)["closed"] for path in VENUES if "closed" in document(path)}
    assert {"bitfinex-2016", "okx-2018", "mai", "mango", "vega"} <= set(past)
    assert not {"binance", "bybit", "deribit", "hyperliquid", "cme"} & set(past)
    for venue, closed in past.items():
        assert re.search(r"\b20[12]\d$", closed["until"]), venue
        assert closed["why"], venue
        assert is_address(closed["source"]), venue
        assert engine.load_venue_preset(venue).closed == closed


def test_the_margin_that_accounts_have_at_first_is_sourced_where_it_is_known() -> None:
    margins = {name: engine.load_venue_preset(name).margin for name in engine.venue_preset_names()}
    known = {name: margin for name, margin in margins.items() if {"default", "default_source"} & set(margin)}
    assert {"binance", "bybit", "hyperliquid", "dydx-v4"} <= {
        n for n, one in known.items() if one["default"] == "cross"
    }
    assert known["deribit"]["default"] == "cross within a settlement coin"
    assert all(margin["default_source"].startswith("https://") for margin in known.values())
