"""The kernel of accounts where it must be the one-market kernel, and books whose outcome is worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings

import engine
from engine.sharing.policy_record import SCORES
from tests.model import strategies
from tests.model.oracle_accounts import run_account_oracle

SAME = ("mark", "mark_low", "mark_high", "impact", "impact_low", "impact_high")
OF_STEPS = ("fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged", "unfunded_in_step", "forced")
OF_TRADERS = ("equity", "wallet", "collateral", "charge", "claim", "liquidated_at", "open_size", "trigger")


def as_accounts(book: engine.Book) -> engine.Book:
    """The same positions in isolated margin, in the first of several markets."""
    return replace(book, account=np.full(book.size.size, -1))


@pytest.mark.parametrize("policy", strategies.POLICIES)
def test_isolated_positions_in_one_market_are_the_one_market_kernel(policy: str) -> None:
    """Bit for bit; deleveraging, which adds up by market and side, to 1e-12."""

    @settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
    @given(strategies.cases(policy=policy, copies=False, is_penalty_beyond_equity=False))
    def agree(case: Any) -> None:
        book, prices, venue, _ = case
        one = engine.simulate(book=book, prices=prices, venue=venue, opens=prices)
        run = engine.simulate(book=as_accounts(book), prices=prices, venue=replace(venue, piece=math.inf))
        for name in SAME:
            assert_equal(getattr(run, name)[0], getattr(one, name), policy, name)
        for name in (*OF_STEPS, *OF_TRADERS):
            assert_equal(getattr(run, name), getattr(one, name), policy, name)
        assert (run.unfunded, run.backstop) == pytest.approx((one.unfunded, one.backstop), rel=1e-12, abs=1e-9)

    agree()


def assert_equal(ours: np.ndarray, theirs: np.ndarray, policy: str, name: str) -> None:
    if policy in strategies.ADL:
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9, err_msg=name)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def hedged(**venue: Any) -> engine.AccountRun:
    """Long 10 at 100, short 100 at 10, with 200; a long of 100 at 10 with 100 that goes bankrupt at 8."""
    book = engine.Book(
        size=[10.0, -100.0, 100.0],
        entry_price=[100.0, 10.0, 10.0],
        account=[0, 0, 1],
        market=[0, 1, 1],
        cash=[200.0, 100.0],
        maintenance_rate=[0.01, 0.01, 0.01],
    )
    settings_ = {"markets": ({"depth": math.inf}, {"depth": math.inf}), "residual_margin": "trader", "piece": math.inf}
    run = engine.simulate(book=book, prices=[[100, 80, 70.5], [10, 8, 8]], venue=engine.Venue(**(settings_ | venue)))
    assert isinstance(run, engine.AccountRun)
    return run


def test_deleveraging_takes_one_leg_of_a_hedge_and_leaves_the_other_naked() -> None:
    run = hedged(policy="adl_queue")
    assert run.naked.tolist() == [800.0, 0.0]
    assert run.adl_closed.tolist() == [800.0, 0.0]
    assert run.charge.tolist() == [100.0, 0.0]  # closed at 9 where the mark is 8
    assert run.adl_cost.tolist() == [100.0, 0.0]  # the mark of that coin stays at 8
    assert run.liquidated_at.tolist() == [2, 1]
    assert run.equity.tolist() == pytest.approx([5.0, 0.0])


def test_a_hedge_without_profit_pays_nothing_under_profit_haircuts() -> None:
    run = hedged(policy="profit_prorata")
    assert run.charge.tolist() == [0.0, 0.0]
    assert run.unfunded == pytest.approx(100.0)
    assert run.equity.tolist() == pytest.approx([105.0, 0.0])
    assert run.liquidated_at.tolist() == [-1, 1]


def test_small_pieces_tend_to_the_exact_crossing_of_one_market() -> None:
    book = engine.Book(size=[1.0, 2.0, -3.0], entry_price=[100.0] * 3, collateral=[10.0, 15.0, 300.0])
    venue = engine.Venue(depth=5e4, maintenance_rate=0.01)
    exact = engine.simulate(book=book, prices=[100.0, 85.0], venue=venue)
    gaps = []
    for piece in (1e-2, 1e-3, 1e-4):
        run = engine.simulate(book=as_accounts(book), prices=[100.0, 85.0], venue=replace(venue, piece=piece))
        gaps.append(float(np.abs(run.equity - exact.equity).max()))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.03


def test_accounts_with_one_position_each_in_deep_markets_are_runs_of_one_market() -> None:
    rng = np.random.default_rng(5)
    n = 60
    market, side = np.arange(n) % 3, np.where(rng.random(n) < 0.5, 1.0, -1.0)
    size, entry = side * rng.uniform(1, 9, n), 100 * np.exp(rng.normal(0, 0.02, n))
    cash = np.abs(size) * entry / rng.uniform(3, 40, n)
    prices = 100 * np.exp(np.cumsum(np.hstack((np.zeros((3, 1)), rng.normal(0, 0.03, (3, 20)))), axis=1))
    given_ = {"maintenance_rate": 0.01, "policy": "none", "residual_margin": "trader"}
    book = engine.Book(size=size, entry_price=entry, account=np.arange(n), market=market, cash=cash)
    venue = engine.Venue(markets=[{"depth": math.inf}] * 3, piece=math.inf, **given_)
    run = engine.simulate(book=book, prices=prices, venue=venue)
    for k in range(3):
        own = market == k
        alone = engine.Book(size=size[own], entry_price=entry[own], collateral=cash[own])
        flat = engine.Venue(depth=math.inf, **given_)
        one = engine.simulate(book=alone, prices=prices[k], venue=flat, opens=prices[k])
        assert run.liquidated_at[own].tolist() == one.liquidated_at.tolist()
        np.testing.assert_allclose(run.equity[own], one.equity, rtol=1e-12, atol=1e-9)
    assert run.n_liquidated > 5


def test_more_barriers_than_a_heap_holds_change_nothing() -> None:
    """A path that swings makes every account look again and again; the oracle's answer stays."""
    rng = np.random.default_rng(2)
    n = 30
    size = rng.choice([1.0, -1.0], (n, 2)) * rng.uniform(1, 5, (n, 2))
    book = engine.Book(
        size=size.ravel(),
        entry_price=[100.0] * (2 * n),
        account=np.repeat(np.arange(n), 2),
        market=np.tile([0, 1], n),
        cash=np.abs(size).sum(axis=1) * 100 / rng.uniform(3, 25, n),
    )
    swing = 100 * (1 + 0.06 * np.sin(np.arange(150)) * np.linspace(0.2, 2.0, 150))
    venue = engine.Venue(markets=[{"depth": 1e6}] * 2, maintenance_rate=0.01, fund=10.0, policy="equity_prorata")
    prices = np.array([swing, swing[::-1] + 0.3])
    run, oracle = engine.simulate(book=book, prices=prices, venue=venue), run_account_oracle(book, prices, venue)
    assert run.liquidated_at.tolist() == oracle.liquidated_at
    np.testing.assert_allclose(run.equity, oracle.equity, rtol=1e-9, atol=1e-7)
    assert 3 < run.n_liquidated < n


@pytest.mark.parametrize("score", SCORES)
def test_ranks_that_are_kept_between_defaults_close_whom_the_oracle_closes(score: str) -> None:
    """A crash and a rebound of three coins: some dozens of defaults at as many marks, on both sides."""
    rng = np.random.default_rng(11)
    n = 90
    account, market = np.nonzero(rng.random((n, 3)) < 0.6)
    size = rng.choice([1.0, -1.0], account.size) * rng.uniform(1, 5, account.size)
    entry = 100 * np.exp(rng.normal(0, 0.03, account.size))
    gross = np.bincount(account, np.abs(size) * entry, n)
    book = engine.Book(
        size=size,
        entry_price=entry,
        account=account,
        market=market,
        cash=gross / rng.uniform(3, 40, n),
        maintenance_rate=0.005 + 1e-5 * rng.random(account.size),
    )
    moves = rng.normal(0, 0.01, (3, 12)) + np.where(np.arange(12) == 4, -0.15, np.where(np.arange(12) == 8, 0.2, 0.0))
    prices = 100 * np.exp(np.hstack((np.zeros((3, 1)), np.cumsum(moves, axis=1))))
    venue = engine.Venue(
        markets=[{"depth": 2e5}] * 3,
        policy="adl_queue",
        policy_options={"score": score},
        dynamic_margin_cap=2.0 if score == "binance" else 1.0,
        piece=math.inf,
    )
    run, oracle = engine.simulate(book=book, prices=prices, venue=venue), run_account_oracle(book, prices, venue)
    assert run.liquidated_at.tolist() == oracle.liquidated_at
    np.testing.assert_allclose(run.charge, oracle.charge, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(run.naked, oracle.naked, rtol=1e-9, atol=1e-7)
    assert np.unique(run.events["account"][run.events["kind"] == engine.TradeKind.DELEVERAGED]).size > 10
