"""10 October 2025 on its page: charts and sentences against the published figures."""

from __future__ import annotations

import numpy as np
import pytest

from engine import load_waves
from tests.app.boards import check, html_of, open_page, plain, text_of
from ui.october import charts, texts

PAGE = "pages/october_10.py"


def test_the_page_opens_with_its_charts_and_reasons() -> None:
    app = open_page(PAGE)
    board = check(app)[0]
    assert board["headline"] == texts.headline()
    assert [chart["id"] for chart in board["charts"]] == ["measures", "repeated", "left_out", "by_rule"]
    shown = html_of(app)
    for said in (texts.meaning(), texts.rules_sentence(), texts.horizon_sentence(), texts.learning_sentence()):
        assert said in text_of(app)
    assert shown.count("why it is not the loss") == 1


def test_sentences_say_the_published_figures() -> None:
    """653.6M and 23.2M, 28 times apart; one account of 10.93M six times in 65.6M; 386.6M of 2,103M left out."""
    assert "give $23.2M to $653.6M, 28 times as much" in plain(texts.headline())
    repeated = plain(texts.repeated_sentence())
    assert "All but $52k of the $65.6M in 8 waves of the extract is one account of $10.9M, counted in 6" in repeated
    assert "counted once the sum is $11.0M" in repeated  # 65,606,504.21 - 5 x 10,925,707.16
    assert "67.5 % of what was closed" in plain(texts.left_out_sentence())
    assert "($386.6M, 18.4 %)" in plain(texts.left_out_sentence())
    rules = plain(texts.rules_sentence())
    assert "$8.1M. The queue raised $13.5M: $9.8M too much in some waves and $4.4M too little" in rules
    assert "in whole contracts $1.2M are missing, with mirror descent $671k" in rules
    assert "$21.0M instead of $13.5M (+54.8 %), and $12.9M instead of $5.5M" in plain(texts.horizon_sentence())
    assert "615 shocks in 92 coins only 84 had a deficit, $6.0M in all" in plain(texts.shocks_sentence())
    assert "a path of 3.75" in texts.learning_sentence()
    assert "$78.1M worse" in texts.learning_sentence()


def test_charts_hold_the_figures_of_their_sentences() -> None:
    measures = charts.measures()
    printed = np.concatenate([trace["x"] for trace in measures["traces"] if trace["mode"] == "markers"])
    assert sorted(printed / 1e6) == [23.2, 45.0, 51.7, 60.1, 100.1, 304.5, 653.6]
    low, high = measures["layout"]["xaxis"]["range"]
    assert 10**low < printed.min() < printed.max() < 10**high
    one, others = charts.repeated_account()["traces"]
    np.testing.assert_allclose(one["x"] + others["x"], load_waves().deficit)
    assert charts.left_out()["traces"][0]["x"].sum() == pytest.approx(100.0)
    queue = charts.by_rule()["traces"][0]["y"]
    assert queue[0] == pytest.approx(414233.9705960059 / 2266239.82024108)
    assert len(charts.by_rule()["traces"]) == 4


def test_rows_carry_their_marks() -> None:
    rows = texts.rule_rows()
    assert [plain(row["overshoot (computed)"]) for row in rows] == ["$9.8M", "$0", "$0", "$0"]
    assert {"raised (recorded)", "tracking error (computed)", "unfairness (computed)"} <= set(rows[0])
    assert len(texts.measure_rows()) == 4
    assert texts.measure_rows()[2]["figure (recorded)"] == "$45.0M (at once), $51.7M (after 500 ms)"
    first = texts.wave_rows()[0]
    assert (first["wave"], first["PTSR, queue"], first["PMR, queue"]) == ("1", "3.53", "3.53")
    assert texts.wave_rows()[5]["PTSR, queue"] == "not on record"
    assert texts.coin_rows()[0]["coin"] in load_waves().coin
