"""The registry: what is in it, how a name and an option are chosen, and what compiled code gets to read."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.errors import InputError, UnknownNameError
from engine.sharing.allocation import CLAIM_COLUMNS, WEIGHT_COLUMNS, allocate
from engine.sharing.claims import allocate_rows, claims_and_weights
from engine.sharing.policies import POLICIES, get_policy, withdrawal_places
from engine.sharing.policy_record import (
    ADL,
    LAWS,
    LAYER,
    MONEY,
    NONE,
    AdlMethod,
    Claim,
    Option,
    Policy,
    Rule,
    Weight,
    policy_record,
)
from tests.model.oracle_rules import RULES


def test_every_policy_of_the_model_is_registered_under_its_name() -> None:
    assert set(POLICIES) == set(RULES)
    assert all(name == policy.name for name, policy in POLICIES.items())


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_an_entry_is_complete(policy: Policy) -> None:
    assert policy.label
    assert policy.who_pays.endswith(".")
    assert policy.used_by
    assert policy.source
    assert set(policy.laws) <= set(LAWS)
    assert policy.numeraire == ("contracts" if policy.family == "adl" else "money")
    assert (
        int(policy_record(policy)["family"][0])
        == {"none": NONE, "money": MONEY, "adl": ADL, "layer": LAYER}[policy.family]
    )
    for option in policy.options:
        assert option.help.endswith(".")
        assert option.default in option.choices if option.choices else option.low <= option.default <= option.high


def own(**changes: object) -> Policy:
    """A rule of one's own: everybody, by the Talmud rule over equity."""
    entry = {"name": "mine", "label": "Mine", "who_pays": "Everybody.", "used_by": "nobody", "source": "here"}
    return Policy(**{**entry, "claim": Claim.EQUITY, "rule": Rule.TALMUD, **changes})  # type: ignore[arg-type]


def test_a_policy_of_ones_own_goes_by_value() -> None:
    charge = allocate(policy=own(), amount=200.0, equity=[100.0, 200.0, 300.0]).charge
    np.testing.assert_allclose(charge, [50.0, 75.0, 75.0])
    assert "mine" not in POLICIES


def test_a_venue_takes_a_policy_of_ones_own() -> None:
    """A long of 1 from 100 with 10 is sold at 70: 20 are missing. Equities of the shorts then: 30 + 30 and 30 + 90."""
    book = engine.Book(size=[1.0, -1.0, -3.0], entry_price=[100.0] * 3, collateral=[10.0, 30.0, 30.0])
    venue = engine.Venue(depth=np.inf, policy=own(rule=Rule.PROPORTIONAL))
    run = engine.simulate(book=book, prices=[100.0, 70.0], opens=[100.0, 70.0], venue=venue)
    np.testing.assert_allclose(run.charge, [0.0, 20.0 * 60 / 180, 20.0 * 120 / 180])
    assert replace(venue, policy="equity_prorata") != venue
    same = engine.simulate(
        book=book, prices=[100.0, 70.0], opens=[100.0, 70.0], venue=replace(venue, policy="equity_prorata")
    )
    np.testing.assert_array_equal(run.charge, same.charge)
    assert pickle.loads(pickle.dumps(venue)) == venue
    assert hash(pickle.loads(pickle.dumps(venue))) == hash(venue)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"family": "barter"}, r"policy\.family must be one of adl, layer, money, none, was 'barter'"),
        ({"claim": 7}, r"policy\.claim must be a Claim, was 7"),
        ({"weight": "size"}, r"policy\.weight must be a Weight, was 'size'"),
        ({"rule": 9}, r"policy\.rule must be a Rule, was 9"),
        ({"adl_method": 1}, r"policy\.adl_method must be a AdlMethod, was 1"),
        ({"counterparty": "other"}, r"policy\.counterparty must be one of all, counter, was 'other'"),
        ({"claim": Claim.NONE}, r"policy\.claim must be PROFIT, EQUITY or CASH for family money, was 'NONE'"),
        ({"weight": Weight.TIER_ORDER}, r"policy\.rule must be PRIORITY for the tiers of TIER_ORDER, was 'TALMUD'"),
        ({"laws": ("fair",)}, r"policy\.laws must be one of .*, was 'fair'"),
        ({"cap_option": "kappa"}, r"policy\.cap_option must be one of its options \(it has none\), was 'kappa'"),
    ],
)
def test_a_policy_that_compiled_code_has_no_branch_for_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        own(**changes)


def test_an_option_that_no_field_takes_is_refused() -> None:
    flor = Option(name="flor", default=0.01, low=0, high=1, help="Misspelled.")
    with pytest.raises(InputError, match=r"policy\.options\.flor must be its cap_option or one of profit, .*floor"):
        own(options=(flor,))
    price = Option(name="price", default="fair", choices=("fair",), help="Unknown.")
    with pytest.raises(InputError, match=r"policy\.options\.price\.choices must be some of bankruptcy, mark"):
        own(family="adl", adl_method=AdlMethod.QUEUE, options=(price,))


def test_a_named_choice_keeps_its_code_where_a_policy_offers_only_some() -> None:
    score = Option(name="score", default="okx", choices=("okx", "binance"), help="Two of five.")
    queue = own(family="adl", options=(score,))
    assert [policy_record(queue, {"score": name})["score"][0] for name in ("okx", "binance")] == [2, 1]


@pytest.mark.parametrize("field", ["claim", "weight", "rule"])
def test_a_code_without_a_branch_is_an_error(field: str) -> None:
    """What a forgotten branch would meet: a member of the enumeration that the compiled code does not know."""
    record, ones = policy_record(get_policy("equal_losses")), np.ones(3)
    record[field] = 99
    sentence = {"rule": "no rule of .* has this code"}.get(field, f"no branch for this code of {field.title()}")
    with pytest.raises(ValueError, match=sentence):
        allocate_rows(record[0], np.ones(1), (np.ones((1, 3)),) * 8, ones, ones.copy(), np.empty((1, 3)), np.empty(1))


def test_a_column_that_was_not_given_is_not_read() -> None:
    record, ones = policy_record(get_policy("open_interest_both_sides")), np.ones(3)
    columns = [np.ones((1, 3)) for _ in range(8)]
    columns[3] = np.full((1, 3), np.nan)  # size
    with pytest.raises(ValueError, match="reads a column that was not given"):
        allocate_rows(record[0], np.ones(1), tuple(columns), ones, ones.copy(), np.empty((1, 3)), np.empty(1))


def test_every_claim_and_weight_says_what_it_reads() -> None:
    assert set(CLAIM_COLUMNS) == set(Claim)
    assert set(WEIGHT_COLUMNS) == set(Weight)


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
        "risk_weighted.floor must be one of its options "
        "(profit, leverage, notional, collateral, record, kappa), was 1.0",
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
    columns = (profit, equity, cash, size, leverage, notional, np.arange(200.0), np.ones(200))
    claims_and_weights(policy_record(policy)[0], *columns, cap, weight)
    assert (cap >= 0).all()
    assert (cap <= np.maximum(equity, 0)).all()
    assert np.isfinite(weight).all()
    assert policy.family in ("money",) or not cap.any()
