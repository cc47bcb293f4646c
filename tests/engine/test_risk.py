"""Risk measures against their definitions on discrete distributions, weighted and not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from engine.errors import InputError
from engine.montecarlo.risk import (
    Estimated,
    clopper_pearson,
    effective_sample_size,
    expected_shortfall,
    mean,
    mean_of,
    probability,
    probability_of,
    quantiles,
    ratio_of,
    value_at_risk,
)

LOSSES = st.lists(st.integers(-5, 20).map(float), min_size=1, max_size=40)
LEVELS = st.sampled_from((0.0, 0.3, 0.5, 0.9, 0.95, 0.99))


def var_by_definition(losses: list[float], level: float) -> float:
    """inf{x : P(X > x) <= 1 - a}, over the values that occur."""
    n = len(losses)
    fits = [x for x in sorted(losses) if sum(y > x for y in losses) / n <= 1 - level + 1e-12]
    return fits[0]


def es_by_definition(losses: list[float], level: float) -> float:
    """Mean of the quantile function over the worst 1 - a, summed over its steps."""
    n, total, left = len(losses), 0.0, 1 - level
    for x in sorted(losses, reverse=True):
        share = min(1 / n, left)
        total += share * x
        left -= share
    return total / (1 - level)


@given(LOSSES, LEVELS)
def test_var_and_es_are_those_of_the_definition(losses: list[float], level: float) -> None:
    assert value_at_risk(losses, level).value == var_by_definition(losses, level)
    assert expected_shortfall(losses, level).value == pytest.approx(es_by_definition(losses, level), abs=1e-9)


def test_es_takes_a_fraction_of_the_atom() -> None:
    # P(X = 100) = 0.02, P(X = 10) = 0.08, else 0: ES_95 = (0.02 * 100 + 0.03 * 10) / 0.05
    losses = [100.0] * 2 + [10.0] * 8 + [0.0] * 90
    assert value_at_risk(losses, 0.95).value == 10.0
    assert expected_shortfall(losses, 0.95).value == pytest.approx(46.0)


@given(LOSSES, LEVELS, st.integers(0, 2**31))
def test_whole_weights_repeat_a_value(losses: list[float], level: float, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(1, 5, len(losses))
    repeated = np.repeat(losses, weights)
    scaled = weights * len(losses) / weights.sum()  # the masses sum to 1
    assert value_at_risk(losses, level, scaled).value == value_at_risk(repeated, level).value
    expected = expected_shortfall(repeated, level).value
    assert expected_shortfall(losses, level, scaled).value == pytest.approx(expected, abs=1e-9)


def test_errors_are_the_spread_over_repetitions() -> None:
    rng = np.random.default_rng(1)
    samples = rng.exponential(size=(400, 1000))
    for measure in (value_at_risk, expected_shortfall):
        found = [measure(sample, 0.95) for sample in samples]
        spread = np.std([one.value for one in found])
        assert np.mean([one.stderr for one in found]) == pytest.approx(spread, rel=0.15)


def test_weighted_errors_are_the_spread_over_repetitions() -> None:
    # tail of a normal, drawn from a normal at 2: w = exp(2 - 2 x)
    rng = np.random.default_rng(2)
    samples = rng.normal(2.0, size=(300, 1000))
    for measure, truth in ((value_at_risk, 2.3263), (expected_shortfall, 2.6652)):
        found = [measure(x, 0.99, np.exp(2 - 2 * x)) for x in samples]
        values = np.array([one.value for one in found])
        assert values.mean() == pytest.approx(truth, abs=5e-3)
        assert np.mean([one.stderr for one in found]) == pytest.approx(values.std(), rel=0.15)


def test_an_event_that_never_happened_still_has_an_error() -> None:
    never = probability(np.zeros(100, bool))
    assert never.value == 0.0
    assert 0.0 < never.stderr < 0.02
    assert probability(np.ones(100, bool)).stderr == never.stderr
    assert probability([True, False] * 50).stderr == pytest.approx(math.sqrt(0.25 / 99))


def test_one_path_says_nothing_about_its_error() -> None:
    assert mean([3.0]).value == 3.0
    assert mean([3.0]).stderr == math.inf
    assert value_at_risk([3.0], 0.9).stderr == math.inf
    assert expected_shortfall([3.0], 0.9).stderr == math.inf
    assert mean_of(3.0, 9.0, 1).stderr == math.inf


@pytest.mark.parametrize("seed", range(4))
def test_the_worst_one_in_a_hundred_of_fifty_paths_has_no_finite_error(seed: int) -> None:
    losses = 100.0 * np.random.default_rng(seed).pareto(2, size=50)
    for measure in (value_at_risk, expected_shortfall):
        assert measure(losses, 0.99).value == losses.max()
        assert measure(losses, 0.99).stderr == math.inf


@pytest.mark.parametrize(("level", "sizes"), [(0.99, (20, 50, 99, 100, 101, 199, 300)), (0.95, (5, 10, 19, 20, 21))])
def test_a_tail_of_less_than_a_path_has_no_finite_error_and_one_of_few_a_wide_one(
    level: float, sizes: tuple[int, ...]
) -> None:
    for n in sizes:
        losses = np.random.default_rng(n).exponential(size=n)
        for measure in (value_at_risk, expected_shortfall):
            error = measure(losses, level).stderr
            assert (error == math.inf) == (n < round(1 / (1 - level)))
            assert error >= 0.2  # of an exponential: its tail is 1 wide, whatever is in it


def test_es_of_a_fraction_of_a_path() -> None:
    # the worst 1.25 of 0, 1, 2, 3, 4: (4 + 0.25 * 3) / 1.25
    assert expected_shortfall([0.0, 1.0, 2.0, 3.0, 4.0], 0.75).value == pytest.approx(3.8)


@pytest.mark.parametrize("n_tail", [1, 2, 3])
@pytest.mark.parametrize("measure", [value_at_risk, expected_shortfall])
def test_wide_intervals_of_few_paths_hold_the_truth(measure: Callable[..., Estimated], n_tail: int) -> None:
    """Exponential losses, and Pareto's of index 3: VaR_99 and ES_99 in closed form."""
    rng, n = np.random.default_rng(n_tail), 100 * n_tail
    root = 100 ** (1 / 3)
    laws = (
        (rng.exponential(size=(400, n)), math.log(100), math.log(100) + 1),
        (rng.pareto(3, size=(400, n)) + 1, root, 1.5 * root),
    )
    for samples, var, es in laws:
        truth = var if measure is value_at_risk else es
        ends = [measure(sample, 0.99).interval() for sample in samples]
        assert np.mean([low <= truth <= high for low, high in ends]) >= 0.93


def test_a_weighted_tail_counts_by_what_its_paths_are_worth() -> None:
    losses = np.arange(1000.0)
    weights = np.ones(1000)
    assert expected_shortfall(losses, 0.99, weights).stderr < 10.0  # ten paths
    weights[-1], weights[:990] = 11.0, 980 / 990  # one of them is more than the whole tail
    assert expected_shortfall(losses, 0.99, weights).stderr == math.inf
    weights[-1] = 6.0  # 6^2 / (6^2 + 4) of ten: 2.5 paths
    assert math.inf > value_at_risk(losses, 0.99, weights).stderr > 10.0


def test_what_was_never_seen_has_no_finite_error() -> None:
    for found in (mean(np.zeros(1000)), expected_shortfall(np.zeros(1000), 0.9), ratio_of(0.0, 0.0, 0.0, 0.0, 0.0)):
        assert (found.value, found.stderr) == (0.0, math.inf)
    assert mean_of(np.array([0.0, 2.0]), np.array([0.0, 4.0]), 100).stderr.tolist() == [math.inf, 0.02]
    assert ratio_of(5.0, 25.0, 1.0, 1.0, 5.0).stderr == math.inf  # one path that was charged
    assert value_at_risk(np.zeros(1000), 0.9).stderr == 0.0  # 100 paths of the tail, and none above 0


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (0, 64), (1, 1), (3, 256), (12, 1000), (999, 1000), (2.5, 40.7)])
def test_the_interval_of_a_chance_is_clopper_and_pearsons(hits: float, trials: float) -> None:
    low, high = clopper_pearson(hits, trials)
    assert low == pytest.approx(0.0 if hits == 0 else betaincinv(hits, trials - hits + 1, 0.025), rel=1e-7)
    assert high == pytest.approx(1.0 if hits == trials else betaincinv(hits + 1, trials - hits, 0.975), rel=1e-7)


@pytest.mark.parametrize("expected", [0.0, 0.02, 0.1, 0.3, 0.7, 1.0, 2.0, 3.0, 5.0])
def test_intervals_of_rare_chances_hold_the_truth(expected: float) -> None:
    n = 500
    held = []
    for hits in np.random.default_rng(5).binomial(n, expected / n, 2000).tolist():
        low, high = probability_of(float(hits), float(hits), n).interval()
        held.append(low <= expected / n <= high)
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize("expected", [0.1, 1.0, 3.0])
def test_intervals_of_weighted_chances_hold_the_truth(expected: float) -> None:
    """Hits drawn five times as often as they are, with a third of the weight in some, two thirds in others."""
    n = 500
    rng = np.random.default_rng(6)
    held = []
    for _ in range(1000):
        hit = rng.random(n) < 5 * expected / n
        weights = np.where(hit, rng.choice([0.1, 0.3], n), 1.0)
        low, high = probability(hit, weights).interval()
        held.append(low <= expected / n <= high)
    assert np.mean(held) >= 0.94


def test_a_ratio_by_the_delta_method() -> None:
    rng = np.random.default_rng(3)

    def one() -> tuple[float, float]:
        hit = rng.random(2000) < 0.1
        x = np.where(hit, rng.exponential(5.0, 2000), 0.0)
        found = ratio_of(x.sum(), (x * x).sum(), hit.sum(), hit.sum(), x.sum())
        return found.value, found.stderr

    values, errors = zip(*[one() for _ in range(300)], strict=True)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
    assert ratio_of(0.0, 0.0, 0.0, 0.0, 0.0).value == 0.0


def test_quantiles_of_columns_are_those_of_each() -> None:
    rng = np.random.default_rng(4)
    table, weights = rng.normal(size=(50, 7)).round(1), rng.exponential(size=50)
    levels = (0.05, 0.5, 0.9)
    value = quantiles(table, levels, weights)
    for row, level in enumerate(levels):
        for column in range(7):
            assert value[row, column] == value_at_risk(table[:, column], level, weights).value


def test_effective_sample_size() -> None:
    assert effective_sample_size(np.ones(7)) == 7
    assert effective_sample_size([1.0, 0.0, 0.0]) == 1
    assert effective_sample_size([0.0, 0.0]) == 0


@pytest.mark.parametrize("level", [-0.1, 1.0, 2.0, math.nan])
def test_levels_outside_are_refused(level: float) -> None:
    with pytest.raises(InputError, match="level must be"):
        value_at_risk([1.0], level)


def test_bad_samples_are_refused() -> None:
    with pytest.raises(InputError, match="at least one number"):
        mean([])
    with pytest.raises(InputError, match=r"values\[1\] must be finite"):
        mean([1.0, math.nan])
    with pytest.raises(InputError, match=r"weights\[0\] must be finite and >= 0"):
        expected_shortfall([1.0], 0.5, [-1.0])
    with pytest.raises(InputError, match="of length 2 like values"):
        value_at_risk([1.0, 2.0], 0.5, [1.0])
