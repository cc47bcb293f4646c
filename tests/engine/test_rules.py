"""The five rules of engine.sharing.rules: book examples, closed forms, and slow readings of their definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.sharing.rules import (
    EQUAL_AWARDS,
    PRIORITY,
    PROPORTIONAL,
    TALMUD,
    accurate_sum,
    equal_awards,
    priority,
    proportional,
    split,
    talmud,
)

Floats = NDArray[np.float64]
RULES = (PROPORTIONAL, EQUAL_AWARDS, TALMUD, PRIORITY)

amounts = st.floats(0, 1e9, allow_subnormal=False)
claims = st.lists(st.sampled_from([0.0, 0.3, 1.0, 7.0]) | st.floats(1e-6, 1e9), min_size=1, max_size=12)


def run(rule: int, amount: float, cap: list[float] | Floats, weight: list[float] | Floats | None = None) -> Floats:
    """Charges of one split; the weight is the cap where none is given."""
    caps = np.asarray(cap, dtype=np.float64)
    weights = caps if weight is None else np.asarray(weight, dtype=np.float64)
    charge = np.full(caps.size, np.nan)
    raised = split(rule, float(amount), caps, weights, charge)
    assert raised == pytest.approx(charge.sum(), rel=1e-12, abs=1e-300)
    return charge


def by_bisection(amount: float, cap: Floats, charge_at: Callable[[float], Floats]) -> Floats:
    """Charges at the level where a rising total meets the amount."""
    low, high = 0.0, 1.0
    while charge_at(high).sum() < min(amount, cap.sum()) and high < 1e300:
        high *= 2.0
    for _ in range(2000):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if charge_at(middle).sum() < amount else (low, middle)
    return charge_at(high)


@pytest.mark.parametrize(
    ("estate", "expected"),
    [
        (100.0, [100 / 3, 100 / 3, 100 / 3]),
        (200.0, [50.0, 75.0, 75.0]),
        (300.0, [50.0, 100.0, 150.0]),
        (400.0, [50.0, 125.0, 225.0]),
        (600.0, [100.0, 200.0, 300.0]),
    ],
)
def test_talmud_divides_the_three_wives_estate(estate: float, expected: list[float]) -> None:
    """Aumann and Maschler (1985); the first three are in the Mishnah (Ketubot 93a)."""
    np.testing.assert_allclose(run(TALMUD, estate, [100.0, 200.0, 300.0]), expected, rtol=1e-14)


@pytest.mark.parametrize(("estate", "expected"), [(200.0, [50.0, 150.0]), (100.0, [50.0, 50.0]), (50.0, [25.0, 25.0])])
def test_talmud_on_two_claims_is_the_contested_garment(estate: float, expected: list[float]) -> None:
    """Each concedes what is beyond its claim; what is contested is halved (claims 100 and 200)."""
    np.testing.assert_allclose(run(TALMUD, estate, [100.0, 200.0]), expected, rtol=1e-14)


def test_equal_awards_cuts_down_to_a_common_level() -> None:
    np.testing.assert_allclose(run(EQUAL_AWARDS, 60.0, [100.0, 70.0, 20.0]), [45.0, 15.0, 0.0], rtol=1e-14)


def test_equal_losses_are_equal_until_a_cap_binds() -> None:
    charge = run(PROPORTIONAL, 60.0, [100.0, 70.0, 10.0], [1.0, 1.0, 1.0])
    np.testing.assert_allclose(charge, [25.0, 25.0, 10.0], rtol=1e-14)


def test_priority_is_pro_rata_inside_the_last_tier() -> None:
    charge = run(PRIORITY, 50.0, [30.0, 40.0, 60.0, 10.0], [0.0, 1.0, 1.0, 2.0])
    np.testing.assert_allclose(charge, [30.0, 8.0, 12.0, 0.0], rtol=1e-14)


@given(amounts, claims)
@example(1.0, [1e-6, 1e9])
@example(3.0, [1.0, 1.0, 1.0])
def test_rules_raise_the_smaller_of_amount_and_capacity(amount: float, cap: list[float]) -> None:
    for rule in RULES:
        charge = run(rule, amount, cap)
        due = min(amount, sum(cap))
        assert abs(charge.sum() - due) <= 1e-12 * due
        assert (charge >= 0).all()
        assert (charge <= np.array(cap)).all()


@given(amounts, claims, st.integers(0, 2**32 - 1))
def test_proportional_is_the_level_that_a_bisection_finds(amount: float, cap: list[float], seed: int) -> None:
    caps = np.array(cap)
    weight = np.random.default_rng(seed).choice([0.0, 1e-3, 0.5, 1.0, 40.0], caps.size)
    expected = by_bisection(amount, np.where(weight > 0, caps, 0.0), lambda level: np.minimum(caps, level * weight))
    np.testing.assert_allclose(
        run(PROPORTIONAL, amount, caps, weight), expected, rtol=1e-9, atol=1e-12 * amount + 1e-300
    )


@given(amounts, claims)
def test_equal_awards_is_the_level_that_a_bisection_finds(amount: float, cap: list[float]) -> None:
    caps = np.array(cap)
    expected = by_bisection(amount, caps, lambda drop: np.minimum(np.maximum(drop - (caps.max() - caps), 0.0), caps))
    np.testing.assert_allclose(run(EQUAL_AWARDS, amount, caps), expected, rtol=1e-9, atol=1e-12 * amount + 1e-300)


@given(claims, st.floats(0, 1))
def test_talmud_is_self_dual(cap: list[float], share: float) -> None:
    """Sharing what is paid and sharing what is kept are the same rule."""
    caps, total = np.array(cap), sum(cap)
    paid, kept = run(TALMUD, share * total, caps), run(TALMUD, total - share * total, caps)
    np.testing.assert_allclose(paid, caps - kept, rtol=1e-9, atol=1e-12 * total)


@given(amounts, claims, st.integers(0, 2**32 - 1))
def test_priority_empties_tier_after_tier(amount: float, cap: list[float], seed: int) -> None:
    caps = np.array(cap)
    tier = np.random.default_rng(seed).integers(-2, 2, caps.size).astype(float)
    left, expected = amount, np.zeros(caps.size)
    for level in sorted(set(tier)):
        inside = tier == level
        total = caps[inside].sum()
        expected[inside] = caps[inside] * (min(left / total, 1.0) if total else 0.0)
        left = max(left - total, 0.0)
    np.testing.assert_allclose(run(PRIORITY, amount, caps, tier), expected, rtol=1e-9, atol=1e-12 * amount + 1e-300)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("cap", [[], [0.0, 0.0], [5.0]])
def test_nothing_is_charged_for_no_amount_or_no_claim(rule: int, cap: list[float]) -> None:
    assert run(rule, 0.0, cap).sum() == 0.0
    assert run(rule, 10.0, cap).tolist() == cap


def test_zero_weight_pays_nothing_even_when_the_rest_cannot_raise_the_amount() -> None:
    assert run(PROPORTIONAL, 100.0, [50.0, 50.0], [1.0, 0.0]).tolist() == [50.0, 0.0]
    assert run(PROPORTIONAL, 100.0, [50.0, 50.0], [0.0, 0.0]).tolist() == [0.0, 0.0]


def test_infinite_caps_share_by_weight() -> None:
    charge = run(PROPORTIONAL, 100.0, [np.inf, np.inf, 5.0], [1.0, 3.0, 4.0])
    np.testing.assert_allclose(charge, [23.75, 71.25, 5.0], rtol=1e-14)


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e300])
def test_only_the_ratio_of_weights_matters(scale: float) -> None:
    charge = run(PROPORTIONAL, 60.0, [100.0, 70.0, 10.0], np.array([1.0, 2.0, 3.0]) * scale)
    np.testing.assert_allclose(charge, [50 / 3, 100 / 3, 10.0], rtol=1e-14)


@pytest.mark.parametrize("rule", RULES)
def test_a_small_amount_on_large_claims_is_raised_exactly(rule: int) -> None:
    cap = np.random.default_rng(0).lognormal(14, 1, 1000)
    tiers = np.floor(cap) % 5 if rule == PRIORITY else cap
    assert run(rule, 1e-6, cap, tiers).sum() == pytest.approx(1e-6, rel=1e-12)


def test_a_ladder_of_caps_that_defeats_the_passes_is_sorted_instead() -> None:
    """Every pass reaches one more cap only: 1,500 powers of two at equal weight."""
    cap = 2.0 ** np.arange(-700.0, 800.0)
    charge = run(PROPORTIONAL, 2.0**799, cap, np.ones(1500))
    assert charge.sum() == pytest.approx(2.0**799, rel=1e-12)
    assert (charge <= cap).all()
    assert np.unique(charge[charge < cap]).size == 1


def test_equal_losses_are_the_sorted_fallback_too() -> None:
    cap = np.random.default_rng(1).pareto(0.02, 5000)
    charge = run(PROPORTIONAL, 0.7 * cap[cap < 1e60].sum(), np.minimum(cap, 1e60), np.ones(5000))
    assert np.ptp(charge[charge < np.minimum(cap, 1e60)]) <= 1e-9 * charge.max()


def test_claims_with_ties_are_treated_alike() -> None:
    for rule in RULES:
        charge = run(rule, 10.0, [4.0, 4.0, 4.0, 1.0])
        assert charge[0] == charge[1] == charge[2]


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no rule of engine\.sharing\.rules has this code"):
        run(4, 1.0, [1.0, 2.0])


def test_rules_can_be_called_one_by_one() -> None:
    cap, charge = np.array([30.0, 10.0]), np.empty(2)
    assert proportional(20.0, cap, cap, charge) == 20.0
    assert charge.tolist() == [15.0, 5.0]
    assert equal_awards(20.0, cap, charge) == 20.0
    assert charge.tolist() == [20.0, 0.0]
    assert talmud(20.0, cap, charge) == 20.0
    assert charge.tolist() == [15.0, 5.0]
    assert priority(20.0, cap, np.array([1.0, 0.0]), charge) == 20.0
    assert charge.tolist() == [10.0, 10.0]


def test_the_sum_of_a_million_numbers_is_accurate() -> None:
    values = np.full(1_000_003, 0.1)
    assert accurate_sum(values, values.size) == pytest.approx(100000.3, rel=1e-14)
