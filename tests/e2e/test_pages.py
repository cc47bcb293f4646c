"""All pages in a real browser: the list on top, what survives a change of page, a phone, an option, a chosen cell."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.hands import type_in
from tests.e2e.servers import headline, shown
from tests.e2e.test_accessibility import ready

PHONE = {"width": 390, "height": 844}


def go_to(page: Any, menu: str, title: str) -> None:
    """Change to another page by its menu."""
    page.locator("[data-testid=stTopNavSection]").filter(has_text=menu).click()
    page.locator("[data-testid=stTopNavDropdownLink]").filter(has_text=title).click()


def show(page: Any, address: str) -> Any:
    shown(page, address)
    ready(page)
    return page


def test_the_list_of_pages_stands_on_top_and_settings_survive_a_change_of_page(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/?v=1&p=calm&leverage=25")
    menus = page.locator("[data-testid=stTopNavSection]")
    assert [menu.strip() for menu in menus.all_inner_texts()] == ["Learn", "Explore", "Decide", "Evidence"]
    assert page.get_by_role("slider", name="Leverage").bounding_box()["y"] < 180
    go_to(page, "Decide", "Fund size")
    page.get_by_text("is too small within a day with a chance of").first.wait_for(timeout=60_000)
    go_to(page, "Explore", "Live cascade")
    page.wait_for_url(re.compile(r"leverage=25"))
    assert page.get_by_role("textbox", name="Leverage, exact").input_value() == "25.0"


@pytest.mark.parametrize("name", ["what_it_costs_me", "fund_size", "rules_side_by_side"])
def test_a_phone_shows_pages_sentence_sliders_charts_in_one_column(page: Any, base_url: str, name: str) -> None:
    page.set_viewport_size(PHONE)
    show(page, f"{base_url}/{name}")
    sentence = ".sf-rules" if name == "rules_side_by_side" else ".sf-headline"
    places = ("[data-testid=stSidebarNav]", sentence, ".sf-panel", ".sf-board .sf-chart")
    tops = [page.locator(place).first.bounding_box()["y"] for place in places]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Laws").click()
    page.get_by_role("heading", name="Laws").wait_for()


@pytest.mark.parametrize("look", ["", "&look=large"])
def test_on_a_phone_nothing_of_the_deficit_is_cut_off(page: Any, base_url: str, look: str) -> None:
    page.set_viewport_size(PHONE)
    show(page, f"{base_url}/?v=1&p=okex-2018{look}")
    chart = page.locator(".sf-chart", has=page.get_by_text("Where the money goes"))
    right = chart.bounding_box()["x"] + chart.bounding_box()["width"]
    texts = chart.locator(".bartext, .xtitle")
    assert texts.count() >= 5
    for text in texts.all():
        box = text.bounding_box()
        assert box["x"] + box["width"] <= right, text.text_content()


@pytest.mark.parametrize("look", ["", "?look=large"])
def test_on_a_phone_all_laws_are_in_sight_and_in_large_type_names_have_room(
    page: Any, base_url: str, look: str
) -> None:
    page.goto(f"{base_url}/laws{look}")
    ready(page)
    matrix = page.locator("table.sf-laws")
    widths = "all => all.map(one => one.getBoundingClientRect().width)"
    if look:
        assert min(matrix.locator("tbody th").evaluate_all(widths)) > 200
        assert matrix.bounding_box()["height"] < 1100
    page.set_viewport_size(PHONE)
    box = matrix.bounding_box()
    assert box["x"] + box["width"] <= PHONE["width"]
    assert matrix.locator("thead th").count() == 11
    assert min(matrix.locator("tbody tr").last.locator("th, td").evaluate_all(widths)) > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_option_of_a_policy_is_dragged_and_kept_in_the_link(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/?v=1&p=bitvc-2014&policy=capped_prorata")
    before = headline(page)
    page.get_by_text("Options of this rule").click()
    type_in(page, "Cap", "10")
    page.wait_for_url(re.compile(r"policy\.kappa=0\.1\b"))
    page.wait_for_function("s => document.querySelector('.sf-headline').innerText !== s", arg=before)
    assert "every winner lost 10.0" in headline(page)


def test_a_cell_of_the_heat_map_shows_its_paths(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/fund_size")
    heat = page.locator(".sf-chart", has=page.get_by_text("Shortfalls, fund by leverage"))
    cells = heat.locator(".points path")
    assert cells.count() == 56
    cells.nth(0).scroll_into_view_if_needed()
    box = cells.nth(0).bounding_box()  # no fund, the least leverage
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(150)
    page.mouse.down()
    page.mouse.up()
    page.get_by_text(re.compile(r"^\$0 at 3x: the median ends at")).first.wait_for(timeout=30_000)


def test_large_type_is_asked_for_on_any_page_and_kept(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/fund_size")
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert page.evaluate(size) == 16
    page.locator(".st-key-look-large label").click()
    page.wait_for_function(f"{size} === 20")
    assert "look=large" in page.url
    go_to(page, "Explore", "Laws")
    page.get_by_role("heading", name="Laws").wait_for()
    assert page.evaluate(size) == 20
