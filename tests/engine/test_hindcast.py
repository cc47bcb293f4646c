"""Hindcasts: a day is the run that `simulate` gives, books are alive, counts and intervals right, errors named."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import betaincinv

from engine.comparison import compare_with_record, verdict
from engine.day_requests import day_book, day_request, market_days, prepare_days, standing
from engine.drawing.book_settings import Position
from engine.errors import InputError
from engine.hindcast import Hindcast, hindcast, safety_factor
from engine.history import recorded_prices
from engine.margin import liquidation_price
from engine.markets import Market, load_market
from engine.montecarlo.real_days import draw_block_books, run_real_days
from engine.record import Rate, frequency, load_record
from engine.simulation import simulate

CRASH = "2020-03-12"
SPRING = {"since": "2020-03-08", "until": "2020-03-16"}


def small(venue: str, **values: float) -> Market:
    return load_market(venue, "BTC").changed(accounts=200, **values)


@pytest.fixture(scope="module")
def spring() -> Hindcast:
    return hindcast(market=small("deribit-2019"), **SPRING)


# one day against simulate


@pytest.mark.parametrize("venue", ["deribit-2019", "binance-2019", "bitmex-2019"])
def test_a_day_is_the_run_of_its_book_at_its_own_prices(venue: str) -> None:
    """At prices relative to the first, and as a book of real size at real prices on the market placed there."""
    market = small(venue, fund=0.001, depth=0.005)
    found = hindcast(market=market, since=CRASH, until=CRASH).rows[0, 0]
    book, day, there = day_book(market=market, date=CRASH)
    run = simulate(book=book, prices=day.closes[0], opens=day.opens[0], venue=there)
    dollars = day.closes[0, 0] if market.book.contract == "inverse" else 1.0
    assert (found["deficit"] > 0) == (venue != "binance-2019")  # whose fund takes nothing over that is larger than it
    assert found["deficit"] == pytest.approx(run.deficit.sum() * dollars, rel=1e-9)
    assert found["charged"] == pytest.approx(run.charged.sum() * dollars, rel=1e-9, abs=1e-3)
    assert found["forced"] == pytest.approx(run.forced.sum() * dollars, rel=1e-9)
    assert found["displacement"] == pytest.approx(np.abs(run.impact).max(), rel=1e-9)
    peak = np.maximum.accumulate(run.fund)
    assert found["drawdown"] == pytest.approx(((peak - run.fund) / peak).max(), rel=1e-9)
    assert found["n_liquidated"] == run.n_liquidated
    is_hit = (run.charge != 0) | ((run.liquidated_at < 0) & (run.open_size < np.abs(book.size)))
    assert found["n_hit"] == is_hit.sum() > 0


# books with a past


def drawn(market: Market, **window: str) -> tuple[Market, object, object]:
    days = market_days(market, since=window["since"], until=window["until"])
    return market.placed(1.0, 1.0), days, draw_block_books(day_request(market, days), 0)


def test_books_are_alive_matched_and_within_the_cap() -> None:
    """No liquidation price was touched since a position's hour, as `liquidation_price` of the same book says."""
    market = small("deribit-2019")
    book, day, venue = day_book(market=market, date=CRASH)
    price, prices = day.closes[0, 0], recorded_prices("BTC")
    level = liquidation_price(book=book, venue=venue)
    assert book.size[:100].sum() == pytest.approx(2e8)
    assert book.size[100:].sum() == pytest.approx(-2e8)
    ages = set()
    for i in range(200):
        back = 0
        while not math.isclose(
            book.entry_price[i], price if back == 0 else prices.close[day.first_bar[0] - 1 - back], rel_tol=2e-7
        ):
            back += 1
        ages.add(back)
        since = slice(day.first_bar[0] - back, day.first_bar[0])
        if book.size[i] > 0:
            assert (prices.low[since] > level[i]).all()
        else:
            assert (prices.high[since] < level[i]).all()
    assert len(ages) > 10
    leverage = np.abs(book.size) / book.entry_price / book.collateral
    assert (leverage <= market.cap.at(np.abs(book.size), np.abs(book.size) / price) * (1 + 1e-6)).all()
    assert (leverage >= 1 - 1e-6).all()


def test_ages_and_leverage_follow_their_laws() -> None:
    """On a market that no past can liquidate: age exponential of mean 8 hours in whole hours, median leverage 3.7."""
    market = load_market("okx", "BTC").changed(accounts=4000, leverage_dispersion=0.05, leverage=1.2)
    here, days, books = drawn(market, since="2023-08-10", until="2023-08-13")
    leverage = np.abs(books.size) * books.entry / books.collateral
    assert np.median(leverage) == pytest.approx(1.2, rel=0.01)
    at_first = (books.entry == 1.0).mean()  # younger than an hour
    assert at_first == pytest.approx(1 - math.exp(-1 / 8), abs=0.01)
    assert here.price == 1.0
    assert len(days) == 4


def test_a_day_has_the_same_book_in_every_window_and_prepared(spring: Hindcast) -> None:
    alone = hindcast(market=small("deribit-2019"), since=CRASH, until=CRASH)
    place = spring.real_days.date.tolist().index(alone.real_days.date.tolist()[0])
    assert alone.rows[0, 0] == spring.rows[0, place]
    market = small("deribit-2019")
    kept = hindcast(market=market, prepared=prepare_days(market=market, **SPRING), **SPRING)
    assert (kept.rows == spring.rows).all()
    with pytest.raises(InputError, match=r"hindcast\.prepared must be books of this market"):
        hindcast(market=market.changed(leverage=9.0), prepared=prepare_days(market=market, **SPRING), **SPRING)


# counts


def test_counts_are_of_the_rows(spring: Hindcast) -> None:
    assert spring.days == 9
    assert spring.winner_days == int((spring.rows["n_hit"] > 0).sum())
    assert spring.fund_days == int((spring.rows["drawdown"] > 0.05).sum())
    assert spring.displacement_days[0.03] == int((spring.rows["displacement"] > 0.03).sum())
    assert spring.liquidated_share == pytest.approx(spring.rows["forced"].mean() / 4e8)
    table = spring.by_day
    assert list(table.columns) == ["date", "price", "charge", "fund", "displacement", "liquidated", "winner"]
    assert table["liquidated"].idxmax() == spring.real_days.date.tolist().index(np.datetime64(CRASH).astype(object))
    assert spring.rate == frequency(spring.winner_days, 9)


def test_several_books_a_day_and_both_ends() -> None:
    market = small("deribit-2019")
    found = hindcast(market=market, seeds=3, has_ends=True, **SPRING)
    assert found.rows.shape == (3, 9)
    assert found.winner_days == round(sum(found.winner_days_by_seed) / 3)
    assert found.safest.liquidated_share < found.liquidated_share < found.riskiest.liquidated_share


def test_a_position_is_opened_every_day_and_looked_at() -> None:
    """A short of 50,000 USD at 2x through the crash gains what the price lost, less what it is charged."""
    short = Position(trader_id="me", size=-50_000.0, entry_price=8000.0, leverage=2.0)
    market = small("deribit-2019", fund=0.0001, depth=0.005)
    found = hindcast(market=market, position=short, since=CRASH, until=CRASH)
    book, day, venue = day_book(market=market, date=CRASH)
    row, relative = found.rows[0, 0], day.closes[0, -1] / day.closes[0, 0]
    assert venue.policy == "profit_prorata"
    assert row["own_forced_at"] == -1
    assert row["own_charge"] > 0
    assert found.winner_days == 1
    marks = relative * np.exp(np.array([-0.2, 0.2]))  # the mark at the end may be displaced
    gains = np.sort(-50_000.0 * (1.0 - 1.0 / marks))
    assert gains[0] < row["own_profit"] < gains[1]
    long = Position(trader_id="me", size=50_000.0, entry_price=8000.0, leverage=20.0)
    lost = hindcast(market=market, position=long, since=CRASH, until=CRASH)
    assert lost.own_liquidation_days == 1
    assert lost.winner_days == 0
    assert book.n_traders == 200


def test_safety_factor_is_where_charging_begins() -> None:
    market = small("deribit-2019", fund=0.003, depth=0.02)
    day = "2020-03-08"
    factor = safety_factor(market=market, day=day)
    assert 1 < factor < 64
    days = market_days(market, since=day, until=day)
    start = days.closes[:, :1]
    hits = []
    for share in (factor, factor * 0.998):
        moved = replace(days, **{name: start * (getattr(days, name) / start) ** share for name in ("closes", "opens")})
        hits.append(int(run_real_days(day_request(market, moved))["n_hit"][0]))
    assert hits[0] > 0
    assert hits[1] == 0
    assert safety_factor(market=market.changed(fund=1e-9, depth=0.004), day=CRASH) <= 1
    calm = load_market("bitmex", "BTC").changed(accounts=200, leverage=1.1, leverage_dispersion=0.01)
    assert safety_factor(market=calm, day="2023-08-12", by="fund") == math.inf


def test_moves_scale_every_day_and_keep_its_book() -> None:
    market = small("deribit-2019", fund=0.0001, depth=0.005)
    found = hindcast(market=market, moves=0.5, **SPRING)
    plain = hindcast(market=market, **SPRING)
    np.testing.assert_allclose(
        np.log(found.real_days.closes / found.real_days.closes[:, :1]),
        0.5 * np.log(plain.real_days.closes / plain.real_days.closes[:, :1]),
        atol=1e-12,
    )
    assert found.liquidated_share < 0.8 * plain.liquidated_share
    assert hindcast(market=market, moves=0.0, **SPRING).winner_days == 0
    with pytest.raises(InputError, match=r"moves must be >= 0 and <= 64"):
        hindcast(market=market, moves=-1.0, **SPRING)


def test_a_place_in_the_queue_is_among_those_of_its_side() -> None:
    """Opened now it has no profit yet: behind all in profit and who entered at the same price, before all in loss."""
    market = load_market("bitmex", "BTC").changed(accounts=400)
    long, wild = (market.position(usd=50_000.0, leverage=leverage) for leverage in (2.0, 50.0))
    date = "2025-10-10"
    book, day, _ = day_book(market=market, date=date)
    ahead = ((book.size > 0) & (book.entry_price <= day.closes[0, 0])).sum() / (book.size > 0).sum()
    assert standing(market=market, position=long, date=date).place == pytest.approx(ahead, abs=0.02)
    assert standing(market=market, position=wild, date=date).place == pytest.approx(ahead, abs=0.02)
    hyperliquid = load_market("hyperliquid", "BTC")
    places = [standing(market=hyperliquid, position=hyperliquid.position(usd=5e4, leverage=x)).place for x in (2, 20)]
    assert places[0] > places[1]  # ranked by leverage where profit is none
    deribit = load_market("deribit", "BTC")
    found = standing(market=deribit, position=deribit.position(usd=5e4, leverage=10.0))
    assert math.isnan(found.place)
    rate = 0.01 + 0.00005 * 5e4 / found.price  # (1 + m) q / (c + q / e), inverse
    assert found.liquidation_price == pytest.approx((1 + rate) * found.price / 1.1, rel=1e-9)


# the record


@pytest.mark.parametrize(("events", "trials"), [(0, 3136), (1, 2441), (3, 231), (716, 2672), (9, 9), (5, 9)])
def test_intervals_are_exact(events: int, trials: int) -> None:
    found = frequency(events, trials)
    low = 0.0 if events == 0 else betaincinv(events, trials - events + 1, 0.025)
    high = 1.0 if events == trials else betaincinv(events + 1, trials - events, 0.975)
    assert (found.value, found.low, found.high) == pytest.approx((events / trials, low, high), rel=1e-9, abs=1e-12)


def test_the_record_reads_as_it_is_written() -> None:
    rows = {row.market: row for row in load_record() if row.market}
    binance = rows["binance-2019-btc"]
    assert (binance.winner_events, binance.unclear_events, binance.fund_days) == (1, 1, 2)
    assert binance.displacement_days == {0.01: 25, 0.03: 4, 0.05: 2}
    assert rows["bitmex-2019-btc"].liquidated_share == (0.032, 0.032)
    assert rows["kraken-btc"].rate is None


def test_verdicts_in_words() -> None:
    record = Rate(value=0.0, low=0.0, high=0.001)
    assert verdict(record, Rate(value=0.0005, low=0.0, high=1.0)) == "inside the record's interval"
    assert verdict(record, Rate(value=0.002, low=0.0015, high=1.0)) == "above the record's interval"
    assert verdict(Rate(0.001, 2e-5, 0.005), Rate(0.0, 0.0, 0.003)) == "cannot be told apart from the record"
    assert verdict(Rate(0.01, 0.005, 0.05), Rate(0.0, 0.0, 0.003)) == "below the record's interval"
    assert verdict(None, record) == "no record to hold it against"


def test_the_table_holds_every_market_with_a_record() -> None:
    table = compare_with_record(since="2025-06-01", every=30)
    assert set(table["market"]) >= {"binance-btc", "hyperliquid-btc", "kraken-btc"}
    assert "binance-2019-btc" not in set(table["market"])  # its years are over
    line = table.set_index("market").loc["kraken-btc"]
    assert math.isnan(line["winner_record"])
    assert line["verdict"] == "no record to hold it against"


# wrong input


def test_wrong_input_is_named() -> None:
    market = small("deribit-2019")
    with pytest.raises(InputError, match=r"since must be such that there is a whole day of BTC until 2010-01-02"):
        hindcast(market=market, since="2010-01-01", until="2010-01-02")
    with pytest.raises(InputError, match=r"2019-05-15: \d+ of its hours are missing"):
        safety_factor(market=market, day="2019-05-15")
    with pytest.raises(InputError, match=r"safety_factor\.by must be one of depth, fund, leverage, moves, was 'luck'"):
        safety_factor(market=market, day=CRASH, by="luck")
    whale = Position(trader_id="me", size=1e7, entry_price=8000.0, leverage=50.0)
    with pytest.raises(
        InputError, match=r"position\.leverage must be <= .*10,000,000 USD at deribit-2019-btc on 2020-03"
    ):
        hindcast(market=market, position=whale, **SPRING)
    with pytest.raises(InputError, match=r"seeds must be a whole number >= 1"):
        hindcast(market=market, seeds=0, **SPRING)
