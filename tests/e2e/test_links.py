"""Links of the pages in a real browser: the first request to a server, the button, the history of the browser."""

from __future__ import annotations

import re
from typing import Any

from tests.e2e.hands import type_in
from tests.e2e.servers import headline
from tests.e2e.test_pages import go_to, show

COST = "what_it_costs_me?v=1&days=drawn-days&venue=okx&side=short&size=250000&leverage=25"


def test_a_link_of_the_cost_page_is_the_first_request_to_a_server(page: Any, serve: Any) -> None:
    address = f"{serve()}/{COST}"
    show(page, address)
    assert headline(page).startswith("Your $250k short at 25x on OKX")
    assert page.get_by_role("radio", name="Short").is_checked()
    assert page.url == address
    assert page.get_by_text("Decide", exact=True).count() >= 1  # the router ran, not the page alone


def test_a_copied_link_of_the_cost_page_restores_its_sentence(page: Any, base_url: str, context: Any) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base_url)
    show(page, f"{base_url}/{COST}")
    type_in(page, "Leverage", "40")
    page.wait_for_url(re.compile(r"leverage=40$"))
    page.wait_for_function("document.querySelector('.sf-headline').innerText.includes('at 40x')")
    told = headline(page)
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    again = context.new_page()
    show(again, link)
    assert headline(again) == told
    again.close()


def test_settings_do_not_flood_the_history_and_back_leads_to_the_page_before(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/fund_size")
    assert page.url == f"{base_url}/fund_size"  # nobody has touched it
    go_to(page, "Decide", "What it costs me")
    page.get_by_text("would itself have been liquidated on").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Copy link").wait_for()
    before = page.evaluate("history.length")
    page.get_by_text("Drawn days", exact=True).click()  # quicker after every change than all real ones
    page.wait_for_url(re.compile("days=drawn-days"))
    for value in ("20", "30", "40"):
        type_in(page, "Leverage", value)
        page.wait_for_url(re.compile(rf"leverage={value}$"))
    slider = page.get_by_role("slider", name="Leverage").first
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("!location.search.endsWith('leverage=40')")
    assert page.evaluate("history.length") == before
    page.go_back()
    page.get_by_text("is too small within a day with a chance of").first.wait_for(timeout=60_000)
    assert page.url.startswith(f"{base_url}/fund_size")


def test_a_link_from_a_newer_version_is_refused_in_a_sentence(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/fund_size?v=9&venue=okx")
    page.get_by_text("made by a newer version of Shortfall").wait_for()


def test_a_link_opens_a_recorded_day_and_the_fold_another(page: Any, base_url: str) -> None:
    show(page, f"{base_url}/live_cascade?v=1&p=binance-btc@2025-10-10")
    assert headline(page).startswith("BTC fell 1")
    assert page.get_by_role("heading", name="10 October 2025 at Binance, BTC").is_visible()
    page.get_by_role("button", name="Any recorded day").click()
    page.get_by_role("combobox", name="Market").click()
    page.get_by_role("combobox", name="Market").fill("Deribit BTC 2019")
    page.get_by_role("option", name="Deribit BTC 2019 to 2021").click()
    page.get_by_role("button", name="Open this day").click()
    page.get_by_role("heading", name="12 March 2020 at Deribit, BTC").wait_for()
    page.wait_for_url(re.compile(r"p=deribit-2019-btc(@|%40)2020-03-12$"))
    page.wait_for_function("document.querySelector('.sf-headline')?.innerText.startsWith('BTC fell 4')")
    told = headline(page)
    page.reload()
    show(page, page.url)
    assert headline(page) == told
