"""Lists of offset rules, triggers, followers and tiers: what is refused, by name, and what files and links carry."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import engine
from engine import Follow, OffsetRule, Trigger, Venue
from engine.scenario import from_document

WINNERS = OffsetRule(policy="profit_prorata")
BY_VOLATILITY = Follow(0.3, by="volatility", slope=1.0, low=0.1, high=0.9)

none = partial(OffsetRule, policy="none")
BAD_RULES: list[tuple[OffsetRule, str]] = [
    (none(limit=math.nan), "limit must be finite and > 0, was nan"),
    (none(limit_of="loss"), "limit_of must be one of open_interest, residual, was 'loss'"),
    (OffsetRule(policy="nobody"), "policy must be a name from engine.POLICIES or an engine.Policy, was 'nobody'"),
    (
        OffsetRule(policy="capped_prorata", options={"kappa": 2.0}),
        "options must be valid for capped_prorata (capped_prorata.kappa must be >= 0 and <=",
    ),
    (none(options=3), "options must be a mapping of option names to values, was 3"),  # type: ignore[arg-type]
    (
        none(trigger=Trigger("weather", ">=", 1.0)),
        "trigger.quantity must be one of deficit, drop, fund, liquidity, margin, volatility, was",
    ),
    (none(trigger=Trigger("deficit", ">", 1.0)), "trigger.comparison must be one of <=, >=, was '>'"),
    (none(trigger=Trigger("deficit", ">=", -1.0)), "trigger.level must be >= 0, was -1.0"),
    (none(trigger="deficit"), "trigger must be a Trigger or None, was 'deficit'"),  # type: ignore[arg-type]
    (
        none(trigger=Trigger("fund", "<=", 0.5)),
        "trigger.quantity must be measured by the venue, which has no fund_target, was 'fund'",
    ),
    (
        none(trigger=Trigger("liquidity", "<=", 0.5)),
        "trigger.quantity must be measured by the venue, whose depth is constant (depth_floor 1)",
    ),
    (
        OffsetRule(policy="adl_queue", limit=0.5),
        "limit must be 1 of the residual for a rule that closes positions, was 0.5",
    ),
    (none(limit=Follow(0.5, "volatility", 1.0)), "limit.low must be a number > 0, was None"),
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"offset_rules": ()}, "venue.offset_rules must be a list of 1 to 32 rules, or None for the policy alone, was ()"),
    ({"offset_rules": "none"}, "venue.offset_rules must be a list of 1 to 32 rules, or None for the policy alone, was"),
    ({"offset_rules": (1,)}, "venue.offset_rules[0] must be an OffsetRule, was 1"),
    ({"offset_rules": (WINNERS, {"policy": "none", "limits": 1})}, "venue.offset_rules[1] must be made of policy, op"),
    (
        {"offset_rules": (WINNERS, OffsetRule(policy="none", limit=0.0))},
        "venue.offset_rules[1].limit must be > 0, was 0.0",
    ),
    (
        {"offset_rules": (WINNERS, OffsetRule(policy="adl_queue"))},
        "venue.offset_rules[1].policy must be first in the list where it closes positions, was 'adl_queue'",
    ),
    (
        {"offset_rules": (OffsetRule(policy="first_come"), OffsetRule(policy="first_come", options={"order": "size"}))},
        "venue.offset_rules must be a list of rules with a line of withdrawals that all have the same options, was 2",
    ),
    ({"price_band": Follow(0.1, "volatility", 1.0, 0.3, 0.2)}, "venue.price_band.low must be <= high = 0.2, was 0.3"),
    (
        {"policy": "capped_prorata", "policy_options": {"kappa": Follow(0.5, "weather", 1.0, 0.1, 0.9)}},
        "venue.policy_options.kappa.by must be one of liquidity, volatility, was 'weather'",
    ),
    (
        {"policy": "lp_pool", "policy_options": {"pool_cap": BY_VOLATILITY}},
        "venue.policy_options.pool_cap must be a number, which is read once, was Follow",
    ),
    (
        {"maintenance_scale": Follow(1.0, "liquidity", -1.0, 1.0, 2.0)},
        "venue.maintenance_scale.by must be measured by the venue, whose depth is constant (depth_floor 1), was",
    ),
    (
        {"maintenance_scale": BY_VOLATILITY, "dynamic_margin_cap": 2.0},
        "venue.dynamic_margin_cap must be 1 with a maintenance_scale in its place, was 2.0",
    ),
    ({"fund_target": 0.0}, "venue.fund_target must be > 0, was 0.0"),
    ({"fund_tiers": ((1.0, 1e-6),)}, "venue.fund_target must be given where there are fund_tiers, was None"),
    ({"fund_target": 1.0, "fund_tiers": (1.0, 2.0)}, "venue.fund_tiers must be rows of (level, rate), was (1.0, 2.0)"),
    (
        {"fund_target": 1.0, "fund_tiers": ((0.5, 1e-6), (0.5, 2e-6))},
        "venue.fund_tiers[1].level must be < 0.5: the levels of tiers fall, was 0.5",
    ),
    (
        {"fund_target": 1.0, "fund_tiers": ((1.0, 2e-6), (0.5, 1e-6))},
        "venue.fund_tiers[1].rate must be > 2e-06: the rates of tiers rise, was 1e-06",
    ),
    ({"fund_key": "luck"}, "venue.fund_key must be one of margin, record, size, weight, was 'luck'"),
    ({"fund_payout": "first"}, "venue.fund_payout must be one of in_order, pro_rata, was 'first'"),
    *(({"offset_rules": (rule,)}, f"venue.offset_rules[0].{sentence}") for rule, sentence in BAD_RULES),
]


@pytest.mark.parametrize(("fields", "sentence"), BAD, ids=[sentence[6:60] for _, sentence in BAD])
def test_what_is_wrong_is_named_by_its_place(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(engine.InputError) as caught:
        Venue(depth=1e6, **fields)
    assert any(one.startswith(sentence) for one in caught.value.violations), caught.value.violations


def test_every_violation_of_a_list_is_reported_at_once() -> None:
    rules = (OffsetRule(policy="none", limit=-1.0), OffsetRule(policy="none", limit_of="x", limit=0.0))
    with pytest.raises(engine.InputError) as caught:
        Venue(depth=1e6, offset_rules=rules)
    assert caught.value.fields == (
        "venue.offset_rules[0].limit",
        "venue.offset_rules[1].limit",
        "venue.offset_rules[1].limit_of",
    )


def test_records_and_weights_of_another_length_are_refused() -> None:
    columns: dict[str, Any] = {"size": [1.0, -1.0], "entry_price": [100.0, 100.0], "collateral": [5.0, 5.0]}
    for name in ("track_record", "contribution_weight"):
        with pytest.raises(engine.InputError, match=f"book.{name} must be of length 2 like size, was 'length 3'"):
            engine.Book(**columns, **{name: [1.0, 2.0, 3.0]})
        with pytest.raises(engine.InputError, match=rf"book.{name}\[1\] must be finite and >= 0, was -1.0"):
            engine.Book(**columns, **{name: [1.0, -1.0]})
    venue = Venue(depth=1e6, fund_target=1.0, fund_tiers=((1.0, 1e-6),), fund_key="weight")
    with pytest.raises(engine.InputError, match=r"book\.contribution_weight must be given where the venue's fund_key"):
        engine.simulate(book=engine.Book(**columns), prices=[100.0, 99.0], venue=venue)


LISTED = Venue(
    depth=1e7,
    depth_floor=0.2,
    fund_target=1e6,
    fund_tiers=((1.0, 1e-6), (0.5, 5e-6)),
    fund_key="record",
    fund_payout="pro_rata",
    price_band=Follow(0.1, by="liquidity", slope=-0.5, low=0.05, high=0.3),
    maintenance_scale=Follow(1.0, by="volatility", slope=0.5, low=1.0, high=3.0),
    offset_rules=(
        OffsetRule(policy="capped_prorata", options={"kappa": BY_VOLATILITY}, limit=0.5),
        OffsetRule(policy="risk_weighted", options={"record": 1.0}, trigger=Trigger("deficit", ">=", 0.01)),
        OffsetRule(policy="equity_prorata", limit=BY_VOLATILITY, limit_of="open_interest"),
    ),
)


def test_a_scenario_with_a_list_survives_a_file() -> None:
    scenario = engine.Scenario(venue=LISTED)
    text = json.dumps(engine.to_document(scenario))
    again = from_document(json.loads(text))
    assert again.venue == LISTED
    assert hash(again.venue) == hash(LISTED)
    assert pickle.loads(pickle.dumps(LISTED)) == LISTED


def test_dotted_settings_reach_into_a_list() -> None:
    scenario = engine.with_values(
        engine.Scenario(venue=LISTED),
        {
            "venue.offset_rules.0.options.kappa": "0.25",
            "venue.offset_rules.1.trigger.level": "0.02",
            "venue.offset_rules.2.limit.high": 0.8,
            "venue.fund_tiers.1.1": 7e-6,
            "venue.price_band.low": 0.06,
        },
    )
    first, second, third = scenario.venue.offset_rules or ()
    assert first.options["kappa"] == 0.25
    assert second.trigger == Trigger("deficit", ">=", 0.02)
    assert third.limit == replace(BY_VOLATILITY, high=0.8)
    assert scenario.venue.fund_tiers == ((1.0, 1e-6), (0.5, 7e-6))
    assert scenario.venue.price_band == Follow(0.1, by="liquidity", slope=-0.5, low=0.06, high=0.3)
    plain = engine.with_values(scenario, {"venue.offset_rules": "null"})
    assert plain.venue.offset_rules is None


def test_a_list_can_be_given_as_text() -> None:
    rules = '[{"policy": "profit_prorata", "limit": 0.5}, {"policy": "none", "trigger": ["drop", "<=", -0.1]}]'
    scenario = engine.with_values(engine.Scenario(venue=Venue(depth=1e6)), {"venue.offset_rules": rules})
    expected = (
        OffsetRule(policy="profit_prorata", limit=0.5),
        OffsetRule(policy="none", trigger=Trigger("drop", "<=", -0.1)),
    )
    assert scenario.venue.offset_rules == expected


@pytest.mark.parametrize("place", ["3", "x", "-1"])
def test_a_place_that_the_list_does_not_have_is_named(place: str) -> None:
    with pytest.raises(engine.InputError, match="a place in a list of 3, counted from 0, was"):
        engine.with_values(engine.Scenario(venue=LISTED), {f"venue.offset_rules.{place}.limit": 0.5})


def test_a_follower_is_clipped_on_both_sides() -> None:
    follow = Follow(0.3, by="volatility", slope=2.0, low=0.1, high=0.9)
    assert [follow.at(ratio) for ratio in (0.5, 1.0, 1.5, 2.0)] == pytest.approx([0.1, 0.3, 0.675, 0.9])


def test_every_trigger_has_a_sentence() -> None:
    said = {Trigger(quantity, ">=", 0.5).sentence for quantity in engine.conditions.QUANTITIES}
    assert len(said) == len(engine.conditions.QUANTITIES)
    assert Trigger("drop", "<=", -0.1).sentence == "the price is at least 10 % below the first"


def test_a_track_record_adds_up_what_was_left_to_others_over_margin() -> None:
    """One coin from 100 with 10 of margin falls to 80: 10 are missing, as much as the margin; twice, it is 1 + 2."""
    book = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[10.0, 50.0])
    run = engine.simulate(book=book, prices=[100.0, 80.0], opens=[100.0, 80.0], venue=Venue(depth=np.inf))
    assert engine.track_record([run]).tolist() == pytest.approx([2.0, 1.0])
    assert engine.track_record([run, run]).tolist() == pytest.approx([3.0, 1.0])
    other = engine.Book(size=[1.0], entry_price=[100.0], collateral=[10.0])
    with pytest.raises(engine.InputError, match=r"runs\[1\] must be of the traders of the first"):
        engine.track_record([run, engine.simulate(book=other, prices=[100.0, 80.0], venue=Venue(depth=np.inf))])
    with pytest.raises(engine.InputError, match="runs must be one or more"):
        engine.track_record([])


def test_a_market_under_other_rules_meets_the_same_days() -> None:
    """A levy of a millionth a minute below ten times the fund: who is in the book pays, and the fund falls less."""
    market = engine.load_market("deribit", "BTC")
    target = 10.0 * market.values["fund"] * market.values["open_interest"]
    tiered = market.with_rules(fund_target=target, fund_tiers=((1.0, 1e-6),))
    assert tiered.venue.fund_target == pytest.approx(target / market.price)  # coin-margined
    assert tiered.changed(leverage=5.0).own_rules == tiered.own_rules
    plain, filled = (engine.hindcast(market=one, since="2022-06-13", until="2022-06-13") for one in (market, tiered))
    assert (plain.rows["contributed"] == 0.0).all()
    assert (filled.rows["contributed"] > 0.0).all()
    assert "contributed" in filled.by_day.columns
    listed = market.with_rules(offset_rules=(WINNERS, OffsetRule(policy="equity_prorata")))
    assert engine.hindcast(market=listed, since="2022-06-13", until="2022-06-13").rows["charged"] == pytest.approx(
        plain.rows["charged"], rel=1e-9
    )
    with pytest.raises(engine.InputError, match=r"venue\.rules must be a field of engine\.Venue"):
        market.with_rules(rules=1)
