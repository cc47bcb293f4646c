"""engine.default_waterfall, engine.cover, engine.shapley_value and Expected Shortfall, asked by published numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Book, cover, default_waterfall, load_venue_preset, shapley_value
from engine.montecarlo.risk import expected_shortfall
from tests.vectors.model.setup import Question
from tests.vectors.reading import Formula, Outputs

LARGE = 1e12  # a loss that no layer of a published waterfall can pay
LOSSES = ((9.0, 5.0, 3.0), (9.0, 6.0, 5.0), (7.0, 7.0, 7.0))  # largest first, either side of L1 = L2 + L3


def own_layers(asked: Question) -> dict[str, float]:
    """What every layer of the preset pays of a loss that nobody can pay, in millions."""
    layers = []
    for row in load_venue_preset(asked.preset).layers:
        given = {name: row[name] for name in ("name", "kind", "capacity") if name in row}
        if "contributions_total" in row:
            layers.append({**given, "contributions": [row["contributions_total"]]})
        elif "capacity" in row:
            layers.append(given)
    paid = default_waterfall(loss=LARGE, layers=layers).by_layer
    return {name: amount / 1e6 for name, amount in paid.items()}


def defaulted(asked: Question) -> Outputs:
    """Nasdaq 2018: junior capital, then the members. KRX 2013: the defaulter, then the joint fund of all members."""
    inputs = asked.inputs
    if "settlement_due_krw_bn" in inputs:
        each = [inputs["joint_fund_krw_bn"] / inputs["members"]] * inputs["members"]
        first = {"name": "defaulter", "capacity": inputs["paid_by_defaulter_krw_bn"]}
        layers = [first, {"name": "joint fund", "contributions": each}]
        done = default_waterfall(loss=inputs["settlement_due_krw_bn"], layers=layers)
        return {"fund_used_krw_bn": done.by_layer["joint fund"]}
    fund = own_layers(asked)["default fund"]
    junior = {"name": "junior capital", "capacity": inputs["junior_capital_eur_m"]}
    layers = [junior, {"name": "default fund", "contributions": [fund]}]
    done = default_waterfall(loss=inputs["loss_beyond_defaulter_eur_m"], layers=layers)
    return {"junior_used": done.by_layer["junior capital"], "member_fund_used": done.by_layer["default fund"]}


def assessments(asked: Question) -> Outputs:
    inputs = asked.inputs
    called = {
        "name": "assessments",
        "kind": "assessments",
        "contributions": [inputs["guaranty_fund_usd"]],
        "assessment_cap": inputs["assessment_multiple"],
    }
    done = default_waterfall(loss=LARGE, layers=[called])
    own = own_layers(asked)["corporate contribution"] * 1e6
    return {"assessment_powers_usd": done.by_layer["assessments"], "corporate_contribution_usd": own}


def eurex_rules(asked: Question) -> Outputs:
    """What a member can be charged in all, and the clearing house's own layers as the preset has them."""
    members = {"name": "fund", "contributions": [1.0], "assessment_cap": asked.inputs["assessment_multiple"]}
    own = own_layers(asked)
    return {
        "member_total_liability_multiple": default_waterfall(loss=LARGE, layers=[members]).by_layer["fund"],
        "sitg_eur_m": own["skin in the game"],
        "second_sitg_eur_m": own["second skin in the game"],
        "further_dedicated_amount_max_eur_m": own["further dedicated amount"],
        "remaining_equity_eur_m": own["remaining equity"],
        "letter_of_comfort_eur_m": own["letter of comfort"],
    }


def crisis(asked: Question) -> Outputs:
    """Owed beyond the collateral: profit that is not vested, the insurance, then everybody's claim by one rate."""
    inputs = asked.inputs
    claims = inputs["principal"] + inputs["realized_pnl"]
    loss = max(claims + inputs["warming_pnl"] - inputs["collateral"], 0)
    layers = [
        {"name": "warming", "capacity": inputs["warming_pnl"]},
        {"name": "insurance", "capacity": inputs["insurance"]},
        {"name": "claims", "capacity": claims},
    ]
    done = default_waterfall(loss=loss, layers=layers)
    return {
        "warming_burned": done.by_layer["warming"],
        "insurance_drawn": done.by_layer["insurance"],
        "equity_haircut": done.rate["claims"],
    }


def stress_cover(_: Question) -> Outputs:
    """The regulation's formulas, each with the cover that the engine finds for three lists of stressed losses."""

    def needed(losses: tuple[float, ...], k: int) -> float:
        book = Book(size=[1.0] * len(losses), entry_price=[100.0] * len(losses), collateral=[20.0 - x for x in losses])
        return cover(book=book, k=k, shocks=[-0.2], price=100.0)

    def of(function: Callable[[tuple[float, ...]], float]) -> Formula:
        cases = [(dict(zip(("L1", "L2", "L3"), losses, strict=True)), function(losses)) for losses in LOSSES]
        return Formula(cases)

    return {
        "default_fund_min": of(lambda losses: max(needed(losses, 1), needed(losses[1:], 2))),
        "default_fund_plus_other_min": of(lambda losses: needed(losses, 2)),
    }


def shapley(asked: Question) -> Outputs:
    costs = asked.inputs["costs"]
    each = np.array(list(costs.values()))  # the airport game: a coalition is worth its largest cost
    shares = shapley_value(value=lambda inside: float(each[inside].max()), n_players=each.size)
    return {"shapley": dict(zip(costs, shares.tolist(), strict=True))}


def tail_mean(asked: Question) -> Outputs:
    chances = [len(asked.inputs["prob"]) * chance for chance in asked.inputs["prob"]]
    losses = [-profit for profit in asked.inputs["profit"]]
    return {"es": [float(expected_shortfall(losses, 1.0 - tail, chances).value) for tail in asked.inputs["q"]]}


RULES: dict[str, Any] = {
    "ccp_waterfall_event": defaulted,
    "assessment_cap_multiple": assessments,
    "waterfall_parameters": eurex_rules,
    "crisis_waterfall_warming_insurance_equity": crisis,
    "fund_size_cover_rule": stress_cover,
    "shapley_max_cost_game": shapley,
    "expected_shortfall_discrete": tail_mean,
}
