"""engine.allocate: every money policy in closed form, venues' worked numbers, batches and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError, UnknownNameError
from engine.sharing.allocation import allocate
from engine.sharing.policies import POLICIES
from engine.sharing.policy_record import Policy

SHARING = [policy for policy in POLICIES.values() if policy.family != "adl"]
PROFIT = [50_000.0, 45_000.0, 30_000.0, 30_000.0, 15_000.0, 1_000.0]


def traders(n: int = 8, seed: int = 0, paths: int | None = None) -> dict[str, np.ndarray]:
    """Arrays that every policy can be computed from."""
    rng = np.random.default_rng(seed)
    shape = (n,) if paths is None else (paths, n)
    return {
        "profit": rng.normal(0, 100, shape),
        "equity": rng.normal(100, 100, shape),
        "size": rng.normal(0, 1, shape) * (rng.random(shape) < 0.8),
        "leverage": rng.lognormal(1, 1, shape),
        "notional": rng.lognormal(5, 1, shape),
        "contribution": rng.lognormal(3, 1, shape),
        "cash": rng.normal(100, 50, shape),
    }


def test_crypto_com_pro_rata_and_floor() -> None:
    """Crypto.com help center, article 4894442 (read 2026-11-20): a loss of 1,000 on profits of 171,000."""
    shared = allocate(policy="profit_prorata", amount=1000.0, profit=PROFIT)
    np.testing.assert_allclose(shared.charge, np.array(PROFIT) * 1000 / 171_000, rtol=1e-14)
    floor = allocate(policy="profit_prorata_floor", amount=1000.0, profit=PROFIT, options={"floor": 0.01})
    np.testing.assert_allclose(floor.charge, [500.0, 450.0, 300.0, 300.0, 150.0, 10.0], rtol=1e-14)
    assert (floor.surplus, floor.unallocated) == (pytest.approx(710.0), 0.0)


def test_a_floor_below_the_rate_changes_nothing_and_charges_nothing_without_a_loss() -> None:
    above = allocate(policy="profit_prorata_floor", amount=5000.0, profit=PROFIT, options={"floor": 0.01})
    np.testing.assert_allclose(above.charge, allocate(policy="profit_prorata", amount=5000.0, profit=PROFIT).charge)
    assert above.surplus == 0.0
    assert allocate(policy="profit_prorata_floor", amount=0.0, profit=PROFIT).charge.sum() == 0.0


def test_bitmex_profit_equalisation() -> None:
    """BitMEX blog, dynamic profit equalisation (read 2026-11-20): loss 6 on a profit of 10."""
    assert allocate(policy="profit_prorata", amount=6.0, profit=[10.0, -4.0]).charge.tolist() == [6.0, 0.0]


def test_a_capped_rate_leaves_the_rest_unallocated() -> None:
    """Case capped_pr of the 10 October 2025 toys: capacities 8, 4, 0.5."""
    within = allocate(policy="capped_prorata", amount=3.5, profit=[8.0, 4.0, 0.5], options={"kappa": 0.4})
    np.testing.assert_allclose(within.charge, [2.24, 1.12, 0.14], rtol=1e-14)
    beyond = allocate(policy="capped_prorata", amount=6.0, profit=[8.0, 4.0, 0.5], options={"kappa": 0.4})
    np.testing.assert_allclose(beyond.charge, [3.2, 1.6, 0.2], rtol=1e-14)
    assert beyond.unallocated == pytest.approx(1.0)


def test_what_an_equity_cap_frees_is_spread_over_the_rest() -> None:
    shared = allocate(policy="profit_prorata", amount=60.0, profit=[60.0, 30.0, 30.0], equity=[10.0, 90.0, 90.0])
    np.testing.assert_allclose(shared.charge, [10.0, 25.0, 25.0], rtol=1e-14)


def test_claims_literature_rules() -> None:
    profit = [100.0, 200.0, 300.0]
    for policy, expected in {
        "equal_losses": [200 / 3, 200 / 3, 200 / 3],
        "equal_awards": [0.0, 50.0, 150.0],
        "talmud": [50.0, 75.0, 75.0],
    }.items():
        np.testing.assert_allclose(allocate(policy=policy, amount=200.0, profit=profit).charge, expected, rtol=1e-14)


def test_risk_weights_are_powers() -> None:
    profit, leverage, notional = np.array([10.0, 10.0, 20.0]), np.array([1.0, 4.0, 2.0]), np.array([9.0, 1.0, 4.0])
    options = {"profit": 1.0, "leverage": 0.5, "notional": 0.5}
    shared = allocate(
        policy="risk_weighted", amount=11.0, profit=profit, leverage=leverage, notional=notional, options=options
    )
    weight = profit * np.sqrt(leverage * notional)
    np.testing.assert_allclose(shared.charge, 11.0 * weight / weight.sum(), rtol=1e-14)


def test_risk_weights_with_exponents_one_and_zero_are_profit_pro_rata() -> None:
    options = {"profit": 1, "leverage": 0, "notional": 0}
    shared = allocate(policy="risk_weighted", amount=1000.0, profit=PROFIT, options=options)
    np.testing.assert_array_equal(shared.charge, allocate(policy="profit_prorata", amount=1000.0, profit=PROFIT).charge)


def test_a_winner_without_a_position_pays_last_or_first_by_the_sign_of_the_exponent() -> None:
    arrays = {"profit": [10.0, 10.0], "leverage": [0.0, 5.0]}
    last = allocate(policy="risk_weighted", amount=8.0, options={"leverage": 1}, **arrays)
    first = allocate(policy="risk_weighted", amount=8.0, options={"leverage": -1}, **arrays)
    assert last.charge.tolist() == [0.0, 8.0]
    np.testing.assert_allclose(first.charge, [8.0, 0.0], atol=1e-100)


def test_open_interest_pays_by_size_on_both_sides_or_opposite_the_bankrupt() -> None:
    size, equity = [4.0, -2.0, -2.0, 0.0], [100.0, 100.0, 5.0, 100.0]
    both = allocate(policy="open_interest_both_sides", amount=40.0, size=size, equity=equity)
    np.testing.assert_allclose(both.charge, [70 / 3, 35 / 3, 5.0, 0.0], rtol=1e-14)
    against_long = allocate(
        policy="open_interest_counter_side", amount=40.0, size=size, equity=equity, bankrupt_side="long"
    )
    np.testing.assert_allclose(against_long.charge, [0.0, 35.0, 5.0, 0.0], rtol=1e-14)
    no_cap = allocate(policy="open_interest_counter_side", amount=40.0, size=[0.0, -2.0, -6.0])
    np.testing.assert_allclose(no_cap.charge, [0.0, 10.0, 30.0], rtol=1e-14)


def test_no_open_interest_leaves_the_loss_unallocated() -> None:
    shared = allocate(policy="open_interest_both_sides", amount=40.0, size=[0.0, 0.0], equity=[10.0, 10.0])
    assert (shared.charge.sum(), shared.unallocated) == (0.0, 40.0)


def test_equity_and_deposits_lose_the_same_share() -> None:
    equity, cash = [100.0, -20.0, 300.0], [200.0, 50.0, 200.0]
    by_equity = allocate(policy="equity_prorata", amount=100.0, equity=equity)
    np.testing.assert_allclose(by_equity.charge, [25.0, 0.0, 75.0], rtol=1e-14)
    by_cash = allocate(policy="deposit_prorata", amount=100.0, cash=cash, equity=equity)
    np.testing.assert_allclose(by_cash.charge, [50.0, 0.0, 50.0], rtol=1e-14)
    with pytest.raises(InputError, match=r"allocate\.cash must be given for deposit_prorata, was None"):
        allocate(policy="deposit_prorata", amount=100.0, equity=equity)


def test_bitfinex_haircut_of_2016_is_equity_pro_rata() -> None:
    equity = np.array([1000.0, 250.0, 1.0])
    shared = allocate(policy="equity_prorata", amount=0.36067 * equity.sum(), equity=equity)
    np.testing.assert_allclose(shared.charge, 0.36067 * equity, rtol=1e-14)


def test_the_last_in_line_find_the_vault_empty() -> None:
    equity = [100.0, 100.0, 100.0]
    assert allocate(policy="first_come", amount=150.0, equity=equity).charge.tolist() == [0.0, 50.0, 100.0]
    by_place = allocate(policy="first_come", amount=150.0, equity=equity, order=[2.0, 0.0, 1.0])
    assert by_place.charge.tolist() == [100.0, 0.0, 50.0]
    by_size = allocate(
        policy="first_come", amount=150.0, equity=equity, size=[1.0, -9.0, 3.0], options={"order": "size"}
    )
    assert by_size.charge.tolist() == [100.0, 0.0, 50.0]
    drawn = allocate(policy="first_come", amount=150.0, equity=equity, options={"order": "random", "seed": 4})
    assert sorted(drawn.charge.tolist()) == [0.0, 50.0, 100.0]


def test_dydx_v1_final_settlement_pays_in_order_of_withdrawal() -> None:
    """dydxprotocol/perpetual 87f22632d94d, p1FinalSettlement.test.ts: claims 0, 200, 1300; the vault holds 1300."""
    claim = np.array([0.0, 200.0, 1300.0])
    shared = allocate(policy="first_come", amount=claim.sum() - 1300.0, equity=claim, order=[0.0, 1.0, 2.0])
    assert (claim - shared.charge).tolist() == [0.0, 200.0, 1100.0]


def test_position_holders_are_redeemed_after_the_rest() -> None:
    """MAI v3: with C < M0 those without a position get C / M0; else they are whole and the others get (C - M0) / M1."""
    equity, size = [100.0, 60.0, 40.0], [0.0, 2.0, -1.0]
    rich = allocate(policy="redemption_tiers", amount=50.0, equity=equity, size=size)
    np.testing.assert_allclose(rich.charge, [0.0, 30.0, 20.0], rtol=1e-14)
    poor = allocate(policy="redemption_tiers", amount=125.0, equity=equity, size=size)
    np.testing.assert_allclose(poor.charge, [25.0, 60.0, 40.0], rtol=1e-14)


def test_default_fund_members_pay_contributions_then_assessments() -> None:
    contribution = [60.0, 40.0]
    inside = allocate(policy="default_fund", amount=50.0, contribution=contribution)
    np.testing.assert_allclose(inside.charge, [30.0, 20.0], rtol=1e-14)
    assessed = allocate(
        policy="default_fund", amount=500.0, contribution=contribution, options={"assessment_cap": 2.75}
    )
    np.testing.assert_allclose(assessed.charge, [225.0, 150.0], rtol=1e-14)
    assert assessed.unallocated == pytest.approx(125.0)


def test_a_liquidity_pool_pays_before_winners_and_caps_what_they_get() -> None:
    """GMX v2: winners of a side are paid profit * min(total, cap) / total, cap = factor * pool."""
    shared = allocate(
        policy="lp_pool", amount=250_000.0, profit=[125_000.0] * 2, options={"pool": 1_000_000.0, "pool_cap": 0.07}
    )
    np.testing.assert_allclose(125_000.0 - shared.charge, [35_000.0, 35_000.0], rtol=1e-12)
    assert shared.paid_by_pool == pytest.approx(70_000.0)
    enough = allocate(policy="lp_pool", amount=50.0, profit=[100.0], options={"pool": 1000.0})
    assert (enough.charge.sum(), enough.paid_by_pool, enough.unallocated) == (0.0, 50.0, 0.0)


@pytest.mark.parametrize("policy", ["none", "fund_overdraft"])
def test_some_policies_charge_no_trader(policy: str) -> None:
    shared = allocate(policy=policy, amount=40.0, profit=[10.0, 20.0])
    assert (shared.charge.tolist(), shared.unallocated) == ([0.0, 0.0], 40.0)
    assert allocate(policy=policy, amount=40.0).charge.shape == (0,)


@pytest.mark.parametrize("policy", SHARING, ids=lambda policy: policy.name)
@given(amount=st.floats(0, 5000), seed=st.integers(0, 1000), n=st.integers(1, 9))
def test_money_in_is_money_out(policy: Policy, amount: float, seed: int, n: int) -> None:
    arrays = traders(n, seed)
    shared = allocate(policy=policy.name, amount=amount, **arrays)
    total = shared.charge.sum() - shared.surplus + shared.paid_by_pool + shared.unallocated
    assert abs(total - amount) <= 1e-12 * max(amount, shared.charge.sum()) + 1e-300
    assert (shared.charge >= 0).all()
    if policy.name != "default_fund":
        assert (shared.charge <= np.maximum(arrays["equity"], 0)).all()


@pytest.mark.parametrize("policy", SHARING, ids=lambda policy: policy.name)
def test_a_batch_is_a_loop(policy: Policy) -> None:
    arrays, amount = traders(12, 5, paths=4), np.array([0.0, 10.0, 300.0, 1e6])
    batch = allocate(policy=policy.name, amount=amount, **arrays)
    for path in range(4):
        alone = allocate(
            policy=policy.name, amount=amount[path], **{name: array[path] for name, array in arrays.items()}
        )
        np.testing.assert_array_equal(batch.charge[path], alone.charge)
        assert batch.unallocated[path] == alone.unallocated
        assert batch.surplus[path] == alone.surplus


def test_one_book_can_meet_many_amounts_and_many_books_one_amount() -> None:
    many = allocate(policy="profit_prorata", amount=[1.0, 2.0], profit=[10.0, 30.0])
    np.testing.assert_allclose(many.charge, [[0.25, 0.75], [0.5, 1.5]])
    one = allocate(policy="profit_prorata", amount=4.0, profit=[[10.0, 30.0], [4.0, -1.0]])
    np.testing.assert_allclose(one.charge, [[1.0, 3.0], [4.0, 0.0]])


def test_inputs_are_left_alone() -> None:
    arrays = traders(20, 9)
    before = {name: array.copy() for name, array in arrays.items()}
    for policy in SHARING:
        allocate(policy=policy.name, amount=70.0, bankrupt_side="short", **arrays)
    assert all(np.array_equal(arrays[name], before[name]) for name in arrays)


def test_every_violation_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        allocate(policy="risk_weighted", amount=-1.0, equity=[1.0, np.nan], notional=[-2.0, 1.0], bankrupt_side="left")
    assert caught.value.violations == (
        "allocate.profit must be given for risk_weighted, was None",
        "allocate.leverage must be given for risk_weighted, was None",
        "allocate.bankrupt_side must be one of long, short, was 'left'",
        "allocate.equity[1] must be finite, was nan",
        "allocate.notional[0] must be finite and >= 0, was -2.0",
        "allocate.amount must be >= 0, was -1.0",
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"amount": np.nan}, "allocate.amount must be finite and >= 0, was nan"),
        ({"amount": np.inf}, "allocate.amount must be finite and >= 0, was inf"),
        ({"amount": [1.0, -2.0]}, r"allocate.amount\[1\] must be finite and >= 0, was -2.0"),
        ({"amount": [[1.0]]}, "allocate.amount must be a number or of shape"),
        ({"amount": "much"}, "allocate.amount must be numbers, was 'much'"),
        ({"profit": [1.0, np.inf]}, r"allocate.profit\[1\] must be finite, was inf"),
        ({"profit": 5.0}, r"allocate.profit must be of shape \(n,\) or \(n_paths, n\), was \(\)"),
        ({"equity": [1.0, 2.0, 3.0]}, "allocate.arrays must be of one shape"),
        ({"amount": [1.0, 2.0], "equity": np.ones((3, 2))}, "allocate.arrays must be of one shape"),
        ({"options": {"kappa": 0.5}}, "profit_prorata.kappa must be one of its options"),
        ({"policy": "adl_queue"}, "allocate.policy must be one that shares money .*auto_deleverage"),
    ],
)
def test_bad_input_names_field_bound_and_value(wrong: dict[str, object], sentence: str) -> None:
    right = {"policy": "profit_prorata", "amount": 1.0, "profit": [1.0, 2.0]}
    with pytest.raises(InputError, match=sentence):
        allocate(**{**right, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("equity_prorata", "equity"),
        ("deposit_prorata", "cash"),
        ("open_interest_both_sides", "size"),
        ("redemption_tiers", "size"),
        ("default_fund", "contribution"),
    ],
)
def test_a_missing_array_is_named(policy: str, missing: str) -> None:
    with pytest.raises(InputError, match=f"allocate.{missing} must be given for {policy}"):
        allocate(policy=policy, amount=1.0, profit=[1.0])


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="policy must be one of"):
        allocate(policy="socialism", amount=1.0, profit=[1.0])


def test_a_hundred_thousand_traders() -> None:
    arrays = traders(100_000, 1)
    for policy in SHARING:
        shared = allocate(policy=policy.name, amount=1e6, **arrays)
        assert shared.charge.sum() - shared.surplus + shared.unallocated == pytest.approx(1e6, rel=1e-12)
