"""The first page in a real browser: its presets, its film, one trader, a link refused, a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.servers import headline

PRESETS = ("okex-2018", "bitmex-2020", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014", "calm")


def show(page: Any, base_url: str, query: str = "v=1&p=okex-2018") -> None:
    page.goto(f"{base_url}/?{query}")
    page.locator(".sf-chart .main-svg").first.wait_for(state="attached", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('.sf-board .sf-chart .main-svg').length >= 8")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_opens_from_its_link(page: Any, base_url: str, preset: str) -> None:
    show(page, base_url, f"v=1&p={preset}")
    assert len(headline(page)) > 40
    assert page.locator(".sf-board .sf-chart").count() == 4
    assert page.get_by_text("Traceback").count() == 0


def test_the_cascade_plays_a_step_at_a_time_and_a_trader_is_found_by_number(page: Any, base_url: str) -> None:
    show(page, base_url)
    page.get_by_role("button", name="Play the cascade").click()
    page.get_by_role("button", name="Next", exact=True).click()
    assert "the level of user 2051247 (long, 20x)" in page.locator(".sf-sentence").inner_text()
    page.get_by_role("button", name="Next", exact=True).click()
    assert "the level of trader " in page.locator(".sf-sentence").inner_text()
    page.get_by_text("One trader: its prices and its money").click()
    page.get_by_text("User 2051247 is long 20x").wait_for()
    box = page.get_by_role("textbox", name="Trader, 0 to").first
    box.fill("17")
    box.press("Enter")
    page.get_by_text("Trader 17 is ").wait_for()


def test_a_link_that_cannot_be_opened_says_why(page: Any, base_url: str) -> None:
    show(page, base_url, "v=1&p=calm&leverage=5000")
    page.get_by_text("Leverage must be a number from 1 to 100").wait_for()


def test_on_a_phone_sliders_and_film_stand_between_sentence_and_charts(page: Any, base_url: str) -> None:
    places = (".sf-headline", ".st-key-live-panel-main", ".st-key-toolbar", ".sf-board .sf-chart")
    page.set_viewport_size({"width": 390, "height": 844})
    show(page, base_url)
    for size in ({"width": 390, "height": 844}, {"width": 768, "height": 1024}):
        page.set_viewport_size(size)
        tops = [page.locator(place).first.bounding_box()["y"] for place in places]
        assert tops == sorted(tops)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="Play the cascade").click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
