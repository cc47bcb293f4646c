"""Number boxes in a German browser: as typed, or refused in a sentence; ticks of money, room for a finger, Back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.hands import type_in
from tests.e2e.test_pages import PHONE, show

READ = "async ([text, unit]) => (await import('/app/static/live/number.js')).readNumber(text, unit)?.value ?? null"
BARE = "/_stcore/health"  # an answer of the server that is no page: modules are imported into it
TICKS = "async given => (await import('/app/static/live/money.js')).moneyTicks(...given).ticktext.join(' ')"


@pytest.fixture
def german(page: Any) -> Any:
    """A tab in German: a decimal comma is what its user types."""
    page.context.new_cdp_session(page).send("Emulation.setLocaleOverride", {"locale": "de-DE"})
    return page


def give(page: Any, name: str, text: str, *, shows: str | None = None, says: str | None = None) -> None:
    """Type into a box, and wait for what it shall show and what shall be said below it."""
    box = type_in(page, name, text)
    slider = page.locator(".sf-slider", has=page.get_by_role("textbox", name=f"{name}, exact"))
    if shows is not None:
        expect(box).to_have_value(shows, timeout=60_000)
    if says is not None:
        expect(slider.locator(".sf-note").first).to_have_text(says, timeout=60_000)


def test_a_decimal_comma_is_a_decimal_comma_and_a_box_shows_what_is_in_force(german: Any, base_url: str) -> None:
    show(german, f"{base_url}/what_it_costs_me?v=1&days=drawn-days")
    for text, value in (("7,5", "7.5"), ("7.55", "7.55"), ("1,0005", "1.0005")):
        give(german, "Leverage", text, shows=value, says="")
        german.wait_for_url(re.compile(rf"leverage={re.escape(value)}$"))
    give(german, "Leverage", "7,5,5", says="Leverage must be 1.0x to 125.0x.")
    give(german, "Size", "100,000", shows="100000", says="Read as $100,000.")
    give(german, "Size", "1.000,5", shows="1000.5", says="")
    give(german, "Size", "5", says="Size must be $1,000 to $100,000,000.")


def test_a_refusal_goes_when_the_number_in_force_comes_back(german: Any, base_url: str) -> None:
    show(german, f"{base_url}/what_it_costs_me?v=1&days=drawn-days&leverage=12")
    give(german, "Profit so far", "5")
    german.wait_for_url(re.compile("profit=5$"))
    give(german, "Leverage", "500", says="Leverage must be 1.0x to 125.0x.")
    give(german, "Profit so far", "10")
    box = german.get_by_role("textbox", name="Leverage, exact").first
    german.wait_for_function("box => box.value === '12.0'", arg=box.element_handle())
    assert box.get_attribute("aria-invalid") is None
    assert german.locator(".sf-slider", has=box).locator(".sf-note").first.inner_text() == ""


TYPING = """async () => {
  const { Slider } = await import('/app/static/live/slider.js');
  const given = { name: 'Size', label: 'Size', help: '', min: 1, max: 9, step: 1,
    unit: '', reset: 3, digits: 0, value: 3, note: '' };
  const slider = new Slider(given, () => {});
  document.body.append(slider.root);
  slider.box.focus();
  slider.box.value = '7';
  slider.update({ ...given, label: 'Size, of others', value: 4 }, true);
  const typing = slider.box.value;
  slider.box.blur();
  slider.update({ ...given, value: 4 }, true);
  return [typing, slider.box.value];
}"""


def test_what_is_being_typed_is_not_overwritten_by_an_answer(page: Any, base_url: str) -> None:
    page.goto(base_url + BARE)
    assert page.evaluate(TYPING) == ["7", "4"]


NUMBERS = (
    ("1 000", "", 1000), ("1\u202f000,5", "", 1000.5), ("50%", " %", 50), ("12x", "x", 12), ("$1,000", " $", 1000),
    ("1e1", "", 10), ("0,125", "", 0.125), ("1.234.567", "", 1234567), ("-3,5", "", -3.5), ("1,00.5", "", None),
    ("7 5", "", None), ("abc", "", None), ("", "", None), ("50%", "x", None),
)  # fmt: skip
AXES = (
    ([[0, 3e10], "USD"], "$0 $10bn $20bn $30bn"),
    ([[0, 1], "USD"], "$0 $0.2 $0.4 $0.6 $0.8 $1"),
    ([[-5e5, 2.2e6], "USD"], "$0 $1M $2M"),
    ([[0, 0.003], "BTC"], "0 0.001 0.002 0.003"),
    ([[2.3, 7.1], "USD", True], "$1k $10k $100k $1M $10M"),
)


def test_numbers_are_read_as_typed_and_money_is_ticked_as_the_page_writes_it(german: Any, base_url: str) -> None:
    german.goto(base_url + BARE)
    assert [german.evaluate(READ, [text, unit]) for text, unit, _ in NUMBERS] == [value for _, _, value in NUMBERS]
    assert [german.evaluate(TICKS, given) for given, _ in AXES] == [ticks for _, ticks in AXES]


def test_the_first_page_under_its_own_name_is_no_trap_for_back(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/what_it_costs_me?v=1&days=drawn-days&leverage=22")
    show(page, f"{base_url}/live_cascade?v=1&p=okex-2018&leverage=8")
    assert page.url == f"{base_url}/live_cascade?v=1&p=okex-2018&leverage=8"
    page.go_back()
    page.wait_for_url(re.compile("what_it_costs_me"))
    page.wait_for_timeout(1500)
    assert page.url == f"{base_url}/what_it_costs_me?v=1&days=drawn-days&leverage=22"


def test_a_tablet_has_its_controls_and_pages_in_reach_and_a_finger_has_room(page: Any, base_url: str) -> None:
    page.set_viewport_size({"width": 768, "height": 1024})
    show(page, f"{base_url}/?v=1&p=calm")
    places = [page.get_by_role("slider", name=name).bounding_box() for name in ("Leverage", "Volatility")]
    assert all(0 <= box["y"] < 1024 and 0 <= box["x"] < 768 for box in places)
    assert page.locator("[data-testid=stTopNavSection]").filter(has_text="Explore").is_visible()
    page.set_viewport_size(PHONE)
    for target in page.locator(".sf-panel .sf-icon:visible, .sf-panel .sf-box:visible").all()[:9]:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 32
