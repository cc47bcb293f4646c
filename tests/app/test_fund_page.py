"""Fund size: every list and slider at its ends, the needs against runs with a fund, the heat map, the precise run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.montecarlo import estimate
from engine.scenario import scenario_book
from engine.venue_presets import venue_preset_names
from tests.app.boards import check, move, open_page, sliders
from ui import fund_size
from ui.fund_size import LEVERAGES, SHARES, Ask, draft, flows_of, measure, with_fund
from ui.market import MODELS, Market, market_scenario

PAGE = "pages/fund_size.py"
START = {
    "market:volatility": 100.0,
    "market:leverage": 12.0,
    "market:fund": 0.5,
    "market:depth": 4.0,
    "fund:target": 1.0,
    "fund:turnover": 2.0,
    "fund:build": 180.0,
}


@pytest.fixture(scope="module")
def session() -> Iterator[AppTest]:
    """One session for all tests: each starts where the page starts; fewer paths than on the page are enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fund_size, "DRAFT", 320)
        patch.setattr(fund_size, "DRAFT_COLUMN", 40)
        yield open_page(PAGE)


@pytest.fixture
def app(session: AppTest) -> Iterator[AppTest]:
    yield session
    for key, value in START.items():
        kept = session.session_state[f"live:{key}"]
        session.session_state[f"live:{key}"] = {**kept, "x": value, "generation": kept["generation"] + 1}
    session.session_state["market"] = {"venue": "deribit", "days": "1 day", "model": "merton"}


def test_it_opens_with_an_answer_and_says_that_it_is_a_draft(app: AppTest) -> None:
    first, second = check(app.run())
    assert first["headline"].startswith("A fund of $5.0M on Deribit is too small within a day with a chance of ")
    assert "it takes $" in first["headline"]
    assert [chart["id"] for chart in first["charts"]] == ["chance", "risk"]
    assert [chart["id"] for chart in second["charts"]] == ["heat", "paths", "causes"]
    assert any("Draft" in caption.value and f"{fund_size.DRAFT} paths" in caption.value for caption in app.caption)
    assert set(START) == set(sliders(app))


@pytest.mark.parametrize("key", START)
@pytest.mark.parametrize("end", ["min", "max"])
def test_every_slider_at_both_ends(app: AppTest, key: str, end: str) -> None:
    app.run()
    check(move(app, key, sliders(app)[key][end]))


@pytest.mark.parametrize("days", ["8 hours", "30 days"])
def test_horizons(app: AppTest, days: str) -> None:
    app.run()
    check(app.selectbox(key="fund:days").set_value(days).run())


@pytest.mark.parametrize("model", MODELS)
def test_price_models(app: AppTest, model: str) -> None:
    app.run()
    check(app.selectbox(key="fund:model").set_value(model).run())


@pytest.mark.parametrize("venue", [venue_preset_names()[0], "hyperliquid", "bybit", "lch"])
def test_venues(app: AppTest, venue: str) -> None:
    app.run()
    check(app.selectbox(key="fund:venue").set_value(venue).run())


def test_no_volatility_needs_no_fund(app: AppTest) -> None:
    app.run()
    app.session_state["market"] = {"venue": "deribit", "days": "1 day", "model": "gbm"}
    app.run()
    first = check(move(app, "market:volatility", 0))[0]
    assert "No path needed any fund" in first["headline"]


def test_a_chosen_cell_shows_its_paths(app: AppTest) -> None:
    app.run()
    app.session_state["fund:cell"] = (len(SHARES) - 1, 0)
    second = check(app.run())[1]
    assert second["charts"][1]["takeaway"].startswith("$160M at 3x")
    del app.session_state["fund:cell"]


def test_a_precise_run_replaces_the_draft_and_can_be_stopped(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.run()
    app.button(key="start:fund").click().run()
    job = app.session_state["job:fund"]
    app.button(key="stop:fund").click().run()
    job.wait(20)
    assert job.result is None
    for name in ("PRECISE", "PRECISE_COLUMN", "PRECISE_CELL"):
        monkeypatch.setattr(fund_size, name, 257 if name == "PRECISE" else 32)
    app.run()
    app.button(key="start:fund").click().run()
    app.session_state["job:fund"].wait(60)
    app.run()
    check(app.run())
    assert any("Precise" in caption.value for caption in app.caption)


@pytest.mark.parametrize("venue", ["deribit", "binance", "injective"])
def test_needs_say_what_a_smaller_fund_would_meet(venue: str) -> None:
    market = Market(venue=venue, fund=0.0)
    needs = measure(market, 300)
    assert needs.chance(0.0).value > 0.0
    for fund in (0.0, 2e6, 2e7):
        scenario = with_fund(market_scenario(market), fund, is_whole=True)
        result = estimate(
            book=scenario_book(scenario), venue=scenario.venue, model=scenario.path, n_paths=300, seed=scenario.seed
        )
        assert needs.chance(fund).value == pytest.approx(result.shortfall_probability.value, abs=1e-12)


def test_a_larger_fund_and_less_leverage_never_fall_short_more_often() -> None:
    answer = draft(Ask())
    assert (np.diff(answer.chance, axis=0) <= 0).all()
    assert answer.chance.shape == (len(SHARES), len(LEVERAGES))
    sizes = [answer.needs.size(target).value for target in (0.1, 0.05, 0.02, 0.01)]
    assert sizes == sorted(sizes)


def test_what_is_caused_is_what_is_paid() -> None:
    report = flows_of(Market(fund=0.0))
    money = report.matrix.value
    assert (money >= 0).all()
    assert money.sum() == pytest.approx(report.caused_by_group.mean(axis=0).sum())
