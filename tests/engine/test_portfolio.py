"""A portfolio on joint real days: who is one account, what is taken and naked, what is refused."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import AccountRun, Book, InputError, Leg, Others, Portfolio, Venue, VenueMarket, portfolio_days
from engine.cli.commands import main
from engine.questions.portfolio_books import account_owners
from engine.questions.portfolio_market import coin_market
from engine.questions.portfolio_runs import naked_of_legs
from tests.commands import denial

ETH, BTC = Leg(coin="ETH", side="long", usd=1e6), Leg(coin="BTC", side="short", usd=1e6)
PAIR = Portfolio(legs=(ETH, BTC), cash=2.5e5)
OCTOBER: dict[str, Any] = {"venue": "hyperliquid", "since": "2025-10-08", "until": "2025-10-12"}


def test_equal_ranks_of_a_side_are_one_account() -> None:
    """Longs of the first coin by size: 1, 0; shorts: 3, 2. Of the second: 0, 1 and 2, 3."""
    sizes = [np.array([1.0, 3.0, -2.0, -4.0], np.float32), np.array([9.0, 1.0, -8.0, -2.0], np.float32)]
    alone = account_owners(sizes, [2, 2], Others(several_share=0.0))
    assert alone.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    same = account_owners(sizes, [2, 2], Others(several_share=1.0, hedged_share=0.0))
    assert same.tolist() == [0, 1, 2, 3, 1, 0, 3, 2]
    hedged = account_owners(sizes, [2, 2], Others(several_share=1.0, hedged_share=1.0))
    assert hedged.tolist() == [0, 1, 2, 3, 3, 2, 1, 0]
    half = account_owners(sizes, [2, 2], Others(several_share=0.5, hedged_share=0.0))
    assert half.tolist() == [0, 1, 2, 3, 4, 0, 5, 2]  # every second rank: the smaller ones


def test_a_quiet_day_is_the_sum_of_the_legs_moves() -> None:
    """Nobody is taken or charged: profit is size (exp(move) - 1), and what was gained before it."""
    gained = Portfolio(legs=(ETH, Leg(coin="BTC", side="short", usd=2e6, gain=0.2)), cash=1e6)
    found = portfolio_days(venue="binance", portfolio=gained, since="2023-07-01", until="2023-07-20")
    assert (found.deleveraging.rows["anybody"] == 0).all()
    before = 2e6 * (1.0 / 0.8 - 1.0)
    expected = np.array([1e6, -2e6]) @ np.expm1(found.move) + before
    np.testing.assert_allclose(found.deleveraging.rows["profit"], expected, atol=0.002 * 3e6)
    assert found.n_days == 20
    assert found.move.shape == (2, 20)


def test_both_rules_have_the_same_days_until_a_rule_is_asked() -> None:
    found = portfolio_days(venue="binance", portfolio=PAIR, since="2023-07-01", until="2023-07-10")
    np.testing.assert_array_equal(found.deleveraging.rows, found.haircut.rows)
    assert found.own == "deleveraging"
    assert (found.deleveraging.policy, found.haircut.policy) == ("adl_queue", "profit_prorata")


def test_on_days_of_three_times_the_moves_legs_are_taken_at_the_riskiest_end() -> None:
    found = portfolio_days(portfolio=PAIR, moves=3.0, has_ends=True, **OCTOBER)
    rows, cut = found.riskiest.deleveraging.rows, found.riskiest.haircut.rows
    taken = rows["n_taken"] > 0
    assert taken.any()
    assert (rows["taken"][taken] > 0.0).all()
    assert (rows["taken"][~taken] == 0.0).all()
    assert (rows["naked"] <= rows["taken"] * (1 + 1e-9)).all()  # no closing leaves more than it closes
    assert (cut["taken"] == 0.0).all()
    assert (cut["charge"] >= 0.0).all()
    assert found.riskiest.deleveraging.days("n_taken") == int(taken.sum())
    rate = found.riskiest.deleveraging.rate("n_taken")
    assert 0.0 < rate.low < taken.mean() < rate.high < 1.0
    assert rows["cost"][found.riskiest.worst_day] == rows["cost"].max()
    mean = found.riskiest.deleveraging.mean_when("naked", "n_taken")
    assert mean == pytest.approx(rows["naked"][taken].mean())
    assert math.isnan(found.safest.deleveraging.mean_when("naked", "n_taken"))


def test_cross_margin_keeps_a_hedge_that_isolated_margin_loses() -> None:
    """On 10 October 2025 the isolated long lost more than its part of the cash; together the legs are hedged."""
    legs: dict[str, Any] = {"legs": (ETH, BTC), "cash": 3e5}
    cross, isolated = (
        portfolio_days(portfolio=Portfolio(margin=margin, **legs), **OCTOBER) for margin in ("cross", "isolated")
    )
    on = list(cross.date).index(np.datetime64("2025-10-10"))
    assert cross.of_own.rows["liquidated"][on] == 0
    assert isolated.of_own.rows["liquidated"][on] == 1


def run_of_legs(account: list[int], cash: list[float], collateral: list[float]) -> AccountRun:
    """A hedged pair, long 10 of coin A and short 8 of B; a long of B with nothing is bankrupt when B falls to 60."""
    book = Book(
        size=[10.0, -8.0, 6.0],
        entry_price=[100.0, 100.0, 100.0],
        account=account,
        market=[0, 1, 1],
        cash=cash,
        collateral=collateral,
    )
    venue = Venue(markets=(VenueMarket(depth=math.inf), VenueMarket(depth=math.inf)), policy="adl_queue")
    prices = [[100.0, 90.0, 90.0], [100.0, 60.0, 50.0]]
    run = engine.simulate(book=book, prices=prices, opens=prices, venue=venue)
    assert isinstance(run, AccountRun)
    return run


def test_naked_of_isolated_legs_is_that_of_one_account() -> None:
    """N = 10 x 90 - 8 x 60 = 420; without 6 of the shorts 10 x 90 - 2 x 60 = 780: 360 are naked."""
    cross = run_of_legs([0, 0, 1], [1000.0, 60.0], [0.0, 0.0, 0.0])
    assert cross.naked[0] == pytest.approx(360.0)
    isolated = run_of_legs([-1, -1, -1], [], [500.0, 500.0, 60.0])
    assert isolated.naked.sum() == 0.0
    assert naked_of_legs(isolated, np.array([10.0, -8.0])) == pytest.approx(360.0)


def test_the_wildest_days_are_those_of_all_days_and_the_rest_are_the_legs_moves() -> None:
    asked: dict[str, Any] = {"venue": "hyperliquid", "portfolio": PAIR, "since": "2025-10-01", "until": "2025-10-20"}
    whole, some = portfolio_days(**asked), portfolio_days(wildest=6, **asked)
    assert whole.is_run.all()
    assert some.is_run.sum() == 6
    assert some.is_run[list(some.date).index(np.datetime64("2025-10-10"))]
    np.testing.assert_array_equal(whole.deleveraging.rows[some.is_run], some.deleveraging.rows[some.is_run])
    rest = some.deleveraging.rows[~some.is_run]["profit"]
    np.testing.assert_allclose(rest, (np.array([1e6, -1e6]) @ np.expm1(some.move))[~some.is_run], atol=1e-6)
    np.testing.assert_allclose(rest, whole.deleveraging.rows[~some.is_run]["profit"], atol=0.002 * 2e6)


def test_one_coin_is_a_portfolio_too() -> None:
    found = portfolio_days(
        venue="bybit", portfolio=Portfolio(legs=(BTC,), cash=1e5), since="2024-08-01", until="2024-08-10"
    )
    assert found.n_days == 10
    assert [one.is_recorded for one in found.markets] == [True]


def test_a_coin_that_is_not_on_record_there_is_assumed_as_binances_lies_to_bitcoin() -> None:
    base, coin = engine.load_market("hyperliquid", "BTC"), coin_market("hyperliquid", "ETH")
    like, to = engine.load_market("binance", "ETH"), engine.load_market("binance", "BTC")
    assert not coin.is_recorded
    assert coin.market.prices == "ETH"
    ratio = like.values["open_interest"] / to.values["open_interest"]
    assert coin.market.values["open_interest"] == pytest.approx(base.values["open_interest"] * ratio)
    assert coin.market.values["leverage"] == base.values["leverage"]
    assert coin_market("binance", "ETH").is_recorded


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"legs": (ETH, ETH), "cash": 1e6}, r"legs\[1\].coin must be in one leg alone"),
        ({"legs": (), "cash": 1e6}, "legs must be at least one"),
        ({"legs": (ETH,), "cash": 0.0}, "cash must be > 0"),
        ({"legs": (ETH,), "cash": math.nan}, "cash must be finite"),
        ({"legs": (ETH,), "cash": 1.0, "margin": "portfolio"}, "margin must be one of cross, isolated"),
        ({"legs": (Leg(coin="ETH", side="up", usd=-1.0),), "cash": 1.0}, r"side must be one of .*; .*usd must be > 0"),
        ({"legs": (Leg(coin="ETH", side="long", usd=1.0, gain=2.0),), "cash": 1.0}, r"gain must be >= -0.9 and <= 0.9"),
    ],
)
def test_what_is_no_portfolio_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Portfolio(**settings)


def of(coin: str, usd: float, cash: float) -> Portfolio:
    """A portfolio of one long."""
    return Portfolio(legs=(Leg(coin=coin, side="long", usd=usd),), cash=cash)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"venue": "mtgox"}, "venue must be one of binance, "),
        ({"venue": "deribit"}, "venue must be one whose contracts are in USD"),
        ({"portfolio": of("PEPE", 1e3, 1e3)}, "coin must be one of BTC, "),
        ({"portfolio": of("ETH", 1e6, 1e3)}, "cash must be >= .* the initial margin of 1,000,000 USD of ETH"),
        ({"portfolio": of("BTC", 1e12, 1e14)}, "all that is open there"),
        ({"since": "2100-01-01"}, "whole day of ETH"),
        ({"moves": 0.0}, "moves must be > 0"),
        ({"others": Others(several_share=2.0)}, "others.several_share must be >= 0 and <= 1"),
        ({"wildest": 0}, "wildest must be a whole number >= 1"),
        ({"seed": -1}, "seed must be a whole number >= 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_sentence(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        portfolio_days(**({"venue": "binance", "portfolio": PAIR} | asked))


def test_progress_is_told_and_stops_the_run() -> None:
    told: list[tuple[int, int]] = []
    portfolio_days(portfolio=PAIR, progress=lambda done, whole: told.append((done, whole)), **OCTOBER)
    assert told == [(5, 5)]


def test_the_command_prints_the_same(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["portfolio", "--leg", "long,ETH,1000000", "--leg", "short,BTC,1000000", "--cash", "250000"]
    words += ["--since", "2025-10-09", "--until", "2025-10-11"]
    assert main([*words, "--json"]) == 0
    assert '"taken_days": 0' in capsys.readouterr().out
    file = tmp_path / "days.csv"
    assert main([*words, "--csv", str(file)]) == 0
    with file.open(encoding="utf-8") as stream:
        rows = list(csv.reader(line for line in stream if not line.startswith("#")))
    assert len(rows) == 1 + 2 * 3
    assert rows[0][:4] == ["date", "rule", "charge", "taken"]
    assert "--leg must be SIDE,COIN,USD" in denial(capsys, "portfolio", "--leg", "long,ETH", "--cash", "1")
