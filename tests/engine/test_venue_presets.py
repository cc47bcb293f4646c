"""Venue presets: every file loads, its rules reach the scenario, and everything else of the scenario stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from engine import (
    InputError,
    UnknownNameError,
    apply_venue,
    data_files,
    load_clearing_house,
    load_preset,
    load_venue_preset,
    presets,
    run_scenario,
    venue_preset_names,
)
from engine.scenario import Scenario
from engine.venue import Venue

OKEX = load_preset("okex-2018").scenario
CALM = load_preset("calm").scenario
MONEY = {"fund", "venue_capital", "default_fund", "assessment_cap", "vault"}


@pytest.mark.parametrize("name", venue_preset_names())
def test_a_venue_changes_rules_and_nothing_else(name: str) -> None:
    preset = load_venue_preset(name)
    placed = apply_venue(preset, OKEX)
    assert (placed.book, placed.path, placed.positions, placed.seed) == (
        OKEX.book,
        OKEX.path,
        OKEX.positions,
        OKEX.seed,
    )
    for key, value in preset.settings.items():
        if key not in ("policy", "policy_options", "profit_base"):
            assert getattr(placed.venue, key) == value, key
    assert placed.venue.policy == preset.policy
    assert placed.venue.depth == OKEX.venue.depth
    if preset.kind != "clearing house":
        assert all(getattr(placed.venue, key) == getattr(OKEX.venue, key) for key in MONEY)
    run = run_scenario(placed)
    assert (run.prices == run_scenario(OKEX).prices).all()


def test_names_are_ordered_by_kind() -> None:
    names = venue_preset_names()
    assert set(names) == {path.stem for path in (data_files.DATA / "venues").glob("*.toml")}
    assert names[0] == "binance"
    assert {"lch", "nasdaq-2018", "krx-2013", "eurex", "cme"} == set(names[-5:])


def test_an_unknown_name_is_an_error() -> None:
    for name in ("mtgox", "../replays/calm", ""):
        with pytest.raises(UnknownNameError, match="venue_preset must be one of binance"):
            load_venue_preset(name)


def test_hours_become_steps_of_the_path() -> None:
    hourly = replace(CALM, path=replace(CALM.path, minutes_per_step=60.0))
    assert apply_venue(load_venue_preset("okx"), hourly).venue.fund_peak_window == 8
    assert apply_venue(load_venue_preset("okx"), CALM).venue.fund_peak_window == 480 / CALM.path.minutes_per_step
    assert apply_venue(load_venue_preset("deribit"), hourly).venue.settlement_interval == 24
    assert apply_venue(load_venue_preset("bitmex"), hourly).venue.settlement_interval == 1


def test_a_venue_without_a_window_drops_the_one_of_the_scenario() -> None:
    limited = replace(CALM, venue=replace(CALM.venue, fund_max_drawdown=0.2, fund_peak_window=5))
    placed = apply_venue(load_venue_preset("bitmex"), limited).venue
    assert (placed.fund_max_drawdown, placed.fund_peak_window) == (1.0, None)
    assert apply_venue(load_venue_preset("gmx"), limited).venue.fund_max_drawdown == 0.2  # not recorded: stays


def test_margin_tables_are_usd_and_converted_for_an_inverse_book() -> None:
    binance = load_venue_preset("binance")
    assert binance.brackets[1] == (50_000.0, 0.005, 50.0)
    linear, inverse = (apply_venue(binance, scenario).venue.brackets for scenario in (CALM, OKEX))
    assert linear == binance.brackets
    assert inverse[1] == pytest.approx((50_000 / OKEX.book.entry_price, 0.005, 50 / OKEX.book.entry_price))
    flat = apply_venue(load_venue_preset("bitmex"), apply_venue(binance, CALM)).venue
    assert (flat.brackets, flat.maintenance_rate) == ((), 0.005)


def test_the_least_order_is_usd_and_becomes_coins_for_a_linear_book() -> None:
    dydx = load_venue_preset("dydx-v4")
    linear, inverse = (apply_venue(dydx, scenario).venue for scenario in (CALM, OKEX))
    assert (linear.liquidation_fraction, inverse.liquidation_fraction) == (0.1, 0.1)
    assert linear.min_size * CALM.book.entry_price == pytest.approx(1000.0)
    assert inverse.min_size == 1000.0
    assert apply_venue(load_venue_preset("okx"), CALM).venue.min_size == CALM.venue.min_size  # not recorded: stays


def test_a_clearing_house_holds_the_fund_in_its_own_layers() -> None:
    stressed = replace(CALM, venue=replace(CALM.venue, fund=173e6, venue_capital=0.0))
    nasdaq = apply_venue(load_venue_preset("nasdaq-2018"), stressed).venue
    assert nasdaq.fund == 0.0
    assert nasdaq.venue_capital == pytest.approx(7e6)
    assert nasdaq.default_fund == pytest.approx((1e6,) * 166)
    cme = apply_venue(load_venue_preset("cme"), stressed).venue
    assert (cme.policy, cme.assessment_cap) == ("profit_prorata", 2.75)
    assert cme.venue_capital + sum(cme.default_fund) == pytest.approx(173e6)


def test_preset_fields_say_where_they_come_from() -> None:
    okx = load_venue_preset("okx-2018")
    assert okx.unverified == ("residual_margin", "settlement.price")
    assert okx.not_recorded == ("liquidation_fee",)
    assert okx.date_read == "2026-11-20"
    assert okx.waterfall[1] == "insurance fund"
    assert isinstance(Scenario(venue=Venue(depth=1.0, **okx.settings)), Scenario)
    assert set(okx.settings) <= {f.name for f in fields(Venue)}


# the reader of data/*.toml


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the data that the reader reads instead, with nothing in memory before and after."""
    shutil.copytree(data_files.DATA, tmp_path / "data")
    monkeypatch.setattr(data_files, "DATA", tmp_path / "data")
    loads = (presets.load_replay, presets.load_venue_preset, load_clearing_house)
    readers = (presets._document, *loads, venue_preset_names)
    for reader in readers:
        reader.cache_clear()
    yield tmp_path / "data"
    for reader in readers:
        reader.cache_clear()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


WRONG = {
    "replays/okex-2018": [
        ("fund = 10.0", "fundd = 10.0", r": venue\.fundd must be one of the keys .*10\.0"),
        ("leverage = 4.0", "lever = 4.0", r": book\.lever must be one of the keys"),
        ("n_steps = 74", "n_step = 74", r": path\.n_step must be one of the keys"),
        ("size = 416_851_500", "sise = 1", r": position\.sise .*size must be given"),
        ("summary =", "summery =", r": meta\.summery must be .*meta\.summary must be given"),
        ("low = 3692.0", "lo = 3692.0", r": recorded\.lo must be one of the keys"),
        ("[book]", "[boook]", r": top\.boook must be .*top\.book must be given, was None"),
        ("[path]", "[paths]", r" must be a file with either \[path\] or \[waterfall\]"),
        ("fund = 10.0", "fund = -10.0", r": venue\.fund must be >= 0, was -10\.0"),
    ],
    "venues/bybit": [
        ("note =", "notes =", r": top\.notes must be one of the keys .*note must be given"),
        ("stop_at", "stops_at", r": fund\.stops_at must be one of the keys .*was 0\.25"),
        ("symbol =", "symbols =", r": margin\.symbols must be one of the keys"),
        ("interval_hours", "interval_hour", r": settlement\.interval_hour must be"),
        ("order =", "orders =", r": waterfall\.orders must be"),
        ('policy = "adl_queue"', 'polici = "adl_queue"', r": venue\.polici must be one of"),
        ('score = "bitmex"', 'score = "bitmax"', r": venue\.policy_options must be valid"),
        ('kind = "exchange"', 'kind = "broker"', r": kind must be one of clearing house, exch"),
        ('"BTCUSDT"', '"XBT"', r": margin\.brackets must be a table with rows of XBT as of"),
    ],
    "replays/krx-2013": [
        ("loss =", "losses =", r": waterfall\.losses must be .*loss must be given"),
        ("capacity =", "capasity =", r": layer\.capasity must be one of the keys"),
        ('own = "own capital"', 'own = "own"', r": waterfall\.own must be one of broker's"),
    ],
}
LOAD = {"replays/okex-2018": load_preset, "venues/bybit": load_venue_preset, "replays/krx-2013": load_clearing_house}


@pytest.mark.parametrize(("file", "old", "new", "message"), [(file, *case) for file in WRONG for case in WRONG[file]])
def test_a_wrong_key_or_value_names_file_and_key(copied: Path, file: str, old: str, new: str, message: str) -> None:
    edit(copied / f"{file}.toml", old, new)
    with pytest.raises(InputError, match=rf"data/{file}\.toml{message}"):
        LOAD[file](file.split("/")[1])
