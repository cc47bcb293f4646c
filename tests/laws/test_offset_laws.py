"""Laws of ordered lists, of track records and of tiers: over whole runs, and over the small markets of the matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import OffsetRule, Trigger, list_counterexample, list_verdicts
from engine.sharing.policy_record import LAWS
from tests.laws.markets import markets
from tests.model import offset_strategies, strategies
from tests.model.parity import money_in_run

TOLERANCE = 1e-9
few = settings(max_examples=25)


def simulate(case: Any, **changes: Any) -> engine.Run:
    book, prices, venue, opens = case
    return engine.simulate(book=book, prices=prices, venue=replace(venue, **changes), opens=opens)


@pytest.mark.parametrize("first", ["profit_prorata", "equity_prorata", "risk_weighted", "none"])
def test_no_rule_acts_before_its_trigger(first: str) -> None:
    @few
    @given(offset_strategies.cases(first=first, contract="linear"))
    def law(case: Any) -> None:
        run = simulate(case)
        for row in run.passed.ravel():
            trigger = case[2].offset_rules[row["rule"]].trigger
            if trigger is None:
                assert row["is_met"] == 1
                continue
            seen = row["quantity"] >= trigger.level if trigger.comparison == ">=" else row["quantity"] <= trigger.level
            assert bool(row["is_met"]) == seen
            assert seen or row["charged"] == row["raised"] == 0.0

    law()


@few
@given(offset_strategies.cases(first="capped_prorata", contract="inverse"))
def test_what_passes_down_a_list_adds_up(case: Any) -> None:
    """What came to a rule is what it raised and what it left, and that is what comes to the next."""
    run, passed = simulate(case), simulate(case).passed
    scale = money_in_run(case[0], case[2], [*run.mark_low, *run.mark_high])
    np.testing.assert_allclose(passed["came"], passed["raised"] + passed["left"], atol=TOLERANCE * scale)
    np.testing.assert_allclose(passed["came"][:, 1:], passed["left"][:, :-1], atol=TOLERANCE * scale)
    np.testing.assert_allclose(passed["left"][:, -1].sum(), run.unfunded, atol=TOLERANCE * scale)


@few
@given(
    market=markets("risk_weighted"),
    who=st.integers(0, 11),
    part=st.sampled_from((0.0, 0.5, 0.9)),
    exponent=st.sampled_from((0.5, 1.0, 3.0)),
)
def test_a_better_record_never_pays_more(market: Any, who: int, part: float, exponent: float) -> None:
    """All else equal: with one trader's record lowered to a part of itself, that trader pays no more."""
    i = who % market.n
    worse = np.linspace(1.0, 4.0, market.n)
    better = worse.copy()
    better[i] *= part
    options = market.options | {"record": exponent}
    before, after = (market.allocate(options=options, record=record).charge[i] for record in (worse, better))
    assert after <= before + TOLERANCE * market.scale


def test_a_record_of_the_wrong_sign_pays_more() -> None:
    """The law is the exponent's: below 0 a better record pays more, and a search finds it at once."""
    shares = [
        engine.allocate(
            policy="risk_weighted",
            amount=10.0,
            profit=[20.0, 20.0],
            record=[record, 2.0],
            options={"leverage": 0.0, "record": -1.0},
        ).charge[0]
        for record in (2.0, 1.0)
    ]
    assert shares[1] > shares[0]


@few
@given(offset_strategies.cases(first="none", contract="linear"), st.data())
def test_tiers_never_lower_the_fund(case: Any, data: Any) -> None:
    """Up to the first step that forces out others than without them: what contributions do to triggers comes later."""
    venue = case[2]
    tiers = data.draw(strategies.seeded(offset_strategies.tiers, money=strategies.open_interest(case[0])))
    run, plain = simulate(case, **tiers), simulate(case, fund_tiers=())
    same = np.cumprod((run.forced == plain.forced) & (run.fund_paid == plain.fund_paid)) > 0
    scale = money_in_run(case[0], venue, [*run.mark_low, *run.mark_high])
    assert (run.contributed >= 0.0).all()
    assert (run.fund[same] >= plain.fund[same] - TOLERANCE * scale).all()


HALF = OffsetRule(policy="profit_prorata", limit=0.5)
WINNERS, EVERYBODY = OffsetRule(policy="profit_prorata"), OffsetRule(policy="equity_prorata")
LARGEST, SMALL_ONLY = OffsetRule(policy="equal_awards", limit=0.5), Trigger("deficit", "<=", 0.02)


def kept(*rules: OffsetRule) -> set[str]:
    return {law for law, verdict in list_verdicts(rules).items() if verdict.is_kept}


def test_a_list_of_one_rule_is_judged_as_its_policy() -> None:
    for policy in ("profit_prorata", "equal_losses", "open_interest_both_sides"):
        alone = {law for law, verdict in engine.law_matrix()[policy].items() if verdict.is_kept}
        assert kept(OffsetRule(policy=policy)) == alone


def test_a_rule_in_two_halves_keeps_what_it_keeps_whole() -> None:
    assert kept(HALF, WINNERS) == kept(WINNERS)


@pytest.mark.parametrize(
    "rules",
    [
        (HALF, EVERYBODY),
        (LARGEST, WINNERS),
        (OffsetRule(policy="equal_losses", limit=0.3), OffsetRule(policy="open_interest_both_sides")),
        (replace(WINNERS, trigger=SMALL_ONLY), EVERYBODY),
    ],
    ids=lambda rules: " then ".join(rule.policy for rule in rules),
)
def test_every_list_conserves_money_within_claims_in_any_unit(rules: tuple[OffsetRule, ...]) -> None:
    assert {"conserves_money", "within_claim", "unit_free", "anonymous"} <= kept(*rules)


def test_a_list_spares_losers_only_if_every_rule_does() -> None:
    assert "spares_losers" in kept(LARGEST, WINNERS)
    assert "spares_losers" not in kept(HALF, EVERYBODY)


def test_from_one_claim_to_another_the_order_of_stakes_goes() -> None:
    """Each rule keeps it alone; between rules by profit, or by equity, it stays."""
    alone = kept(WINNERS) & kept(EVERYBODY)
    assert alone - kept(HALF, EVERYBODY) == {"order_preserving"}
    half_of_all = replace(EVERYBODY, limit=0.5)
    assert alone - kept(half_of_all, WINNERS) == {"order_preserving", "merge_proof"}
    assert alone <= kept(half_of_all, EVERYBODY)
    equal = OffsetRule(policy="equal_losses")
    assert kept(WINNERS) & kept(equal) <= kept(HALF, equal)


def test_a_rule_that_gives_way_in_a_large_loss_is_not_monotone() -> None:
    """Winners pay small losses alone; in a large one everybody pays, and some winner less than before."""
    rules = (replace(WINNERS, trigger=SMALL_ONLY), EVERYBODY)
    assert "monotone" not in kept(*rules)
    example = list_counterexample(rules, "monotone")
    assert len(example.case.traders) == 3
    assert example.breach.second < example.breach.first


def test_every_law_of_a_list_has_a_verdict_and_every_breach_an_example() -> None:
    rules = (LARGEST, WINNERS)
    found = list_verdicts(rules)
    assert tuple(found) == LAWS
    for law, verdict in found.items():
        assert verdict.is_kept == (list_counterexample(rules, law) is None)


def test_rules_that_close_positions_are_not_judged_in_a_list() -> None:
    with pytest.raises(engine.InputError, match=r"offset_rules\[0\]\.policy must be one that shares money"):
        list_verdicts((OffsetRule(policy="adl_queue"), WINNERS))
