"""What it costs me on real days: the sentence, the calendar, changes, the comparison, and the command."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace

import numpy as np
import pytest

from engine import Hindcast, hindcast
from tests.app.boards import check, move, notices, open_page, plain
from tests.commands import answer, denial
from ui.cost import real_answers, real_texts
from ui.cost.charts import real as charts
from ui.cost.real_answers import DaysQuery, DaysResult, compared_names, draft, record_of, venue_days, whole

PAGE = "pages/what_it_costs_me.py"
THIN = DaysQuery(market="deribit-2019-btc", side=-1, notional=50_000.0, leverage=2.0, fund=0.01, depth=0.1)


@pytest.fixture(scope="module")
def thin() -> DaysResult:
    """A short at 2x where fund and depth are so small that it is charged on some days."""
    return whole(THIN)


def text_of(result: DaysResult) -> str:
    return plain(real_texts.headline(result))


def test_it_opens_with_every_day_the_record_and_the_nearest_miss() -> None:
    app = open_page(PAGE)
    first = check(app)[0]
    text = plain(first["headline"])
    assert text.startswith("On none of 2,672 days since 2019 would your $1.0M long at 10x on Hyperliquid BTC have paid")
    assert "less than once in 2.0 years; at the riskiest end of what is assumed, on " in text
    assert "On record, winners paid on 1 of 1,080 days; the model's 0 of 2,672 agree with that." in text
    assert "The nearest miss, 26 October 2019, used" in text
    assert [chart["id"] for chart in first["charts"]] == ["calendar", "venues"]
    assert dict(first["numbers"])["All days"] == "2,672 days"
    moved = check(move(app, "cost:times:fund", 0.5))[0]["headline"]
    assert moved.startswith("With fund 0.5 times as recorded, on none of 2,672 days")
    wild = move(app, "cost:leverage", 125)
    assert any("position.leverage must be <= " in sentence for sentence in notices(wild))


def test_a_charged_position_is_told_how_often_and_how_much(thin: DaysResult) -> None:
    found, text = thin.found, text_of(thin)
    assert found.winner_days > 0
    assert text.startswith("With fund 0.01 times as recorded and depth 0.1 times as recorded, on ")
    assert f"{found.winner_days:,d} of {found.days:,d} days from 2019 to 2021 your $50k short at 2x" in text
    years = found.days / found.winner_days / 365
    assert f"once in {years:.1f} years" in text or f"once in {365 * years:.0f} days" in text
    share = found.rows["own_charge"][found.is_hit].sum()
    share /= np.maximum(found.rows["own_profit"], 0)[found.is_hit].sum()
    assert f"{100 * share:.1f} % of its profit on those days" in text
    assert "nearest miss" not in text


def test_the_calendar_has_a_square_for_every_day_in_the_color_of_the_gravest(thin: DaysResult) -> None:
    chart = charts.calendar(thin)
    counts = {trace["name"]: len(trace["x"]) for trace in chart["traces"]}
    assert sum(counts.values()) == thin.found.days
    assert counts["pays for others"] == thin.found.winner_days
    by_name = {trace["name"]: trace for trace in chart["traces"]}
    hit = thin.found.real_days.date[thin.found.is_hit[0]].astype(str).tolist()
    assert by_name["pays for others"]["customdata"].tolist() == hit
    where = {date: (x, y) for t in chart["traces"] for date, x, y in zip(t["customdata"], t["x"], t["y"], strict=True)}
    assert where["2020-01-01"] == (0, 8 + 2)  # a Wednesday in the first week of the second year
    assert where["2019-12-31"] == (52, 1)  # a Tuesday in the last week of the first
    assert where["2020-03-12"] == (10, 8 + 3)


def test_a_draft_is_a_quarter_of_the_days_and_says_so() -> None:
    query = DaysQuery(market="deribit-2019-btc", leverage=5.0)
    quick, full = draft(query), whole(query)
    assert quick.is_draft
    assert "(a draft: every fourth)" in text_of(quick)
    days = full.found.real_days.date.astype(int) % 4 == 0
    assert (quick.found.rows == full.found.rows[:, days]).all()
    assert "riskiest" not in text_of(quick)
    others = draft(replace(query, others=1.5))
    assert others.found.market.values["accounts"] == real_answers.FEW
    assert others.found.market.values["leverage"] == pytest.approx(1.5 * full.market.values["leverage"])


def test_times_between_days_in_words() -> None:
    assert [real_texts.every(rate) for rate in (0.0, 1.0, 0.5, 1 / 365, 1 / 1314, 1 / 6570)] == [
        "all time", "a day", "2 days", "1.0 years", "3.6 years", "18 years",
    ]  # fmt: skip


def test_the_comparison_holds_markets_beside_their_records() -> None:
    names = compared_names(is_small=False)
    assert {"binance-btc", "deribit-btc", "hyperliquid-btc", "bitfinex-btc"} <= set(names)
    assert not {"binance-2019-btc", "binance-doge"} & set(names)
    assert {"binance-doge", "binance-sol", "binance-xtz", "bybit-new"} <= set(compared_names(is_small=True))
    row = venue_days("bybit-new", 1, 50_000.0, 10.0)
    assert row.low <= row.winner <= row.high
    assert record_of("bybit-new") is None
    refused = venue_days("bybit-new", 1, 1e8, 50.0)
    assert math.isnan(refused.own_liquidation)
    chart = charts.venues([row], "bybit-new", ("bybit-new", "deribit-btc"))
    bands = [trace for trace in chart["traces"] if trace["name"] == "on record"]
    record = record_of("deribit-btc")
    np.testing.assert_allclose(bands[0]["x"], [365 * record.rate.low, 365 * record.rate.high])
    assert "<b>" in chart["layout"]["yaxis"]["ticktext"][0]
    bare = charts.venues([], "binance-sol", compared_names(is_small=True))  # no record, and nothing computed yet
    assert bare["layout"]["xaxis"]["range"][1] == 0.5
    assert bare["traces"] == []


def test_the_command_gives_the_same_days(thin: DaysResult, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(real_texts.command(thin))
    assert words[:3] == ["python", "-m", "engine"]
    found = answer(capsys, *words[3:])
    assert found["winner_days"] == thin.found.winner_days
    assert found["days"] == thin.found.days
    assert found["charge_per_year"] == pytest.approx(thin.found.charge_per_year)
    assert isinstance(thin.riskiest, Hindcast)
    assert found["winner_days_riskiest"] == thin.riskiest.winner_days
    said = denial(capsys, "hindcast", "--venue", "deribit", "--times", "depth=-1")
    assert "--times must be NAME=FACTOR, a factor >= 0, was 'depth=-1'" in said


def test_own_figures_are_those_of_the_engine(thin: DaysResult) -> None:
    market = real_answers.market_of(THIN)
    found = hindcast(market=market, position=real_answers.position_of(THIN), **real_answers.window_of(market))
    assert (found.rows == thin.found.rows).all()
