"""Causes and payers add up to the totals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo.risk import expected_shortfall
from engine.montecarlo.runs import estimate
from engine.montecarlo.study import Study
from engine.questions.systemic import account_for, contribution_shares, systemic_report, tail_weights
from tests.engine.jumps import BOOK, MODEL, THIN

CASE: dict[str, Any] = {"book": BOOK, "model": MODEL, "n_paths": 300, "seed": 3}


@pytest.mark.parametrize("policy", ["profit_prorata", "equity_prorata", "adl_queue", "none"])
def test_causes_and_payers_add_up(policy: str) -> None:
    venue = engine.Venue(**THIN, policy=policy, fund=3e4, venue_capital=1e4)
    report = systemic_report(Study(**CASE, venue=venue), level=0.95)
    est = estimate(**CASE, venue=venue, level=0.95)
    assert report.group_component.value.sum() == pytest.approx(report.total.value)
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


def test_accounts_are_those_of_single_runs() -> None:
    venue = engine.Venue(**THIN)
    start = BOOK.mean_entry_price
    closes, opens = engine.draw_paths(model=MODEL, initial_price=start, n_paths=300, seed=3, return_opens=True)
    asked = np.array([260, 3, 3, 299])
    found = list(account_for(Study(**CASE, venue=venue), asked))
    assert [account.path for account in found] == [3, 260, 299]
    for account in found:
        run = engine.simulate(book=BOOK, prices=closes[account.path], opens=opens[account.path], venue=venue)
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


def test_who_should_contribute_to_a_fund_by_hand() -> None:
    """On one path longs lost 30 and shorts nothing, on another both lost 10: the worst half is the first path.

    The mean of the worst path: longs alone cause 30, shorts alone 10 (their own worst), both 30. Shapley: longs
    (30 + 20) / 2 = 25, shorts (0 + 10) / 2 = 5. Longs have posted 1 of 4, and are charged 6 of 8 in the tail.
    """
    caused = np.array([[30.0, 0.0], [10.0, 10.0]])
    number = engine.Estimated(0.0, 0.0)
    report = engine.SystemicReport(
        level=0.5,
        total=number,
        labels=("longs", "shorts"),
        payers=("longs", "shorts"),
        group_component=engine.Estimated(np.array([30.0, 0.0]), np.zeros(2)),
        group_charge=engine.Estimated(np.array([6.0, 2.0]), np.zeros(2)),
        matrix=number,
        caused_by_group=caused,
        margin_share=np.array([0.25, 0.75]),
    )
    shares = contribution_shares(report)
    assert shares.by_shapley == pytest.approx([25 / 30, 5 / 30])
    assert shares.by_cause == pytest.approx([1.0, 0.0])
    assert shares.by_margin == pytest.approx([0.25, 0.75])
    assert shares.paid_today == pytest.approx([0.75, 0.25])


def test_margin_is_that_of_the_groups() -> None:
    report = systemic_report(Study(**(CASE | {"n_paths": 20}), venue=engine.Venue(**THIN)), groups="side")
    longs = BOOK.collateral[BOOK.size > 0].sum() / BOOK.collateral.sum()
    assert report.margin_share == pytest.approx([longs, 1.0 - longs])


def test_without_losses_nobody_has_a_share() -> None:
    calm = Study(**(CASE | {"n_paths": 20}), venue=engine.Venue(depth=1e12, fund=1e12))
    shares = contribution_shares(
        systemic_report(replace(calm, model=engine.PathModel(volatility=0.0, n_steps=60)), groups="side")
    )
    assert shares.by_cause.tolist() == shares.by_shapley.tolist() == shares.paid_today.tolist() == [0.0, 0.0]


def test_an_unknown_grouping_is_named() -> None:
    with pytest.raises(engine.InputError, match="groups must be one of leverage, side, size"):
        systemic_report(Study(**CASE, venue=engine.Venue(**THIN)), groups="height")
