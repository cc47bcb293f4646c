"""The teacher's screen of a class through the router, with phones played against the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from streamlit.testing.v1 import AppTest

from tests.app.boards import notices, open_link, press
from tests.app.test_lesson_page import right, words, wrong
from ui.classroom import asked, screen, store, tables
from ui.game import answers as game_answers
from ui.game import progress as game_progress
from ui.game import texts as game_texts
from ui.lesson import together
from ui.lesson.steps import STEPS

PAGE = "pages/lesson.py"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = tables.prepared(create_engine(f"sqlite:///{tmp_path / 'classes.sqlite'}"))
    monkeypatch.setattr(screen, "store_engine", lambda: made)
    yield made
    made.dispose()


def started(names: bool = False) -> tuple[AppTest, str, str]:
    app = open_link(PAGE)
    app.toggle(key="class:names").set_value(names)
    press(app, "Start")
    return app, str(app.session_state["class:secret"]), str(app.session_state["class:opened"])


def send(engine: Engine, code: str, token: str, step: Any, given: Any) -> str:
    return store.answer(engine, code, token, step.name, lambda body: asked.check(body, given))


def test_a_class_from_start_to_deletion(engine: Engine) -> None:
    app, secret, code = started(names=True)
    assert "teach" not in app.query_params  # the address is on the big screen
    phones = [store.join(engine, code, name)[0] for name in ("Ada", "=SUM(A1)", "")]
    pair = STEPS[0]
    assert store.snapshot(engine, code).of(phones[0])["question"]["question"] == "How many dollars has W won?"
    press(app, "Reveal to all")
    assert "Nobody has answered yet" in " ".join(notices(app))
    for token, given in zip(phones, ("50", "60", "100"), strict=True):
        send(engine, code, token, pair, given)
    app.run()
    assert "3 of 3 have answered." in words(app)
    assert "Computed" not in words(app)
    press(app, "Reveal to all")
    assert "The middle of 3 guesses: $60. Computed: $60. Near it were 1." in words(app)
    mine = store.snapshot(engine, code).of(phones[0])
    assert mine["mine"]["told"].startswith("Your guess: $50. Computed: $60")
    assert (mine["mine"]["place"], mine["result"]["n"], mine["result"]["computed"]) == (2, 3, "$60")
    assert [round(points) for *_, points in store.board(engine, secret)] == [100, 83, 33]
    press(app, "Next: Leverage")
    assert store.snapshot(engine, code).of(phones[0])["question"]["name"] == "lever"
    press(app, "Back")
    assert store.snapshot(engine, code).of(phones[0])["result"] is not None
    press(app, "End it now")
    assert store.snapshot(engine, code).of(phones[1])["final"] == (1, 100.0)
    table = screen.as_csv(store.table(engine, secret)).splitlines()
    assert table[0] == "student,name,question,answer,points,place"
    assert table[2] == "2,'=SUM(A1),pair,60,100.0,1"
    press(app, "Delete the class now")
    assert store.version(engine, code) == -1
    assert "teach" not in app.query_params
    assert "Start" in [button.label for button in app.button]


def test_the_secret_link_opens_the_class_where_it_is_and_a_wrong_one_says_so(engine: Engine) -> None:
    _, secret, code = started()
    token, _ = store.join(engine, code)
    store.ask(engine, secret, "gap", together.body(STEPS[3]))
    send(engine, code, token, STEPS[3], "40")
    again = open_link(PAGE, v="1", teach=secret)
    assert "teach" not in again.query_params
    assert "4. A gap" in words(again)
    assert store.taught(engine, secret).question == "gap"
    assert "1 of 1 have answered." in words(again)
    stranger = open_link(PAGE, v="1", teach=token)
    assert "This link opens no class" in " ".join(notices(stranger))
    assert "teach" not in stranger.query_params


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_no_question_gives_its_answer_away_and_every_answer_is_judged(step: Any) -> None:
    sent = json.dumps(together.body(step))
    assert len(sent) < store.LONGEST_BODY
    assert set(json.loads(sent)) == {"title", "rule", "scene", "question", "ask"}
    assert json.dumps(step.text(step.why))[1:-1] not in sent
    assert not {"answer", "computed", "value", "line"} & set(json.loads(sent)["ask"])
    values = [asked.check(json.loads(sent), given) for given in (right(step), wrong(step), right(step))]
    best, worse = together.judge(step, values[0]), together.judge(step, values[1])
    is_vote = isinstance(step.ask, together.Choice) and step.ask.said is not None
    assert best.points == (0.0 if is_vote else pytest.approx(100.0, abs=1.0))
    assert worse.points < 100.0
    assert together.middle(step, values) == values[0]
    assert len(together.said(step, values)) > 20
    assert len(json.dumps(together.result(step, values))) < 4_000
    for is_revealed in (False, True):
        for given in ([], values):
            chart = together.picture(step, given, is_revealed=is_revealed)
            assert ("computed" in str(chart)) == (is_revealed and not isinstance(step.ask, together.Choice))


def test_the_picture_counts_each_answer_and_draws_each_line() -> None:
    heap = together.picture(STEPS[0], ["5", "5", "900"], is_revealed=False)["traces"][0]
    assert (heap["y"][0], heap["y"][-1], heap["y"].sum()) == (2, 1, 3)
    vote = next(step for step in STEPS if step.name == "rules")
    rows = together.picture(vote, ["adl_queue", "adl_queue", "profit_prorata"], is_revealed=False)["traces"][0]
    assert list(rows["x"]) == [1, 0, 2]
    drawn = next(step for step in STEPS if step.name == "tip")
    lines = ["~".join(["1"] * 9), "~".join(["2"] * 9), "~".join(["9"] * 9)]
    each, middle = together.picture(drawn, lines, is_revealed=False)["traces"]
    assert len(each["x"]) == 3 * (9 + 1)  # a gap behind each
    assert list(middle["y"]) == [2.0] * 9


GAME_PAGE = "pages/run_the_venue.py"
LOOSE, TIGHT = "0.5~100~0~0~none~none", "5~20~5~0.5~10~adl_queue"


def test_a_class_runs_the_venue_together(engine: Engine) -> None:
    app = open_link(GAME_PAGE, v="1", seed="3")
    press(app, "Start")
    secret, code = str(app.session_state["class:secret"]), str(app.session_state["class:opened"])
    phones = [store.join(engine, code, name)[0] for name in ("Ada", "", "")]
    question = store.snapshot(engine, code).of(phones[0])["question"]
    assert (question["name"], question["title"]) == ("season-1", "Season 1 of 5")
    season = game_answers.season(3, 0, LOOSE).season
    for told in (season.coin, season.first_day, f'"{season.kind}"'):
        assert told not in json.dumps(question).replace("10 October (", "")
    assert len(json.dumps(question)) < store.LONGEST_BODY
    sent = {field["name"]: field["words"] for field in question["ask"]["fields"]}
    assert sent == {field: list(known) for field, known in game_progress.VALUES.items()}
    for token, chosen in zip(phones, (LOOSE, TIGHT, TIGHT), strict=True):
        store.answer(engine, code, token, "season-1", lambda body, chosen=chosen: asked.check(body, chosen))
    with pytest.raises(ValueError, match="Leverage cap must be one of those"):
        asked.check(question, "0.5~101~0~0~none~none")
    app.run()
    assert "3 of 3 have answered." in words(app)
    assert "Next season" not in [button.label for button in app.button]
    press(app, "Reveal to all")
    points = {each: game_answers.points(3, 0, each) for each in (LOOSE, TIGHT)}
    assert [round(each, 6) for *_, each in store.board(engine, secret)] == [
        round(each, 6) for each in sorted((points[LOOSE], points[TIGHT], points[TIGHT]), reverse=True)
    ]
    best = max(points, key=points.__getitem__)
    mine = store.snapshot(engine, code).of(phones[0])
    assert mine["mine"]["told"] == game_texts.told(game_answers.scores(3, 0, LOOSE))
    assert game_texts.season(game_answers.season(3, 0, best)) in mine["result"]["why"]
    assert app.session_state["address:link"]["s1"] == best
    assert f"The best of 3 venues: {points[best]:.1f} points" in words(app)
    press(app, "Next season")
    assert store.snapshot(engine, code).of(phones[0])["question"]["name"] == "season-2"
    again = open_link(GAME_PAGE, v="1", seed="3", s1=best, teach=secret)
    assert "Season 2 of 5" in words(again)
    press(again, "Reveal to all")
    assert "Nobody has answered yet" in " ".join(notices(again))
