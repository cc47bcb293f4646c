"""What it costs me: the sentence, a crash, the rankings, what halves it, and the figures against the engine's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import POLICIES, PositionSpec, position_cost, study_of, venue_preset_names
from tests.app.boards import boards, check, move, open_page, pick, sliders
from ui.cost import answers as cost_answers
from ui.cost import texts as cost_words
from ui.cost.answers import draft, ranking, with_rankings
from ui.cost.position import CostQuery, cost_of
from ui.frame.formats import money
from ui.settings.market import PRICE, Market, market_scenario

PAGE = "pages/what_it_costs_me.py"
START = {
    "cost:size": 1e6,
    "cost:leverage": 10.0,
    "cost:gain": 0.0,
    "cost:crash": 20.0,
    "market:volatility": 100.0,
    "market:leverage": 12.0,
    "market:fund": 0.5,
    "market:depth": 4.0,
}


@pytest.fixture(scope="module")
def session() -> Iterator[AppTest]:
    """One session for all tests: each starts where the page starts; fewer paths than on the page are enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_answers, "DRAFT", 24)
        yield open_page(PAGE)


@pytest.fixture
def app(session: AppTest) -> Iterator[AppTest]:
    yield session
    for key, value in START.items():
        kept = session.session_state[f"live:{key}"]
        session.session_state[f"live:{key}"] = {**kept, "x": value, "generation": kept["generation"] + 1}
    pick(session, {"market:venue": "deribit", "market:days": "1 day", "market:model": "merton"})
    pick(session, {"cost:side": "Long"})


def test_it_opens_with_an_answer(app: AppTest) -> None:
    first, rules, venues = check(app.run())
    assert first["headline"].startswith(
        "Your $1.0M long at 10x on Deribit pays for others within a day with a chance of"
    )
    assert {"Expected cost", "Break-even premium"} <= set(dict(first["numbers"]))
    assert [chart["id"] for chart in rules["charts"]] == ["changes", "rules"]
    assert [chart["id"] for chart in venues["charts"]] == ["venues"]


def test_the_other_side(app: AppTest) -> None:
    app.run()
    first = check(app.radio(key="cost:choice:side").set_value("Short").run())[0]
    assert "$1.0M short" in first["headline"]


def test_too_much_leverage_is_answered_at_the_slider(app: AppTest) -> None:
    app.run()
    pick(app, {"market:venue": "binance"})
    app.run()
    move(app, "cost:size", 1e8)
    first = check(move(app, "cost:leverage", 125))[0]
    assert "liquidated at once" in first["headline"]
    assert "liquidated at once" in sliders(app)["cost:leverage"]["note"]


def test_a_crash_is_answered_by_its_own_paths(app: AppTest) -> None:
    app.run()
    first = check(move(app, "cost:crash", 40))[0]
    name = "Price \N{MINUS SIGN}40\N{NO-BREAK SPACE}% / +40\N{NO-BREAK SPACE}%"
    answer = draft(CostQuery(crash=0.4))
    fall, rise = (answer.after(move).expected_charge.value for move in (-0.4, 0.4))
    assert fall == 0.0 < rise
    assert dict(first["numbers"])[name] == f"none seen / {money(rise, 'USD')}"


def test_figures_are_those_of_the_engine() -> None:
    """The page's own measure of a position, against engine.position_cost on the same paths."""
    market = Market(fund=0.0)
    answer = draft(CostQuery(market=market, crash=0.3))
    scenario = market_scenario(market)
    study = study_of(scenario, n_paths=cost_answers.DRAFT)
    position = PositionSpec(side="long", size=1e6 / PRICE, leverage=10.0)
    found = position_cost(study, position)
    fall, rise = (position_cost(study, position, move=move) for move in (-0.3, 0.3))
    mine = answer.mine
    for own, theirs in (
        (mine.expected_charge, found.expected_charge),
        (mine.break_even_premium, found.break_even_premium),
        (mine.share_of_gain, found.share_of_gain),
        (mine.cut_probability, found.cut_probability),
        (mine.liquidation_probability, found.liquidation_probability),
        (mine.expected_shortfall_99, found.expected_shortfall_99),
        (answer.after(-0.3).expected_charge, fall.expected_charge),
        (answer.after(0.3).expected_charge, rise.expected_charge),
    ):
        assert own.value == pytest.approx(theirs.value, rel=1e-9, abs=1e-9)
        assert own.stderr == pytest.approx(theirs.stderr, rel=1e-9, abs=1e-9)
    assert mine.expected_charge.value > 0


def test_what_halves_it_names_a_cheaper_venue() -> None:
    answer = with_rankings(draft(CostQuery()))
    own = answer.mine.expected_charge.value
    cheaper = [each for each in answer.changes if each.label.startswith("moving to ")]
    assert len(cheaper) == 1
    assert cheaper[0].cost.expected_charge.value < own
    assert with_rankings(answer) is answer


def test_the_same_shocks_make_differences_the_settings_own() -> None:
    plain = Market(model="gbm")
    query = CostQuery(market=plain)
    again = cost_of(CostQuery(market=plain, notional=query.notional), 256)
    assert again.expected_charge == cost_of(query, 256).expected_charge
    assert (
        cost_of(CostQuery(market=Market(model="gbm", fund=0.2)), 256).cut_probability.value
        <= again.cut_probability.value
    )


def test_nothing_is_paid_where_nothing_moves() -> None:
    still = draft(CostQuery(market=Market(model="gbm", volatility=0.0)))
    assert still.mine.expected_charge.value == 0.0
    assert not still.mine.is_cut.any()
    assert "not charged once" in cost_words.headline(still)


def test_rankings_are_complete_ordered_and_mark_the_own(app: AppTest) -> None:
    query = CostQuery()
    for part, number in (("venues", len(venue_preset_names())), ("rules", len(POLICIES) - 1)):
        rows: Any = ranking(query, part)
        assert len(rows) == number
        assert sum(row.is_mine for row in rows) == 1
        values = [row.cost.expected_charge.value for row in rows]
        assert values == sorted(values)
    mine = next(row for row in ranking(query, "venues") if row.is_mine)
    assert mine.cost.expected_charge == cost_of(query, cost_answers.DRAFT).expected_charge
    assert boards(app.run())
