"""Concentration and groups against numbers worked by hand, and the figures of runs against the runs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import InputError, load_preset, run_scenario
from engine.questions.fairness import BY, gini, group_of, group_shares, lorenz, profit_before_charges, who_pays


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 1, 1, 1], 0.0), ([0, 0, 0, 5], 0.75), ([1, 2, 3, 4], 0.25), ([7], 0.0), ([0, 1e300, 1e300], 1 / 3)],
)
def test_gini_by_hand(values: list[float], expected: float) -> None:
    assert gini(values) == pytest.approx(expected)


def test_gini_is_one_less_twice_the_area_under_the_lorenz_curve() -> None:
    values = np.random.default_rng(1).pareto(1.4, 500)
    x, y = lorenz(values)
    area = float((0.5 * (y[1:] + y[:-1]) * np.diff(x)).sum())
    assert gini(values) == pytest.approx(1 - 2 * area)
    assert (np.diff(y) >= 0).all()


def test_without_charges_there_is_no_concentration() -> None:
    assert math.isnan(gini([0.0, 0.0]))
    assert lorenz([0.0, 0.0])[1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("values", [[], [-1.0], [math.nan], [math.inf], [[1.0, 2.0]]])
def test_what_is_no_charge_is_refused(values: list[float]) -> None:
    with pytest.raises(InputError, match="values"):
        gini(values)


def test_a_flat_haircut_hits_every_winner_alike() -> None:
    run = run_scenario(load_preset("okex-2018").scenario)
    facts = who_pays(run)
    profit = profit_before_charges(run)
    assert facts.winners_hit == 1.0
    assert facts.largest_haircut == pytest.approx(run.charge.sum() / profit.sum())
    assert facts.gini == pytest.approx(gini(profit[profit > 0]))
    assert facts.unfunded_share == 0.0
    assert facts.open_interest_destroyed + facts.open_interest_kept == pytest.approx(1)


def test_nothing_shared_is_all_unfunded() -> None:
    scenario = load_preset("bitvc-2014").scenario
    facts = who_pays(run_scenario(replace(scenario, venue=replace(scenario.venue, policy="none"))))
    assert facts.unfunded_share == pytest.approx(1.0)
    assert (facts.charged, facts.winners_hit, facts.largest_haircut) == (0.0, 0.0, 0.0)
    assert math.isnan(facts.gini)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("preset", ["okex-2018", "hyperliquid-2025", "calm"])
def test_every_trader_is_in_one_group_and_shares_add_up(preset: str, by: str) -> None:
    run = run_scenario(load_preset(preset).scenario)
    group, names = group_of(run, by)
    assert group.shape == run.charge.shape
    assert set(np.unique(group)) <= set(range(len(names)))
    assert sum(group_shares(run, by).values()) == pytest.approx(1.0 if (run.charge > 0).any() else 0.0)


def test_ranks_hold_half_forty_and_ten_percent() -> None:
    run = run_scenario(load_preset("okex-2018").scenario)
    group, names = group_of(run, "size")
    assert names == ("lower half", "next 40 %", "top 10 %")
    assert np.bincount(group) / group.size == pytest.approx([0.5, 0.4, 0.1], abs=0.01)


def test_an_unknown_grouping_is_an_error() -> None:
    with pytest.raises(InputError, match=r"group_of\.by must be one of leverage, profit, side, size"):
        group_of(run_scenario(load_preset("calm").scenario), "age")
