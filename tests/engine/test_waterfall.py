"""Default waterfall of a clearing house: order of layers, members, assessments, recovery tools and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.sharing.allocation import allocate
from engine.sharing.waterfall import Layer, default_waterfall

FUND = [50.0, 30.0, 20.0]


def test_nasdaq_2018() -> None:
    """Nasdaq Clearing, September 2018: 114m beyond the defaulter = 7m junior capital + 107m of the members."""
    done = default_waterfall(
        loss=114.0,
        layers=[{"name": "junior capital", "capacity": 7.0}, {"name": "member fund", "contributions": [96.0, 64.5]}],
    )
    assert done.paid == (7.0, pytest.approx(107.0))
    assert done.rate["member fund"] == pytest.approx(2 / 3, abs=1e-3)
    assert done.unallocated == 0.0


def test_layers_pay_in_order_and_the_rest_is_unallocated() -> None:
    layers = [
        {"name": "margin", "capacity": 40.0},
        {"name": "own fund share", "capacity": 10.0},
        {"name": "skin in the game", "capacity": 5.0},
        {"name": "fund", "contributions": FUND},
        {"name": "assessments", "kind": "assessments", "contributions": FUND, "assessment_cap": 2.0},
    ]
    for loss, paid in {
        0.0: (0.0, 0.0, 0.0, 0.0, 0.0),
        45.0: (40.0, 5.0, 0.0, 0.0, 0.0),
        75.0: (40.0, 10.0, 5.0, 20.0, 0.0),
        255.0: (40.0, 10.0, 5.0, 100.0, 100.0),
        400.0: (40.0, 10.0, 5.0, 100.0, 200.0),
    }.items():
        done = default_waterfall(loss=loss, layers=layers)
        assert done.paid == pytest.approx(paid)
        assert done.unallocated == pytest.approx(max(loss - 355.0, 0.0))
    np.testing.assert_allclose(done.by_member["assessments"], [100.0, 60.0, 40.0])
    np.testing.assert_allclose(done.charge, [150.0, 90.0, 60.0])


def test_a_fund_with_an_assessment_cap_pays_both_parts() -> None:
    """The `default_fund` policy of the model: up to contribution (1 + assessment_cap)."""
    done = default_waterfall(loss=250.0, layers=[{"name": "fund", "contributions": FUND, "assessment_cap": 2.0}])
    expected = allocate(policy="default_fund", amount=250.0, contribution=FUND, options={"assessment_cap": 2.0})
    np.testing.assert_allclose(done.by_member["fund"], expected.charge)


def test_contributions_are_not_paid_twice() -> None:
    layers = [
        {"name": "fund", "contributions": FUND},
        {"name": "assessments", "contributions": FUND, "assessment_cap": 2.75},
    ]
    assert default_waterfall(loss=1000.0, layers=layers).paid == pytest.approx((100.0, 275.0))


def test_cme_assessment_powers_of_2016() -> None:
    """CME safeguards page, 31 December 2016: 275 % of a guaranty fund of 3,330,501,971 in one default."""
    layer = Layer(
        name="assessments", kind="assessments", contributions=[3_330_501_971.0], assessment_cap=2.75, period_cap=5.5
    )
    assert default_waterfall(loss=1e12, layers=[layer]).paid[0] == pytest.approx(9_158_880_419.0, abs=2.0)


def test_assessments_are_capped_over_a_period() -> None:
    """The first member was already called for 5 of 5.5 times its contribution, the second for nothing."""
    layer = Layer(
        name="assessments",
        kind="assessments",
        contributions=[10.0, 10.0],
        assessment_cap=2.75,
        period_cap=5.5,
        assessed=[50.0, 0.0],
    )
    done = default_waterfall(loss=100.0, layers=[layer])
    assert done.by_member["assessments"].tolist() == pytest.approx([5.0, 27.5])
    assert done.unallocated == pytest.approx(67.5)


def test_members_pay_their_contribution_and_what_of_assessments_is_left() -> None:
    """10 + 5 of the first, who was called for 50 of 55 before, and 10 + 27.5 of the second."""
    terms = {"contributions": [10.0, 10.0], "assessment_cap": 2.75, "period_cap": 5.5, "assessed": [50.0, 0.0]}
    done = default_waterfall(loss=100.0, layers=[Layer(name="fund", kind="members", **terms)])
    assert done.by_member["fund"].tolist() == pytest.approx([15.0, 37.5])


def test_two_tranches_of_skin_in_the_game_around_and_beside_the_members() -> None:
    """Eurex: 143m first; a second tranche of 57m pays side by side with the members, in proportion to size."""
    members = [400.0, 343.0]
    first, second, fund = (
        {"name": "first tranche", "capacity": 143.0},
        {"name": "second tranche", "capacity": 57.0},
        {"name": "fund", "contributions": members},
    )
    before = default_waterfall(loss=300.0, layers=[first, second, fund])
    between = default_waterfall(loss=300.0, layers=[first, fund, second])
    beside = default_waterfall(loss=300.0, layers=[first, {**second, "group": "mutual"}, {**fund, "group": "mutual"}])
    assert before.paid == pytest.approx((143.0, 57.0, 100.0))
    assert between.paid == pytest.approx((143.0, 157.0, 0.0))
    assert beside.paid == pytest.approx((143.0, 157 * 57 / 800, 157 * 743 / 800))
    np.testing.assert_allclose(beside.by_member["fund"], 157 / 800 * np.array(members))


def test_a_gains_haircut_charges_winners_of_the_call_only() -> None:
    gains = [60.0, -100.0, 30.0, 10.0]
    done = default_waterfall(loss=50.0, layers=[{"name": "vmgh", "gains": gains}])
    np.testing.assert_allclose(done.by_member["vmgh"], [30.0, 0.0, 15.0, 5.0])
    assert default_waterfall(loss=500.0, layers=[{"name": "vmgh", "gains": gains}]).unallocated == 400.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.floats(0, 1e6))
def test_a_gains_haircut_is_profit_pro_rata(gains: list[float], loss: float) -> None:
    done = default_waterfall(loss=loss, layers=[{"name": "vmgh", "gains": gains}])
    shared = allocate(policy="profit_prorata", amount=loss, profit=gains)
    np.testing.assert_allclose(done.by_member["vmgh"], shared.charge, rtol=1e-13, atol=1e-300)
    assert done.unallocated == pytest.approx(shared.unallocated)


def test_a_gains_haircut_can_be_capped_by_member() -> None:
    layer = Layer(name="vmgh", gains=[90.0, 10.0], member_cap=[20.0, 20.0])
    assert default_waterfall(loss=25.0, layers=[layer]).by_member["vmgh"].tolist() == pytest.approx([20.0, 5.0])


def test_tear_up_takes_what_is_left_in_proportion_to_size() -> None:
    done = default_waterfall(
        loss=100.0, layers=[{"name": "fund", "capacity": 40.0}, {"name": "tear-up", "positions": [3.0, 0.0, 1.0]}]
    )
    assert done.by_member["tear-up"].tolist() == [45.0, 0.0, 15.0]
    assert done.unallocated == 0.0
    assert done.rate["tear-up"] == 0.0


def test_nothing_pays_where_there_is_nothing() -> None:
    done = default_waterfall(loss=10.0, layers=[])
    assert (done.paid, done.unallocated, done.charge.size) == ((), 10.0, 0)
    empty = default_waterfall(loss=10.0, layers=[{"name": "a", "positions": [0.0]}, {"name": "b", "gains": [-1.0]}])
    assert (empty.paid, empty.unallocated) == ((0.0, 0.0), 10.0)


layers_of_numbers = st.lists(
    st.builds(lambda capacity: {"capacity": capacity}, st.floats(0, 1e6))
    | st.builds(lambda c: {"contributions": c}, st.lists(st.floats(0, 1e6), min_size=3, max_size=3))
    | st.builds(
        lambda c, k: {"kind": "assessments", "contributions": c, "assessment_cap": k},
        st.lists(st.floats(0, 1e6), min_size=3, max_size=3),
        st.floats(0, 3),
    ),
    max_size=6,
)


@given(layers_of_numbers, st.floats(0, 1e7))
def test_no_layer_pays_before_the_one_above_is_exhausted(layers: list[dict[str, object]], loss: float) -> None:
    done = default_waterfall(loss=loss, layers=layers)
    left = loss
    for layer, paid in zip(layers, done.paid, strict=True):
        capacity = float(layer.get("capacity", 0.0)) + sum(layer.get("contributions", [])) * layer.get(
            "assessment_cap", 1.0
        )
        assert paid == pytest.approx(min(left, capacity), rel=1e-9, abs=1e-9)
        left -= paid
    assert math.fsum(done.paid) + done.unallocated == pytest.approx(loss, rel=1e-12)


def test_every_violation_of_every_layer_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        default_waterfall(
            loss=-1.0,
            layers=[
                {"name": "a"},
                {"name": "a", "capacity": math.nan},
                {"name": "c", "contributions": [1.0, -2.0], "assessed": [1.0]},
                {"name": "d", "kind": "bailout", "capacity": 1.0, "colour": "red"},
                7,
            ],
        )
    assert caught.value.fields == (
        "default_waterfall.loss",
        "default_waterfall.layers[0].capacity",
        "default_waterfall.layers[1].capacity",
        "default_waterfall.layers[2].contributions[1]",
        "default_waterfall.layers[2]",
        "default_waterfall.layers[3].colour",
        "default_waterfall.layers[3].kind",
        "default_waterfall.layers[3].positions",
        "default_waterfall.layers[4]",
        "default_waterfall.layers",
    )


@pytest.mark.parametrize("contributions", ["many", [[1.0, 2.0]], [math.inf]])
def test_contributions_must_be_an_array_of_numbers(contributions: object) -> None:
    with pytest.raises(InputError, match=r"layers\[0\]\.contributions"):
        default_waterfall(loss=1.0, layers=[{"name": "fund", "contributions": contributions}])
