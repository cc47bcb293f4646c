"""Fund size: the sentence, the heat map and its cell, and the needs against runs with a fund."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine import Estimated, FundSizes, estimate, scenario_book
from engine.montecarlo.runs import estimate_study
from tests.app.boards import FUND, boards, check, move, open_page, parsed, pick, put_back
from ui.fund import answers as fund_size
from ui.fund import backward, contributors
from ui.fund import texts as fund_texts
from ui.fund.answers import (
    LEVERAGES,
    SHARES,
    FundQuery,
    causes_of,
    cell_paths,
    compute_sizes,
    draft,
    rare_sizes,
    whole_study,
    with_fund,
)
from ui.fund.charts import causes
from ui.fund.charts.sizes import fund_over_time
from ui.fund.folds import FOLDS
from ui.settings.market import OPEN_INTEREST, Market, market_scenario

PAGE = "pages/fund_size.py"


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
    put_back(session, FUND)


def test_it_opens_with_an_answer(app: AppTest) -> None:
    first, second, _ = check(app.run())
    assert first["headline"].startswith("A fund of $5.0M on Deribit is too small within a day with a chance of ")
    assert "To bring the chance down to 1 % it takes $" in first["headline"]
    assert [chart["id"] for chart in second["charts"]] == ["heat", "paths", "causes", "net"]


def test_the_column_of_the_own_leverage_is_the_curve() -> None:
    """So that the heat map does not contradict the sentence above it; elsewhere a column has fewer paths."""
    answer = draft(FundQuery(market=Market(leverage=LEVERAGES[3])))
    assert answer.columns[3] is answer.sizes
    assert answer.chance[2, 3] == answer.sizes.shortfall_probability(SHARES[2] * OPEN_INTEREST).value
    between = draft(FundQuery(market=Market(leverage=LEVERAGES[3] + 0.5)))
    assert between.columns[3].n_paths < between.sizes.n_paths
    assert len(between.columns) == len(LEVERAGES)


def test_a_fund_that_is_large_enough_says_so(app: AppTest) -> None:
    app.run()
    assert "would be enough" in check(move(app, "market:fund", 20))[0]["headline"]


def test_a_calm_market_has_empty_charts_that_say_why(app: AppTest) -> None:
    app.run()
    move(app, "market:volatility", 0)
    second = check(app.selectbox(key="fund:model").set_value("gbm").run())[1]
    assert [chart["takeaway"] for chart in second["charts"][2:]] == [
        "No path left a loss: nobody has to pay for anybody."
    ] * 2


def test_no_volatility_needs_no_fund(app: AppTest) -> None:
    app.run()
    pick(app, {"market:model": "gbm"})
    app.run()
    first = check(move(app, "market:volatility", 0))[0]
    assert "No path needed any fund" in first["headline"]


def test_a_chosen_cell_shows_its_paths(app: AppTest) -> None:
    app.run()
    app.session_state["fund:cell"] = (len(SHARES) - 1, 0)
    second = check(app.run())[1]
    assert second["charts"][1]["takeaway"].startswith("$160M at 3x")
    del app.session_state["fund:cell"]


@pytest.mark.parametrize("venue", ["deribit", "binance", "injective"])
def test_needs_say_what_a_smaller_fund_would_meet(venue: str) -> None:
    market = Market(venue=venue, fund=0.0)
    sizes = compute_sizes(market, 300)
    assert sizes.shortfall_probability(0.0).value > 0.0
    for fund in (0.0, 2e6, 2e7):
        scenario = with_fund(market_scenario(market), fund, is_whole=True)
        result = estimate(
            book=scenario_book(scenario), venue=scenario.venue, model=scenario.path, n_paths=300, seed=scenario.seed
        )
        assert sizes.shortfall_probability(fund).value == pytest.approx(result.shortfall_probability.value, abs=1e-12)


def test_a_larger_fund_and_less_leverage_never_fall_short_more_often() -> None:
    answer = draft(FundQuery())
    assert (np.diff(answer.chance, axis=0) <= 0).all()
    assert answer.chance.shape == (len(SHARES), len(LEVERAGES))
    sizes = [answer.sizes.size(target).value for target in (0.1, 0.05, 0.02, 0.01)]
    assert sizes == sorted(sizes)


def test_folds_are_answered_when_they_are_opened(app: AppTest) -> None:
    app.run()
    assert not {"backward", "shares"} & {chart["id"] for board in boards(app) for chart in board["charts"]}
    ids = {
        "backward": ["backward", "crash"],
        "contributors": ["shares"],
        "tiers": ["tiers", "who_fills", "rate_chance"],
        "seasons": ["season_charges", "season_fund"],
    }
    for fold in FOLDS:
        app.session_state[f"fund:fold:{fold.key}"] = True
        last = check(app.run())[-1]
        assert [chart["id"] for chart in last["charts"]] == ids[fold.key]
        for chart in last["charts"]:
            assert all(chart["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis"))
        for line in fold.commands(FundQuery()).splitlines():
            if fold.key != "tiers":  # whose command is Python: test_fund_tiers
                parsed(line)
        app.session_state[f"fund:fold:{fold.key}"] = False


def test_an_open_fold_waits_for_the_button_when_a_slider_moves(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds is answered when it is opened, not at every release of a slider."""
    app.run()
    asked: list[FundQuery] = []
    fold = replace(FOLDS[1], answer=lambda query: asked.append(query) or contributors.answer(query))
    monkeypatch.setattr("ui.fund.folds.FOLDS", (fold,))
    app.session_state[f"fund:fold:{fold.key}"] = True
    app.run()
    move(app, "market:leverage", 14)
    assert {query.market.leverage for query in asked} == {12.0}
    assert any("Settings of before" in caption.value for caption in app.caption)
    app.button(key=f"fund:asked:{fold.key}:again").click().run()
    assert asked[-1].market.leverage == 14.0
    assert not any("Settings of before" in caption.value for caption in app.caption)
    app.session_state[f"fund:fold:{fold.key}"] = False


def test_a_drawdown_trigger_is_named_and_no_board_contradicts_another() -> None:
    """OKX deleverages at 30 % of its fund: the sentence, the cell and who pays all say so."""
    market = Market(venue="okx")
    words = fund_texts.headline(draft(FundQuery(market=market)))
    assert "Deleveraging starts when the fund has lost 30" in words
    paths = cell_paths(market, SHARES[2], LEVERAGES[3])
    assert paths.usable_share == pytest.approx(0.3)
    chart = fund_over_time(paths)
    assert "where deleveraging starts" in chart["takeaway"]
    assert chart["layout"]["shapes"][0]["y0"] == pytest.approx(0.7 * SHARES[2] * OPEN_INTEREST)
    flows = causes_of(market)
    assert flows.matrix.value.sum() > 0
    assert "nobody has to pay" not in causes.net(flows)["takeaway"] + causes.causes(flows)["takeaway"]


def sizes(needs: list[float]) -> FundSizes:
    values = np.array(needs)
    return FundSizes(target=0.01, level=0.99, needs=values, weights=np.ones_like(values), behind=0.0)


def test_sentences_on_a_fund_have_no_absurd_numbers() -> None:
    result = draft(FundQuery())
    tiny = replace(result, sizes=sizes([0.0] * 995 + [118.0] * 5), query=FundQuery(target=0.01))
    assert "Even without one the chance would be at most 1 %." in fund_texts.headline(tiny)
    assert fund_texts.of_open_interest(16.209 * OPEN_INTEREST) == "16 times the open interest"
    assert fund_texts.of_open_interest(118.0) == "less than 0.01 % of open interest"
    assert fund_texts.of_turnover(7.3274) == "732.7\N{NO-BREAK SPACE}%"
    assert fund_texts.of_turnover(0.00254) == "25.4\N{NO-BREAK SPACE}bp"
    assert fund_texts.amount(Estimated(16.2e9, 1e3)) == "$16.2bn"
    assert fund_texts.amount(Estimated(1e6, 1e5)) == "$1.0M ($804k to $1.2M)"
    rare = replace(result, query=FundQuery(target=0.0001))
    assert not rare.has_size
    assert dict(fund_texts.numbers(rare))["To hold it"] == "too few paths"
    assert not any("Contribution" in row["figure"] for row in fund_texts.figures(rare))


def test_a_fund_that_shrinks_with_volatility_is_explained() -> None:
    """At half the volatility 40 of 1,000 paths need more, and fewer traders are forced out on the way."""
    result = draft(FundQuery())
    here, there = sizes([0.0] * 960 + [50e6] * 40), sizes([0.0] * 960 + [80e6] * 40)
    words = fund_texts.headline(replace(result, sizes=here, calmer=there, liquidated=(0.1, 0.3)))
    assert "Half the volatility, 50\N{NO-BREAK SPACE}%, would not make it smaller on these paths ($80.0M)" in words
    assert "there 10.0\N{NO-BREAK SPACE}% of traders are forced out on the way instead of 30.0" in words
    assert "Half the volatility" not in fund_texts.headline(replace(result, sizes=there, calmer=here))


def test_who_pays_for_whom_is_not_said_where_paths_do_not_tell() -> None:
    gives, half = np.array([-3.0, 1.0, 2.0]), np.array([4.0, 1.0, 3.0])
    assert causes.net_words(("a", "b", "c"), gives, half) == "These paths do not tell who pays for whom."
    assert causes.net_words(("a", "b", "c"), gives, 0.1 * half) == (
        "Traders at c pay $2.00 a path for others; those at a leave $3.00 to others."
    )


def test_what_it_takes_is_enough() -> None:
    """Each setting that is named keeps the target, asked of the engine anew."""
    found = backward.answer(FundQuery(market=Market(venue="binance", model="gbm", depth=0.02)))
    study = whole_study(found.query.market, found.n_paths)
    assert found.now.value > found.target
    enough = {name: one.value for name, one in found.solutions.items() if one.value is not None}
    assert "depth" in enough
    for depth, is_enough in ((enough["depth"], True), (0.8 * enough["depth"], False)):
        deeper = replace(study, venue=replace(study.venue, depth=depth))
        assert (estimate_study(deeper).shortfall_probability.value <= found.target) == is_enough
    words = backward.sentence(found)
    assert f"to {100 * found.target:.3g} % it takes one of these alone" in words
    assert f"{enough['depth'] / study.venue.depth:.1f} times as deep" in words


def test_shares_add_up_and_name_who_causes_more_than_it_posts() -> None:
    found = contributors.answer(FundQuery())
    for name in contributors.MEASURES:
        assert getattr(found, name).sum() == pytest.approx(1.0)
    words = contributors.sentence(found)
    at = int(np.argmax(found.by_shapley - found.by_margin))
    assert words.startswith(f"Traders at {found.labels[at]} add ")


def test_a_market_without_risk_is_answered_in_every_fold() -> None:
    still = FundQuery(market=Market(model="gbm", volatility=0.0))
    assert "Nothing has to change" in backward.sentence(backward.answer(still))
    assert "nothing to contribute" in contributors.sentence(contributors.answer(still))


def test_a_rare_target_is_found_by_importance_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2,048 plain paths one is expected at 1 in 2,000; the tilted ones agree with many more plain paths."""
    monkeypatch.setattr(fund_size, "PRECISE", 2048)
    query = FundQuery(target=0.0005, market=Market(model="student_t"))
    rare, why = rare_sizes(query)
    assert not why
    many = compute_sizes(query.market, 65_536).size(query.target)
    found = rare.size(query.target)
    assert abs(found.value - many.value) < 4.0 * np.hypot(found.stderr, many.stderr)
    result = replace(draft(query), rare=rare)
    assert result.has_size
    assert f"an effective sample of {round(rare.importance.effective_hits):,d}" in fund_texts.headline(result)
    plain, _ = rare_sizes(replace(query, target=0.1))
    assert plain is None


def test_what_is_caused_is_what_is_paid() -> None:
    report = causes_of(Market(fund=0.0))
    money = report.matrix.value
    assert (money >= 0).all()
    assert money.sum() == pytest.approx(report.caused_by_group.mean(axis=0).sum())
