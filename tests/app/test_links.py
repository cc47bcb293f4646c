"""A link is the scenario on every page: opened as the very first request, restored, refused, kept across pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.boards import boards, few_days, html_of, move, notices, open_link, open_page, sliders
from ui.cost import drawn_answers as cost_answers
from ui.fund import answers as fund_size
from ui.settings.sidebar import presets

COST, FUND, RULES, LAWS = (
    f"pages/{name}.py" for name in ("what_it_costs_me", "fund_size", "rules_side_by_side", "laws")
)


@pytest.fixture(autouse=True, scope="module")
def few_paths() -> Iterator[None]:
    """Fewer paths and days than on the pages are enough here."""
    with few_days(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_answers, "DRAFT", 24)
        patch.setattr(fund_size, "DRAFT", 320)
        patch.setattr(fund_size, "DRAFT_COLUMN", 40)
        yield


def clean(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert not refused(at)
    return at


def refused(at: AppTest) -> list[str]:
    return [sentence for sentence in notices(at) if "link" in sentence]


def address(at: AppTest) -> dict[str, str]:
    return {name: text if isinstance(text, str) else text[-1] for name, text in at.query_params.items()}


def copied(at: AppTest) -> dict[str, str]:
    """What the button copies."""
    (data,) = [e.proto.json for e in at.get("bidi_component") if e.proto.component_name == "shortfall_copy"]
    return dict(parse_qsl(json.loads(data)["link"], keep_blank_values=True))


LINKS: list[Any] = [
    (
        COST,
        {
            "days": "drawn-days",
            "venue": "okx",
            "horizon": "7-days",
            "model": "gbm",
            "side": "short",
            "size": "250000",
            "leverage": "25",
        },
        {"cost:size": 250000.0, "cost:leverage": 25.0, "cost:gain": 0.0},
        "Your $250k short at 25x on OKX",
    ),
    (
        COST,
        {
            "days": "drawn-days",
            "leverage": "40",
            "profit": "-5",
            "crash": "35",
            "volatility": "150",
            "others": "20",
            "fund": "0",
            "depth": "1",
        },
        {"cost:gain": -5.0, "cost:crash": 35.0, "market:leverage": 20.0, "market:fund": 0.0, "market:depth": 1.0},
        "Your $1.0M long at 40x on Deribit",
    ),
    (
        FUND,
        {"venue": "binance", "fund": "2", "target": "0.1", "turnover": "5", "build": "90"},
        {"fund:target": 0.1, "fund:turnover": 5.0, "fund:build": 90.0, "market:fund": 2.0},
        "A fund of $20.0M on Binance",
    ),
    (
        RULES,
        {"p": "bitvc-2014", "leverage": "18", "compare": "talmud.okx", "own": "on", "own.profit": "2"},
        {"set:book.leverage": 18.0, "own:profit": 2.0, "own:kappa": 100.0},
        "Your own rule",
    ),
    (
        RULES,
        {"p": "calm", "house": "krx-2013", "house.order": "members_first", "house.cap": "50", "compare": "none.talmud"},
        {"house:krx-2013:cap": 50.0},
        "Talmud",
    ),
]


def said(at: AppTest) -> str:
    """What the first board and the sentences beside it say."""
    return boards(at)[0]["headline"] + html_of(at)


@pytest.mark.parametrize(("file", "parameters", "values", "sentence"), LINKS)
def test_a_link_is_opened_by_the_first_request_and_stays(
    file: str, parameters: dict[str, str], values: dict[str, float], sentence: str
) -> None:
    link = {"v": "1", **parameters}
    at = clean(open_link(file, **link))
    shown = sliders(at)
    assert {key: shown[key]["value"] for key in values} == values
    assert sentence in said(at)
    assert address(at) == link
    assert copied(at) == link
    again = clean(open_link(file, **copied(at)))
    assert boards(again)[0]["headline"] == boards(at)[0]["headline"]


@pytest.mark.parametrize("file", [COST, FUND, RULES, LAWS])
def test_a_page_that_nobody_has_touched_keeps_its_bare_address(file: str) -> None:
    at = clean(open_page(file))
    assert address(at) == {}
    start = {"v": "1", "p": presets()[0]} if file == RULES else {"v": "1"}
    assert copied(at) == start
    assert address(clean(open_link(file, **start))) == start


@pytest.mark.parametrize(
    ("file", "parameters", "sentence"),
    [
        (COST, {"leverage": "5000"}, "Leverage must be a number from 1 to 125 x, was 5000."),
        (COST, {"nonsense": "1"}, "'nonsense' is no setting of this page."),
        (FUND, {"fund": "21"}, "Insurance fund must be a number from 0 to 20 %, was 21."),
        (FUND, {"leverage": "9"}, "'leverage' is no setting of this page."),
        (RULES, {"p": "calm", "house.cap": "301"}, "Assessments must be a number from 0 to 300 %, was 301."),
        (RULES, {"p": "calm", "nonsense": "1"}, "'nonsense' is no setting of this page."),
        (LAWS, {"rule": "<script>"}, "Rule must be "),
        (LAWS, {"p": "calm"}, "'p' is no setting of this page."),
    ],
)
def test_what_cannot_be_opened_of_a_link_is_said_once(file: str, parameters: dict[str, str], sentence: str) -> None:
    at = open_link(file, **{"v": "1", **parameters})
    (said,) = refused(at)
    assert said.startswith("Left out of the link: ")
    assert sentence in said
    clean(at.run())  # said once


@pytest.mark.parametrize("file", [COST, FUND, RULES])
def test_a_link_of_a_newer_version_stays_in_the_address_and_changes_nothing(file: str) -> None:
    at = open_link(file, v="7", leverage="8")
    assert "newer version" in refused(at)[0]
    assert address(at) == {"v": "7", "leverage": "8"}
    assert copied(at) == copied(open_page(file))
    clean(at.run())
    assert address(at) == {"v": "7", "leverage": "8"}
    if file == COST:
        move(at, "cost:leverage", 30)
        assert address(at) == {"v": "1", "leverage": "30"}


def test_a_foreign_word_and_a_bad_one_leave_the_rest_of_a_link_as_it_is() -> None:
    at = clean(open_link(COST, v="1", leverage="25", fbclid="abc", utm_source="newsletter"))
    assert sliders(at)["cost:leverage"]["value"] == 25.0
    at = open_link(COST, v="1", leverage="25", side="Short", horizon="a while")
    assert sliders(at)["cost:leverage"]["value"] == 25.0
    assert at.radio(key="cost:choice:side").value == "Short"
    assert len(refused(at)) == 1
    assert address(at) == {"v": "1", "days": "drawn-days", "side": "short", "leverage": "25"}


def test_a_link_that_says_no_days_but_sets_drawn_ones_shows_those() -> None:
    at = clean(open_link(COST, v="1", venue="okx", leverage="25"))
    assert at.radio(key="cost:choice:mode").value == "Drawn days"
    assert "on OKX" in boards(at)[0]["headline"]
    at = clean(open_link(COST, v="1", leverage="25"))
    assert at.radio(key="cost:choice:mode").value == "Real days"


def test_what_is_moved_goes_into_the_link_and_outlives_a_change_of_page() -> None:
    at = open_page(COST)
    move(at, "cost:leverage", 30)
    assert address(at) == {"v": "1", "leverage": "30"}
    clean(at.radio(key="cost:choice:mode").set_value("Drawn days").run())
    clean(at.selectbox(key="cost:venue").set_value("okx").run())
    clean(at.radio(key="cost:choice:side").set_value("Short").run())
    drawn = {"v": "1", "days": "drawn-days", "venue": "okx"}
    assert address(at) == drawn | {"side": "short", "leverage": "30"}
    clean(at.switch_page(FUND).run())
    assert address(at) == {"v": "1", "venue": "okx"}  # the market is one for both pages
    move(at, "market:fund", 3)
    clean(at.switch_page(RULES).run())
    clean(at.selectbox(key="house:name").set_value("krx-2013").run())
    clean(at.toggle(key="own:used").set_value(True).run())
    assert address(at) == {"v": "1", "p": presets()[0], "own": "on", "house": "krx-2013"}
    clean(at.switch_page(COST).run())
    assert address(at) == drawn | {"side": "short", "leverage": "30", "fund": "3"}
    clean(at.switch_page(RULES).run())
    assert at.selectbox(key="house:name").value == "krx-2013"
    assert at.toggle(key="own:used").value


def test_a_pair_of_rule_and_law_is_a_link() -> None:
    at = clean(open_link(LAWS, v="1", rule="talmud", law="merge_proof"))
    assert (at.selectbox(key="laws:rule").value, at.selectbox(key="laws:law").value) == ("talmud", "merge_proof")
    clean(at.selectbox(key="laws:law").set_value("monotone").run())
    assert address(at) == {"v": "1", "rule": "talmud", "law": "monotone"}


def test_an_address_that_was_sent_too_early_does_not_undo_a_change() -> None:
    at = open_link(COST, v="1", leverage="20")
    move(at, "cost:leverage", 30)
    assert address(at)["leverage"] == "30"
    at.query_params["leverage"] = "20"  # the browser had not heard of 30 yet
    clean(at.run())
    assert address(at)["leverage"] == "30"
    at.query_params["leverage"] = "44"  # another link
    clean(at.run())
    assert sliders(at)["cost:leverage"]["value"] == 44.0
