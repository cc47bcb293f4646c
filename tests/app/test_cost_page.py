"""What it costs me: every list and slider at its ends, the sentence, the rankings, the precise run and its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import POLICIES
from engine.venue_presets import venue_preset_names
from tests.app.boards import boards, check, move, open_page, sliders
from ui import cost
from ui.cost import Ask, cost_of, draft, ranking
from ui.market import MODELS, Market

PAGE = "pages/what_it_costs_me.py"
START = {
    "cost:size": 1e6,
    "cost:leverage": 10.0,
    "cost:gain": 0.0,
    "market:volatility": 100.0,
    "market:leverage": 12.0,
    "market:fund": 0.5,
    "market:depth": 4.0,
}


@pytest.fixture(scope="module")
def session() -> Iterator[AppTest]:
    """One session for all tests: each starts where the page starts; fewer paths than on the page are enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "DRAFT", 24)
        yield open_page(PAGE)


@pytest.fixture
def app(session: AppTest) -> Iterator[AppTest]:
    yield session
    for key, value in START.items():
        kept = session.session_state[f"live:{key}"]
        session.session_state[f"live:{key}"] = {**kept, "x": value, "generation": kept["generation"] + 1}
    session.session_state["market"] = {"venue": "deribit", "days": "1 day", "model": "merton"}
    session.session_state["cost:side"] = "Long"


def test_it_opens_with_an_answer_and_says_that_it_is_a_draft(app: AppTest) -> None:
    first, second = check(app.run())
    assert first["headline"].startswith("Your $1.0M long at 10x on Deribit ")
    assert "Expected cost, 95 % interval" in dict(first["numbers"])
    assert [chart["id"] for chart in first["charts"]] == ["cost", "chance", "losses", "changes"]
    assert [chart["id"] for chart in second["charts"]] == ["venues", "rules"]
    assert any("Draft" in caption.value and f"{cost.DRAFT} paths" in caption.value for caption in app.caption)
    assert set(START) == set(sliders(app))


@pytest.mark.parametrize("key", START)
@pytest.mark.parametrize("end", ["min", "max"])
def test_every_slider_at_both_ends(app: AppTest, key: str, end: str) -> None:
    app.run()
    check(move(app, key, sliders(app)[key][end]))


@pytest.mark.parametrize("days", ["8 hours", "30 days"])
def test_horizons(app: AppTest, days: str) -> None:
    app.run()
    check(app.selectbox(key="cost:days").set_value(days).run())


@pytest.mark.parametrize("model", MODELS)
def test_price_models(app: AppTest, model: str) -> None:
    app.run()
    check(app.selectbox(key="cost:model").set_value(model).run())


@pytest.mark.parametrize("venue", [venue_preset_names()[0], "hyperliquid", "perp-v2", "lch", venue_preset_names()[-1]])
def test_venues(app: AppTest, venue: str) -> None:
    app.run()
    first, second = check(app.selectbox(key="cost:venue").set_value(venue).run())
    assert second["charts"][1]["title"].startswith("Other rules at")
    assert first["headline"]


def test_the_other_side(app: AppTest) -> None:
    app.run()
    first = check(app.radio(key="cost:choice:side").set_value("Short").run())[0]
    assert "$1.0M short" in first["headline"]


def test_too_much_leverage_is_answered_at_the_slider(app: AppTest) -> None:
    app.run()
    app.session_state["market"] = {"venue": "binance", "days": "1 day", "model": "merton"}
    app.run()
    move(app, "cost:size", 1e8)
    first = check(move(app, "cost:leverage", 125))[0]
    assert "liquidated at once" in first["headline"]
    assert "liquidated at once" in sliders(app)["cost:leverage"]["note"]


def test_a_precise_run_replaces_the_draft(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "PRECISE", 24)
    app.run()
    app.button(key="start:cost").click().run()
    app.session_state["job:cost"].wait(60)
    app.run()
    check(app.run())
    assert any("Precise" in caption.value for caption in app.caption)
    move(app, "cost:leverage", 11)
    assert any("Draft" in caption.value for caption in app.caption)


def test_a_precise_run_can_be_stopped(app: AppTest) -> None:
    app.run()
    move(app, "cost:leverage", 9)
    app.button(key="start:cost").click().run()
    job = app.session_state["job:cost"]
    assert 0.0 <= job.share <= 1.0
    app.button(key="stop:cost").click().run()
    job.wait(20)
    assert not job.is_running
    assert job.result is None
    check(app.run())
    assert any("Draft" in caption.value for caption in app.caption)


def test_the_same_shocks_make_differences_the_settings_own() -> None:
    plain = Market(model="gbm")
    ask = Ask(market=plain)
    again = cost_of(Ask(market=plain, notional=ask.notional), 256)
    assert again.charge == cost_of(ask, 256).charge
    assert cost_of(Ask(market=Market(model="gbm", fund=0.2)), 256).chance.value <= again.chance.value


def test_nothing_is_paid_where_nothing_moves() -> None:
    still = draft(Ask(market=Market(model="gbm", volatility=0.0)))
    assert still.mine.charge.value == 0.0
    assert not still.mine.losses.size
    assert "not cut once" in cost.headline(still.mine)


def test_rankings_are_complete_ordered_and_mark_the_own(app: AppTest) -> None:
    ask = Ask()
    for part, number in (("venues", len(venue_preset_names())), ("rules", len(POLICIES) - 1)):
        rows: Any = ranking(ask, part)
        assert len(rows) == number
        assert sum(row.is_mine for row in rows) == 1
        values = [row.cost.charge.value for row in rows]
        assert values == sorted(values)
    mine = next(row for row in ranking(ask, "venues") if row.is_mine)
    assert mine.cost.charge == cost_of(ask, cost.DRAFT).charge
    assert boards(app.run())
