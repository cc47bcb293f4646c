"""What it costs me and Fund size alike: every list and slider at both ends, draft and precise run, figures, command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import venue_preset_names
from tests.app.boards import COST, FUND, check, move, open_page, parsed, put_back, sliders
from ui.cost import drawn_answers as cost_answers
from ui.cost import drawn_texts as cost_words
from ui.cost.position import CostQuery
from ui.fund import answers as fund_size
from ui.fund import texts as fund_words
from ui.settings.market import MODELS


@dataclass(frozen=True)
class Page:
    """A page: its name, file, sliders with where they start, and how many paths are enough for a test."""

    name: str
    file: str
    start: dict[str, float]
    module: Any
    words: Any
    paths: dict[str, int]
    precise: dict[str, int]
    first: list[str]
    query: Any


PAGES = [
    Page(
        "cost",
        "pages/what_it_costs_me.py",
        COST,
        cost_answers,
        cost_words,
        {"DRAFT": 24},
        {"PRECISE": 24},
        ["cost", "chance", "moves", "losses"],
        CostQuery,
    ),
    Page(
        "fund",
        "pages/fund_size.py",
        FUND,
        fund_size,
        fund_words,
        {"DRAFT": 320, "DRAFT_COLUMN": 40, "CAUSES": 64},
        {"PRECISE": 257, "PRECISE_COLUMN": 32, "PRECISE_CELL": 32},
        ["chance", "risk"],
        fund_size.FundQuery,
    ),
]
VENUES = ["deribit", venue_preset_names()[0], "hyperliquid", "perp-v2", "lch", venue_preset_names()[-1]]
ENDS = [
    pytest.param(page, key, end, id=f"{key}-{end}") for page in PAGES for key in page.start for end in ("min", "max")
]


@pytest.fixture(scope="module")
def sessions() -> Iterator[dict[str, AppTest]]:
    """A session for each page; fewer paths, and venues beside the own one, than on the page are enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_answers, "venue_preset_names", lambda: VENUES)
        for page in PAGES:
            for name, number in page.paths.items():
                patch.setattr(page.module, name, number)
        yield {page.name: open_page(page.file, {"cost:mode": "Drawn days"}) for page in PAGES}


@pytest.fixture
def start(sessions: dict[str, AppTest]) -> Any:
    """A function that gives the session of a page, put back to where the page starts; run, or for the next run."""

    def begin(page: Page, *, is_run: bool = True) -> AppTest:
        app = sessions[page.name]
        put_back(app, page.start)
        return app.run() if is_run else app

    return begin


def says(app: AppTest, word: str) -> bool:
    return any(word in caption.value for caption in app.caption)


def codes(app: AppTest) -> str:
    return app.code[0].value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_it_opens_with_a_draft_that_says_so(start: Any, page: Page) -> None:
    app = start(page)
    first = check(app)[0]
    paths = page.module.DRAFT
    assert dict(first["numbers"])["Draft"] == f"{paths} paths"
    assert says(app, "Draft")
    assert says(app, f"{paths} paths")
    assert [chart["id"] for chart in first["charts"]] == page.first
    folded = {name for name in sliders(app) if name.startswith(("fund:tier_", "fund:deep_"))}  # test_fund_tiers.py
    assert set(page.start) == set(sliders(app)) - folded
    assert all(slider["help"].count(". ") <= 1 for slider in sliders(app).values())  # a sentence, and the formula


@pytest.mark.parametrize(("page", "key", "end"), ENDS)
def test_every_slider_at_both_ends(start: Any, page: Page, key: str, end: str) -> None:
    app = start(page, is_run=False)
    check(move(app, key, sliders(app)[key][end]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("days", ["8 hours", "30 days"])
def test_horizons(start: Any, page: Page, days: str) -> None:
    check(start(page, is_run=False).selectbox(key=f"{page.name}:days").set_value(days).run())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("model", MODELS)
def test_price_models(start: Any, page: Page, model: str) -> None:
    check(start(page, is_run=False).selectbox(key=f"{page.name}:model").set_value(model).run())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("venue", VENUES[1:])
def test_venues(start: Any, page: Page, venue: str) -> None:
    check(start(page, is_run=False).selectbox(key=f"{page.name}:venue").set_value(venue).run())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_precise_run_replaces_the_draft_until_something_moves(
    start: Any, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in page.precise.items():
        monkeypatch.setattr(page.module, name, number)
    app = start(page)
    app.button(key=f"start:{page.name}").click().run()
    app.session_state[f"job:{page.name}"].wait(60)
    app.run()
    first = check(app.run())[0]
    assert says(app, "Precise")
    assert "Precise" in dict(first["numbers"])
    move(app, "market:leverage", 11)
    assert says(app, "Draft")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_precise_run_can_be_stopped(start: Any, page: Page) -> None:
    app = start(page)
    move(app, "market:leverage", 13)
    app.button(key=f"start:{page.name}").click().run()
    job = app.session_state[f"job:{page.name}"]
    assert 0.0 <= job.share <= 1.0
    app.button(key=f"stop:{page.name}").click().run()
    job.wait(20)
    assert not job.is_running
    assert job.result is None
    check(app.run())
    assert says(app, "Draft")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_figure_has_an_interval_and_a_meaning(page: Page) -> None:
    rows = page.words.figures(page.module.draft(page.query()))
    assert len(rows) >= 7
    assert len({row["figure"] for row in rows}) == len(rows)
    for row in rows:
        assert any(word in row["95 % interval"] for word in (" to ", "below ", "no path", "none seen", "too few")), row
        assert all(row.values()), row
        assert "nan" not in "".join(row.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_command_reads_the_file_that_the_page_offers(start: Any, page: Page) -> None:
    arguments = parsed(codes(move(start(page, is_run=False), "market:leverage", 14)))
    assert re.fullmatch(r"shortfall-market-[0-9a-f]{8}\.json", str(arguments.scenario))
    assert arguments.paths == page.module.DRAFT
