"""The first page through the router: every preset, every slider at both ends, errors at the control, folds, state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import POLICIES, load_preset, preset_names
from tests.app.boards import (
    boards,
    clean,
    html_of,
    move,
    notices,
    open_link,
    open_page,
    panels,
    press,
    put,
    sliders,
    text_of,
)
from ui.cascade.headline import headline as said
from ui.charts.run_view import view_of
from ui.cost import drawn_answers as cost_answers
from ui.settings.page_settings import Pick
from ui.settings.policy_parameters import listed, sliding
from ui.settings.run_settings import RUN_SETTINGS, Choice, run_sliders, scenario_of
from ui.settings.sidebar import MAIN, WITHOUT_CONTROL, presets

LIVE = "pages/live_cascade.py"


@pytest.fixture(scope="module")
def app() -> AppTest:
    """One session for all tests: each sets what it needs."""
    return open_page(LIVE)


def start(app: AppTest, preset: str) -> AppTest:
    """Open a preset with nothing moved."""
    if app.selectbox(key="choice:preset").value != preset:
        app.selectbox(key="choice:preset").set_value(preset).run()
    for slider in run_sliders(preset).values():
        put(app, slider.key, slider.start)
    return app


def headline(app: AppTest) -> str:
    return boards(app)[0]["headline"]


def test_it_opens_first_with_a_sentence_four_numbers_and_four_charts(app: AppTest) -> None:
    clean(start(app, presets()[0]).run())
    (board,) = boards(app)
    assert len(board["headline"]) > 40
    assert len(board["numbers"]) == 4
    assert [chart["id"] for chart in board["charts"]] == ["price", "ladder", "flow", "payers"]


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_runs(app: AppTest, preset: str) -> None:
    clean(start(app, preset).run())
    assert not notices(app)
    assert load_preset(preset).title in html_of(app)
    assert "nan" not in headline(app).lower()


def ends() -> Iterator[Any]:
    for name in RUN_SETTINGS:
        for end in ("low", "high"):
            yield pytest.param(name, end, id=f"{name}-{end}")


@pytest.mark.parametrize(("name", "end"), list(ends()))
@pytest.mark.parametrize("preset", ["okex-2018", "hyperliquid-2025", "calm"])
def test_every_slider_at_both_ends(app: AppTest, preset: str, name: str, end: str) -> None:
    start(app, preset)
    offered = run_sliders(preset)
    assert set(RUN_SETTINGS) - set(offered) <= {"venue.thinning"}  # it goes with linear impact alone
    if name not in offered:
        assert load_preset(preset).scenario.venue.impact != "linear"
        return
    move(app, f"set:{name}", getattr(offered[name], end))
    assert not notices(app)
    assert sliders(app)[f"set:{name}"]["note"] == ""
    assert headline(app)


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_big_sliders_of_every_preset_at_both_ends(preset: str, end: str) -> None:
    for name in (name for name in MAIN if name in run_sliders(preset)):
        scenario = scenario_of(Choice(preset, {name: getattr(run_sliders(preset)[name], end)}))
        view = view_of(preset, scenario)
        assert "nan" not in said(view).lower()


def test_sliders_stand_in_order_the_three_big_ones_first(app: AppTest) -> None:
    start(app, "calm").run()
    main, more = panels(app)
    assert [row["label"].split(",")[0] for row in main] == ["Leverage", "Volatility", "Insurance fund"]
    assert all(row["fold"] for row in more)
    assert all(row["help"] for row in main + more)


def test_the_fund_shows_its_money(app: AppTest) -> None:
    start(app, "calm").run()
    assert sliders(app)["set:venue.fund"]["label"] == "Insurance fund, $5.0M"
    move(app, "set:venue.fund", 2.0)
    assert sliders(app)["set:venue.fund"]["label"] == "Insurance fund, $20.0M"


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_runs(app: AppTest, policy: str) -> None:
    start(app, "bitvc-2014").run()
    clean(app.selectbox(key="choice:policy").set_value(policy).run())
    assert not notices(app)
    assert headline(app)
    app.selectbox(key="choice:policy").set_value("profit_prorata").run()


@pytest.mark.parametrize("policy", [name for name, policy in POLICIES.items() if policy.options])
def test_options_of_a_policy_are_controls_with_its_own_words(policy: str) -> None:
    at = open_link(LIVE, v="1", p="bitvc-2014", policy=policy)
    shown = sliders(at)
    for slider in sliding("bitvc-2014", policy):
        assert shown[slider.key]["help"] == slider.help
        for end in (slider.low, slider.high):
            move(at, slider.key, end)
            assert not notices(at)
            if end != slider.start:
                assert float(at.query_params[slider.name]) == end / (100 if slider.unit else 1)
        put(at, slider.key, slider.start)
    for parameter in listed("bitvc-2014", policy):
        if isinstance(parameter, Pick):
            for name in parameter.choices():
                clean(at.selectbox(key=parameter.key).set_value(name).run())
                assert not notices(at)
            assert at.query_params[parameter.name] == name
        else:
            clean(at.text_input(key=parameter.key).set_value(str(parameter.high)).run())
            assert at.query_params[parameter.name] == str(parameter.high)


def test_an_option_is_set_by_its_link_moved_undone_and_reset() -> None:
    at = open_link(LIVE, v="1", p="bitvc-2014", policy="capped_prorata", **{"policy.kappa": "0.2"})
    key = "set:venue.policy_options.capped_prorata.kappa"
    assert sliders(at)[key]["value"] == 20.0
    at_link = headline(at)
    move(at, key, 5.0)
    assert headline(at) != at_link
    assert at.session_state["history"].now.change == "Cap 20.0 % to 5.0 %"
    press(at, "Undo")
    assert headline(at) == at_link
    press(at, "Reset")
    assert "policy.kappa" not in at.query_params


def test_a_wrong_setting_is_answered_in_a_sentence(app: AppTest) -> None:
    start(app, "okex-2018").run()
    before = headline(app)
    app.session_state[WITHOUT_CONTROL] = {"book.open_interest": 1e6}
    clean(app.run())
    assert headline(app) == before  # the last run that was possible
    assert any("open_interest" in sentence or "positions" in sentence for sentence in notices(app))
    app.session_state[WITHOUT_CONTROL] = {}
    app.run()
    assert not notices(app)


def test_an_engine_error_stands_at_its_slider(app: AppTest) -> None:
    start(app, "calm").run()
    app.session_state[WITHOUT_CONTROL] = {"venue.depth": "-1"}
    clean(app.run())
    assert "venue.depth must be > 0" in sliders(app)["set:venue.depth"]["note"]
    app.session_state[WITHOUT_CONTROL] = {}
    app.run()
    assert sliders(app)["set:venue.depth"]["note"] == ""


def test_choosing_a_preset_resets_every_slider(app: AppTest) -> None:
    start(app, "calm")
    move(app, "set:book.leverage", 50.0)
    app.selectbox(key="choice:preset").set_value("okex-2018").run()
    assert sliders(app)["set:book.leverage"]["value"] == load_preset("okex-2018").scenario.book.leverage


@pytest.mark.parametrize("preset", ["okex-2018", "hyperliquid-2025", "calm"])
def test_folds_open(app: AppTest, preset: str) -> None:
    start(app, preset)
    names = ("record", "time", "traders", "trader", "ledger", "again")
    for name in names:
        app.session_state[f"details:{name}"] = True
    clean(app.run())
    assert len(boards(app)) == 3
    assert len(app.dataframe) == 2
    assert f"--preset {preset}" in app.code[0].value
    for name in names:
        app.session_state[f"details:{name}"] = False
    app.run()


def test_a_link_is_the_scenario() -> None:
    at = open_link(LIVE, v="1", p="bitvc-2014", leverage="20", policy="equal_losses")
    assert sliders(at)["set:book.leverage"]["value"] == 20.0
    assert at.selectbox(key="choice:preset").value == "bitvc-2014"
    assert at.selectbox(key="choice:policy").value == "equal_losses"
    assert not notices(at)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"v": "7", "p": "calm"}, "newer version"),
        ({"v": "1", "p": "nowhere"}, "Replay must be one of"),
        ({"v": "1", "p": "krx-2013"}, "it is under Clearing houses on Rules side by side."),
    ],
)
def test_a_link_that_cannot_be_opened_is_refused_with_a_sentence(parameters: dict[str, str], sentence: str) -> None:
    at = open_link(LIVE, **parameters)
    assert any(sentence in said for said in notices(at)), notices(at)
    assert at.selectbox(key="choice:preset").value == presets()[0]


def test_undo_redo_and_reset() -> None:
    at = open_link(LIVE, v="1", p="calm")
    buttons = {button.label: button for button in at.button}
    assert buttons["Undo"].disabled
    assert buttons["Reset"].disabled
    move(at, "set:book.leverage", 30.0)
    changed = headline(at)
    press(at, "Undo")
    assert sliders(at)["set:book.leverage"]["value"] == 4.0
    press(at, "Redo")
    assert headline(at) == changed
    press(at, "Reset")
    assert sliders(at)["set:book.leverage"]["value"] == 4.0
    assert len(at.session_state["history"].entries) == 3


def test_a_pinned_run_is_compared() -> None:
    at = open_link(LIVE, v="1", p="okex-2018")
    press(at, "Pin as A")
    move(at, "set:venue.fund", 5.0)
    assert "Against A, " in headline(at)
    board = boards(at)[0]
    assert all("(A: " in name for name, _ in board["numbers"])
    assert any(fold.label.startswith("A against B") for fold in at.expander)
    at.session_state["details:against"] = True
    clean(at.run())
    press(at, "Unpin A")
    assert "Against A" not in headline(at)


def test_the_film_stands_where_the_charts_were_and_back() -> None:
    at = open_link(LIVE, v="1", p="cascade")
    press(at, "Play the cascade")
    assert boards(at)[0]["charts"] == []
    assert headline(at)
    press(at, "Back to the charts")
    assert [chart["id"] for chart in boards(at)[0]["charts"]] == ["price", "ladder", "flow", "payers"]


def test_one_click_leads_on_and_the_mark_says_what_was_changed() -> None:
    at = open_link(LIVE, v="1", p="cascade")
    press(at, "Meltdown")
    assert sliders(at)["set:book.leverage"]["value"] == 25.0
    html = html_of(at)
    assert "leverage 25.0x instead of 10.0x. In the replay itself: " in text_of(at)
    assert '<span class="sf-mark">changed</span>' in html


def test_large_type_enlarges_the_charts() -> None:
    small, large = open_link(LIVE, v="1", p="calm"), open_link(LIVE, v="1", p="calm", look="large")
    heights = [boards(at)[0]["charts"][0]["height"] for at in (small, large)]
    assert heights[1] > 1.2 * heights[0]


def test_settings_survive_a_page_change() -> None:
    at = open_link(LIVE, v="1", p="calm", leverage="25")
    at.switch_page("pages/laws.py").run()
    at.switch_page("pages/live_cascade.py").run()
    assert sliders(at)["set:book.leverage"]["value"] == 25.0
    assert at.selectbox(key="choice:preset").value == "calm"


def test_the_market_comes_along_to_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_answers, "venue_preset_names", lambda: ["bitmex"])  # to be ranked
    monkeypatch.setattr(cost_answers, "DRAFT", 24)
    at = open_link(LIVE, v="1", p="bitmex-2020", leverage="12")
    press(at, "What would it cost me?")
    assert at.selectbox(key="cost:venue").value == "bitmex"
    assert at.session_state["live:market:leverage"]["x"] == 12.0
