"""Forecast against record: sentences, charts and tables against the engine's rows, by independent arithmetic."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from engine import compare_with_record, hindcast, load_market, load_record, load_record_days
from tests.app.boards import check, clean, html_of, open_link, open_page, plain, text_of
from ui.forecast import charts, texts
from ui.forecast.answers import HELD_OUT, Forecast, forecast, without_record

PAGE = "pages/forecast_against_record.py"
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def found() -> Forecast:
    return forecast(lambda done, total, name: None)


def test_the_page_opens_with_its_sentence_both_charts_and_tables(found: Forecast) -> None:
    app = open_page(PAGE)
    board = check(app)[0]
    assert board["headline"] == texts.headline(found)
    assert [chart["id"] for chart in board["charts"]] == ["intervals", "ratios"]
    shown = html_of(app)
    for said in (texts.held_out_sentence(found), texts.meaning(found), texts.days_sentence(found.days)):
        assert said in text_of(app)
    assert shown.count("no record to hold it against") == len(found.without) == 5
    clean(app.selectbox(key="forecast:market").set_value("deribit-btc").run())
    assert "https://" in texts.range_rows("deribit-btc")[0]["source"]
    linked = open_link(PAGE, market="kraken-btc")
    assert linked.selectbox(key="forecast:market").value == "kraken-btc"


def test_the_sentence_counts_what_the_rows_hold(found: Forecast) -> None:
    days = hits = inside = alike = 0
    for row in load_record():
        if not row.market or row.rate is None:
            continue
        venue, _, coin = row.market.rpartition("-")
        market = load_market(venue, coin.upper())
        start = max(row.since, market.since)
        rows = hindcast(market=market, since=start, until=row.until).rows[0]
        k, n = int((rows["n_hit"] > 0).sum()), rows.size
        days, hits = days + n, hits + k
        if row.rate.low <= k / n <= row.rate.high:
            inside += 1
        else:
            alike += k == 0 and row.rate.value <= 1 - 0.025 ** (1 / n)  # Clopper-Pearson of none
    text = plain(texts.headline(found))
    assert f"In {inside + alike} of 8 venues and eras" in text
    assert f"record's interval ({inside}) or cannot be told apart from it ({alike})" in text
    assert f"on 2 of 11,314 venue-days, in the model on {hits or 'none'} of {days:,d}." in text
    assert "10 May 2020 at Binance BTC to 2021 and 10 October 2025 at Hyperliquid BTC." in text


def test_dated_days_add_up_to_the_counts_of_the_record() -> None:
    days = load_record_days()
    for row in load_record():
        mine = [day for day in days if day.market == row.market != ""]
        counts = {
            "winner": row.winner_events, "unclear": row.unclear_events, "fund": row.fund_days,
            "displaced": row.displacement_days[0.01],
        }  # fmt: skip
        for figure, count in counts.items():
            if row.market:
                assert sum(day.figure == figure for day in mine) == (count or 0), (row.market, figure)
        for level in (0.03, 0.05):
            if row.displacement_days[level] is not None:
                assert sum(d.figure == "displaced" and d.size > level for d in mine) == row.displacement_days[level]
    assert all(day.sources and date.fromisoformat(day.date) for day in days)


def test_held_out_days_are_counted_by_their_dates(found: Forecast) -> None:
    rows = {each.record.market: each for each in found.held_out}
    assert set(rows) == {"bitmex-btc", "binance-btc", "hyperliquid-btc", "dydx-v4-btc"}
    binance = rows["binance-btc"]
    assert binance.record.exposure == (date(2026, 5, 15) - date(2025, 1, 1)).days + 1
    assert (binance.record.winner_events, binance.record.unclear_events, binance.record.fund_days) == (0, 1, 1)
    assert binance.record.displacement_days == {0.01: 1, 0.03: 0, 0.05: 0}
    assert rows["hyperliquid-btc"].record.winner_events == 1
    alone = hindcast(market=load_market("binance", "BTC"), since=HELD_OUT, until="2026-05-15").rows
    assert (binance.found.rows == alone).all()
    table = compare_with_record(since="2026-04-01").set_index("market")
    assert table.loc["binance-btc", "record_days"] == 45
    assert table.loc["binance-btc", "winner_record"] == table.loc["hyperliquid-btc", "winner_record"] == 0


def test_ratios_and_verdicts_are_those_of_the_counts(found: Forecast) -> None:
    with (DATA / "record.csv").open(encoding="utf-8", newline="") as file:
        record = {row["market"]: row for row in csv.DictReader(file) if row["market"]}
    for each in found.whole:
        row, rows = record[each.record.market], each.found.rows[0]
        for level in (1, 3, 5):
            one = each.figures[f"displaced_{level}pct"]
            if row[f"displaced_{level}pct"] == "":
                assert one.verdict == "no record to hold it against"
                continue
            seen, have = int(row[f"displaced_{level}pct"]), int((rows["displacement"] > level / 100).sum())
            scaled = seen * rows.size / int(row["exposure"])
            assert one.ratio == pytest.approx((have + 0.5) / (scaled + 0.5))
            if seen and 1 / 3 <= have / scaled <= 3:
                assert one.verdict == "within a factor of three"
            elif seen or have:
                assert not one.is_near
                assert texts.reason(one)
    near = sum(row["ratio"] != "" and row["why"] == "" for row in texts.figure_rows(found.whole))
    assert f"{near} of {len(texts.figure_rows(found.whole))} other figures" in texts.figures_sentence(found.whole)


def test_charts_hold_the_intervals_and_the_ratios(found: Forecast) -> None:
    chart = charts.intervals(found)
    lines = [trace for trace in chart["traces"] if trace["mode"] == "lines"]
    first = found.whole[0]
    np.testing.assert_allclose(lines[0]["x"], [365 * first.record.rate.low, 365 * first.record.rate.high])
    n = first.found.days
    np.testing.assert_allclose(lines[1]["x"], [0.0, 365 * (1 - 0.025 ** (1 / n))], rtol=1e-6)
    ratios = charts.ratios(found.whole)
    assert len(ratios["traces"]) == len(texts.figure_rows(found.whole))
    low, high = ratios["layout"]["xaxis"]["range"]
    assert all(10**low < trace["x"][0] < 10**high for trace in ratios["traces"])


def test_days_on_record_stand_beside_the_same_day_of_the_model(found: Forecast) -> None:
    day = next(day for day in found.days if (day.market, day.date) == ("binance-btc", "2025-10-10"))
    alone = hindcast(market=load_market("binance", "BTC"), since="2025-10-10", until="2025-10-10").rows[0, 0]
    assert day.fund == alone["drawdown"]
    assert day.fund_record == 0.154
    assert day.is_unclear
    assert not day.is_missed
    assert sum(day.is_missed for day in found.days) == 2
    assert "lost 15.4 % on record and 0.04 % in the hindcast" in plain(texts.held_out_sentence(found))


def test_markets_without_a_record_are_named() -> None:
    rows = texts.winner_rows((), without_record())
    assert [row["verdict"] for row in rows] == ["no record to hold it against"] * 5
    assert {row["venue and era"] for row in rows} >= {"Bybit BTC", "Kraken BTC"}
    kinds = texts.kind_rows(("hyperliquid-btc",))[0]
    assert sum(int(kinds[kind]) for kind in ("recorded", "derived", "assumed")) == 11
