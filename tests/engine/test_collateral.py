"""Collateral in assets: what is refused and how it is said; presets on prices on record, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import engine
from engine.accounts.presets import preset_of
from engine.cli.commands import main
from engine.run_inputs import prepare
from tests.commands import answer, denial
from tests.engine.test_accounts import PLAIN, TWO, book
from tests.refusals import refused

PIECE = 0.001


def test_every_preset_has_sources_a_venue_on_record_and_a_path() -> None:
    assert engine.collateral_preset_names() == ("btc-2025", "steth-2022", "usde-2025")
    for name in engine.collateral_preset_names():
        preset = engine.load_collateral_preset(name)
        assert preset.venue_name in engine.venue_preset_names()
        assert preset.sources
        assert preset.assumptions
        assert len(preset.times) == preset.prices.shape[1] == preset.asset_prices.shape[1]
        assert preset.by_default.endswith(".")
        assert not preset.is_cross_by_default


def test_a_short_in_usde_is_forced_out_where_0_9_of_0_65_no_longer_carries_it() -> None:
    """0.9 x 0.65 x 10,000 - (P - 107,000) = 0.005 P, P = 112,850 / 1.005; sold at 0.65, worth 1 again at the end."""
    run = engine.load_collateral_preset("usde-2025").run()
    trigger = 112_850 / 1.005
    fill = float(run.trades["fill"][0])
    assert trigger <= fill <= trigger * (1 + PIECE)
    assert run.liquidated_at.tolist() == [5, -1]
    assert run.units[0, 0] == pytest.approx(10_000 - (fill - 107_000) / 0.65)
    assert run.equity.tolist() == [pytest.approx(run.units[0, 0]), pytest.approx(10_000 + 107_000 - 113_704)]


def test_a_long_in_staked_ether_loses_both_at_once() -> None:
    """From 03:00 to 09:00 ether falls from 1339.41 to 1206.93 stETH from 0.9474 to 0.94 of it, both log-linearly."""
    run = engine.load_collateral_preset("steth-2022").run()
    order, sale = run.trades[0], run.trades[1]
    price, asset = float(order["fill"]), float(sale["fill"])
    margin = 0.925 * 10 * asset - 20 * (1785.92 - price)
    assert margin <= 0.01 * 20 * price <= margin + (0.925 * 10 * asset + 20 * price) * PIECE
    assert run.liquidated_at.tolist() == [12, -1]
    assert run.units[0, 0] == pytest.approx(10 - 20 * (1785.92 - price) / asset)
    assert run.equity[1] == pytest.approx(17_323.42 + 20 * (1192.55 - 1785.92))


def test_a_shown_liquidation_price_is_too_good_for_collateral_in_the_coin() -> None:
    """Shown, the coin as margin at its first mark: (116,885 - 16,656.1125) / 0.995; with it: 116,885 / 1.1375."""
    preset = engine.load_collateral_preset("btc-2025")
    run = preset.run()
    shown = engine.account_margin(book=preset.book, venue=preset.venue, marks=[116_885.0], asset_marks=[116_885.0])
    assert shown.liquidation_price[0] == pytest.approx((116_885 - 0.95 * 17_532.75) / 0.995)
    trigger, fill = 116_885 / 1.1375, float(run.trades["fill"][0])
    assert trigger * (1 - PIECE) <= fill <= trigger
    assert run.liquidated_at.tolist() == [6, -1]
    assert run.units[0, 0] == pytest.approx(0.15 - (116_885 - fill) / fill)


def test_many_paths_draw_assets_behind_the_markets() -> None:
    """One certain path, the preset's own: what is expected is what happens."""
    preset = engine.load_collateral_preset("usde-2025")
    run, n_steps = preset.run(), preset.prices.shape[1] - 1
    rows = (*preset.prices.tolist(), *preset.asset_prices.tolist())
    models = tuple(
        engine.PathModel(model="waypoints", points=tuple(enumerate(row)), n_steps=n_steps, volatility=0.0)
        for row in rows
    )
    joint = engine.JointPathModel(models=models, correlation=((1.0, 0.0), (0.0, 1.0)))
    found = engine.estimate(book=preset.book, venue=preset.venue, model=joint, n_paths=1, seed=0)
    assert found.traders.liquidation_probability.value.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(found.traders.profit_before.value, run.profit, rtol=1e-9)
    one = engine.JointPathModel(models=models[:1])
    said = refused(engine.estimate, book=preset.book, venue=preset.venue, model=one, n_paths=1, seed=0)
    assert "must be of 1 coins, one for each market of the venue, and 1 more for its assets, was '1 coins'" in said


def test_the_command_prints_every_account_and_takes_a_haircut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collateral", "usde-2025"]) == 0
    assert "short, margin in USDe: forced out by 21:46; 1,80" in capsys.readouterr().out
    rows = answer(capsys, "collateral", "usde-2025", "--haircut", "0")["accounts"]
    assert [row["forced_out"] for row in rows] == ["21:46", None]
    known = "collateral_preset must be one of btc-2025, steth-2022, usde-2025, was 'usdt'"
    assert known in denial(capsys, "collateral", "usdt")
    assert "haircut must be >= 0 and <= 1, was 2.0" in denial(capsys, "collateral", "--haircut", "2")


def test_a_file_with_wrong_keys_is_refused_with_a_sentence() -> None:
    said = refused(preset_of, "data/collateral/x.toml", {"name": "x", "colour": "red"})
    assert "data/collateral/x.toml.colour must be a key of a preset of collateral, was 'red'" in said
    assert "data/collateral/x.toml.path must be given, was None" in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"units": [[1.0], [-2.0]]}, "book.units[1][0] must be finite and >= 0, was -2.0"),
        ({"units": [[1.0], [math.nan]]}, "book.units[1][0] must be finite and >= 0, was nan"),
        ({"units": [1.0, 2.0]}, "book.units must be an array of shape (2, J), a row for each account of cash"),
        ({"units": [["USDe"], ["ETH"]]}, "book.units must be an array of shape (2, J)"),
        (
            {"account": [0, 0, -1], "cash": [1.0], "collateral": [0.0, 0.0, 1.0], "units": [[1.0], [2.0]]},
            "of shape (1, J), a row for each account of cash (isolated positions hold none), was 'shape (2, 1)'",
        ),
        (
            {"account": None, "cash": None, "collateral": [1.0] * 3, "units": [[1.0]] * 3},
            "book.units must be None without cash: a position in isolated margin has collateral in cash alone",
        ),
    ],
)
def test_units_that_cannot_be_are_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(book, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"assets": ({"haircut": 1.2, "depth": 1.0},)}, "venue.assets[0].haircut must be >= 0 and <= 1, was 1.2"),
        ({"assets": ({"haircut": -0.1, "depth": 1.0},)}, "venue.assets[0].haircut must be >= 0 and <= 1, was -0.1"),
        ({"assets": ({"haircut": 0.1, "depth": 0.0},)}, "venue.assets[0].depth must be > 0, was 0.0"),
        ({"assets": ({"depth": 1.0},)}, "venue.assets[0] must be made of name, haircut, depth"),
        ({"assets": "USDe"}, "venue.assets must be a sequence of Asset, or of mappings of its fields, was 'USDe'"),
        (
            {"assets": [{"haircut": 0.1, "depth": 1.0, "thinning": 0.1}]},
            "venue.assets[0].thinning must be 0 with impact 'square_root', was 0.1",
        ),
        (
            {"assets": [{"name": "BTC", "haircut": 0.1, "depth": 1.0}] * 2},
            "venue.assets must be of different names, was ['BTC', 'BTC']",
        ),
    ],
)
def test_assets_that_cannot_be_are_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(engine.Venue, **({"markets": (PLAIN, PLAIN)} | changes))


HELD = engine.Venue(markets=(PLAIN, PLAIN), assets=({"name": "USDe", "haircut": 0.1, "depth": math.inf},))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "asset_prices must be given, a row for each asset of the venue (USDe), was None"),
        (
            {"asset_prices": [[1.0, 1.0]] * 2},
            "asset_prices must be an array of shape (1, n_steps + 1), a row for each asset",
        ),
        ({"asset_prices": [1.0, 1.0, 1.0]}, "asset_prices must be of 2 prices a row, as many as prices have"),
        ({"asset_prices": [1.0, 0.0]}, "asset_prices[0][1] must be finite and > 0, was 0.0"),
        (
            {"asset_prices": [1.0, 1.0], "asset_opens": [1.0]},
            "asset_opens must be an array of shape (1, 2) like asset_prices",
        ),
        ({"venue": TWO, "asset_prices": [1.0, 1.0]}, "asset_prices must be None, for the venue has no assets"),
        ({"book": book(units=[[1.0, 2.0]] * 2), "asset_prices": [1.0, 1.0]}, "book.units must be of 1 columns"),
        ({"venue": TWO, "book": book(units=[[1.0]] * 2)}, "book.units must be of 0 columns, one for each asset"),
    ],
)
def test_assets_without_prices_and_prices_without_assets_are_refused(changes: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"book": book(), "prices": [[100.0, 90.0], [10.0, 11.0]], "venue": HELD}
    assert sentence in refused(engine.simulate, **(given | changes))


def test_questions_about_one_market_refuse_a_venue_with_assets() -> None:
    plain = engine.Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    venue = engine.Venue(depth=1e6, assets=({"haircut": 0.1, "depth": 1.0},))
    said = refused(prepare, plain, venue)
    assert "venue.assets must be left out, for this question knows isolated positions in one" in said


def test_a_run_of_one_market_without_assets_refuses_their_prices() -> None:
    plain = engine.Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    said = refused(
        engine.simulate, book=plain, venue=engine.Venue(depth=1e6), prices=[100.0, 90.0], asset_prices=[1.0, 1.0]
    )
    assert "asset_prices must be None, for the venue has no assets" in said


def test_margin_asks_for_a_mark_of_every_asset() -> None:
    said = refused(engine.account_margin, book=book(), venue=HELD, marks=[100.0, 10.0])
    assert "asset_marks must be of shape (1,), one for each asset of the venue" in said
