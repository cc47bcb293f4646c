"""The main way through the lesson in a real browser: guess, draw, sell by hand, reload, sandbox; terms explained."""

from __future__ import annotations

import re
from typing import Any

from tests.e2e.hands import type_in


def test_somebody_guesses_draws_sells_by_hand_and_reaches_the_sandbox(page: Any, base_url: str) -> None:
    page.goto(f"{base_url}/lesson")
    page.get_by_role("button", name="That is my guess").click()
    page.get_by_text("a wrong guess is worth more than none").wait_for()
    page.get_by_label("Your guess in dollars").fill("50")
    page.get_by_label("Your guess in dollars").press("Enter")
    page.get_by_text("Your guess: $50. Computed: $60").wait_for()
    type_in(page, "Price", "108")
    page.get_by_text("Done:").wait_for()
    page.get_by_role("button", name="Next: Leverage").click()
    draw(page)
    page.get_by_role("slider", name="fall that takes you out at 2x").press("ArrowUp")
    page.wait_for_timeout(300)
    page.get_by_role("button", name="That is my guess").click()
    page.get_by_text("points off on average").wait_for()
    page.wait_for_url(re.compile("guess.lever=[0-9.~]+"))
    page.get_by_role("button", name="Next: By hand").click()
    page.get_by_label("Your guess", exact=True).fill("2")
    page.get_by_role("button", name="That is my guess").click()
    for name in "ABCD":
        page.get_by_role("button", name=f"Sell {name}: 10 coins").click()
    page.get_by_text("Your guess: 2. Computed: 4").wait_for()
    page.get_by_role("button", name="3 By hand ✓").wait_for()
    page.reload()
    page.get_by_text("Your guess: 2. Computed: 4").wait_for()
    page.get_by_role("button", name="1 Two sides ✓").wait_for()
    page.get_by_role("button", name="10 What helps").click()
    page.get_by_role("link", name=re.compile("The sandbox")).click()
    page.locator(".sf-headline", has_text="winner").first.wait_for(timeout=30_000)
    assert "p=dozen" in page.url


def draw(page: Any) -> None:
    """Drag a line across the picture, from top left to bottom right."""
    picture = page.locator(".sf-sketch svg")
    picture.wait_for()
    area = picture.bounding_box()
    page.mouse.move(area["x"] + 60, area["y"] + 60)
    page.mouse.down()
    for share in range(1, 11):
        page.mouse.move(area["x"] + 60 + share / 10 * (area["width"] - 80), area["y"] + 60 + 18 * share)
    page.mouse.up()


def test_a_term_is_explained_on_hover_focus_and_tap(page: Any, base_url: str) -> None:
    page.goto(f"{base_url}/lesson?v=1&step=haircut")
    term = page.locator(".sf-term", has_text="insurance fund").or_(page.locator(".sf-term", has_text="haircut")).first
    term.wait_for()
    tip = page.locator(f"#{term.get_attribute('aria-describedby')}")
    assert not tip.is_visible()
    for show in (term.hover, term.focus, term.click):
        show()
        assert tip.is_visible()
        page.mouse.move(5, 5)
        page.evaluate("document.activeElement.blur()")
        assert not tip.is_visible()
