"""A fund in tiers on Fund size, and the ten seasons: figures by hand, every control, the link, the command."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.app.boards import boards, clean, move, notices, open_link
from ui.fund import seasons, tiers
from ui.fund.answers import FundQuery, whole_study
from ui.fund.charts import seasons as seasons_charts
from ui.fund.charts import tiers as charts

PAGE = "pages/fund_size.py"
ROOT = Path(__file__).parents[2]


def test_a_quiet_day_pays_the_rate_on_every_position() -> None:
    """Nothing moves: 288 steps of 10 % a year on both sides, as long as the fund is below its target."""
    query = FundQuery()
    study = whole_study(query.market, 1)
    flat = np.full((1, tiers.STEPS + 1), study.start)
    notional = float(np.abs(study.book.size).sum()) * study.start
    paid = 0.1 / 365.0 * notional
    for key in ("size", "margin", "record"):
        (run,) = tiers.chain(study.book, (flat, flat), tiers.venue_of(query, study.venue, key))
        assert run.n_liquidated == 0
        assert run.contributions == pytest.approx(paid, rel=1e-6)
        assert run.fund[-1] == pytest.approx(query.market.fund_money + paid)
        whole = study.book.collateral if key == "margin" else np.abs(study.book.size)
        np.testing.assert_allclose(run.contribution, paid * whole / whole.sum(), rtol=1e-6)
    (bare,) = tiers.chain(study.book, (flat, flat), tiers.venue_of(query, study.venue, "size", 0.0))
    assert bare.contributions == 0.0


def test_the_fund_with_tiers_is_short_less_often_and_the_sentence_says_how_often() -> None:
    query = replace(FundQuery(), fund_key="record")
    found = tiers.answer(query)
    assert found.short < found.bare_short
    np.testing.assert_allclose(found.shares.sum(axis=1), 1.0)
    text = tiers.sentence(found)
    assert f"short on {found.short} with tiers and on {found.bare_short} without" in text
    drawn = {chart["id"]: chart for chart in charts.charts(found)}
    assert len(drawn["tiers"]["layout"]["shapes"]) == 2
    np.testing.assert_allclose(sum(trace["x"] for trace in drawn["who_fills"]["traces"]), 100.0)
    assert drawn["rate_chance"]["traces"][0]["y"][0] == pytest.approx(100.0 * found.bare_short / found.n_days)
    command = tiers.commands(query).removeprefix('python -c "').removesuffix('"')
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == text


def test_tiers_on_the_page_with_their_link_and_what_cannot_be() -> None:
    at = open_link(PAGE, v="1", fund_target="2", tier_rate="20", fund_key="margin")
    at.session_state["fund:fold:tiers"] = True
    clean(at.run())
    shown = {chart["id"]: chart for board in boards(at) for chart in board["charts"]}
    assert "its target is $20.0M" in shown["tiers"]["takeaway"]
    assert at.selectbox(key="fund:key").value == "margin"
    at.selectbox(key="fund:key").set_value("weight").run()
    assert at.query_params["fund_key"] == "weight"
    move(at, "fund:deep_rate", 5.0)
    clean(at.button(key="fund:asked:tiers:again").click().run())
    assert any("the rates of tiers rise" in sentence for sentence in notices(at))


def test_a_link_with_damaged_tiers_says_what_was_left_out() -> None:
    said = " ".join(notices(open_link(PAGE, v="1", fund_target="0", fund_key="height")))
    assert "Target of the fund must be a number from 0.05 to 20" in said
    assert "Contributions shared by must be one of size, margin, weight, record" in said


def test_ten_days_say_whether_defaulters_pay_more_and_the_fund_holds() -> None:
    both = seasons.answer(FundQuery())
    found, charged, fund = both[0], *seasons_charts.charts(both)
    assert found.times_charged(found.runs) > 1.0
    assert f"{found.times_charged(found.runs):.2f} times" in charged["takeaway"]
    assert f"In this one draw short on {found.empty_days(found.runs)} days with tiers" in fund["takeaway"]
    np.testing.assert_allclose(fund["traces"][1]["y"][1:], [run.fund[-1] for run in found.runs])
