"""The registry: what is in it, how a name and an option are chosen, and what compiled code gets to read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InputError, UnknownNameError
from engine.laws.checks import LAW_TABLE
from engine.sharing.allocation import allocate
from engine.sharing.claims import claims_and_weights
from engine.sharing.policies import (
    ADL,
    LAYER,
    MONEY,
    NONE,
    POLICIES,
    get_policy,
    policy_record,
    register,
    withdrawal_places,
)
from engine.sharing.policy_record import Claim, Policy

OF_THE_MODEL = [
    "none",
    "profit_prorata",
    "profit_prorata_floor",
    "capped_prorata",
    "equal_losses",
    "equal_awards",
    "talmud",
    "risk_weighted",
    "open_interest_both_sides",
    "open_interest_counter_side",
    "equity_prorata",
    "deposit_prorata",
    "first_come",
    "redemption_tiers",
    "default_fund",
    "lp_pool",
    "fund_overdraft",
    "adl_queue",
    "adl_prorata",
    "adl_minimax_leverage",
    "adl_scan",
]


def test_every_policy_of_the_model_is_registered_under_its_name() -> None:
    assert list(POLICIES) == OF_THE_MODEL
    assert all(name == policy.name for name, policy in POLICIES.items())


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_an_entry_is_complete(policy: Policy) -> None:
    assert policy.label
    assert policy.who_pays.endswith(".")
    assert policy.used_by
    assert policy.source
    assert set(policy.laws) <= set(LAW_TABLE)
    assert policy.numeraire == ("contracts" if policy.family == "adl" else "money")
    assert (
        int(policy_record(policy)["family"][0])
        == {"none": NONE, "money": MONEY, "adl": ADL, "layer": LAYER}[policy.family]
    )
    for option in policy.options:
        assert option.help.endswith(".")
        assert option.default in option.choices if option.choices else option.low <= option.default <= option.high


def test_the_registry_cannot_be_written_to() -> None:
    with pytest.raises(TypeError):
        POLICIES["mine"] = POLICIES["none"]  # type: ignore[index]


def test_a_registered_policy_is_found_everywhere_and_then_forgotten() -> None:
    mine = replace(POLICIES["profit_prorata"], name="equity_talmud", claim=Claim.EQUITY, rule=POLICIES["talmud"].rule)
    with register(mine):
        assert get_policy("equity_talmud") is mine
        charge = allocate(policy="equity_talmud", amount=200.0, equity=[100.0, 200.0, 300.0]).charge
        np.testing.assert_allclose(charge, [50.0, 75.0, 75.0])
    assert "equity_talmud" not in POLICIES


def test_a_name_can_be_registered_only_once() -> None:
    with pytest.raises(InputError, match="not registered yet, was 'talmud'"), register(POLICIES["talmud"]):
        pass
    assert "talmud" in POLICIES


@pytest.mark.parametrize("name", ["profit-prorata", "", None, 3])
def test_an_unknown_name_is_an_error(name: object) -> None:
    with pytest.raises(UnknownNameError, match="policy must be one of"):
        get_policy(name)  # type: ignore[arg-type]


def test_options_reach_the_record() -> None:
    assert policy_record(get_policy("capped_prorata"), {"kappa": 0.25})["cap_factor"][0] == 0.25
    assert policy_record(get_policy("profit_prorata_floor"), {"floor": 0.02})["floor"][0] == 0.02
    powers = policy_record(get_policy("risk_weighted"), {"profit": 2.0, "notional": -1})[0]
    assert (powers["profit_exponent"], powers["leverage_exponent"], powers["notional_exponent"]) == (2.0, 1.0, -1.0)
    queue = policy_record(get_policy("adl_queue"), {"score": "okx", "price": "blend", "blend": 0.5})[0]
    assert (queue["score"], queue["price_rule"], queue["blend"]) == (2, 3, 0.5)
    assert policy_record(get_policy("adl_scan"), {"seed": 7})["seed"][0] == 7


def test_wrong_options_are_all_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        policy_record(get_policy("risk_weighted"), {"profit": 9.0, "leverage": float("nan"), "floor": 1.0})
    assert caught.value.violations == (
        "risk_weighted.profit must be >= -5 and <= 5, was 9.0",
        "risk_weighted.leverage must be finite and >= -5 and <= 5, was nan",
        "risk_weighted.floor must be one of its options (profit, leverage, notional, kappa), was 1.0",
    )
    with pytest.raises(InputError, match=r"none\.kappa must be one of its options \(it has none\), was 1"):
        policy_record(get_policy("none"), {"kappa": 1})
    with pytest.raises(InputError, match=r"adl_queue\.score must be one of binance, bitmex, .*, was 'ftx'"):
        policy_record(get_policy("adl_queue"), {"score": "ftx"})
    with pytest.raises(InputError, match=r"first_come\.seed must be a whole number >= 0 .*, was 1.5"):
        policy_record(get_policy("first_come"), {"seed": 1.5})


def test_withdrawals_line_up_by_number_size_or_draw() -> None:
    size, policy = np.array([3.0, -7.0, 7.0, 1.0]), get_policy("first_come")
    assert withdrawal_places(policy_record(policy), size).tolist() == [0.0, 1.0, 2.0, 3.0]
    assert withdrawal_places(policy_record(policy, {"order": "size"}), size).tolist() == [-3.0, -7.0, -7.0, -1.0]
    drawn = [withdrawal_places(policy_record(policy, {"order": "random", "seed": seed}), size) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_no_cap_is_above_positive_equity(policy: Policy) -> None:
    rng = np.random.default_rng(3)
    profit, cash, size, leverage, notional = rng.lognormal(0, 2, (5, 200))
    equity = rng.normal(0, 3, 200)
    cap, weight = np.full(200, np.nan), np.full(200, np.nan)
    order = np.arange(200.0)
    claims_and_weights(policy_record(policy)[0], profit, equity, cash, size, leverage, notional, order, cap, weight)
    assert (cap >= 0).all()
    assert (cap <= np.maximum(equity, 0)).all()
    assert np.isfinite(weight).all()
    assert policy.family in ("money",) or not cap.any()
