"""Lists of rules, tiers and payouts by hand: each number can be worked out on paper; kernel and oracle both asked."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import Follow, OffsetRule, Trigger
from tests.model.cases import book, run, venue

WINNERS, EVERYBODY = OffsetRule(policy="profit_prorata"), OffsetRule(policy="equity_prorata")
# A long of 10 from 100 with 100 goes at 80: 100 are missing. Two shorts of 10 and 5 win 200 and 100, on 200 each.
TRADERS = ((10.0, 100.0), (-10.0, 200.0), (-5.0, 200.0))


def flows_of(rules: tuple[OffsetRule, ...], **more: object) -> list[tuple[float, float, float]]:
    fields = {"depth": np.inf, "maintenance_rate": 0.05, "offset_rules": rules} | more
    path = np.array([100.0, 80.0])
    done = engine.simulate(book=book(*TRADERS), prices=path, opens=path, venue=engine.Venue(**fields))  # type: ignore
    return [(flow.came, flow.raised, flow.left) for flow in engine.rule_flows(done)]


def test_a_limit_of_half_the_loss_leaves_half_to_the_next_rule() -> None:
    """50 pro rata to profit: 33 1/3 and 16 2/3; then 50 pro rata to the equity left, 366 2/3 and 283 1/3."""
    half = OffsetRule(policy="profit_prorata", limit=0.5)
    done = run(book(*TRADERS), [100, 80], offset_rules=(half, EVERYBODY))
    assert done.charge == pytest.approx([0.0, 100 / 3 + 50 * 1100 / 1950, 50 / 3 + 50 * 850 / 1950])
    assert flows_of((half, EVERYBODY)) == [(100.0, 50.0, 50.0), (50.0, 50.0, 0.0)]


def test_a_limit_of_open_interest() -> None:
    """Half of all notionals at 100 is 1,250; 2 % of it is 25, and nobody takes the other 75."""
    rule = OffsetRule(policy="profit_prorata", limit=0.02, limit_of="open_interest")
    done = run(book(*TRADERS), [100, 80], offset_rules=(rule,))
    assert done.charge == pytest.approx([0.0, 50 / 3, 25 / 3])
    assert done.unfunded == pytest.approx(75.0)


@pytest.mark.parametrize(
    ("trigger", "is_met"),
    [
        (Trigger("deficit", ">=", 0.08), True),  # 100 of 1,250
        (Trigger("deficit", ">=", 0.0801), False),
        (Trigger("deficit", "<=", 0.0799), False),
        (Trigger("fund", "<=", 0.0), True),
        (Trigger("fund", ">=", 0.1), False),
        (Trigger("volatility", ">=", 1.0001), False),  # up to the step before: as usual
        (Trigger("drop", "<=", -0.1999), True),
        (Trigger("drop", "<=", -0.2001), False),
        (Trigger("margin", "<=", 700 / 1250 + 1e-9), True),  # 400 and 300 after the default
        (Trigger("margin", "<=", 700 / 1250 - 1e-9), False),
    ],
    ids=str,
)
def test_a_trigger_is_met_or_the_rule_is_passed_over(trigger: Trigger, is_met: bool) -> None:
    rules = (OffsetRule(policy="profit_prorata", trigger=trigger), OffsetRule(policy="none"))
    done = run(book(*TRADERS), [100, 80], offset_rules=rules, fund_target=500.0)
    assert sum(done.charge) == pytest.approx(100.0 if is_met else 0.0)
    assert done.unfunded == pytest.approx(0.0 if is_met else 100.0)


def test_volatility_of_the_step_before_is_what_a_trigger_sees() -> None:
    """A fall of 10 % in one step, then the default in the next: EWMA with half-life 1 is about 0.5 ln(0.9)^2."""
    level = np.sqrt(0.5 * 0.01**2 + 0.5 * np.log(0.9) ** 2) / 0.01
    for shift, unfunded in ((-1e-6, 0.0), (1e-6, 150.0)):
        rule = OffsetRule(policy="profit_prorata", trigger=Trigger("volatility", ">=", level + shift))
        more = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.01}
        traders = book((10.0, 150.0), (-10.0, 400.0))
        done = run(traders, [100, 90, 70], offset_rules=(rule,), **more)
        assert done.unfunded == pytest.approx(unfunded)


def test_a_position_is_deleveraged_only_where_the_trigger_of_the_rule_is_met() -> None:
    """What the order would leave, 100, is 8 % of open interest; else the order goes to the book, and winners pay."""
    closing = OffsetRule(policy="adl_queue", trigger=Trigger("deficit", ">=", 0.08))
    done = run(book(*TRADERS), [100, 80], offset_rules=(closing, WINNERS))
    assert done.size[0] == 0
    assert sum(abs(size) for size in done.size) == pytest.approx(5.0)  # ten of the other side are closed with it
    closing = OffsetRule(policy="adl_queue", trigger=Trigger("deficit", ">=", 0.0801))
    done = run(book(*TRADERS), [100, 80], offset_rules=(closing, WINNERS))
    assert done.size == pytest.approx([0.0, -10.0, -5.0])
    assert done.charge == pytest.approx([0.0, 200 / 3, 100 / 3])


def test_shares_by_record_and_by_collateral() -> None:
    """Equal shorts win 200 each of 100 to pay: records 1 and 3 share 25 and 75; equities 400 and 800 one to two."""
    traders = [(10.0, 100.0), (-10.0, 200.0), (-10.0, 200.0)]
    rule = OffsetRule(policy="risk_weighted", options={"leverage": 0.0, "record": 1.0})
    done = run(book(*traders, track_record=[9.0, 1.0, 3.0]), [100, 80], offset_rules=(rule,))
    assert done.charge == pytest.approx([0.0, 25.0, 75.0])
    rule = OffsetRule(policy="risk_weighted", options={"leverage": 0.0, "collateral": 1.0})
    done = run(book(*traders[:2], (-10.0, 600.0)), [100, 80], offset_rules=(rule,))
    assert done.charge == pytest.approx([0.0, 100 / 3, 200 / 3])


def test_contributions_fill_the_fund_at_the_rate_of_the_deepest_tier() -> None:
    """Notional 2,000 at 100. The fund of 5 is below half of 12: 1 % of it, 20; at 25 it is above the target."""
    traders = book((10.0, 400.0), (-10.0, 400.0))
    tiers = {"fund": 5.0, "fund_target": 12.0, "fund_tiers": ((1.0, 0.001), (0.5, 0.01))}
    done = run(traders, [100, 100, 100], **tiers)
    assert done.fund == pytest.approx([5.0, 25.0, 25.0])
    assert done.contribution == pytest.approx([10.0, 10.0])
    done = run(traders, [100, 100, 100], **tiers | {"fund": 6.0, "fund_target": 10.0})
    assert done.fund == pytest.approx([6.0, 8.0, 10.0])  # 0.1 % of 2,000 a step, up to the target


@pytest.mark.parametrize(
    ("key", "parts"),
    [("size", (10.0, 10.0)), ("margin", (5.0, 15.0)), ("record", (16.0, 4.0)), ("weight", (20.0, 0.0))],
)
def test_contributions_go_by_their_key(key: str, parts: tuple[float, float]) -> None:
    """1 % of 2,000 together: by notional alike, by margin 200 to 600, by record 2 to 0.5, by the book's own weights."""
    traders = book((10.0, 200.0), (-10.0, 600.0), track_record=[2.0, 0.5], contribution_weight=[7.0, 0.0])
    done = run(traders, [100, 100], fund_target=1.0, fund_tiers=((1.0, 0.01),), fund_key=key)
    assert done.contribution == pytest.approx(parts)
    assert done.equity == pytest.approx([200 - parts[0], 600 - parts[1]])


def test_nobody_contributes_beyond_equity_and_the_trigger_moves_for_the_next_step() -> None:
    """At 91 the long has 20 of equity and owes 45.5; it is due in the next step, and leaves nothing."""
    traders = book((10.0, 110.0), (-10.0, 900.0), maintenance_rate=[0.02, 0.02])
    done = run(traders, [100, 91, 91], fund_target=1e3, fund_tiers=((1.0, 0.05),))
    assert done.contribution[0] == pytest.approx(20.0)
    assert done.liquidated_at == [2, -1]
    assert done.deficit == pytest.approx([0.0, 0.0, 0.0])


def test_a_payout_pro_rata_treats_both_sides_alike() -> None:
    """Longs lack 100 and shorts 100, and 100 are in the fund: in order the first is paid in full, else each half.

    Under the rule that only the other side pays, shorts then bear 50 for longs, and longs 50 for shorts.
    """
    traders = book((10.0, 100.0), (-10.0, 100.0), (-1.0, 500.0), (1.0, 500.0))
    rule = {"offset_rules": (OffsetRule(policy="open_interest_counter_side"),), "fund": 100.0, "settlement_interval": 2}
    in_order = run(traders, [100, 80, 120], **rule)
    assert in_order.charge == pytest.approx([0.0, 0.0, 0.0, 100.0])
    alike = run(traders, [100, 80, 120], fund_payout="pro_rata", **rule)
    assert alike.charge == pytest.approx([0.0, 0.0, 50.0, 50.0])


def test_options_and_limits_follow_the_market_within_bounds() -> None:
    """As usual the limit is 0.3; with volatility 5 times the usual it is at its upper bound, 0.9."""
    limit = Follow(0.3, by="volatility", slope=1.0, low=0.1, high=0.9)
    rule = OffsetRule(policy="profit_prorata", limit=limit)
    done = run(book(*TRADERS), [100, 80], offset_rules=(rule,))
    assert sum(done.charge) == pytest.approx(30.0)
    traders = book((10.0, 150.0), (-10.0, 400.0))
    more = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.01}
    done = run(traders, [100, 90, 70], offset_rules=(rule,), **more)
    assert sum(done.charge) == pytest.approx(0.9 * 150.0)


def test_the_requirement_follows_in_place_of_dynamic_margin() -> None:
    """Base 2: from the first step on the requirement is 10 %, and a long with 10 % is due at once."""
    twice = Follow(2.0, by="volatility", slope=0.0, low=1.0, high=3.0)
    done = run(book((10.0, 100.0), (-10.0, 900.0)), [100, 99.5], maintenance_scale=twice)
    assert done.liquidated_at == [1, -1]
    assert run(book((10.0, 100.0), (-10.0, 900.0)), [100, 99.5]).liquidated_at == [-1, -1]


def test_a_run_says_what_passed_each_rule_when() -> None:
    rules = (OffsetRule(policy="profit_prorata", limit=0.5, trigger=Trigger("drop", "<=", -0.1)), EVERYBODY)
    path = np.array([100.0, 80.0])
    done = engine.simulate(book=book(*TRADERS), prices=path, opens=path, venue=venue(offset_rules=rules))
    assert done.passed.shape == (1, 2)
    first, second = done.passed[0]
    assert (first["step"], first["rule"], first["is_met"], second["rule"]) == (1, 0, 1, 1)
    assert first["quantity"] == pytest.approx(-0.2)
    assert np.isnan(second["quantity"])
    names = ("came", "charged", "to_fund", "raised", "left")
    assert [float(first[name]) for name in names] == pytest.approx([100.0, 50.0, 0.0, 50.0, 50.0])
    assert [flow.first_step for flow in engine.rule_flows(done)] == [1, 1]


def test_money_of_contributions_is_in_the_ledger() -> None:
    fields = {"depth": np.inf, "fund_target": 1.0, "fund_tiers": ((1.0, 0.01),)}
    traders = book((10.0, 200.0), (-10.0, 600.0))
    done = engine.simulate(book=traders, prices=[100.0, 100.0], venue=engine.Venue(**fields))  # type: ignore[arg-type]
    flows = {flow.what: flow.amount for flow in done.ledger.flows}
    assert flows["contributions to the fund"] == pytest.approx(20.0)
    assert done.contributions == pytest.approx(20.0)
    assert abs(done.ledger.residual) < 1e-12
