"""The film, one trader's story, A against B, and the report: all from the run's own figures."""

from __future__ import annotations

import csv
import io
import re
from html import escape

import numpy as np
import pandas as pd
import pytest

from engine import preset_names
from tests.ui.replays import run
from tests.ui.test_charts import valid
from ui.cascade import tables
from ui.cascade.ab_comparison import both_numbers, difference_rows, difference_sentence
from ui.cascade.charts import film, flow, main_charts, more_charts, one_trader, overlay, story, trader_at
from ui.cascade.charts.one_trader import equity_over_time
from ui.cascade.charts.play import MOST_FRAMES, next_in_line
from ui.cascade.headline import numbers
from ui.cascade.report import report, versions
from ui.charts.run_view import view_of
from ui.frame.formats import money
from ui.live import pack
from ui.settings import files
from ui.settings.market import Market, market_scenario
from ui.settings.reproduce import file_name
from ui.settings.run_settings import Choice, scenario_of


@pytest.mark.parametrize("preset", preset_names())
def test_the_film_has_a_sentence_and_a_picture_for_every_step(preset: str) -> None:
    made = run(preset)
    reel = film(made)
    n = len(reel.sentences)
    assert n == reel.rounds.size
    assert np.all(np.diff(reel.rounds) >= 0)
    assert all(text.endswith(".") and "nan" not in text for text in reel.sentences)
    for chart in reel.charts:
        for trace in chart["traces"]:
            if "upto" in trace:
                assert trace["upto"].size == n
                assert np.all(np.diff(trace["upto"]) >= 0)
                assert trace["upto"][-1] == len(trace["x"])
            for frames in trace.get("frames", {}).values():
                assert frames.shape == (n, len(trace["y"]))
    pack(reel.charts)


def test_each_forced_trade_is_told_with_its_reason_its_prices_and_who_pays() -> None:
    made = run("okex-2018")
    event = made.run.events[0]
    text = film(made).sentences[1]
    assert text.startswith("3 Aug 08:00: the price jumps from 8,130 to 7,483, past 8,100, the level of user 2051247 ")
    assert "(long, 20x). Sold at 7,483, below 8,020 where its own money ends: " in text
    assert f" is missing; the fund pays {money(float(event['fund_paid']), 'BTC')}" in text
    assert text.endswith("is left for the winners to bear.")


def test_the_film_says_why_the_next_one_falls() -> None:
    made = run("cascade")
    events, told = made.run.trades, film(made).sentences[1:-1]
    assert all(text[0].isupper() or text[0].isdigit() for text in told)
    pushed = [number for number, text in enumerate(told) if text.startswith("That sale moved the mark to")]
    assert pushed
    for number in pushed:
        before, now = events[number - 1], events[number]
        assert before["mark_before"] > now["trigger"] >= before["mark_after"]
    moved = [number for number, text in enumerate(told) if "he price falls to" in text]
    assert moved
    assert all(events[number]["mark_before"] == pytest.approx(events[number]["trigger"]) for number in moved)


def test_a_film_says_at_which_level_it_stopped() -> None:
    made = run("cascade")
    last = film(made).sentences[-1]
    standing = made.run.trigger[(made.run.liquidated_at < 0) & (made.run.book.size > 0)]
    level = standing[standing < made.run.mark_low.min()].max()
    assert last.endswith(f"The next level, {level:,.0f}, was not reached.")


def test_levels_fall_trade_by_trade() -> None:
    made = run("cascade")
    n = made.run.trades.size
    falling, line, _ = film(made).charts
    assert falling["layout"]["xaxis"]["range"] == [0, n + 0.5]
    levels = next(trace for trace in falling["traces"] if trace["name"] == "longs forced out")
    assert levels["upto"].tolist() == [*range(n + 1), n]
    assert levels["y"] == pytest.approx(made.run.trades["trigger"])
    reached = line["traces"][1]["frames"]["y"]
    ahead = line["traces"][0]["frames"]["y"]
    assert (reached[:-2, 0] > 0).any()
    assert (ahead <= 0).all()
    assert not ((reached > 0) & (ahead < 0)).any()
    first = 100 * (made.run.trades["trigger"][0] / made.run.prices[0] - 1)
    assert next_in_line(made, np.array([0], np.int32))[0, 0] == pytest.approx(first)


def test_a_film_of_many_trades_has_fewer_frames_and_short_sentences() -> None:
    made = run("hyperliquid-2025")
    assert made.run.trades.size > MOST_FRAMES
    reel = film(made)
    assert len(reel.sentences) == len(reel.running) == MOST_FRAMES + 2
    out = made.summary.n_liquidated
    assert f"{out:,d} traders forced out, deficit {money(made.summary.deficit, 'USD')}." in reel.running[-2]


def test_the_last_frame_is_the_waterfall_of_the_run() -> None:
    made = run("bitvc-2014")
    last = film(made).charts[2]["traces"][0]["frames"]["x"][-1]
    assert last[0] == pytest.approx(made.summary.deficit)
    assert last[1:].sum() == pytest.approx(made.summary.deficit)


@pytest.mark.parametrize("preset", ["okex-2018", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014"])
def test_a_trader_ends_with_the_equity_of_the_run(preset: str) -> None:
    made = run(preset)
    n = made.run.book.n_traders
    for trader in {*range(0, n, max(n // 60, 1)), int(np.argmax(made.run.charge)), n - 1}:
        path = equity_over_time(made, trader)
        assert path[-1] == pytest.approx(made.run.equity[trader], rel=1e-9, abs=1e-6)
        assert np.isfinite(path).all()
        assert story(made, trader).endswith(".")
    for chart in one_trader(made, n - 1):
        valid(chart)


def test_a_click_names_a_trader_only_where_a_point_is_one() -> None:
    charts = main_charts(run("okex-2018"))
    points = next(trace for trace in charts[3]["traces"] if trace.get("meta"))
    at = charts[3]["traces"].index(points)
    assert trader_at(charts, "payers", at, points["customdata"][0]) == int(points["customdata"][0][0])
    assert trader_at(charts, "price", 0, None) is None
    assert trader_at(charts, "payers", 99, [1.0]) is None
    assert trader_at(charts, "elsewhere", 0, [1.0]) is None


def test_a_against_b_in_a_sentence_numbers_and_a_table() -> None:
    before, now = run("okex-2018"), run("okex-2018", venue__fund=1000.0)
    assert difference_sentence(before, before) == "Against A nothing changes."
    lost = [f"{100 * made.summary.rate:.1f}\u00a0%" for made in (now, before)]
    assert difference_sentence(now, before) == (
        f"Against A, winners lose {lost[0]} of their profit instead of {lost[1]}."
    )
    assert both_numbers(now, before)[3][0] == f"Winners lost (A: {lost[1]})"
    rows = {row[""]: row for row in difference_rows(now, before)}
    assert rows["venue.fund"]["A"] == "10.0"
    assert rows["venue.fund"]["B"] == "1000.0"
    assert rows["paid by the fund"]["A"] != rows["paid by the fund"]["B"]


def test_the_difference_from_a_is_that_of_the_numbers_shown() -> None:
    before, now = run("hyperliquid-2025"), run("hyperliquid-2025", book__leverage=5.0)
    shown = [dict(numbers(made))["Deficit, and who paid most"].split(",")[0] for made in (now, before)]
    assert f"the deficit is {shown[0]} instead of {shown[1]}" in difference_sentence(now, before)
    assert [flow(made)["traces"][0]["x"][0] for made in (now, before)] == [
        pytest.approx(made.summary.deficit) for made in (now, before)
    ]


@pytest.mark.parametrize("preset", ["okex-2018", "hyperliquid-2025", "calm"])
def test_a_lies_beneath_b_in_every_chart(preset: str) -> None:
    before, now = run(preset), run(preset, venue__fund=0.0, path__volatility=1.2)
    for plain, both in zip(main_charts(now), main_charts(now, before), strict=True):
        assert len(both["traces"]) == len(plain["traces"]) + 1, plain["id"]
        valid(both)


def test_a_chart_without_an_overlay_is_returned_as_it_is() -> None:
    now, before = run("okex-2018", venue__fund=50.0), run("okex-2018")
    charts = [*main_charts(now), *more_charts(now)]
    drawn = overlay(charts, now, before)
    assert [chart["id"] for chart in drawn] == [chart["id"] for chart in charts]
    assert [new is old for new, old in zip(drawn, charts, strict=True)] == [False] * 4 + [True] * len(more_charts(now))


def test_an_unknown_chart_is_an_error_that_names_it() -> None:
    made = run("okex-2018")
    with pytest.raises(ValueError, match=r"a chart must be one of price, .*, was 'prices'"):
        overlay([{**main_charts(made)[0], "id": "prices"}], made, made)


def test_another_replay_is_compared_in_the_table_only() -> None:
    before, now = run("calm"), run("okex-2018")
    assert "another replay" in difference_sentence(now, before)
    assert [len(chart["traces"]) for chart in main_charts(now, before)] == [
        len(chart["traces"]) for chart in main_charts(now)
    ]
    assert difference_rows(now, before)[0]["A"] == "A calm day"


def test_the_report_stands_alone() -> None:
    made = run("okex-2018")
    html = report(made)
    assert made.preset.title in html
    assert "python -m engine run --preset okex-2018" in html
    assert versions() in html
    outside = html[: html.index("<script>")]
    assert not re.search(r'(src|href)\s*=\s*"', outside)  # nothing is loaded; addresses stand there as text
    assert "make run" in html
    assert html.count("</script>") == 2
    assert html.count("Plotly.newPlot(c.id") == 1


def test_a_report_of_a_changed_run_begins_with_what_was_changed() -> None:
    scenario = scenario_of(Choice("hyperliquid-2025", {"book.leverage": 12.0}))
    html = report(view_of("hyperliquid-2025", scenario))
    assert "Changed: leverage 12.0x instead of 7.5x. What happened (recorded): " in html
    assert "Changed:" not in report(run("okex-2018"))


def test_the_report_has_the_pinned_run_and_the_link() -> None:
    now, before = run("okex-2018", venue__fund=0.0), run("okex-2018")
    html = report(now, before, "http://here/live_cascade?v=1&p=okex-2018&fund=0")
    assert escape(difference_sentence(now, before)) in html
    assert "A (pinned) against B" in html
    assert 'href="http://here/live_cascade?v=1&amp;p=okex-2018&amp;fund=0"' in html
    assert "A (pinned)" not in report(now)


def test_tables_hold_every_trader_and_event() -> None:
    made = run("bitmex-2020")
    frame = tables.traders(made)
    assert len(frame) == made.summary.n_traders
    assert (frame["outcome"].isin(["liquidated", "bankrupt"])).sum() == made.summary.n_liquidated
    assert float(frame["charge (BTC)"].sum()) == pytest.approx(float(made.run.charge.sum()))
    log = tables.events(made)
    assert len(log) == made.run.events.size
    assert set(log["kind"]) == {"liquidation"}
    text = files.as_csv(log, files.head(made, "http://here/live_cascade?v=1&p=bitmex-2020"))
    top = [line for line in text.splitlines() if line.startswith("# ")]
    assert "# made by: Shortfall 0.1.0" in top
    assert "# money: in BTC, prices in USD" in top
    assert "# settings that were changed: none" in top
    assert "# link: http://here/live_cascade?v=1&p=bitmex-2020" in top
    again = pd.read_csv(io.StringIO(text), comment="#")
    assert list(again.columns)[:3] == ["step", "time", "kind"]
    assert {"deficit (BTC)", "fill (USD)", "size (USD)"} <= set(again.columns)


@pytest.mark.parametrize(("preset", "currency"), [("okex-2018", "BTC"), ("hyperliquid-2025", "USD")])
def test_every_number_of_a_file_has_its_unit_in_its_columns_name(preset: str, currency: str) -> None:
    frame = tables.traders(run(preset))
    words = {"trader", "side", "outcome", "liquidated in step", "liquidated at"}
    units = {name: name.rpartition(" (")[2] for name in frame.columns if name not in words}
    assert set(units.values()) == {"x)", f"{currency})", "USD)", "%)"}
    lost = frame["profit lost (%)"]
    assert float(lost.max()) > 1.5  # percent, not a fraction


def test_who_was_closed_early_lost_a_share_of_its_profit() -> None:
    frame = tables.traders(run("hyperliquid-2025"))
    closed = frame[frame["outcome"].str.startswith("closed early") & (frame["charge (USD)"] > 0)]
    assert len(closed) > 50
    profit = closed["charge (USD)"] / (closed["profit lost (%)"] / 100.0)
    assert (closed["profit lost (%)"] > 0).all()
    assert np.allclose(profit, closed["profit before charges (USD)"])


def test_a_step_in_a_file_has_its_time_and_is_a_whole_number() -> None:
    text = files.as_csv(tables.traders(run("okex-2018")), {})
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["outcome"] == "bankrupt")
    assert row["liquidated in step"].isdecimal()
    assert row["liquidated at"]


def test_files_of_different_settings_have_different_names() -> None:
    plain, other = run("calm").scenario, run("calm", book__leverage=8.0).scenario
    assert file_name(plain) == "shortfall-calm.json"
    assert re.fullmatch(r"shortfall-calm-[0-9a-f]{8}\.json", file_name(other))
    markets = [market_scenario(Market(volatility=volatility)) for volatility in (0.5, 1.0)]
    assert len({file_name(each) for each in markets}) == 2


def test_parquet_reads_back() -> None:
    frame = tables.traders(run("calm"))
    again = pd.read_parquet(io.BytesIO(files.as_parquet(frame, {"money": "in USD"})))
    assert list(again.columns) == list(frame.columns)
    assert len(again) == len(frame)
    assert again.attrs == {"money": "in USD"}


def test_the_ledger_sums() -> None:
    rows = tables.ledger_rows(run("hyperliquid-2025"))
    assert rows[-1]["party"] == "Sum"
    assert rows[-1]["before"] == rows[-1]["after"]
    assert len(tables.flow_rows(run("hyperliquid-2025"))) >= 3
