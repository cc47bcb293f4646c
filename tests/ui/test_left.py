"""A page's own heavy run, and its script, end about a second after the page has gone; a light one is let be."""

import time
from dataclasses import replace

import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

import engine
from ui.charts import run_view
from ui.frame import left

PRESET = "hyperliquid-2025"


def scenario(n_traders):
    plain = engine.load_preset(PRESET).scenario
    venue = replace(plain.venue, policy="adl_minimax_leverage")
    return replace(plain, book=replace(plain.book, n_traders=n_traders), venue=venue)


def ended():
    """What `st.stop` does inside a script."""
    raise StopException


@pytest.fixture
def here(monkeypatch):
    """The sessions whose pages are connected; the script is that of "mine"."""
    here = {"mine"}
    monkeypatch.setattr(left, "is_connected", lambda session: session in here)
    monkeypatch.setattr(left, "own_session", lambda: "mine")
    monkeypatch.setattr(run_view, "_kept", {})
    monkeypatch.setattr(left.st, "stop", ended)
    engine.run_scenario(scenario(200))
    return here


def test_a_heavy_run_ends_when_its_page_has_gone(here):
    here.clear()
    began = time.monotonic()
    with pytest.raises(StopException):
        run_view.view_of(PRESET, scenario(30_000))  # several seconds
    assert left.LEFT <= time.monotonic() - began < left.LEFT + 0.7
    assert not run_view._kept


def test_a_heavy_run_of_a_page_that_is_there_comes_to_its_end(here, monkeypatch):
    monkeypatch.setattr(left, "LEFT", 0.05)
    monkeypatch.setattr(left, "LOOK", 0.01)
    monkeypatch.setattr(run_view, "HEAVY", 1)
    assert run_view.view_of(PRESET, scenario(4000)).run.n_liquidated > 0


def test_a_light_run_is_not_watched(here, monkeypatch):
    here.clear()
    monkeypatch.setattr(left, "LEFT", -1.0)
    assert run_view.view_of(PRESET, scenario(500)).run.n_liquidated > 0


def test_a_drag_is_of_no_script_and_says_nothing_in_the_log(caplog):
    run_view.view_of(PRESET, scenario(100))
    assert not caplog.records
