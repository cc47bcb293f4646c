"""Causes and payers add up to the totals; moral hazard has a fixed point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo.risk import expected_shortfall
from engine.montecarlo.runs import estimate
from engine.questions.attribution import account_for
from engine.questions.behavior import LeverageGroup, leverage_equilibrium
from engine.questions.systemic import margin_shares, shapley_shares, systemic_report, tail_weights

BOOK = engine.draw_book(model=engine.BookModel(n_traders=120, open_interest=1e7), seed=0)
MODEL = engine.PathModel(volatility=1.2, n_steps=60)
THIN = {"depth": 1e6, "residual_margin": "trader", "impact_half_life": 20.0}
CASE: dict[str, Any] = {"book": BOOK, "model": MODEL, "n_paths": 300, "seed": 3}


@pytest.mark.parametrize("policy", ["profit_prorata", "equity_prorata", "adl_queue", "none"])
def test_causes_and_payers_add_up(policy: str) -> None:
    venue = engine.Venue(**THIN, policy=policy, fund=3e4, venue_capital=1e4)
    report = systemic_report(**CASE, venue=venue, level=0.95)
    est = estimate(**CASE, venue=venue, level=0.95)
    assert report.component.value.sum() == pytest.approx(report.total.value)
    assert report.group_component.value.sum() == pytest.approx(report.total.value)
    assert report.component_share.sum() == pytest.approx(1.0)
    paid = report.matrix.value.sum(axis=0)
    assert paid[:-4].sum() == pytest.approx(est.expected_charged.value)
    assert paid[-4] == pytest.approx(est.expected_fund_paid.value)
    assert paid[-3] == pytest.approx(est.paths["venue_paid"].mean())
    assert paid[-1] == pytest.approx(est.expected_unfunded.value)
    if not policy.startswith("adl"):
        assert report.total.value == pytest.approx(est.expected_shortfall.value)
        assert report.matrix.value.sum() == pytest.approx(est.expected_deficit.value)
        caused = report.matrix.value.sum(axis=1)
        assert caused == pytest.approx(report.caused_by_group.mean(axis=0))
    shares = shapley_shares(report)
    assert shares.value.sum() == pytest.approx(report.total.value)


def test_accounts_are_those_of_single_runs() -> None:
    venue = engine.Venue(**THIN)
    start = BOOK.mean_entry_price
    paths = engine.draw_paths(model=MODEL, initial_price=start, n_paths=300, seed=3)
    asked = np.array([260, 3, 3, 299])
    found = list(account_for(book=BOOK, venue=venue, model=MODEL, start=start, seed=3, paths=asked))
    assert [account.path for account in found] == [3, 260, 299]
    for account in found:
        run = engine.simulate(book=BOOK, prices=paths[account.path], venue=venue)
        assert account.caused.sum() == pytest.approx(run.deficit.sum())
        assert account.charged == pytest.approx(run.charge)
        assert (account.caused[run.liquidated_at < 0] == 0).all()


def test_tail_weights_give_expected_shortfall() -> None:
    rng = np.random.default_rng(0)
    for level in (0.0, 0.5, 0.9, 0.99):
        losses = rng.integers(0, 12, 57).astype(float)
        weights = tail_weights(losses, level)
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ losses == pytest.approx(expected_shortfall(losses, level).value)
        assert weights.max() <= 1 / (57 * (1 - level)) + 1e-12


def test_shares_by_margin() -> None:
    assert margin_shares(book=BOOK) == pytest.approx(BOOK.collateral / BOOK.collateral.sum())


def test_one_grouping_at_a_time() -> None:
    with pytest.raises(engine.InputError, match="groups must be one grouping"):
        systemic_report(**CASE, venue=engine.Venue(**THIN), groups=("side", "size"))


GROUPS = (
    LeverageGroup(name="careful", share=0.5, leverage=5.0, edge=0.005, risk_aversion=1.0),
    LeverageGroup(name="bold", share=0.5, leverage=20.0, edge=0.01, risk_aversion=0.3),
)


def test_leverage_settles_where_nobody_wants_to_change() -> None:
    venue = engine.Venue(depth=1e9, residual_margin="trader")
    found = leverage_equilibrium(**(CASE | {"n_paths": 60}), venue=venue, groups=GROUPS, most_rounds=25)
    assert found.names == ("careful", "bold")
    assert found.is_settled
    assert found.leverage[1] > found.leverage[0] > 0
    assert found.leverage_before.tolist() == [5.0, 20.0]
    assert found.path.shape[1] == 2
    assert "stylized" in found.caveat


def test_who_pays_for_haircuts_takes_less_leverage() -> None:
    """Charged winners lower the gain of leverage, so with sharing the careful choose less than where nobody pays."""
    case = CASE | {"n_paths": 60, "groups": GROUPS, "most_rounds": 8}
    alone, shared = (
        leverage_equilibrium(**case, venue=engine.Venue(**THIN, policy=policy)) for policy in ("none", "profit_prorata")
    )
    assert shared.leverage[0] < alone.leverage[0]
    assert alone.haircut.value == 0.0
    assert shared.haircut.value < shared.haircut_before.value


def test_behavior_refuses_bad_input() -> None:
    case = CASE | {"venue": engine.Venue(**THIN), "n_paths": 5}
    with pytest.raises(engine.InputError, match="groups must be at least one"):
        leverage_equilibrium(**case, groups=())
    with pytest.raises(engine.InputError, match="damping must be > 0 and <= 1"):
        leverage_equilibrium(**case, groups=GROUPS, damping=0.0)
    with pytest.raises(engine.InputError, match="menu must be at least one leverage <="):
        leverage_equilibrium(**case, groups=GROUPS, menu=(500.0,))
    with pytest.raises(engine.InputError, match="share must be > 0"):
        LeverageGroup(name="x", share=0.0, leverage=2.0)
