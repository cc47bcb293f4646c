"""Recorded markets: every file is complete and sourced, ends are what they say, and wrong input is named."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import InputError, UnknownNameError
from engine.market_files import check_market, ranges_of
from engine.markets import ENDS, load_market, market_names
from tests.data.files import DATA, document, name, rows

MARKETS = DATA / "markets"
FILES = sorted(MARKETS.glob("*.toml"))
ASKED = ["binance", "bybit", "okx", "deribit", "bitmex", "hyperliquid", "dydx-v4", "kraken", "crypto-com", "bitfinex"]


def parts(path: Path) -> tuple[str, str]:
    found = document(path)
    return found["venue"], found["coin"]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_file_is_whole_and_gives_a_market_at_every_end(path: Path) -> None:
    found = document(path)
    assert path.stem == f"{found['venue']}-{found['coin'].lower()}"
    for at in ENDS:
        market = load_market(*parts(path), at=at)
        assert set(market.values) == set(market.ranges) == set(ranges_of(found))
        assert market.sources
        assert market.venue.depth == pytest.approx(market.values["depth"] * market.values["open_interest"])
        money = market.venue.fund + market.venue.vault
        unit = market.price if market.book.contract == "inverse" else 1.0
        assert money * unit == pytest.approx(market.values["fund"] * market.values["open_interest"])


@pytest.mark.parametrize("path", FILES, ids=name)
def test_local_sources_exist(path: Path) -> None:
    for source in load_market(*parts(path)).sources:
        if source.startswith("data/"):
            assert (DATA.parent / source.partition("#")[0]).is_file()


def test_the_venues_asked_for_are_there_and_those_of_today_come_first() -> None:
    names = market_names()
    assert {f"{venue}-btc" for venue in ASKED} <= set(names)
    assert {"bitmex-2019-btc", "binance-2019-btc", "deribit-2019-btc", "binance-doge", "binance-sol"} <= set(names)
    tradable = [document(MARKETS / f"{one}.toml")["tradable"] for one in names]
    assert tradable == sorted(tradable, reverse=True)


def test_ends_are_those_of_the_ranges() -> None:
    low, best, high = (load_market("binance", "BTC", at=at).values for at in ("low", "best", "high"))
    assert (low["depth"], best["depth"], high["depth"]) == (0.02, 0.04, 0.06)
    safest, riskiest = (load_market("binance", "BTC", at=at).values for at in ("safest", "riskiest"))
    assert (safest["depth"], safest["leverage"]) == (0.06, 3.0)
    assert (riskiest["depth"], riskiest["leverage"]) == (0.02, 5.0)


def test_a_market_in_numbers() -> None:
    """Deribit at 50,000: fund 2 % of 2bn in coin, a day of 288 steps of 5 minutes, half-life 3 minutes."""
    market = load_market("deribit", "BTC", price=50_000.0)
    assert market.book.contract == "inverse"
    assert market.venue.fund == pytest.approx(800.0)
    assert market.venue.settlement_interval == 288
    assert market.venue.impact_half_life == pytest.approx(0.6)
    assert market.venue.maintenance_rate == 0.01
    assert market.venue.reference_volatility == pytest.approx(0.47 / math.sqrt(365 * 24) * math.sqrt(1.25) / 4)
    assert market.start_hour == 8


def test_leverage_is_capped_by_size() -> None:
    """Deribit: 1 / (2 % + 0.005 % per BTC), so 25x at 400 BTC; Binance: 125x below 50,000 USD, 10x from 100M."""
    deribit = load_market("deribit", "BTC").cap
    assert deribit.at(np.array([1.0, 1.0]), np.array([0.0, 400.0])).tolist() == [50.0, 25.0]
    binance = load_market("binance", "BTC").cap
    assert binance.at(np.array([49_999.0, 50_000.0, 1e8]), np.zeros(3)).tolist() == [125.0, 100.0, 10.0]


def test_changed_values_are_named_and_stay() -> None:
    market = load_market("okx", "BTC").changed(leverage=10.0)
    assert market.changed_names == ("leverage",)
    assert market.book.leverage == 10.0
    assert market.at_end("riskiest").book.leverage == 10.0
    assert market.placed(100.0, 1.0).book.entry_price == 100.0
    with pytest.raises(InputError, match=r"market\.value must be one of .*leverage.*, was 'lever'"):
        market.changed(lever=1.0)


def test_unknown_names_are_errors() -> None:
    with pytest.raises(UnknownNameError, match=r"market must be one of .*deribit-btc.*, was 'ftx-BTC'"):
        load_market("ftx", "BTC")
    with pytest.raises(UnknownNameError, match=r"was 'deribit-PEPE'"):
        load_market("deribit", "PEPE")
    with pytest.raises(InputError, match=r"market\.at must be one of best, high, low, riskiest, safest, was 'worst'"):
        load_market("deribit", "BTC", at="worst")


def broken(**changes: Any) -> dict[str, Any]:
    found = copy.deepcopy(document(MARKETS / "deribit-btc.toml"))
    for key, value in changes.items():
        part, _, field = key.partition("__")
        if field:
            found[part][field] = value
        else:
            found[part] = value
    return found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fund__low": 0.9}, r"market x\.fund must be low <= best <= high, was \[0\.9, 0\.02, 0\.05\]"),
        ({"depth__source": []}, r"market x\.depth\.source must be a list of addresses .*, was \[\]"),
        ({"depth__source": ["a friend"]}, r"market x\.depth\.source must be a list of addresses"),
        ({"leverage__best": "much"}, r"market x\.leverage\.best must be a number > 0, was 'much'"),
        ({"leverage__kind": "guessed"}, r"market x\.leverage\.kind must be one of assumed, derived, recorded"),
        ({"fund__note": ""}, r"market x\.fund\.note must be the reason of what is assumed, was ''"),
        ({"prices": "PEPE"}, r"market x\.prices must be a coin with recorded prices .*, was 'PEPE'"),
        ({"holding_hours": 8.0}, r"market x\.holding_hours\.low must be a number > 0, was None"),
        ({"rules__fund_layer": "pot"}, r"market x\.rules\.fund_layer must be one of fund, vault, was 'pot'"),
        ({"rules__preset": "ftx"}, r"market x\.rules\.preset must be one of .*deribit.*, was 'ftx'"),
        ({"rules__fee": 0.1}, r"market x\.rules\.fee must be a field of rules, was 0\.1"),
        ({"fees": 1.0}, r"market x\.fees must be a field of a market, was 1\.0"),
    ],
)
def test_a_file_that_is_wrong_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_market("x", broken(**changes))


def test_every_violation_is_listed_at_once() -> None:
    with pytest.raises(InputError) as caught:
        check_market("x", broken(fund__low=0.9, depth__source=[], prices="PEPE"))
    assert len(caught.value.violations) == 3


def beta_tail(k: int, n: int, p: float) -> float:
    """P(X <= k) of a binomial."""
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def test_record_has_exact_intervals_sources_and_markets() -> None:
    counted = 0
    for row in rows(DATA / "record.csv"):
        assert row["market"] == "" or (MARKETS / f"{row['market']}.toml").is_file()
        assert row["confidence"]
        if not row["winner_events"]:
            assert row["rate"] == row["rate_low"] == row["rate_high"] == ""
            continue
        k, n = int(row["winner_events"]), int(row["exposure"])
        low, high = float(row["rate_low"]), float(row["rate_high"])
        assert float(row["rate"]) == pytest.approx(k / n, rel=5e-3)
        if row["venue"] == "All that were counted":
            continue
        assert row["sources"]
        assert beta_tail(k, n, high) == pytest.approx(0.025, rel=0.03)
        assert low == 0 if k == 0 else beta_tail(k - 1, n, low) == pytest.approx(0.975, rel=0.01)
        counted += row["unit"] == "days"
    assert counted >= 12
