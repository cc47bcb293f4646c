"""10 October 2025, all coins, on its page: sentences against the runs, the hedge's story, links, what cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import OctoberQuestion, OwnHedge, load_october, october_run
from tests.app.boards import check, notices, open_link, open_page, parsed, pick, plain, text_of
from ui.october_coins import charts, texts
from ui.october_coins.answers import day_of, other_drawings

PAGE = "pages/october_10_all_coins.py"


def test_the_page_shows_the_day_beside_the_record_and_refuses_a_hedge_in_one_coin() -> None:
    app = open_page(PAGE)
    first, own = check(app)
    day = day_of(OctoberQuestion())
    assert first["headline"] == texts.headline(day)
    assert [chart["id"] for chart in first["charts"]] == ["prices", "by_coin", "results", "naked"]
    assert [chart["id"] for chart in own["charts"]] == ["equity", "exposure"]
    shown = text_of(app)
    assert texts.story(day) in shown
    assert "not modeled: each account below zero is passed on by itself" in shown
    pick(app, {"october:short": "ETH"})
    assert "own.short must be another coin than own.long" in notices(app.run())[0]


def test_a_link_opens_another_hedge() -> None:
    app = open_link(PAGE, long="SOL", short="BTC", leverage="8", v="1")
    check(app)
    day = day_of(OctoberQuestion(own=OwnHedge(long="SOL", leverage=8.0)))
    assert texts.story(day) in text_of(app)


def test_the_story_of_a_hedge_is_that_of_its_log() -> None:
    """The short is taken near the low; without it the account is long, and has more once prices are back."""
    day = day_of(OctoberQuestion())
    story, hedge = plain(texts.story(day)), day.closed.hedge()
    row = hedge.events[0]
    at = texts.clock(float(day.closed.seconds[row["step"]]))
    assert f"at {at} {texts.usd(abs(row['size'] * row['mark_before']))} of your BTC short is closed" in story
    assert "long without a hedge" in story
    assert "both legs stay" in story
    assert texts.usd(float(day.closed.run.equity[-1])) in story


def test_how_often_the_hedge_fares_so_is_counted_over_drawings() -> None:
    """At 17x its short is taken in all five; at 15x in one of them, the second."""
    told = texts.how_sure(day_of(OctoberQuestion()))
    assert "In 5 drawings of the other accounts a leg of yours is closed for a bankrupt account in 5" in told
    told = texts.how_sure(day_of(OctoberQuestion(own=OwnHedge(leverage=15.0))))
    assert "is closed for a bankrupt account in 1, and a leg is liquidated in 1." in told
    assert "in 0, and a leg is liquidated in 0." in texts.how_sure(day_of(OctoberQuestion(own=OwnHedge(leverage=2.0))))


def test_the_venues_figures_under_the_hand_are_of_runs_that_are_there() -> None:
    """Moving one's own leverage runs no other drawing again: the account is a ten-thousandth of the venue."""
    first, second = (other_drawings(OctoberQuestion(own=OwnHedge(leverage=each))) for each in (5.0, 6.0))
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_a_hedge_that_loses_its_short_first_can_lose_everything() -> None:
    """Long SOL, short BTC at 8x: the short is taken, the long is then liquidated: nothing is left."""
    day = day_of(OctoberQuestion(own=OwnHedge(long="SOL", leverage=8.0)))
    story = plain(texts.story(day))
    kinds = day.closed.hedge().events["kind"].tolist()
    assert kinds[:2] == [3, 0]
    assert "what is left, your SOL is liquidated" in story
    assert "at 22:00 you have $0." in story
    both = plain(texts.story(day_of(OctoberQuestion(own=OwnHedge(leverage=20.0)))))
    assert "no leg is left; at 22:00" in both


def test_the_record_stands_beside_what_is_computed() -> None:
    day = day_of(OctoberQuestion())
    rows = {row[""]: row for row in texts.record_rows(day)}
    event = load_october().event
    assert rows["Liquidated"]["on record (recorded)"] == texts.usd(event["liquidated"])
    assert rows["Liquidated"]["this replay (computed)"] == texts.usd(float(day.closed.liquidated.sum()))
    assert plain(rows["Accounts closed early, of all"]["on record (recorded)"]) == "4.4 %"
    assert rows["First one closed after the first liquidation"]["on record (recorded)"] == "61.7 s"
    assert len(texts.rule_rows(day)) == 8
    assert len(texts.coin_rows(day)) == 8


def test_charts_hold_the_figures_of_their_runs() -> None:
    day = day_of(OctoberQuestion())
    computed, recorded = charts.by_coin(day)["traces"]
    np.testing.assert_allclose(computed["x"], day.closed.deleveraged)
    assert recorded["x"][0] == 620_900_000.0
    closed, haircut = charts.results(day)["traces"]
    groups = day.closed.groups()
    np.testing.assert_allclose(closed["x"], [day.closed.result(group) for group in groups.values()])
    np.testing.assert_allclose(haircut["x"], [day.haircut.result(group) for group in groups.values()])
    unhedged = charts.naked(day)["traces"][0]["x"]
    assert unhedged[0] == pytest.approx(day.closed.naked)
    largest = october_run(replace(day.question, order="largest_notional"))
    assert unhedged[2] == pytest.approx(largest.naked)


def test_the_command_asks_the_same_day() -> None:
    question = OctoberQuestion(order="random", depth=0.2, seed=4, own=OwnHedge(long="XTZ", leverage=3.0))
    arguments = parsed(texts.command(question))
    assert (arguments.order, arguments.depth, arguments.seed) == ("random", 0.2, 4)
    assert (arguments.long, arguments.short, arguments.leverage) == ("XTZ", "BTC", 3.0)
