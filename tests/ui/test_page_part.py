"""What a page's script runs itself, and the script, end about a second after the page has gone."""

import time
from dataclasses import replace

import numpy as np
import pytest
from streamlit.runtime.scriptrunner_utils.exceptions import StopException

import engine
from ui.charts import run_view
from ui.frame import page_part

PRESET = "hyperliquid-2025"


def scenario(n_traders):
    plain = engine.load_preset(PRESET).scenario
    venue = replace(plain.venue, policy="adl_minimax_leverage")
    return replace(plain, book=replace(plain.book, n_traders=n_traders), venue=venue)


def accounts(n_accounts, n_steps):
    """A run of accounts in two markets: all are looked at in every piece of every step."""
    draw = np.random.default_rng(1)
    margin = draw.pareto(1.5, n_accounts) + 0.1
    book = engine.Book(
        size=np.repeat(margin * draw.choice([5.0, 20.0], n_accounts), 2) * np.tile([1.0, -1.0], n_accounts),
        entry_price=np.ones(2 * n_accounts),
        account=np.repeat(np.arange(n_accounts), 2),
        market=np.tile([0, 1], n_accounts),
        cash=margin,
    )
    venue = engine.Venue(
        markets=tuple(engine.VenueMarket(name=name, depth=1e5) for name in ("BTC", "ETH")),
        policy="adl_minimax_leverage",
        liquidation_fraction=0.01,
    )
    prices = np.ones((2, n_steps + 1))
    prices[0] = np.exp(-np.linspace(0.0, 0.6, n_steps + 1))
    return {"book": book, "venue": venue, "prices": prices}


def ended():
    """What `st.stop` does inside a script."""
    raise StopException


@pytest.fixture
def here(monkeypatch):
    """The sessions whose pages are connected; the script is that of "mine"."""
    here = {"mine"}
    monkeypatch.setattr(page_part, "is_connected", lambda session: session in here)
    monkeypatch.setattr(page_part, "own_session", lambda: "mine")
    monkeypatch.setattr(run_view, "_kept", {})
    monkeypatch.setattr(page_part.st, "stop", ended)
    engine.run_scenario(scenario(200))
    engine.simulate(**accounts(20, 10))
    return here


def assert_ends(script):
    """The script ends as `st.stop` ends one, a second after it began without a page."""
    began = time.monotonic()
    with pytest.raises(StopException), page_part.until_left():
        script()
    assert page_part.LEFT <= time.monotonic() - began < page_part.LEFT + 0.7


def test_a_run_ends_when_its_page_has_gone(here, caplog):
    here.clear()
    assert_ends(lambda: run_view.view_of(PRESET, scenario(30_000)))  # several seconds
    assert not run_view._kept
    assert not caplog.records  # it did not fail


def test_so_does_one_of_accounts(here):
    here.clear()
    assert_ends(lambda: engine.simulate(**accounts(30_000, 100)))


def test_what_a_page_that_is_there_asks_comes_to_its_end(here, monkeypatch):
    monkeypatch.setattr(page_part, "LEFT", 0.05)
    monkeypatch.setattr(page_part, "LOOK", 0.01)
    with page_part.until_left():
        assert run_view.view_of(PRESET, scenario(4000)).run.n_liquidated > 0


def test_a_drag_is_of_no_script_and_says_nothing_in_the_log(caplog):
    with page_part.until_left():
        run_view.view_of(PRESET, scenario(100))
    assert not caplog.records
