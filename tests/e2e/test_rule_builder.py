"""Rules in order in a real browser: a card moved up by keyboard, and the flow's figures against the engine's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine import load_preset, rule_flows, run_scenario
from ui.frame.formats import percent


def test_a_card_moves_up_and_the_money_follows(page: Any, base_url: str) -> None:
    scenario = load_preset("offset-rules").scenario
    turned = replace(scenario.venue, offset_rules=scenario.venue.offset_rules[::-1])
    page.goto(f"{base_url}/rules_side_by_side?v=1&p=offset-rules")
    shown = page.locator(".st-key-rules-builder .sf-board")
    for venue, first in ((scenario.venue, 0), (turned, 1)):
        flows = rule_flows(run_scenario(replace(scenario, venue=venue)))
        most = max(flows, key=lambda flow: flow.raised)
        said = f"rule {flows.index(most) + 1} takes {percent(most.raised / flows[0].came, 0)}"
        shown.get_by_text(said).first.wait_for(timeout=30_000)
        assert flows.index(most) == first
        if venue is not turned:
            page.get_by_role("button", name="Up", exact=True).nth(1).press("Enter")
    page.wait_for_function("location.search.includes('rules=open_interest_both_sides')")
