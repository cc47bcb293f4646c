"""What it costs me: the sentence, a crash, the rankings, what halves it, and the figures against the engine's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine import POLICIES, PositionCost, PositionSpec, position_cost, study_of, venue_preset_names
from engine.montecarlo.risk import mean, probability
from tests.app.boards import COST, check, move, open_page, pick, plain, put_back, sliders
from ui.cost import drawn_answers as cost_answers
from ui.cost import drawn_texts as cost_words
from ui.cost.charts import ranking
from ui.cost.charts.position import cost_words as cost_over_words
from ui.cost.drawn_answers import (
    Alternative,
    CostResult,
    changed_queries,
    charge_bounds,
    compared,
    draft,
    with_rankings,
)
from ui.cost.position import CostQuery, cost_of
from ui.frame.formats import money
from ui.frame.intervals import bounds
from ui.settings.market import PRICE, Market, market_scenario
from ui.settings.market_controls import DEPTH, LEVERAGE, VOLATILITY
from ui.settings.market_words import per_year, what_moves

PAGE = "pages/what_it_costs_me.py"


@pytest.fixture(scope="module")
def session() -> Iterator[AppTest]:
    """One session for all tests: each starts where the page starts; fewer paths than on the page are enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_answers, "DRAFT", 24)
        yield open_page(PAGE, {"cost:mode": "Drawn days"})


@pytest.fixture
def app(session: AppTest) -> Iterator[AppTest]:
    yield session
    put_back(session, COST)
    pick(session, {"cost:side": "Long"})


def test_it_opens_with_an_answer(app: AppTest) -> None:
    first, rules, venues = check(app.run())
    assert first["headline"].startswith("Your $1.0M long at 10x on Deribit is liquidated within a day with a chance of")
    assert "times a year" in first["headline"]
    assert "It was not charged once for others on 24 paths: the chance is below 14.2 %" in plain(first["headline"])
    assert {"Own margin lost, at most, and charge", "Expected charge"} <= set(dict(first["numbers"]))
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


def some_cost(charge: float, own: float = 0.0, n: int = 400, profit: float = 100.0) -> PositionCost:
    """A position that is charged on every second path, or never; `own` is its chance of being liquidated."""
    charges = np.where(np.arange(n) % 2, charge, 0.0)
    again = cost_of(CostQuery(market=Market(model="gbm", volatility=0.0)), 2)
    return replace(
        again,
        cut_probability=probability(charges > 0),
        liquidation_probability=probability(np.arange(n) < own * n),
        expected_charge=mean(charges),
        notional=1000.0,
        charge=charges,
        profit=np.full(n, profit),
        is_cut=charges > 0,
    )


def answer_of(mine: PositionCost, **more: Any) -> CostResult:
    return CostResult(query=CostQuery(), mine=mine, alone=mine, curve=(), moves=(), **more)


def alternative(label: str, cost: PositionCost, **more: Any) -> Alternative:
    return Alternative(label=label, cost=cost, **more)


def test_nothing_is_ranked_where_intervals_overlap() -> None:
    """Charges of 2, 20, 20.1 and 60 on every second of 400 paths, error a twentieth: only the first and last differ."""
    mine = some_cost(20.0)
    rows = [alternative(str(charge), some_cost(charge)) for charge in (60.0, 2.0, 20.1)]
    rows.append(alternative("own", mine, is_mine=True))
    less, alike, more = compared(tuple(rows), mine)
    assert [[each.label for each in group] for group in (less, alike, more)] == [["2.0"], ["20.1", "own"], ["60.0"]]
    text = ranking.told_apart(answer_of(mine), tuple(rows))
    assert text == "Of 3 others: 1 cheaper than yours, 1 dearer, 1 that cannot be told apart from it."


def test_what_was_never_charged_is_ordered_by_nothing_and_bounded() -> None:
    """No charge on 400 paths of profit 100: at most the upper end of the chance times 100, and never 0 to 0."""
    never = some_cost(0.0)
    low, high = charge_bounds(never)
    assert low == 0.0
    assert high == pytest.approx(100.0 * bounds(never.cut_probability, 1.0)[1])
    assert 0.1 < high < 1.5
    rows = (alternative("a", never), alternative("b", never, is_mine=True))
    assert "orders none of them" in ranking.told_apart(answer_of(never), rows)
    chart = ranking.rules(answer_of(never, rules=rows), "Rules")
    said = chart["traces"][1]["text"]
    assert all("none seen; liquidated" in text for text in said)
    rows_of = {
        row["figure"]: row for row in cost_words.figures(draft(CostQuery(market=Market(venue="kraken", fund=0.2))))
    }
    assert rows_of["Expected charge"]["estimate"] == "none seen"
    assert rows_of["Expected charge"]["95 % interval"].startswith("below $")
    assert "never" not in str(chart)


def test_no_advice_only_moves_the_loss() -> None:
    """Charges of 20: 2 by liquidating it first is not advice, 2 alone is, and 18 does not halve it."""
    mine = some_cost(20.0, own=0.05)
    changes = (alternative("leverage 20x", some_cost(2.0, own=0.6)), alternative("a fund", some_cost(2.0, own=0.05)))
    text = ranking.halved(answer_of(mine, changes=changes))
    assert text.startswith("Halved by a fund. With leverage 20x it is charged less, for it is liquidated on 60.0")
    assert ranking.halved(answer_of(mine, changes=(alternative("a fund", some_cost(18.0, own=0.05)),))).startswith(
        "None"
    )
    assert not any("size" in label for label, _ in changed_queries(CostQuery()))


def test_no_superlative_where_the_numbers_print_alike() -> None:
    assert cost_over({2.0: 20.0, 8.0: 20.001}) == "$10 at every leverage."
    assert cost_over({2.0: 20.0, 8.0: 22.0}).startswith("Between $10 and $11; these paths do not tell")
    assert cost_over({2.0: 20.0, 8.0: 60.0}) == "Dearest at 8x ($30), cheapest at 2x ($10)."


def cost_over(charges: dict[float, float]) -> str:
    return cost_over_words({leverage: some_cost(charge) for leverage, charge in charges.items()})


def test_one_chance_has_one_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = draft(CostQuery())
    row = next(row for row in cost_words.figures(answer) if row["figure"] == "Chance of paying")
    assert row["estimate"] == "0\xa0%"
    assert f"the chance is below {row['95 % interval'].split(' to ')[1]}" in cost_words.headline(answer)
    monkeypatch.setattr(cost_answers, "DRAFT", 256)
    answer = draft(CostQuery(notional=2e6))
    row = next(row for row in cost_words.figures(answer) if row["figure"] == "Chance of paying")
    assert f"({row['95 % interval']})" in cost_words.headline(answer)


def test_without_impact_it_is_the_price_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forced orders of the others add to the chance of being liquidated, never take from it, for the same shocks."""
    monkeypatch.setattr(cost_answers, "DRAFT", 256)
    answer = draft(CostQuery(leverage=20.0, market=Market(venue="hyperliquid")))
    assert answer.alone.liquidation_probability.value < answer.mine.liquidation_probability.value
    assert "forced orders did not move the price it would be" in cost_words.headline(answer)


def test_a_hint_names_only_what_can_move() -> None:
    assert what_moves(Market()) == "Raise the volatility or the leverage of the others, or lower the fund or the depth"
    ends = Market(volatility=VOLATILITY.high / 100, leverage=LEVERAGE.high, fund=0.0, depth=DEPTH.low / 100)
    assert what_moves(ends) == ""
    assert what_moves(replace(ends, volatility=1.0)) == "Raise the volatility"
    assert [per_year(*pair) for pair in ((0.09, 1.0), (1 / 365, 1.0), (0.0008, 1.0), (0.5, 30.0), (0.0, 1.0))] == [
        "about 33 times a year", "about once a year", "about once in 3.4 years", "about 6 times a year", "not seen",
    ]  # fmt: skip


def test_venues_are_grouped_by_kind_those_of_today_first(app: AppTest) -> None:
    venues = check(app.run())[2]["charts"][0]
    assert venues["title"] == "The same position under other venues' rules"
    names = venues["layout"]["yaxis"]["categoryarray"][::-1]
    heads = [name for name in names if name.startswith("<i>")]
    assert heads == ["<i>exchanges</i>", "<i>on-chain venues</i>", "<i>clearing houses</i>", "<i>of the past</i>"]
    at = {head: names.index(head) for head in heads}
    assert at[heads[0]] < names.index("Binance") < at[heads[1]]
    assert names.index("Korea Exchange 2013") > at[heads[3]]
    assert len(names) == len(venue_preset_names()) + 4


def test_rankings_are_complete_and_mark_the_own() -> None:
    answer = with_rankings(draft(CostQuery()))
    assert (len(answer.venues), len(answer.rules)) == (len(venue_preset_names()), len(POLICIES) - 1)
    assert with_rankings(answer) is answer
    for rows in (answer.venues, answer.rules):
        assert sum(row.is_mine for row in rows) == 1
    mine = next(row for row in answer.venues if row.is_mine)
    assert mine.cost.expected_charge == cost_of(CostQuery(), cost_answers.DRAFT).expected_charge
