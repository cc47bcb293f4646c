"""Fund sizes against runs with that fund, and the shares, rates and covers that go with them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.montecarlo.runs import estimate
from engine.montecarlo.study import Study
from engine.questions.fund import contribution_rate, cover, size_fund
from engine.questions.systemic import shapley_value
from tests.engine.jumps import BOOK, MODEL

VENUE = engine.Venue(depth=1e6, impact_half_life=20.0, liquidation_fee=0.002, venue_capital=500.0, vault=300.0)
CASE: dict[str, Any] = {"book": BOOK, "model": MODEL, "n_paths": 500, "seed": 1}


@pytest.mark.parametrize("policy", ["profit_prorata", "equity_prorata", "none", "adl_queue", "adl_prorata"])
@pytest.mark.parametrize("margin", ["fund", "trader"])
def test_the_curve_is_what_runs_with_those_funds_say(policy: str, margin: str) -> None:
    venue = {
        "depth": 1e6,
        "impact_half_life": 20.0,
        "liquidation_fee": 0.001,
        "residual_margin": margin,
        "venue_capital": 500.0,
        "vault": 300.0,
        "policy": policy,
    }
    sizes = size_fund(Study(**CASE, venue=engine.Venue(**venue)))
    for fund in (0.0, float(np.quantile(sizes.needs, 0.9)), float(np.quantile(sizes.needs, 0.99))):
        run = estimate(**CASE, venue=engine.Venue(**venue, fund=fund))
        assert ((sizes.needs > fund + 800.0) == (run.paths["is_short"] > 0)).all()
        assert sizes.shortfall_probability(fund) == run.shortfall_probability


def test_the_smallest_fund_keeps_the_target_and_nothing_smaller_does() -> None:
    sizes = size_fund(Study(**CASE, venue=VENUE), target=0.03, level=0.97)
    fund = sizes.fund.value
    assert fund > 0.0
    assert sizes.shortfall_probability(fund).value <= 0.03 < sizes.shortfall_probability(fund * (1 - 1e-9)).value
    assert sizes.value_at_risk.value == fund
    assert sizes.expected_shortfall.value >= fund
    curve = sizes.curve(np.linspace(0, 2 * fund, 20))
    assert (np.diff(curve.value) <= 0).all()


def test_targets_at_the_ends_have_defined_answers() -> None:
    never, always = (size_fund(Study(**CASE, venue=VENUE), target=target) for target in (0.0, 1.0))
    assert never.fund.value == never.needs.max() - 800.0
    assert never.fund.stderr == math.inf
    assert (always.fund.value, always.fund.stderr) == (0.0, 0.0)


def test_a_target_that_so_many_paths_cannot_show_has_no_finite_error() -> None:
    """One in 1,000 of 200 paths, ten seeds: a finite error would exclude the fund that more paths find."""
    for seed in range(10):
        sizes = size_fund(Study(**(CASE | {"n_paths": 200, "seed": seed}), venue=VENUE), target=0.001)
        assert sizes.fund.stderr == sizes.size(0.001).stderr == math.inf
        assert sizes.caution == "200 paths cannot show a chance of 0.001: it takes 4,000"
        assert sizes.size(0.005).stderr < math.inf
    assert size_fund(Study(**CASE, venue=VENUE), target=0.01).caution == ""


def test_a_certain_shortfall_has_no_interval() -> None:
    fall = engine.PathModel(volatility=0.0, drift=-3000.0, n_steps=60)
    chance = size_fund(Study(**(CASE | {"model": fall}), venue=replace(VENUE, depth=2e5))).shortfall_probability(0.0)
    assert chance.interval() == (1.0, 1.0)


def test_without_volatility_the_need_is_the_answer() -> None:
    fall = engine.PathModel(volatility=0.0, drift=-3000.0, n_steps=60)
    sizes = size_fund(Study(**(CASE | {"model": fall}), venue=replace(VENUE, depth=2e5)))
    assert sizes.needs.size == 1
    assert sizes.fund.value > 0.0
    assert sizes.fund.stderr == 0.0
    enough = engine.Venue(depth=2e5, impact_half_life=20.0, liquidation_fee=0.002, fund=sizes.fund.value + 800.0 + 1e-6)
    path = engine.draw_paths(model=fall, initial_price=BOOK.mean_entry_price, n_paths=1, seed=0)[0]
    assert engine.simulate(book=BOOK, prices=path, venue=enough).charge.sum() == 0.0


def test_importance_sampling_gives_the_same_fund() -> None:
    plain = size_fund(Study(**(CASE | {"n_paths": 4000}), venue=VENUE), target=0.01)
    venue = replace(VENUE, fund=plain.fund.value)
    tilted = size_fund(Study(**(CASE | {"n_paths": 4000}), venue=venue), target=0.01, importance=True)
    assert plain.importance is None
    assert tilted.importance.effective_hits >= 10
    joint = math.hypot(plain.fund.stderr, tilted.fund.stderr)
    assert abs(plain.fund.value - tilted.fund.value) <= 3 * joint


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"target": -0.1}, "target must be >= 0 and <= 1"),
        ({"target": math.nan}, "target must be finite"),
        ({"level": 1.0}, "level must be < 1"),
        ({"n_paths": 0}, "n_paths must be a whole number >= 1"),
        ({"venue": engine.Venue(depth=1e6, fund_max_drawdown=0.5)}, "fund_max_drawdown must be 1"),
        ({"venue": engine.Venue(depth=1e6, fund_position_limit=0.5)}, "fund_position_limit must be infinity"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], text: str) -> None:
    fields = CASE | {"venue": VENUE} | change
    more = {name: fields.pop(name) for name in ("target", "level") if name in fields}
    with pytest.raises(engine.InputError, match=text):
        size_fund(Study(**fields), **more)


def test_a_rate_that_reaches_and_holds() -> None:
    payouts = np.array([0.0, 0.0, 0.0, 40.0])
    rate = contribution_rate(net_payouts=payouts, traded_notional=1e4, target_fund=500.0, n_periods=100, fund=100.0)
    assert rate.hold.value == pytest.approx(10.0 / 1e4)
    # on average 400 to fill and 1000 to pay; 95 % of the histories need at most about 1.64 deviations more
    expected = (400 + 1000 + 1.645 * math.sqrt(100) * payouts.std()) / 1e6
    assert rate.reach.value == pytest.approx(expected, rel=0.05)
    assert 0.0 <= rate.probability_empty.value < 0.05
    certain = contribution_rate(net_payouts=[5.0], traded_notional=10.0, target_fund=0.0, n_periods=4)
    assert certain.reach.value == pytest.approx(0.5)
    profits = contribution_rate(net_payouts=[-5.0, -7.0], traded_notional=10.0, target_fund=1.0, n_periods=4)
    assert (profits.reach.value, profits.hold.value) == (0.0, 0.0)


def test_rates_refuse_bad_input() -> None:
    with pytest.raises(engine.InputError, match=r"traded_notional must be > 0.*n_periods.*confidence must be < 1"):
        contribution_rate(net_payouts=[1.0], traded_notional=0.0, target_fund=1.0, n_periods=0, confidence=1.0)


def test_cover_two_is_the_two_largest_holes_of_the_worst_shock() -> None:
    book = engine.Book(size=[10.0, 5.0, -8.0, 2.0], entry_price=[100.0] * 4, collateral=[50.0] * 4)
    # at 70: holes 250, 100, 0, 10; at 130: 0, 0, 190, 0
    assert cover(book=book, price=100.0, shocks=(-0.3, 0.3)) == pytest.approx(350.0)
    assert cover(book=book, price=100.0, shocks=(-0.3, 0.3), k=3) == pytest.approx(360.0)
    assert cover(book=book, price=100.0, shocks=(0.3,), k=1) == pytest.approx(190.0)
    with pytest.raises(engine.InputError, match=r"shocks\[0\] must be > -1"):
        cover(book=book, price=100.0, shocks=(-1.0,))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=7))
def test_shapley_of_airport_games_is_the_closed_form(costs: list[float]) -> None:
    c = np.array(costs)
    found = shapley_value(value=lambda inside: float(c[inside].max()), n_players=c.size)
    order = np.argsort(c)  # in rising order, player k pays the sum over j <= k of (c_j - c_(j-1)) / (n - j + 1)
    steps = np.diff(np.concatenate(([0.0], c[order]))) / np.arange(c.size, 0, -1)
    assert found[order] == pytest.approx(np.cumsum(steps), abs=1e-9)
    assert found.sum() == pytest.approx(c.max())


@pytest.mark.parametrize("n_players", [0, 13])
def test_shapley_is_of_as_many_as_have_all_their_coalitions_valued(n_players: int) -> None:
    with pytest.raises(engine.InputError, match="n_players must be a whole number >= 1 and <= 12"):
        shapley_value(value=lambda inside: 0.0, n_players=n_players)


def test_two_airlines() -> None:
    # a short runway costs 10, a long one 30: both share the first 10, the second pays the rest
    costs = np.array([10.0, 30.0])
    found = shapley_value(value=lambda inside: float(costs[inside].max()), n_players=2)
    assert found.tolist() == [5.0, 25.0]
