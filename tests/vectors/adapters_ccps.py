"""Clearing houses and literature: vectors to engine calls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.venues import ccp, literature
from tests.vectors.reading import Adapter, Inputs, Outputs, one_or_all

VENUE = ""
WORDS = {
    Fraction(1, 4): "a quarter",
    Fraction(1, 3): "a third",
    Fraction(1, 2): "half",
    Fraction(2, 3): "two thirds",
    Fraction(3, 4): "three quarters",
    Fraction(1): "all",
}


def in_words(share: float) -> str:
    """The simple fraction nearest to a share."""
    return WORDS[min(WORDS, key=lambda fraction: abs(float(fraction) - share))]


def waterfall_event(inputs: Inputs) -> Outputs:
    """Nasdaq 2018: junior capital, then the members' fund. KRX 2013: what the defaulter did not pay, from the fund."""
    if "settlement_due_krw_bn" in inputs:
        done = ccp.waterfall(
            loss=inputs["settlement_due_krw_bn"],
            layers={"defaulter": inputs["paid_by_defaulter_krw_bn"], "fund": inputs["joint_fund_krw_bn"]},
        )
        return {"fund_used_krw_bn": done.used["fund"], "other_members_exposed": inputs["members"] - 1}
    fund = inputs.get_any("member_fund_eur_m", default=ccp.NASDAQ_2018["member_fund_eur_m"])
    done = ccp.waterfall(
        loss=inputs.need("loss_beyond_defaulter_eur_m"),
        layers={"junior": inputs.need("junior_capital_eur_m"), "members": fund},
    )
    return {
        "junior_used": done.used["junior"],
        "member_fund_used": done.used["members"],
        "fraction_of_fund": done.used["members"] / fund,
        "fraction_of_fund_approx": in_words(done.used["members"] / fund),
        "unfunded": done.unfunded,
        **ccp.NASDAQ_2018,
    }


def assessment(inputs: Inputs) -> Outputs:
    powers = ccp.assessment_powers(
        fund=inputs.need("guaranty_fund_usd", "guaranty_fund"), multiple=inputs.need("assessment_multiple")
    )
    return {"assessment_powers_usd": powers, "corporate_contribution_usd": ccp.CME_CONTRIBUTION_USD["base"]}


def assessment_of_services(inputs: Inputs) -> Outputs:
    """Assessments of swaps services need their multiples, which the page does not give."""
    return {
        f"{name}_assessment": ccp.assessment_powers(
            fund=inputs[f"{name}_guaranty_fund"], multiple=inputs[f"{name}_assessment_multiple"]
        )
        for name in ("irs", "cds")
        if f"{name}_assessment_multiple" in inputs
    }


def parameters(inputs: Inputs) -> Outputs:
    eurex = ccp.EUREX_EUR_M
    return {
        "member_total_liability_multiple": ccp.liability_multiple(assessment_multiple=inputs["assessment_multiple"]),
        "sitg_eur_m": eurex["sitg"],
        "second_sitg_eur_m": eurex["second_sitg"],
        "further_dedicated_amount_max_eur_m": eurex["further_dedicated_amount_max"],
        "remaining_equity_eur_m": eurex["remaining_equity"],
        "letter_of_comfort_eur_m": eurex["letter_of_comfort"],
    }


def fund_size(inputs: Inputs) -> Outputs:
    """Numbers when losses are given, else the formulas, which tests/engine/test_venues.py holds to the function."""
    losses: Any = inputs.get_any("stressed_losses", "stressed_losses_sorted_desc")
    if not isinstance(losses, list):
        return {
            "default_fund_min": ccp.DEFAULT_FUND_FORMULA,
            "default_fund_plus_other_min": ccp.DEFAULT_FUND_PLUS_OTHER_FORMULA,
        }
    least, with_other = ccp.default_fund_minimum(stressed_losses=losses)
    return {"default_fund_min": least, "default_fund_plus_other_min": with_other}


def own_contribution(inputs: Inputs) -> Outputs:
    capital, funds = inputs.get_any("min_capital"), inputs.get_any("default_funds")
    if not isinstance(funds, list):
        return {
            "sitg_total": ccp.SITG_FORMULA,
            "sitg_j": ccp.SITG_SPLIT_FORMULA,
            "second_sitg": ccp.SECOND_SITG_FORMULA,
        }
    parts = ccp.own_contribution(capital=capital, funds=funds)
    outputs: Outputs = {"sitg_total": sum(parts), "sitg_j": parts}
    if "risk_based_capital" in inputs:
        outputs["second_sitg"] = ccp.second_contribution(
            risk_capital=inputs["risk_based_capital"],
            funds=funds,
            percentage=inputs.get_any("percentage", "P", default=0.25),
        )
    return outputs


def netting(inputs: Inputs) -> Outputs:
    net = literature.multilateral_net(bilateral=[tuple(leg) for leg in inputs.need("bilateral")])
    return {"net_abs": [abs(value) for value in net.values()], "net": net}


def shapley(inputs: Inputs) -> Outputs:
    costs = inputs.need("costs")
    named = costs if isinstance(costs, dict) else {str(n): cost for n, cost in enumerate(costs)}
    shares = literature.shapley_of_largest(costs=named)
    return {"shapley": shares if isinstance(costs, dict) else list(shares.values())}


def claims(rule: str) -> Adapter:
    """The adapter of one claims rule; published awards have seven decimals."""

    def adapter(inputs: Inputs) -> Outputs:
        due, estate = inputs.need("claims"), inputs.need("estate")
        awards = [round(award, 7) for award in literature.awards(rule=rule, estate=estate, claims=due)]
        shares = [round(award, 7) for award in literature.awards(rule="proportional", estate=estate, claims=due)]
        return {"awards": awards, "proportional_coincides": awards == shares}

    return adapter


def expected_shortfall(inputs: Inputs) -> Outputs:
    tails = inputs.need("q", "tail")
    values = [
        literature.expected_shortfall(probabilities=inputs["prob"], profits=inputs["profit"], tail=tail)
        for tail in (tails if isinstance(tails, list) else [tails])
    ]
    return {"es": values if isinstance(tails, list) else one_or_all(values)}


RULES: dict[str, Adapter] = {
    "ccp_waterfall_event": waterfall_event,
    "assessment_cap_multiple": assessment,
    "assessment_powers": assessment_of_services,
    "waterfall_parameters": parameters,
    "fund_size_cover_rule": fund_size,
    "sitg_size_and_split": own_contribution,
    "multilateral_netting": netting,
    "shapley_max_cost_game": shapley,
    "claims_rule_talmud": claims("talmud"),
    "claims_rule_proportional": claims("proportional"),
    "claims_rule_cea": claims("constrained_equal_awards"),
    "claims_rule_cel": claims("constrained_equal_losses"),
    "expected_shortfall_discrete": expected_shortfall,
}
