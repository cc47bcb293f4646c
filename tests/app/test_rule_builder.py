"""Rules in order: the builder through the router, the list as text in links and commands, its charts by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine import IDEAS, POLICIES, Follow, OffsetRule, Trigger, load_preset, rule_flows, run_scenario, with_values
from tests.app.boards import boards, clean, html_of, notices, open_link
from tests.commands import answer
from ui.cascade.charts.flow import flow as waterfall
from ui.cascade.charts.flow import layers
from ui.cascade.headline import headline
from ui.charts.rule_words import QUANTITIES, list_words, sharing
from ui.charts.run_view import RunView, view_of
from ui.rules.charts.in_order import flow, triggers
from ui.settings.link import decode_page, encode
from ui.settings.reproduce import command
from ui.settings.rule_list import EXAMPLE, IN_ORDER, RULES, rules_of, text_of_rules
from ui.settings.run_settings import POLICY, Choice, scenario_of

PAGE = "pages/rules_side_by_side.py"
FULL = (
    OffsetRule(policy="adl_queue", options={"score": "hyperliquid"}, trigger=Trigger("deficit", "<=", 1e-5)),
    OffsetRule(policy="capped_prorata", options={"kappa": Follow(0.4, "volatility", -0.5, 0.1, 0.9)}),
    OffsetRule(policy="first_come", options={"order": "random", "seed": 7}, limit=0.02, limit_of="open_interest"),
    OffsetRule(
        policy="equity_prorata", limit=Follow(0.3, "volatility", 1.0, 0.1, 1 / 3), trigger=Trigger("drop", "<=", -0.1)
    ),
)


def opened(**link: str) -> AppTest:
    return clean(open_link(PAGE, v="1", **link))


def cards(at: AppTest) -> int:
    return sum(str(button.key).endswith(":remove") for button in at.button)


def chart(at: AppTest, name: str) -> dict[str, Any]:
    return next(chart for board in boards(at) for chart in board["charts"] if chart["id"] == name)


def test_a_list_is_the_same_text_read_and_written() -> None:
    text = text_of_rules(FULL)
    assert rules_of(text) == FULL
    assert text_of_rules(rules_of(text)) == text
    assert text.startswith("adl_queue~if-deficit-le-1e-05~score-hyperliquid~~capped_prorata~kappa-volatility_0.4_-0.5_")
    choice = Choice("cascade", {POLICY: IN_ORDER, RULES: text})
    again = decode_page(encode(choice), (), has_replay=True)
    assert (again.choice, again.left_out) == (choice, ())
    assert scenario_of(choice).venue.offset_rules == FULL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Rules in order must be a list of one rule or more"),
        ("equity_prorata~~nobody_knows", "Rule 2: policy must be a name in the list"),
        ("equity_prorata~limit-x", "Rule 1: limit must be a number, was 'x'"),
        ("equity_prorata~limit-0", "offset_rules[0].limit must be > 0"),
        ("equity_prorata~kappa-0.5", "Rule 1: a part must be one of limit, interest, if, was 'kappa'"),
        ("none~~equity_prorata~if-fund-le-0.5", "offset_rules[1].trigger.quantity must be measured by the venue"),
        ("equity_prorata~if-weather-ge-1", "Rule 1: what a trigger looks at must be one of deficit"),
        ("equity_prorata~if-drop", "Rule 1: a comparison must be one of ge, le"),
        ("equity_prorata~~adl_queue", "offset_rules[1].policy must be first in the list"),
        ("equity_prorata~limit-volatility_1_1_2_1", "offset_rules[0].limit.low must be <= high"),
        ("x" * 5000, "Rules in order must be at most 4,000 letters"),
    ],
)
def test_a_damaged_list_is_left_out_of_a_link_in_a_sentence(text: str, said: str) -> None:
    link = {"v": "1", "p": "cascade", "policy": IN_ORDER, "rules": text}
    found = decode_page(link, (), has_replay=True)
    assert found.choice == Choice("cascade", {POLICY: IN_ORDER})
    assert said in " ".join(found.left_out)
    at = opened(p="cascade", policy=IN_ORDER, rules=text)
    assert said in " ".join(notices(at))
    assert cards(at) == len(EXAMPLE)


def test_the_command_gives_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    scenario = scenario_of(Choice("offset-rules", {RULES: "equity_prorata~limit-0.25~~talmud~if-volatility-ge-1.5"}))
    words = command(scenario, "offset-rules").split(" ", 3)[3]
    _, _, setting = words.partition("--set ")
    found = answer(capsys, "run", "--preset", "offset-rules", "--set", setting.strip("'"))["rules"]
    flows = rule_flows(run_scenario(scenario))
    assert [(row["policy"], row["raised"]) for row in found] == [(flow.policy, flow.raised) for flow in flows]
    assert with_values(load_preset("offset-rules").scenario, {RULES: setting.strip("'").partition("=")[2]}) == scenario


def in_order(name: str = "cascade", rules: tuple[OffsetRule, ...] = EXAMPLE, **venue: Any) -> RunView:
    scenario = load_preset(name).scenario
    return view_of(name, replace(scenario, venue=replace(scenario.venue, offset_rules=rules, **venue)))


def test_the_bars_are_what_the_engine_says_passed_each_rule() -> None:
    view = in_order()
    flows, drawn = rule_flows(view.run), flow(view)
    going, taken = drawn["traces"]
    loss = flows[0].came
    assert loss == pytest.approx(view.summary.charged + view.summary.unfunded)
    np.testing.assert_allclose(taken["x"], [loss, 0.5 * loss, 0.25 * loss, 0.25 * loss, 0.0], atol=1e-6 * loss)
    np.testing.assert_allclose(taken["base"], [0.0, 0.0, 0.5 * loss, 0.75 * loss, loss], atol=1e-6 * loss)
    np.testing.assert_allclose(going["x"][1:4], [each.left for each in flows])
    assert drawn["layout"]["yaxis"]["ticktext"] == ["loss to share", "1 winners", "2 traders", "3 traders", "unfunded"]
    rows = layers(view)
    assert sum(row.amount for row in rows[1:]) == pytest.approx(rows[0].amount)
    assert [row.name for row in rows if row.name[0].isdigit()] == ["1 winners", "2 traders", "3 traders"]


def test_the_second_rule_acts_on_the_third_day_and_is_marked_there() -> None:
    """What the preset's own sentence says, on its charts: passed over twice, then volatility 2.1 times the usual."""
    view = view_of("offset-rules", load_preset("offset-rules").scenario)
    acts, passed = triggers(view)["traces"][2:]
    assert (list(acts["x"]), list(passed["x"])) == ([432], [144, 288])
    assert triggers(view)["takeaway"] == (
        "Rule 2 acts 1 of 3 times, first after 3 days: volatility 2.1\N{NO-BREAK SPACE}times the usual."
    )
    assert any(note["text"] == "rule 2 acts" for note in triggers(view)["layout"]["annotations"])
    text = headline(view)
    assert "Of 2 rules in order rule 1 took $8.0M, and rule 2 took $1.0M (acted 1 of 3 times)." in text
    assert "nobody paid $6.9M" in text
    never = in_order("offset-rules", (replace(view.scenario.venue.rules[1], trigger=Trigger("volatility", ">=", 9.0)),))
    assert "The trigger of rule 1 is never met" in triggers(never)["takeaway"]
    assert flow(never)["traces"][1]["text"][1] == "passed over"


def test_calm_markets_bring_nothing_to_the_rules() -> None:
    view = in_order("calm")
    assert flow(view)["takeaway"].startswith("No loss comes to the rules")
    assert triggers(view)["takeaway"] == "No loss comes to the rules."


def test_contributions_are_told_in_headline_and_waterfall() -> None:
    view = view_of("mutualization-fund", load_preset("mutualization-fund").scenario)
    assert "Open positions paid $11.4M into the fund." in headline(view)
    assert "paid in" in waterfall(view)["layout"]["yaxis"]["ticktext"]
    assert view.summary.fund_income == pytest.approx(0.0, abs=1.0)
    assert any(each.what == "contributions to the fund" for each in view.run.ledger.flows)


@pytest.mark.parametrize("name", IDEAS)
def test_each_idea_opens_on_the_page_and_on_the_first(name: str) -> None:
    at = opened(p=name)
    preset = load_preset(name)
    assert at.selectbox(key="choice:preset").value == name
    rules = preset.scenario.venue.offset_rules
    assert at.toggle(key="rules:used").value == (rules is not None)
    assert cards(at) == len(rules or ())
    first = clean(at.switch_page("pages/live_cascade.py").run())
    assert first.selectbox(key="choice:policy").value == (IN_ORDER if rules else preset.scenario.venue.policy)
    assert not rules or any(list_words(rules) == each.value for each in first.caption)
    assert boards(first)[0]["headline"] == headline(view_of(name, preset.scenario))


def test_cards_move_go_and_come_and_every_step_can_be_undone() -> None:
    at = opened(p="cascade")
    assert cards(at) == 0
    clean(at.toggle(key="rules:used").set_value(True).run())
    assert cards(at) == 3
    assert at.query_params["policy"] == IN_ORDER
    text = text_of_rules(EXAMPLE).split("~~")
    clean(at.button(key="rules:2:up").click().run())
    assert at.query_params["rules"] == "~~".join([text[0], text[2], text[1]])
    clean(at.button(key="rules:0:remove").click().run())
    clean(at.button(key="rules:add").click().run())
    assert at.query_params["rules"] == "~~".join([text[2], text[1], "equity_prorata"])
    assert chart(at, "in_order")["layout"]["yaxis"]["ticktext"][1:4] == ["1 traders", "2 traders", "3 traders"]
    for _ in range(3):
        clean(at.button(key="rules:undo").click().run())
    assert "rules" not in at.query_params
    clean(at.button(key="rules:redo").click().run())
    assert at.query_params["rules"] == "~~".join([text[0], text[2], text[1]])
    clean(at.button(key="rules:reset").click().run())
    assert "rules" not in at.query_params
    clean(at.toggle(key="rules:used").set_value(False).run())
    assert "policy" not in at.query_params


def test_every_control_of_a_card_at_both_ends() -> None:
    at = opened(p="offset-rules")
    for name in ("first_come", "capped_prorata", "profit_prorata"):
        clean(at.selectbox(key="rules:0:policy").set_value(name).run())
        for box in [box for box in at.number_input if ":option:" in str(box.key)]:
            for end in (box.min, box.max):
                clean(at.number_input(key=box.key).set_value(end).run())
    for quantity in QUANTITIES:
        clean(at.selectbox(key="rules:1:trigger:quantity").set_value(quantity).run())
        for end in (-1e6, 1e6):
            clean(at.number_input(key="rules:1:trigger:level").set_value(end).run())
            is_below = end > 0 if quantity == "drop" else end < 0  # a fall of more than all, a share below nothing
            assert bool(notices(at)) == (is_below or quantity in ("fund", "liquidity"))
    for quantity in ("always", "drop"):
        clean(at.selectbox(key="rules:1:trigger:quantity").set_value(quantity).run())
    assert at.query_params["rules"] == "profit_prorata~limit-0.5~~open_interest_both_sides~if-drop-le--0.1"
    clean(at.selectbox(key="rules:1:trigger:quantity").set_value("always").run())
    for end in (1e6, 0.0):
        clean(at.number_input(key="rules:1:limit").set_value(end).run())
    assert notices(at) == ["Rule 2: limit must be > 0, was 0."]
    assert boards(at)


def test_what_is_wrong_with_a_list_is_said_at_its_card() -> None:
    at = opened(p="cascade", policy=IN_ORDER)
    clean(at.selectbox(key="rules:1:trigger:quantity").set_value("fund").run())
    assert notices(at) == [
        "Rule 2: trigger.quantity must be measured by the venue, which has no fund_target, was 'fund'."
    ]
    assert at.query_params["policy"] == IN_ORDER
    assert "rules" not in at.query_params  # what cannot be run is in no link
    for _ in EXAMPLE:
        clean(at.button(key="rules:0:remove").click().run())
    assert notices(at) == ["The list is empty; it must be of 1 to 32 rules. Add one, or switch Rules in order off."]


def test_a_list_is_named_and_compared_with_the_policies() -> None:
    scenario = load_preset("offset-rules").scenario
    assert sharing(scenario.venue) == "2 rules in order"
    assert sharing(replace(scenario.venue, offset_rules=None)) == POLICIES[scenario.venue.policy].label
    at = opened(p="offset-rules", compare="profit_prorata.okx")
    page = html_of(at)
    assert "<b>Rules in order.</b>" in page
    assert page.count('class="sf-letter"') == 3
