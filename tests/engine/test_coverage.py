"""Error bars are honest: of 200 repetitions, 95 % intervals hold the truth as often as 95 in 100, up to chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pytest

import engine
from engine.montecarlo.risk import Estimated
from engine.rare_events.plans import TiltPlan
from engine.rare_events.tilts import Tilt
from tests.engine.lognormal import DAY, SIGMA, Phi, below, put

N_REPETITIONS = 200
COINS, STRIKE = 3.0, 90.0

# a long that can go bankrupt below 90, and two shorts that are charged in proportion to equal gains
BOOK = engine.Book(size=[COINS, -2.0, -2.0], entry_price=[100.0] * 3, collateral=[10.0 * COINS, 500.0, 500.0])
VENUE = engine.Venue(depth=math.inf)


def assert_covered(found: list[Estimated], truth: float, *, least: float = 0.95) -> None:
    """The number of intervals that hold the truth is within four deviations of a binomial one."""
    held = [one.interval()[0] <= truth <= one.interval()[1] for one in found]
    assert len(held) == N_REPETITIONS
    slack = 4 * math.sqrt(least * (1 - least) / N_REPETITIONS)
    assert least - slack <= np.mean(held) <= 1.0
    # nor is it held by bars that are too long: the mean error is the spread of the estimates
    spread = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.stderr for one in found]) == pytest.approx(spread, rel=0.25)


@pytest.fixture(scope="module")
def estimates() -> list[engine.Estimate]:
    return [
        engine.estimate(book=BOOK, venue=VENUE, model=DAY, n_paths=800, seed=seed, level=0.9, n_threads=1)
        for seed in range(N_REPETITIONS)
    ]


CHANCE = below(STRIKE)
EDGE = NormalDist().inv_cdf(0.1)
VAR = COINS * (STRIKE - 100 * math.exp(SIGMA * EDGE - SIGMA**2 / 2))
ES = COINS * (STRIKE - 100 * Phi(EDGE - SIGMA) / 0.1)
TRUTHS: dict[str, tuple[float, Callable[[engine.Estimate], Estimated]]] = {
    "shortfall_probability": (CHANCE, lambda est: est.shortfall_probability),
    "expected_deficit": (COINS * put(STRIKE), lambda est: est.expected_deficit),
    "value_at_risk": (VAR, lambda est: est.value_at_risk),
    "expected_shortfall": (ES, lambda est: est.expected_shortfall),
    "charged_expected_shortfall": (ES, lambda est: est.charged_expected_shortfall),
    "charge": (
        COINS * put(STRIKE) / 2,
        lambda est: Estimated(est.traders.charge.value[1], est.traders.charge.stderr[1]),
    ),
    "charge_given_charged": (
        COINS * put(STRIKE) / 2 / CHANCE,
        lambda est: Estimated(est.traders.charge_given_charged.value[2], est.traders.charge_given_charged.stderr[2]),
    ),
}


@pytest.mark.parametrize("name", sorted(TRUTHS))
def test_plain_intervals(name: str, estimates: list[engine.Estimate]) -> None:
    truth, read = TRUTHS[name]
    assert_covered([read(est) for est in estimates], truth)


def test_intervals_of_a_fund_size() -> None:
    found = [
        engine.size_fund(
            engine.Study(book=BOOK, venue=VENUE, model=DAY, n_paths=800, seed=seed, n_threads=1), target=0.1, level=0.9
        )
        for seed in range(N_REPETITIONS)
    ]
    assert_covered([one.fund for one in found], VAR)
    assert_covered([one.expected_shortfall for one in found], ES)


def test_intervals_of_importance_sampling() -> None:
    """A fund that 4 in 10,000 days exceed, sampled under a fixed mixture of the true law and a fall."""
    strike = 70.0
    venue = engine.Venue(depth=math.inf, fund=COINS * (STRIKE - strike))
    each, chance = SIGMA / 10, 0.0  # over the numbers of jumps, for so far out they are not quite one lognormal
    for n in range(1, 300):
        mass = math.exp(n * math.log(100) - 100 - math.lgamma(n + 1))
        chance += mass * below(strike, each * math.sqrt(n))
    assert 1e-4 < chance < 1e-3
    plan = TiltPlan(tilts=(Tilt(), Tilt(jump_shift=-3.5)), shares=(0.3, 0.7))
    found = [
        engine.estimate(book=BOOK, venue=venue, model=DAY, n_paths=400, seed=seed, n_threads=1, importance=plan)
        for seed in range(N_REPETITIONS)
    ]
    assert_covered([est.shortfall_probability for est in found], chance)
