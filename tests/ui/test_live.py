"""The Python side of the live components: what they send, and what they believe of what a browser sends back."""

import json
import math

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ui.live import Click, live_slider, player
from ui.live.board import clean_click
from ui.live.slider import _decimals, clean_number

PANEL = "live:panel:settings"


def page():
    import streamlit as st

    from ui.live import live_slider, set_slider, slider_fold, slider_note, slider_panel, slider_value

    if st.session_state.pop("preset", False):
        set_slider("lev", 50)
    commits = st.session_state.setdefault("commits", [])
    if st.session_state.get("show", True):
        with slider_panel("settings"):
            lev = live_slider(
                "Leverage", 1, 125, 20, 0.5, key="lev", unit="x", on_release=lambda: commits.append("lev")
            )
            with slider_fold("More"):
                fund = live_slider("Fund", 0.01, 10, 1, 0.01, key="fund", scale="log")
            if lev > 100:
                slider_note("lev", "Leverage above 100x is not offered here.")
        st.session_state.got = (lev, fund)
    st.session_state.kept = slider_value("lev", -1)


def panel_data(at):
    return json.loads(at.get("bidi_component")[0].proto.bytes)


def send(at, values, *, n=1, moved="lev", final=False):
    at.session_state[PANEL] = {"state": {"values": values, "n": n, "moved": moved, "final": final}}
    return at.run()


@pytest.fixture
def at():
    return AppTest.from_function(page, default_timeout=20).run()


def test_starts_at_its_value_and_describes_itself(at):
    data = panel_data(at)
    lev, fund = data["sliders"]
    assert at.session_state.got == (20, 1)
    assert (lev["label"], lev["unit"], lev["digits"], lev["reset"], lev["log"], lev["fold"]) == (
        "Leverage",
        "x",
        1,
        20,
        False,
        "",
    )
    assert (fund["log"], fund["fold"], fund["digits"]) == (True, "More", 2)


def test_all_sliders_of_a_panel_are_one_element(at):
    assert len(at.get("bidi_component")) == 1


def test_believes_the_hand_and_echoes_its_number(at):
    send(at, {"lev": [33.5, 0]}, n=7)
    assert at.session_state.got == (33.5, 1)
    assert panel_data(at)["n"] == 7
    assert panel_data(at)["sliders"][0]["value"] == 33.5


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (1e9, 125.0),
        (-1e9, 1.0),
        ("x", 20.0),
        (None, 20.0),
        (True, 20.0),
        ([1], 20.0),
        ({"x": 1}, 20.0),
        (math.nan, 20.0),
        (math.inf, 20.0),
        (-math.inf, 20.0),
        (10**400, 125.0),
    ],
)
def test_what_is_no_finite_number_is_ignored_and_one_beyond_the_bounds_is_clamped(at, sent, expected):
    send(at, {"lev": [sent, 0]})
    assert not at.exception
    assert at.session_state.got == (expected, 1)


@pytest.mark.parametrize(
    "state",
    [
        None,
        7,
        "x",
        [],
        {"other": {"lev": [5, 0]}},
        {"state": None},
        {"state": {"values": [1]}},
        {"state": {"values": {"lev": 5}}},
        {"state": {"values": {"lev": [5]}}},
        {"state": {"values": {"lev": [5, "0"]}}},
        {"state": {"values": {"lev": [5, True]}}},
        {"state": {"n": "1", "moved": ["lev"], "final": True}},
        {"state": {"n": -3, "moved": "nobody", "final": True}},
    ],
)
def test_a_state_of_another_form_changes_nothing(at, state):
    at.session_state[PANEL] = state
    at.run()
    assert not at.exception
    assert at.session_state.got == (20, 1)
    assert panel_data(at)["n"] == 0


def test_the_value_outlives_the_page_it_was_set_on(at):
    send(at, {"lev": [40, 0]})
    at.session_state.show = False
    at.run()
    assert at.session_state.kept == 40
    at.session_state.show = True
    at.run()
    assert at.session_state.got == (40, 1)


def test_set_from_code_wins_over_what_the_browser_said_before(at):
    send(at, {"lev": [40, 0]})
    at.session_state.preset = True
    at.run()
    assert at.session_state.got == (50, 1)
    assert panel_data(at)["sliders"][0]["generation"] == 1
    send(at, {"lev": [41, 0], "fund": [2, 0]}, n=2)  # sent before the browser heard of the preset
    assert at.session_state.got == (50, 2)
    send(at, {"lev": [42, 1], "fund": [2, 0]}, n=3)
    assert at.session_state.got == (42, 2)


def test_a_note_stands_at_its_slider(at):
    send(at, {"lev": [120, 0]})
    assert [slider["note"] for slider in panel_data(at)["sliders"]] == ["Leverage above 100x is not offered here.", ""]


def test_bounds_that_do_not_fit_are_refused_in_one_error():
    with pytest.raises(
        ValueError, match=r"'Depth': min_value must be < max_value, was 5 and 1; step must be > 0, was 0"
    ):
        live_slider("Depth", 5, 1, 2, 0, key="d")
    with pytest.raises(ValueError, match="min_value of a logarithmic slider must be > 0, was 0"):
        live_slider("Depth", 0, 1, 2, 1, key="d", scale="log")


def test_board_sends_one_small_message():
    def show():
        import numpy as np

        from ui.live import chart_board

        x = np.arange(289.0)
        traces = [{"type": "scatter", "x": x, "y": x}]
        chart_board(
            [{"id": f"c{i}", "title": "T", "traces": traces, "layout": {}} for i in range(4)], key="b", headline="H"
        )

    at = AppTest.from_function(show, default_timeout=20).run()
    assert not at.exception
    (component,) = at.get("bidi_component")
    assert component.proto.component_name == "shortfall_board"
    assert len(component.proto.bytes) < 4 * 2 * 289 * 8 + 2_000
    assert len(component.proto.js_content) < 400  # it goes with every message


CHARTS = [{"id": "pays", "traces": [{"customdata": [10, 11]}, {}]}, {"id": "none", "traces": []}]


def test_a_click_carries_what_was_sent_not_what_came_back():
    assert clean_click({"chart": "pays", "trace": 0, "point": 1, "custom": "evil"}, CHARTS) == Click("pays", 0, 1, 11)
    assert clean_click({"chart": "pays", "trace": 1, "point": 5}, CHARTS) == Click("pays", 1, 5, None)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "x",
        {},
        {"chart": "other", "trace": 0, "point": 0},
        {"chart": ["pays"], "trace": 0, "point": 0},
        {"chart": "pays", "trace": 2, "point": 0},
        {"chart": "pays", "trace": -1, "point": 0},
        {"chart": "pays", "trace": 0, "point": -1},
        {"chart": "pays", "trace": True, "point": 0},
        {"chart": "pays", "trace": 0.0, "point": 0},
        {"chart": "none", "trace": 0, "point": 0},
    ],
)
def test_a_click_that_names_nothing_is_none(raw):
    assert clean_click(raw, CHARTS) is None


def test_player_refuses_traces_with_another_number_of_steps():
    trace = {"x": np.arange(3), "upto": np.arange(4), "frames": {"y": np.zeros((2, 3))}}
    with pytest.raises(ValueError, match=r"upto of p trace 0 must have 3 steps, had 4; frames\['y'\] .* had 2"):
        player(["a", "b", "c"], [0, 0, 1], [{"id": "p", "title": "P", "traces": [trace], "layout": {}}], key="p")


def test_clean_number_and_decimals():
    assert clean_number(5, 1, 0, 10) == 5.0
    assert [_decimals(step) for step in (1, 0.5, 0.25, 0.001, 10)] == [0, 1, 2, 3, 0]
