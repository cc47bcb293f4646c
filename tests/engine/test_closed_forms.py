"""Many paths against closed forms: a barrier in a gbm, and one step over a bankruptcy price."""

from __future__ import annotations

import math

import numpy as np
import pytest

import engine
from engine.montecarlo.runs import estimate
from tests.engine.lognormal import SIGMA, Phi, below, put


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_barrier_is_hit_as_the_reflection_formula_says(side: float) -> None:
    """One long or short with a known trigger, in a gbm that is watched at steps only.

    Exactly so against the Brownian bridge: between two steps at distances a and b the barrier is passed with chance
    exp(-2 a b / variance), so paths weighted by that give the formula without any correction. And the kernel against
    the formula with the barrier 0.5826 of a step further away (Broadie, Glasserman and Kou 1997).
    """
    book = engine.Book(size=[side], entry_price=[100.0], collateral=[5.0])
    venue = engine.Venue(depth=math.inf, maintenance_rate=0.01, fund=1e9)
    model = engine.PathModel(volatility=0.8, drift=0.5, n_steps=300)
    est = estimate(book=book, venue=venue, model=model, n_paths=20_000, seed=1)
    years, sigma = 300 * model.step_years, 0.8
    nu = -side * (0.5 - sigma**2 / 2)  # drift towards the barrier
    trigger = abs(math.log(engine.liquidation_price(book=book, venue=venue)[0] / 100))

    def reached(barrier: float) -> float:
        spread = sigma * math.sqrt(years)
        reflected = math.exp(2 * nu * barrier / sigma**2) * Phi((-barrier - nu * years) / spread)
        return Phi((nu * years - barrier) / spread) + reflected

    found = est.traders.liquidation_probability
    at_steps = reached(trigger + 0.5826 * model.step_volatility)
    assert found.value[0] == pytest.approx(at_steps, abs=4 * found.stderr[0])
    paths = engine.draw_paths(model=model, initial_price=100.0, n_paths=20_000, seed=1)
    away = np.maximum(trigger + side * np.log(paths / 100), 0.0)
    assert found.value[0] == np.mean(away.min(axis=1) == 0.0)
    not_between = 1.0 - np.exp(-2.0 * away[:, :-1] * away[:, 1:] / model.step_volatility**2)
    between = 1.0 - not_between.prod(axis=1)
    assert between.mean() == pytest.approx(reached(trigger), abs=4 * between.std() / math.sqrt(20_000))
    assert between.mean() - found.value[0] > 0.0


def test_one_step_deficit_is_a_put_at_the_bankruptcy_price() -> None:
    book = engine.Book(size=[3.0], entry_price=[100.0], collateral=[30.0])
    model = engine.PathModel(volatility=2.0, n_steps=1, minutes_per_step=60 * 24, gap_steps=(1,))
    venue = engine.Venue(depth=math.inf, policy="none")
    est = estimate(book=book, venue=venue, model=model, n_paths=40_000, seed=2)
    assert pytest.approx(model.step_volatility) == SIGMA
    assert est.expected_deficit.value == pytest.approx(3 * put(90.0), abs=4 * est.expected_deficit.stderr)
    assert est.expected_unfunded.value == pytest.approx(est.expected_deficit.value)
    assert est.shortfall_probability.value == pytest.approx(below(90.0), abs=4 * est.shortfall_probability.stderr)
