"""The glossary: terms with worked lines, links that open, search, the term of a link; definitions on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl

import pytest

import app as router
from tests.app.boards import boards, few_days, html_of, notices, open_link, open_page
from ui.frame.terms import Term, terms
from ui.glossary import evidence, view, worked
from ui.history.answers import with_fund, with_haircut

PAGE = "pages/glossary.py"
PAGES = {
    file.removeprefix("pages/").removesuffix(".py"): file for menu in router.PAGES.values() for file in menu.values()
}
ASKED_FOR = [
    "Mark price", "Index price", "Reference price", "Notional", "Maintenance margin", "Bankruptcy price", "Deficit",
    "Waterfall", "Haircut", "Auto-deleveraging", "Insurance fund", "Default fund", "Assessment", "VM gains haircut",
    "Tear-up", "Value at Risk", "Expected Shortfall", "Gini coefficient", "Lorenz curve", "Cross margin",
    "Isolated margin", "Funding", "Open interest", "Depth", "Socialized loss", "Moral hazard", "Contagion",
]  # fmt: skip
IDEAS = [
    "Decentralized loss sharing", "Loss mutualization", "Loss mutualization funds", "Loss offset rules",
    "Socialized losses",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def short_record() -> Iterator[None]:
    """Fewer days than on the pages are enough here."""
    with few_days():
        yield


def test_the_terms_of_the_field_are_there() -> None:
    names = [term.name for term in terms()]
    assert len(names) == len(set(names)) == len({term.anchor for term in terms()}) >= 50
    assert set(ASKED_FOR) <= set(names)
    assert [term.name for term in terms() if term.is_idea] == IDEAS


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.anchor)
def test_a_term_is_whole(term: Term) -> None:
    assert term.definition.endswith(".")
    assert term.where
    assert term.source
    if term.worked:
        assert re.search(r"\d", worked.worked(term.worked))
        assert worked.worked(term.worked).endswith(".")
    if term.is_idea:
        assert re.search(r"\d", evidence.evidence(term.anchor))


def test_the_glossary_counts_events_as_history_shows_them() -> None:
    cut = [event for event in with_haircut() if event.winner_haircut > 0.0]
    assert evidence.evidence("socialized-losses").startswith(f"In {len(cut)} events winners gave up")
    assert evidence.evidence("loss-mutualization-funds").startswith(f"{len(with_fund())} fund losses on record")


@pytest.mark.parametrize(("page", "link"), sorted({(term.page, term.link) for term in terms() if term.page}))
def test_show_me_opens_without_anything_left_out(page: str, link: str) -> None:
    app = open_link(PAGES[page], v="1", **dict(parse_qsl(link)))
    assert not [notice for notice in notices(app) if "link" in notice]


def test_worked_lines_are_right_by_hand() -> None:
    assert "liquid" not in worked.worked("bankruptcy")
    assert worked.worked("bankruptcy").endswith("= 90.00.")
    assert "10.0\xa0%, $30, $20, $10" in worked.worked("haircut")
    assert "$50 of profit" in worked.worked("queue")
    assert "VaR at 95\xa0% is $95" in worked.worked("var")
    assert "$98" in worked.worked("var")  # the mean of 96 to 100


def test_the_page_has_every_term_and_finds_some() -> None:
    page = open_page(PAGE)
    assert html_of(page).count('class="sf-entry"') == len(terms())
    found = page.text_input(key="glossary:box").set_value("bankruptcy").run()
    assert 'id="bankruptcy-price"' in html_of(found)
    assert html_of(found).count('class="sf-entry"') < 12
    nothing = found.text_input(key="glossary:box").set_value("<b>zebra").run()
    assert any("No term has" in notice for notice in notices(nothing))
    assert found.session_state["address:link"]["q"] == "<b>zebra"


def test_a_link_opens_a_term_first_and_an_unknown_one_is_named() -> None:
    page = open_link(PAGE, v="1", term="haircut")
    body = html_of(page)
    assert body.index('id="haircut"') < body.index("Five ideas")
    assert body.count('id="haircut"') == 1
    assert any("'hare'" in notice for notice in notices(open_link(PAGE, v="1", term="hare")))
    assert view.found("gini")[0].name == "Gini coefficient"


OTHERS = [
    file for file in PAGES.values() if file not in (PAGE, "pages/method.py")
]  # that one is docs/method.md as it stands


@pytest.mark.parametrize("file", OTHERS)
def test_a_terms_first_use_on_a_page_has_its_definition(file: str) -> None:
    page = open_page(file)
    used = re.findall(r'aria-describedby="(sf-term-[a-z-]+)">([^<]+)</button><span[^>]*id="\1">([^<]+)<', html_of(page))
    words = [row for board in boards(page) for row in board["words"]]
    assert used or words
    assert len({name for name, _, _ in used}) == len(used)
    definitions = {f"sf-term-{term.anchor}": term.definition for term in terms()}
    assert all(definitions[name] == unescape(text) for name, _, text in used)
    assert {definition for _, definition in words} <= set(definitions.values())
