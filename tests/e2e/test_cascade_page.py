"""The first page in a real browser: drag, sentence, link, undo, pin, play, one trader, report, phone."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.e2e
PRESETS = ("okex-2018", "bitmex-2020", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014", "calm")


def show(page: Any, base_url: str, query: str = "v=1&p=okex-2018") -> None:
    page.goto(f"{base_url}/?{query}")
    page.locator(".sf-chart .main-svg").first.wait_for(state="attached", timeout=60_000)
    page.wait_for_function("document.querySelectorAll('.sf-board .sf-chart .main-svg').length >= 8")


def sentence(page: Any) -> str:
    return page.locator(".sf-headline").first.inner_text()


def changed(page: Any, before: str) -> str:
    """Wait until the sentence is another one."""
    page.wait_for_function("s => document.querySelector('.sf-headline').innerText !== s", arg=before)
    return sentence(page)


def drag(page: Any, name: str, share: float) -> None:
    """Take a slider's thumb to a share of its length, in small steps."""
    slider = page.get_by_role("slider", name=name).first
    box = slider.bounding_box()
    low, high = float(slider.get_attribute("min")), float(slider.get_attribute("max"))
    at = (float(slider.input_value()) - low) / (high - low)
    y = box["y"] + box["height"] / 2
    begin, end = (box["x"] + 8 + part * (box["width"] - 16) for part in (at, share))
    page.mouse.move(begin, y)
    page.mouse.down()
    for step in range(1, 13):
        page.mouse.move(begin + (end - begin) * step / 12, y)
        page.wait_for_timeout(30)
    page.mouse.up()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_opens_from_its_link(page: Any, base_url: str, preset: str) -> None:
    show(page, base_url, f"v=1&p={preset}")
    assert len(sentence(page)) > 40
    assert page.locator(".sf-board .sf-chart").count() == 4
    assert page.get_by_text("Traceback").count() == 0


def test_the_sentence_follows_the_drag_and_the_link_follows_the_hand(page: Any, base_url: str) -> None:
    show(page, base_url)
    before = sentence(page)
    drag(page, "Leverage", 0.6)
    changed(page, before)
    page.wait_for_function("location.search.includes('leverage=')")
    page.wait_for_timeout(500)
    again = page.context.new_page()
    show(again, base_url, page.evaluate("location.search.slice(1)"))
    assert sentence(again) == sentence(page)
    again.close()


def test_a_pinned_run_stands_beneath_the_next(page: Any, base_url: str) -> None:
    show(page, base_url)
    page.get_by_role("button", name="Pin as A", exact=True).click()
    page.get_by_role("button", name="Unpin A", exact=True).wait_for()
    before = sentence(page)
    drag(page, "Insurance fund", 0.5)
    assert "Against A, " in changed(page, before)


def test_the_cascade_plays_a_step_at_a_time(page: Any, base_url: str) -> None:
    show(page, base_url)
    page.get_by_role("button", name="Play the cascade").click()
    page.get_by_role("button", name="Next", exact=True).wait_for()
    page.get_by_role("button", name="Next", exact=True).click()
    told = page.locator(".sf-sentence").inner_text()
    assert "the level of user 2051247 (long, 20x)" in told
    page.get_by_role("button", name="Next", exact=True).click()
    assert "the level of trader " in page.locator(".sf-sentence").inner_text()


def test_a_trader_is_found_by_number(page: Any, base_url: str) -> None:
    show(page, base_url)
    page.get_by_text("One trader: its prices and its money").click()
    page.get_by_text("User 2051247 is long 20x").wait_for()
    box = page.get_by_role("textbox", name="Trader, 0 to").first
    box.fill("17")
    box.press("Enter")
    page.get_by_text("Trader 17 is ").wait_for()


def test_a_link_that_cannot_be_opened_says_why(page: Any, base_url: str) -> None:
    show(page, base_url, "v=1&p=calm&leverage=5000")
    page.get_by_text("Leverage must be a number from 1 to 100").wait_for()


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 768, "height": 1024}])
def test_on_a_phone_sliders_and_film_stand_between_sentence_and_charts(
    page: Any, base_url: str, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)
    show(page, base_url)
    tops = [
        page.locator(place).first.bounding_box()["y"]
        for place in (".sf-headline", ".st-key-live-panel-main", ".st-key-toolbar", ".sf-board .sf-chart")
    ]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="Play the cascade").click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
