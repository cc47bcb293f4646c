"""The game's words and pictures: links read back, kind refusals, no number typed, sentences and bars of one figure."""

from __future__ import annotations

import re

import pytest

from engine import GAME_CHOICES, GamePolicy, game_seasons
from ui.charts.svg import svg
from ui.frame.formats import money
from ui.game import answers, charts, progress, texts

PLAIN = progress.BETWEEN.join(progress.START.values())
HARD = "0.5~100~0~0~none~none"


@pytest.mark.parametrize("words", [PLAIN, HARD, "10~3~20~4~2~adl_queue"])
def test_settings_are_read_from_a_link(words: str) -> None:
    assert progress.checked(words) == words
    policy = progress.policy_of(words)
    again = [progress.word_of(field, getattr(policy, field)) for field in GAME_CHOICES]
    assert progress.BETWEEN.join(again) == words


def test_the_words_of_a_link_are_in_the_units_of_the_page() -> None:
    assert progress.policy_of("2~10~5~0.5~5~equal_awards") == GamePolicy(
        maintenance_rate=0.02, leverage_cap=10.0, fund_fee=0.0005, fund=0.005, price_band=0.05, rule="equal_awards"
    )
    space = "\N{NO-BREAK SPACE}"
    words = {"maintenance_rate": "0.5", "leverage_cap": "10", "fund_fee": "5", "fund": "0.5", "price_band": "5"}
    shown = [progress.shown(field, word) for field, word in words.items()]
    assert shown == [f"0.5{space}%", "10x", f"0.05{space}%", "$1.0M", f"5{space}%"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "must have 6 settings"),
        ("1~50~1", "must have 6 settings"),
        ("1~51~1~0.5~none~none", "Leverage cap must be one of 3, 5, 7, 10, 15, 20, 30, 50, 100, was '51'"),
        ("1~50~1~0.5~none~lottery", "Loss sharing must be one of profit_prorata"),
        ("-1~50~1~0.5~none~none", "Maintenance margin must be one of"),
    ],
)
def test_what_no_season_could_be_played_with_is_refused_in_a_sentence(words: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        progress.checked(words)


def test_no_number_is_typed_in_a_text() -> None:
    templates = [value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)]
    templates += [*texts.SCALE.values(), *texts.KIND_WORDS.values(), *texts.SCORES]
    templates += [text for words in progress.WORDS.values() for text in words]
    assert len(templates) > 20
    for template in templates:
        assert not re.search(r"\d", template), template
    for text in (texts.idea(), texts.kinds(), texts.assumed(), *(text for _, text in texts.scale())):
        assert "{" not in text
        assert "nan" not in text.lower().split()
    assert len(re.findall(r"[.](?: |$)", texts.idea())) == 2


def test_every_kind_of_season_has_its_words() -> None:
    assert set(texts.KIND_WORDS) == {season.kind for season in game_seasons(1)}


@pytest.mark.parametrize("number", range(progress.N_SEASONS))
@pytest.mark.parametrize("words", [PLAIN, HARD, "1~100~0~0~none~adl_queue"])
def test_a_season_is_told_as_it_is_drawn(number: int, words: str) -> None:
    played = answers.season(1, number, words)
    text = texts.season(played)
    assert played.season.coin in text
    assert f"{played.run.n_liquidated} of 200 traders" in text
    assert played.figures.deficit < 0.01 or money(played.figures.deficit, "USD") in text or played.under_water > 0
    for amount in texts.paid(played).values():
        assert amount < 0.01 or money(amount, "USD") in text
    for chart in (charts.price(played), charts.who_paid(played), charts.scores(played)):
        assert chart["takeaway"].endswith(".")
        assert svg(chart).startswith("<svg")
    assert [round(value) for value in charts.scores(played)["traces"][0]["x"]] == [round(s) for s in played.scores]


def test_a_game_stands_among_all_policies_of_its_seed() -> None:
    standing = answers.standing(1, (PLAIN,) * progress.N_SEASONS)
    assert standing.n_better == sum(points > standing.points for points in standing.found.points)
    chart = charts.trilemma(standing)
    named = {trace["name"]: trace for trace in chart["traces"]}
    assert len(named["all"]["x"]) == 2_000
    assert len(named["frontier"]["x"]) == standing.found.frontier.size
    assert (named["you"]["x"][0], named["you"]["y"][0]) == (standing.scores[1], standing.scores[2])
    best = int(standing.found.points.argmax())
    assert named["the best"]["y"][0] == standing.found.scores[best, 2]
    assert f"{standing.points:.1f} points" in texts.end(standing)
    assert "searched for these very seasons" in texts.known_for(standing)
    other = answers.standing(77, (PLAIN,) * progress.N_SEASONS)
    assert "known for seeds 1, 2 and 3" in texts.known_for(other)


def test_the_best_policy_beats_others_and_stands_on_the_frontier() -> None:
    found = answers.found_policies(1)
    policy, points = found.best
    words = progress.BETWEEN.join(progress.word_of(field, getattr(policy, field)) for field in GAME_CHOICES)
    standing = answers.standing(1, (words,) * progress.N_SEASONS)
    assert standing.points == pytest.approx(points, abs=0.01)
    assert found.points.max() <= standing.points + 0.01  # what was found is kept to a hundredth
    assert texts.ON_FRONTIER in texts.end(standing) or standing.is_beaten
