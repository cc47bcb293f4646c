"""The first page in a real browser: drag, play, compare, link, undo, report."""

import re

import pytest

from tests.e2e.hands import drag, release, type_in
from tests.e2e.servers import headline, shown

SETTLED = (
    "() => { const g = document.querySelector('.sf-board .sf-grid'); return g?.dataset.drawn === g?.dataset.turn; }"
)
WINNERS_PAY = "/?v=1&p=cascade"


@pytest.fixture
def first(page, base_url):
    """The first page with a replay in which winners pay."""
    return shown(page, base_url + WINNERS_PAY)


def leverage(page):
    return page.get_by_role("textbox", name="Leverage, exact")


def set_leverage(page, value):
    """Type a leverage, and wait until the page has followed."""
    type_in(page, "Leverage", str(value))
    page.wait_for_url(re.compile(rf"leverage={value}\b"))
    page.wait_for_function(SETTLED)


def fold(page, name):
    """Open a fold below the charts."""
    box = page.locator("[data-testid=stExpander]", has=page.locator("summary", has_text=name))
    box.locator("summary").click()
    return box


def traces(page):
    return page.evaluate("[...document.querySelectorAll('.sf-board .sf-plot')].slice(0, 4).map(p => p.data.length)")


def test_a_drag_moves_the_sentence_and_the_link_follows_on_release(first):
    before, address = headline(first), first.url
    drag(first, 0.3, 0.8)
    first.wait_for_function("before => document.querySelector('.sf-headline').textContent !== before", arg=before)
    assert first.url == address
    release(first)
    first.wait_for_url(re.compile(r"leverage=\d"))
    assert headline(first) != before


def test_the_cascade_is_played_and_stepped(first):
    first.get_by_role("button", name="Play the cascade").click()
    film = first.locator(".sf-player")
    film.get_by_role("button", name="Next", exact=True).click()
    assert film.locator("output").inner_text().startswith("1 / ")
    told = film.locator(".sf-sentence").inner_text()
    assert re.search(r"\d", told)
    film.get_by_role("button", name="Next", exact=True).click()
    assert film.locator(".sf-sentence").inner_text() != told
    film.get_by_role("combobox", name="Speed").select_option("60")
    film.get_by_role("button", name="Play", exact=True).click()
    first.wait_for_function("parseInt(document.querySelector('.sf-player output').textContent) > 4")
    pause = film.get_by_role("button", name="Pause", exact=True)
    if pause.count():
        pause.click()
    film.get_by_role("button", name="Play", exact=True).wait_for()


def test_a_pinned_run_is_in_sentence_charts_and_table(first):
    plain = traces(first)
    first.get_by_role("button", name="Pin as A").click()
    first.get_by_role("button", name="Unpin A").wait_for()
    set_leverage(first, 7)
    first.locator(".sf-numbers", has_text=re.compile(r"\bA\b")).wait_for()
    assert "Against A, " in headline(first)
    both = traces(first)
    assert all(more >= fewer for more, fewer in zip(both, plain, strict=True))
    assert sum(both) > sum(plain)
    table = fold(first, "A against B").locator("table")
    table.wait_for()
    assert table.locator("th").all_inner_texts()[-2:] == ["A", "B"]
    first.get_by_role("button", name="Unpin A").click()
    first.get_by_role("button", name="Pin as A").wait_for()


def test_a_copied_link_restores_the_run(first, base_url):
    first.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base_url)
    set_leverage(first, 9)
    told = headline(first)
    first.get_by_role("button", name="Copy link").click()
    first.get_by_role("button", name="Copied").wait_for()
    link = first.evaluate("navigator.clipboard.readText()")
    assert link == first.url
    shown(first, link)
    assert float(leverage(first).input_value()) == 9
    assert headline(first) == told


def test_undo_and_redo(first):
    start, told = float(leverage(first).input_value()), headline(first)
    set_leverage(first, 9)
    moved = headline(first)
    first.get_by_role("button", name="Undo").click()
    first.wait_for_url(re.compile(r"^(?!.*leverage=)"))
    first.wait_for_function("told => document.querySelector('.sf-headline').textContent === told", arg=told)
    assert float(leverage(first).input_value()) == start
    first.get_by_role("button", name="Redo").click()
    first.wait_for_function("told => document.querySelector('.sf-headline').textContent === told", arg=moved)
    assert float(leverage(first).input_value()) == 9


def test_the_report_opens_without_a_network(first, tmp_path):
    told = headline(first)
    box = fold(first, "Take it along")
    with first.expect_download() as download:
        box.get_by_role("button", name="Report (HTML)").click()
    assert download.value.suggested_filename == "shortfall-cascade.html"
    file = tmp_path / "report.html"
    download.value.save_as(file)
    asked = []
    report = first.context.new_page()
    report.on("request", lambda request: asked.append(request.url))
    report.goto(file.as_uri())
    report.wait_for_function("document.querySelectorAll('.main-svg').length >= 12")  # two a chart, all six
    assert told in report.locator("body").inner_text()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    report.close()
