"""Contagion on its page: its sentence and charts against the question, what a drag draws, links, undo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import CONTAGION_COINS, Contagion, coin_fall, contagion
from engine.cli.accounts import question_of
from tests.app.boards import check, move, notices, open_link, open_page, parsed, pick, plain, text_of
from ui.contagion import charts, controls, texts
from ui.contagion.answers import Asked, answer, spread

PAGE = "pages/contagion.py"


def test_the_page_opens_with_the_sentence_of_its_question_and_follows_its_controls() -> None:
    app = open_page(PAGE)
    board = check(app)[0]
    start = answer(Asked(Contagion(), "SOL"))
    assert board["headline"] == texts.headline(start)
    assert [chart["id"] for chart in board["charts"]] == ["matrix", "ladder", "payers", "naked"]
    assert "no other price moves by itself" in board["headline"]
    assert "2,000 drawn traders" in text_of(app)
    assert texts.spread_words(start, spread(start.asked)) in text_of(app)

    moved = check(move(app, "contagion:leverage", 12.0))[0]
    assert moved["headline"] == texts.headline(answer(Asked(Contagion(leverage=12.0), "SOL")))
    pick(app, {"contagion:margin": "isolated", "contagion:coin": "ETH"})
    other = check(app.run())[0]
    assert "Margin is isolated, so forced selling stays in ETH" in other["headline"]

    app.button(key="steps:contagion:undo").click().run()
    assert check(app)[0]["headline"] == moved["headline"]
    app.button(key="steps:contagion:undo").click().run()
    assert check(app)[0]["headline"] == board["headline"]
    app.button(key="steps:contagion:redo").click().run()
    assert check(app)[0]["headline"] == moved["headline"]
    app.button(key="steps:contagion:reset").click().run()
    assert check(app)[0]["headline"] == board["headline"]


def test_a_link_opens_every_setting_and_refuses_what_cannot_be() -> None:
    app = open_link(PAGE, coin="ETH", margin="isolated", crash="30", fall_xtz="10", policy="adl_queue", v="1")
    board = check(app)[0]
    asked = Asked(Contagion(crash=0.3, own_falls=(0, 0, 0, 0, 0.1), is_cross=False, policy="adl_queue"), "ETH")
    assert board["headline"] == texts.headline(answer(asked))
    wrong = open_link(PAGE, coin="HYPE", v="1")
    check(wrong)
    assert "Coin that crashes must be one of btc, eth, sol, doge, xtz, was 'HYPE'" in " ".join(notices(wrong))


def test_other_drawings_say_how_far_the_answer_moves() -> None:
    seen = spread(Asked(Contagion(), "SOL"))
    runs = {seed: answer(Asked(Contagion(seed=seed), "SOL")) for seed in range(2, 9)}
    assert seen.in_others == pytest.approx(
        (min(r.in_others for r in runs.values()), max(r.in_others for r in runs.values()))
    )
    for is_cross in (True, False):
        deficits = [run.ways[is_cross, "profit_prorata"].deficit for run in runs.values()]
        assert seen.deficit[is_cross] == pytest.approx((min(deficits), max(deficits)))
    assert max(seen.deficit[True]) < min(seen.deficit[False])  # what the headline's comparison rests on


def test_a_drag_asks_what_the_controls_would_ask() -> None:
    lists = {each.key: each.start for each in controls.LISTS}
    moved = {slider.key: slider.start for slider in controls.SLIDERS} | {"contagion:crash": 55.0}
    assert controls.asked(moved, lists) == Asked(Contagion(crash=0.55), "SOL")


def test_sentences_and_charts_are_made_of_the_same_figures() -> None:
    question = Contagion(policy="adl_queue", leverage=8.0)
    found = answer(Asked(question, "BTC"))
    matrix = contagion(question)
    np.testing.assert_allclose(found.matrix.liquidated, matrix.liquidated)
    others = matrix.liquidated[1:, 0].sum()
    assert found.in_others == pytest.approx(others)
    assert texts.usd(others) in texts.headline(found)
    naked = charts.naked(found)["traces"]
    order = [(True, False), (True, True), (False, False), (False, True)]
    for at, (is_cross, is_adl) in enumerate(order):
        policy = "adl_queue" if is_adl else "profit_prorata"
        way = coin_fall(replace(question, is_cross=is_cross, policy=policy), "BTC")
        assert [trace["x"][at] for trace in naked] == pytest.approx(
            [max(way.charged, 0.0), way.naked, way.naked_by_deleveraging]
        )
    paid = sum(trace["x"] for trace in charts.payers(found)["traces"])
    assert paid[0] == pytest.approx(found.fall.deficit, rel=0.2)
    assert naked[2]["x"][1] > 1e6


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Contagion(crash=0.0), "Nobody is liquidated: raise the crash or the leverage"),
        (Contagion(crash=0.0, common_fall=0.3), "its crash liquidates nothing more"),
        (Contagion(correlation=0.5), "the others follow with a correlation of 0.50"),
        (Contagion(own_falls=(0, 0.2, 0, 0, 0.3)), "ETH and XTZ of their own"),
        (Contagion(policy="adl_queue"), "of winners closed early instead of $0"),
        (Contagion(is_cross=False), "forced selling stays in SOL"),
        (Contagion(leverage=1.0, crash=0.01, is_cross=False), "Nobody is liquidated"),
    ],
)
def test_the_sentence_says_what_is_the_case(question: Contagion, said: str) -> None:
    found = answer(Asked(question, "SOL"))
    assert said in plain(texts.headline(found))
    for chart in charts.all_charts(found):
        assert "nan" not in chart["takeaway"]
    assert texts.numbers(found)


def test_the_command_asks_the_same_question() -> None:
    question = Contagion(
        crash=0.35, correlation=0.2, own_falls=(0, 0, 0, 0.1, 0), is_cross=False, policy="adl_queue", order="random"
    )
    arguments = parsed(texts.command(Asked(question, "DOGE")))
    assert question_of(arguments) == question
    assert arguments.coin == "DOGE"
    assert set(texts.matrix_rows(answer(Asked(question, "DOGE")))[0]) == {
        "liquidated in",
        *(f"crash in {coin}" for coin in CONTAGION_COINS),
    }
