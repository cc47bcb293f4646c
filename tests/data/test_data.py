"""The data files parse, say where each figure is from, and agree with each other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path

import pytest

import engine
from tests.data.files import DATA, document, is_address, name, rows

REPLAYS = sorted((DATA / "replays").glob("*.toml"))
BRACKETS = sorted((DATA / "brackets").glob("*.csv"))
STATUS = {"recorded", "computed", "assumed", "disputed"}
NUMERIC = ("_pct", "_window_h", "_usd", "_native", "_x", "_count")
PRESETS = {"okex-2018", "bitmex-2020", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014", "calm"}


# every file


@pytest.mark.parametrize("path", sorted(p for p in DATA.rglob("*") if p.suffix in {".csv", ".toml", ".npz"}), ids=name)
def test_readme_names_every_file(path: Path) -> None:
    assert f"`{path.relative_to(DATA)}`" in (DATA / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(p for p in DATA.rglob("*") if p.suffix in {".csv", ".toml", ".md"}), ids=name)
def test_files_are_plain_utf8_text(path: Path) -> None:
    raw = path.read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


# tables


def test_every_event_is_unique_and_has_sources_and_numbers() -> None:
    events = rows(DATA / "events.csv")
    assert len(events) == 65
    assert len({event["event_id"] for event in events}) == len(events)
    for event in events:
        assert all(is_address(source) for source in event["source_urls"].split(" | ")), event["event_id"]
        assert event["confidence"] in {"high", "medium", "low"}
        assert event["confidence_reason"]
        assert event["date_utc"][:4].isdecimal()
        for column, text in event.items():
            if column.endswith(NUMERIC) and text:
                assert math.isfinite(float(text)), (event["event_id"], column)
            if column.endswith("haircut_pct") and text:
                assert 0 <= float(text) <= 100


def test_waypoints_have_positive_prices_sources_and_rising_times() -> None:
    known = rows(DATA / "price_waypoints.csv")
    for row in known:
        assert float(row["price"]) > 0
        assert row["source"]
        assert row["kind"]
    for _, group in groupby(known, key=lambda row: row["event_id"]):
        times = [row["time"].replace("Z", "") for row in group if row["time"].endswith("Z")]
        stamps = [datetime.fromisoformat(time) for time in times]
        assert all(before < after for before, after in pairwise(stamps))


def tables() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for path in BRACKETS:
        for key, group in groupby(rows(path), key=lambda row: (row["venue"], row["symbol"], row["as_of"])):
            yield " ".join(key), list(group)


@pytest.mark.parametrize(("label", "table"), list(tables()), ids=[label for label, _ in tables()])
def test_maintenance_margin_is_continuous_over_brackets(label: str, table: list[dict[str, str]]) -> None:
    assert float(table[0]["notional_floor"]) == 0
    assert float(table[0]["maintenance_amount"]) == 0
    assert [int(row["tier"]) for row in table] == list(range(1, len(table) + 1))
    for below, row in pairwise(table):
        floor, rate = float(row["notional_floor"]), float(row["mmr"])
        step = floor * (rate - float(below["mmr"]))
        assert float(row["maintenance_amount"]) == pytest.approx(float(below["maintenance_amount"]) + step, abs=1e-6)
        assert floor == float(below["notional_cap"])
        assert rate > float(below["mmr"])
    assert all(is_address(row["source"]) for row in table)


# replays


def test_all_presets_are_there() -> None:
    assert {path.stem for path in REPLAYS} >= PRESETS


@pytest.mark.parametrize("path", REPLAYS, ids=name)
def test_replay_tells_its_story_with_sources(path: Path) -> None:
    meta = document(path)["meta"]
    assert meta["name"] == path.stem
    assert meta["status"] in {"recorded", "assumed"}
    for key in ("title", "summary", "currency", "quote_currency", "price_digits"):
        assert key in meta
    assert all(is_address(source) for source in meta["sources"])
    assert all(sentence.endswith(".") and len(sentence) > 20 for sentence in meta["assumptions"])
    if meta["status"] == "recorded":
        assert meta["recorded"]
        assert meta["event_id"] in {row["event_id"] for row in rows(DATA / "events.csv")}
        datetime.fromisoformat(meta["date"])


@pytest.mark.parametrize("path", REPLAYS, ids=name)
def test_every_recorded_figure_has_source_unit_and_a_reason_for_its_tolerance(path: Path) -> None:
    recorded = document(path)["meta"]["recorded"]
    assert len({row["key"] for row in recorded}) == len(recorded)
    for row in recorded:
        assert is_address(row["source"])
        assert row["label"]
        assert row["unit"]
        assert row["status"] in STATUS
        assert ("low" in row) == ("high" in row) == ("tolerance_reason" in row)
        if "low" in row:
            assert row["low"] <= row["value"] <= row["high"]
            assert len(row["tolerance_reason"]) > 10


@pytest.mark.parametrize("path", REPLAYS, ids=name)
def test_the_engine_reads_the_file_and_a_note_explains_each_position(path: Path) -> None:
    if "waterfall" in document(path):
        assert engine.load_clearing_house(path.stem).loss > 0
        return
    scenario = engine.load_preset(path.stem).scenario
    assert scenario.book.contract == document(path)["meta"]["contract"]
    assert len(scenario.positions) == len(document(path).get("position", []))
    assert all(row["note"] for row in document(path).get("position", []))


@pytest.mark.parametrize("path", [p for p in REPLAYS if "points" in document(p).get("path", {})], ids=name)
def test_points_rise_in_time_and_end_with_the_path(path: Path) -> None:
    replay = document(path)
    points = replay["path"]["points"]
    assert points[0][0] == 0
    assert points[-1][0] == replay["path"]["n_steps"]
    assert all(before[0] < after[0] for before, after in pairwise(points))
    assert all(price > 0 for _, price in points)
    assert points[0][1] == replay["book"]["entry_price"]
    assert all(0 <= step <= points[-1][0] for step, _ in replay["meta"]["time_labels"])


def test_a_long_last_step_is_as_long_as_its_labels_say() -> None:
    meta = document(DATA / "replays" / "okex-2018.toml")["meta"]
    before, after = (datetime.strptime(f"2018 {text}", "%Y %d %b %H:%M") for _, text in meta["time_labels"][-2:])
    assert meta["last_step_minutes"] == (after - before).total_seconds() / 60
    assert engine.load_preset("okex-2018").last_step_minutes == 67.75 * 60
    assert engine.load_preset("bitmex-2020").last_step_minutes == 0


@pytest.mark.parametrize(
    ("replay_name", "event_id"), [("bitmex-2020", "bitmex_2020"), ("hyperliquid-2025", "market_2025_10_10_btc")]
)
def test_points_are_the_known_prices(replay_name: str, event_id: str) -> None:
    replay = document(DATA / "replays" / f"{replay_name}.toml")
    start = datetime.fromisoformat(replay["meta"]["start"])
    known = {}
    for row in rows(DATA / "price_waypoints.csv"):
        if row["event_id"] == event_id:
            minutes = (datetime.fromisoformat(row["time"]) - start).total_seconds() / 60
            known[minutes / replay["path"]["minutes_per_step"]] = float(row["price"])
    assert {step: float(price) for step, price in replay["path"]["points"]} == known


def test_only_documented_events_without_a_path_have_a_waterfall() -> None:
    without = [document(path) for path in REPLAYS if "path" not in document(path)]
    assert {replay["meta"]["name"] for replay in without} == {"nasdaq-2018", "krx-2013"}
    for replay in without:
        assert replay["waterfall"]["loss"] > 0
        assert all(("capacity" in layer) != ("contributions_total" in layer) for layer in replay["layer"])
