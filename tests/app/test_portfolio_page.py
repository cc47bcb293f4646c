"""A portfolio in What it costs me: the sentence against the engine's figures, table, links, wrong input, command."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine import Leg, PortfolioDays
from engine.cli.portfolio import leg_of
from tests.app.boards import check, move, notices, open_page, parsed, plain
from ui.cost import portfolio_texts as texts
from ui.cost.charts.portfolio import paying_days
from ui.cost.portfolio_answers import PortfolioQuery, PortfolioResult, draft, has_hits, kept_legs, legs_text, read_legs
from ui.cost.portfolio_controls import COLUMNS, frame_of, legs_of, venues

PAGE = "pages/what_it_costs_me.py"
MODE = {"cost:mode": "A portfolio"}


@pytest.fixture(scope="module")
def result() -> PortfolioResult:
    return draft(PortfolioQuery())


def riskiest(result: PortfolioResult) -> PortfolioDays:
    assert result.found.riskiest is not None
    return result.found.riskiest


def text_of(result: PortfolioResult) -> str:
    return plain(texts.headline(result))


def test_it_opens_with_a_hedged_pair_and_moves() -> None:
    app = open_page(PAGE, MODE)
    first = check(app)[0]
    text = plain(first["headline"])
    start = (
        "On none of 2,672 days since 2019 (a draft: the 40 wildest are run), less than once in 2.0 years, would your "
    )
    assert text.startswith(
        start + "$1.0M long in ETH and $1.0M short in BTC on $250k of cash, all legs on it, at Hyper"
    )
    assert [chart["id"] for chart in first["charts"]] == ["paying"]
    assert dict(first["numbers"])["A leg taken"] == "0 (to 0.5) days a year"
    assert "assumed: it lies to BTC there as at Binance" in " ".join(each.value for each in app.markdown)
    poor = move(app, "cost:cash", 2000)
    assert any("cash must be >= " in sentence and "1,000,000 USD of ETH" in sentence for sentence in notices(poor))


def test_the_sentence_has_the_figures_of_the_engine(result: PortfolioResult) -> None:
    end, text = riskiest(result), text_of(result)
    rule, taken = end.deleveraging, end.deleveraging.rows["n_taken"] > 0
    assert taken.sum() > 1
    assert f"one is taken on at least {taken.sum()}." in text
    worst = int(np.argmax(np.where(taken, rule.rows["cost"], -np.inf)))
    assert texts.date_words(str(end.date[worst])) in text
    assert texts.usd(float(rule.rows["naked"][taken].mean())) + " of it without its hedge" in text
    charge = end.haircut.rows["charge"]
    assert f"on at least {(charge != 0).sum()} days, {texts.usd(float(charge[charge != 0].mean()))}" in text
    assert text.count("liquidated") == 1


def test_the_chart_has_a_mark_for_every_day_that_the_sentence_counts(result: PortfolioResult) -> None:
    chart, end = paying_days(result), riskiest(result)
    traces = {trace["name"]: trace for trace in chart["traces"] if trace["name"]}
    taken = end.deleveraging.rows["n_taken"] > 0
    np.testing.assert_allclose(traces["leg taken"]["y"], end.deleveraging.rows["cost"][taken], rtol=1e-6)
    assert len(traces["haircut"]["x"]) == end.haircut.days("charge")
    assert len(traces["liquidated itself"]["x"]) == end.of_own.days("liquidated")
    day = traces["leg taken"]["text"][0]
    assert "of its legs taken" in day
    assert "ETH" in day


def test_where_legs_are_taken_as_recorded_that_is_said_first(result: PortfolioResult) -> None:
    """The riskiest end put in the place of the recorded values."""
    own = replace(result, found=replace(riskiest(result), riskiest=None, safest=None))
    assert has_hits(own.found)
    text = text_of(own)
    days = own.found.deleveraging.days("n_taken")
    assert text.startswith(f"On {days} of 2,672 days since 2019 (a draft: the 40 wildest are run), once in ")
    assert "riskiest" not in text
    assert own.shown is own.found


def test_where_nothing_happens_that_is_said_without_a_picture(result: PortfolioResult) -> None:
    quiet = replace(result, found=replace(result.found, riskiest=replace(result.found, riskiest=None)))
    assert not has_hits(quiet.found)
    assert "Nor would one at the riskiest end of what is assumed." in text_of(quiet)
    chart = paying_days(quiet)
    assert chart["takeaway"].startswith("On none of the days is a leg taken")
    assert math.isfinite(chart["layout"]["yaxis"]["range"][1])


def test_legs_in_links_and_in_the_table_are_the_same() -> None:
    legs = (Leg(coin="ETH", side="long", usd=2e6, gain=0.25), Leg(coin="SOL", side="short", usd=5e5))
    text = legs_text(legs)
    assert text == "long.eth.2000000.25_short.sol.500000"
    assert read_legs(text) == legs
    assert kept_legs(text) == text
    assert legs_of(frame_of(text)) == (legs, [])
    table = pd.DataFrame([("ETH", "long", 1e6, None), ("BTC", None, 1e6, 0)], columns=list(COLUMNS))
    kept, faults = legs_of(table)
    assert kept == (Leg(coin="ETH", side="long", usd=1e6),)
    assert faults == ["Leg 2 needs a coin, a side and a size above $0; it is not counted yet."]


@pytest.mark.parametrize(
    "text", ["", "long.eth", "up.eth.5", "long.eth.-5", "long.eth.nan", "long.pepe.5", "long.eth.5.500"]
)
def test_a_link_without_legs_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"A leg must be a side, a coin and USD|A coin must be one of"):
        read_legs(text)


def test_two_legs_in_one_coin_are_refused_and_one_leg_is_a_portfolio() -> None:
    twice = open_page(PAGE, MODE | {"cost:legs": "long.eth.1000000_short.eth.500000"})
    assert any("in one leg alone" in sentence for sentence in notices(twice))
    empty = open_page(PAGE, MODE | {"cost:legs": ""})
    assert any("legs must be at least one" in sentence for sentence in notices(empty))
    alone = draft(PortfolioQuery(venue="binance", legs=(Leg(coin="BTC", side="short", usd=1e6),)))
    assert "your $1.0M short in BTC on $250k of cash at Binance" in text_of(alone)


def test_venues_have_contracts_in_dollars() -> None:
    assert {"hyperliquid", "binance", "dydx-v4"} <= set(venues())
    assert not {"deribit", "bitmex", "binance-2019"} & set(venues())


def test_the_command_asks_the_same(result: PortfolioResult) -> None:
    given = parsed(texts.command(result))
    assert tuple(leg_of(text) for text in given.leg) == result.query.legs
    asked = (given.venue, given.cash, given.margin, given.wildest, given.ends)
    assert asked == ("hyperliquid", 2.5e5, "cross", 40, True)
    assert given.since == str(result.found.date[0])
