"""A recorded day through the router: its link, the fold that opens one, undo, A and B, rules, and what is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import load_preset
from tests.app.boards import NAN, boards, check, html_of, move, notices, open_link, open_page, press, sliders
from ui.cascade.headline import headline
from ui.cascade.next_steps import steps
from ui.cascade.report import report
from ui.charts.run_view import view_of
from ui.settings import files
from ui.settings.link import decode_page, encode
from ui.settings.reproduce import command, file_name
from ui.settings.run_settings import Choice, run_sliders, scenario_of
from ui.settings.sidebar import presets

LIVE, RULES = "pages/live_cascade.py", "pages/rules_side_by_side.py"
OCTOBER, MARCH = "binance-btc@2025-10-10", "deribit-2019-btc@2020-03-12"


def said(app: AppTest) -> str:
    return str(boards(app)[0]["headline"])


def own_sentence(name: str, **values: float) -> str:
    return headline(view_of(name, scenario_of(Choice(name, values))))


@pytest.mark.parametrize("name", [OCTOBER, MARCH])
def test_a_link_opens_the_day_with_its_sentence_and_story(name: str) -> None:
    app = open_link(LIVE, v="1", p=name)
    check(app)
    assert not notices(app)
    assert app.selectbox(key="choice:preset").value == name
    assert load_preset(name).title in html_of(app)
    assert said(app) == own_sentence(name)
    assert app.query_params == {"v": "1", "p": name} or app.query_params["p"] == [name]


def test_what_recorded_hours_leave_no_room_for_is_not_offered() -> None:
    app = open_link(LIVE, v="1", p=OCTOBER)
    absent = {"set:path.volatility", "set:crash_depth", "set:crash_duration"}
    assert not absent & set(sliders(app))
    assert {"set:book.leverage", "set:venue.fund", "set:venue.depth"} <= set(sliders(app))
    app = open_link(LIVE, v="1", p=OCTOBER, volatility="90")
    assert notices(app) == [f"Left out of the link: Volatility cannot be set in {OCTOBER}."]
    assert said(app) == own_sentence(OCTOBER)


def test_the_fold_opens_a_day_and_undo_leads_back() -> None:
    app = open_page(LIVE)
    before = said(app)
    market = app.selectbox(key=f"open_day:market:{presets()[0]}")
    assert market.options[0] == "Binance BTC since 2022"
    assert market.options[-1] == "Deribit BTC 2019 to 2021"
    market.set_value("deribit-2019-btc").run()
    (day,) = app.date_input
    assert (day.value, day.min, day.max) == tuple(
        datetime.date.fromisoformat(text) for text in ("2020-03-12", "2019-01-01", "2021-12-31")
    )
    press(app, "Open this day")
    check(app)
    assert app.selectbox(key="choice:preset").value == MARCH
    assert said(app) == own_sentence(MARCH)
    move(app, "set:book.leverage", 12.0)
    assert said(app) == own_sentence(MARCH, **{"book.leverage": 12.0}) != own_sentence(MARCH)
    press(app, "Undo")
    assert said(app) == own_sentence(MARCH)
    press(app, "Undo")
    assert said(app) == before
    assert app.selectbox(key="choice:preset").value == presets()[0]


def test_a_day_with_missing_hours_stays_closed_and_says_so() -> None:
    app = open_page(LIVE)
    app.selectbox(key=f"open_day:market:{presets()[0]}").set_value("bybit-new").run()
    app.date_input[0].set_value(datetime.date(2020, 12, 21)).run()
    press(app, "Open this day")
    (sentence,) = notices(app)
    assert "hours are all on record (4 of 2020-12-21 are missing)" in sentence
    assert app.selectbox(key="choice:preset").value == presets()[0]
    assert not notices(app.run())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("binance-btc@2016-03-12", "Replay must be a day from 2017-08-2"),
        ("nowhere-btc@2020-03-12", "Replay must be a market and a day, like binance-btc@2025-10-10; the markets are "),
        ("binance-btc@soon", "Replay must be a market and a day, like binance-btc@"),
    ],
)
def test_a_link_to_no_day_says_why_and_opens_the_rest(name: str, sentence: str) -> None:
    opened = decode_page({"v": "1", "p": name}, (), has_replay=True)
    assert opened.choice is None
    (why,) = opened.left_out
    assert why.startswith(sentence)
    assert why.endswith(f"was '{name}'.")


def test_a_link_with_settings_comes_back_as_it_was() -> None:
    choice = Choice(MARCH, {"book.leverage": 9.0, "venue.policy": "equal_losses"})
    link = encode(choice)
    assert link == {"v": "1", "p": MARCH, "leverage": "9", "policy": "equal_losses"}
    assert decode_page(link, (), has_replay=True).choice == choice


def test_two_days_are_compared_as_a_and_b() -> None:
    app = open_link(LIVE, v="1", p=OCTOBER, **{"a.p": MARCH})
    check(app)
    assert "A is another replay, 12 March 2020 at Deribit, BTC" in said(app)
    press(app, "Unpin A")
    assert said(app) == own_sentence(OCTOBER)


def test_files_and_commands_of_a_day_name_it() -> None:
    view = view_of(MARCH, scenario_of(Choice(MARCH)))
    assert file_name(view.scenario) == f"shortfall-{MARCH}.json"
    assert command(view.scenario, MARCH) == f"python -m engine run --preset {MARCH}"
    moved = scenario_of(Choice(MARCH, {"book.leverage": 9.0}))
    assert command(moved, MARCH) == f"python -m engine run --preset {MARCH} --set book.leverage=9.0"
    assert file_name(moved).startswith(f"shortfall-{MARCH}-")
    assert files.head(view)["replay"] == f"{MARCH} (12 March 2020 at Deribit, BTC)"
    page = report(view, None, "")
    assert "12 March 2020 at Deribit, BTC" in page
    assert "Size tail 1.4, from 1.2 to 1.8" in page


@pytest.mark.parametrize("name", [OCTOBER, MARCH, "hyperliquid-btc@2025-10-10", "bybit-new@2020-09-03"])
def test_sentences_hold_at_both_ends_of_every_slider(name: str) -> None:
    for setting, slider in run_sliders(name).items():
        for end in (slider.low, slider.high):
            choice = Choice(name, {setting: end})
            view = view_of(name, scenario_of(choice))
            text = headline(view)
            assert not NAN.search(text)
            assert "volatility" not in text
            steps(choice, view)


def test_the_market_goes_along_to_what_it_costs_without_a_volatility() -> None:
    app = open_link(LIVE, v="1", p=OCTOBER)
    press(app, "What would it cost me?")


def test_rules_stand_side_by_side_on_a_day() -> None:
    app = open_link(RULES, v="1", p=MARCH)
    assert not notices(app)
    text = html_of(app)
    assert "12 March 2020 at Deribit, BTC" in text
    figures: dict[str, Any] = {chart["id"]: chart for chart in boards(app)[0]["charts"]}
    assert figures
    market = app.selectbox(key=f"open_day:market:{MARCH}")
    assert market.value == "deribit-2019-btc"
    market.set_value("binance-btc").run()
    press(app, "Open this day")
    assert "10 October 2025 at Binance, BTC" in html_of(app)
