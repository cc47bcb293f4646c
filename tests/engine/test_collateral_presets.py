"""Accounts with an asset as margin, on prices on record: what becomes of them, worked by hand."""

from __future__ import annotations

import json

import pytest

import engine
from engine.accounts.presets import preset_of
from engine.cli.commands import main

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


def test_the_command_prints_every_account_and_takes_a_haircut(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collateral", "usde-2025"]) == 0
    assert "short, margin in USDe: forced out by 21:46; 1,80" in capsys.readouterr().out
    assert main(["collateral", "usde-2025", "--haircut", "0", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["accounts"]
    assert [row["forced_out"] for row in rows] == ["21:46", None]
    assert main(["collateral", "usdt"]) == 2
    assert "collateral_preset must be one of btc-2025, steth-2022, usde-2025, was 'usdt'" in capsys.readouterr().err
    assert main(["collateral", "--haircut", "2"]) == 2
    assert "haircut must be >= 0 and <= 1, was 2.0" in capsys.readouterr().err


def test_a_file_with_wrong_keys_is_refused_with_a_sentence() -> None:
    with pytest.raises(engine.InputError) as caught:
        preset_of("data/collateral/x.toml", {"name": "x", "colour": "red"})
    assert "data/collateral/x.toml.colour must be a key of a preset of collateral, was 'red'" in str(caught.value)
    assert "data/collateral/x.toml.path must be given, was None" in str(caught.value)
