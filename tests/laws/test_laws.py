"""What every loss-sharing policy keeps when it shares one amount: `engine.allocate`, one contract, every policy.

A policy that appears in `engine.POLICIES` is tested here by itself; auto-deleveraging closes positions instead of
charging money and is held to the laws in test_run_laws.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import engine
from tests.laws.markets import MONEY_FIELDS, Market, markets
from tests.laws.trying import law

MONEY_POLICIES = [name for name, policy in engine.POLICIES.items() if policy.family != "adl"]
TOLERANCE = 1e-9
every_policy = partial(law, MONEY_POLICIES, markets, n=25)


def assert_close(one: Any, other: Any, scale: float) -> None:
    np.testing.assert_allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE * scale)


@every_policy()
def test_money_in_is_money_out(market: Market) -> None:
    """sum(charge) - surplus + paid by the pool + unallocated = amount, and no term is negative."""
    got = market.allocate()
    assert_close(got.charge.sum() - got.surplus + got.paid_by_pool + got.unallocated, market.amount, market.scale)
    assert min(got.surplus, got.paid_by_pool, got.unallocated) >= 0
    assert got.surplus == 0 or got.unallocated == 0
    assert_close(got.paid_by_pool, market.pool, market.scale)


@every_policy()
def test_charge_is_between_nothing_and_the_claim(market: Market) -> None:
    charge = market.allocate().charge
    assert (charge >= 0).all()
    assert (charge <= market.claim() * (1 + 1e-12)).all()


@every_policy()
def test_charges_raise_the_amount_or_the_whole_capacity(market: Market) -> None:
    """sum(charge) = min(amount, capacity): capacity is what a boundless amount raises, all of every claim in reach."""
    capacity = market.allocate(amount=1e12).charge.sum()
    raised, due = market.allocate().charge.sum(), market.amount - market.pool
    if market.policy == "profit_prorata_floor" and due > 0:  # at least the floor rate, as far as equity goes
        profit, equity = (np.maximum(market.arrays[name], 0.0) for name in ("profit", "equity"))
        floor = market.options.get("floor", 0.01)
        due = max(due, np.minimum(floor * profit, equity).sum())
        assert raised >= min(due, capacity) - TOLERANCE * market.scale
    else:
        assert_close(raised, min(due, capacity), market.scale)


@every_policy()
def test_capacity_is_every_claim_in_reach(market: Market) -> None:
    """With an amount beyond all claims everybody who has a weight pays the whole claim."""
    charge, claim = market.allocate(amount=1e12).charge, market.claim()
    in_reach = charge > 0
    assert_close(charge[in_reach], claim[in_reach], market.scale)
    if engine.POLICIES[market.policy].weight.name not in ("POWER", "SIZE"):  # a weight of its own can be 0
        assert (in_reach == (claim > 0)).all()


@every_policy()
def test_oracle_charges_the_same(market: Market) -> None:
    assert_close(market.allocate().charge, market.oracle(market.amount - market.pool), market.scale)


@every_policy(seed=st.integers(0, 1000))
def test_permuting_accounts_permutes_charges(market: Market, seed: int) -> None:
    """Places in a line of withdrawals move with their accounts: only they, never an index, may matter."""
    order = np.random.default_rng(seed).permutation(market.n)
    moved = market.allocate(**{name: values[order] for name, values in market.arrays.items()})
    assert_close(moved.charge, market.allocate().charge[order], market.scale)


@every_policy()
def test_changing_the_money_unit_scales_charges(market: Market) -> None:
    for unit in (1e-4, 3.0, 1e7):
        arrays = {name: market.arrays[name] * unit for name in MONEY_FIELDS}
        pool = {"pool": market.options.get("pool", 0.0) * unit} if market.policy == "lp_pool" else {}
        got = market.allocate(amount=market.amount * unit, options=market.options | pool, **arrays)
        assert_close(got.charge / unit, market.allocate().charge, market.scale)
        assert_close(got.unallocated / unit, market.allocate().unallocated, market.scale)


@every_policy(part=st.integers(0, 16))
def test_a_larger_fund_makes_nobody_pay_more(market: Market, part: int) -> None:
    """What the fund pays comes off the amount: the smaller amount charges nobody more."""
    more, less = market.allocate().charge, market.allocate(amount=market.amount * part / 16).charge
    assert (less <= more + TOLERANCE * market.scale).all()


@every_policy()
def test_a_batch_is_a_loop(market: Market) -> None:
    amounts = market.amount * np.array([0.0, 0.3, 1.0, 5.0])
    rows = {name: np.stack([values, values[::-1], values, values]) for name, values in market.arrays.items()}
    batch = market.allocate(amount=amounts, **rows)
    for row, amount in enumerate(amounts):
        one = market.allocate(amount=amount, **{name: values[row] for name, values in rows.items()})
        np.testing.assert_array_equal(batch.charge[row], one.charge)
        assert batch.unallocated[row] == one.unallocated


@every_policy()
def test_nothing_to_raise_charges_nobody(market: Market) -> None:
    got = market.allocate(amount=0.0)
    assert (got.charge == 0).all()
    assert got.unallocated == got.surplus == got.paid_by_pool == 0


@pytest.mark.parametrize("policy", [name for name in engine.POLICIES if name not in MONEY_POLICIES])
def test_policies_that_close_positions_refuse_money(policy: str) -> None:
    with pytest.raises(engine.InputError, match="auto_deleverage"):
        engine.allocate(policy=policy, amount=1.0, profit=[1.0], equity=[1.0])
