"""The game through the router: five seasons with other settings each, the end, links that keep or lose their way."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.boards import boards, check, clean, notices, open_link, text_of
from ui.game import answers, progress, texts

PAGE = "pages/run_the_venue.py"
PLAIN = progress.BETWEEN.join(progress.START.values())


def game(**link: str) -> AppTest:
    return open_link(PAGE, v="1", **link)


def play(app: AppTest) -> AppTest:
    app = app.button(key="game:play").click().run()
    check(app)
    return app


def test_a_whole_game_with_other_settings_in_each_season() -> None:
    app = game(seed="2")
    assert texts.idea() in text_of(app)
    assert boards(app) == []
    moved = [("maintenance_rate", "5"), ("leverage_cap", "20"), ("fund_fee", "5"), ("fund", "2"), ("price_band", "10")]
    for number, (field, word) in enumerate(moved):
        app = app.select_slider(key=f"game:{field}").set_value(word).run()
        comes = answers.comes(2, number, progress.BETWEEN.join(kept(app)))
        assert texts.usd(comes) in text_of(app)
        app = play(app)
        played = answers.season(2, number, app.session_state["address:link"][f"s{number + 1}"])
        assert boards(app)[-2]["headline"] == texts.season(played)
    assert app.session_state["address:link"]["s5"] == "5~20~5~2~10~profit_prorata"
    words = tuple(app.session_state["address:link"][f"s{number}"] for number in range(1, 6))
    standing = answers.standing(2, words)
    assert boards(app)[0]["headline"] == texts.end(standing)
    assert texts.known_for(standing) in text_of(app)
    app = app.button(key="game:to:0").click().run()
    assert boards(app)[1]["headline"] == texts.season(answers.season(2, 0, words[0]))
    app = app.button(key="game:again").click().run()
    assert boards(app) == []
    assert set(app.session_state["address:link"]) & {"s1", "s5"} == set()


def kept(app: AppTest) -> list[str]:
    """The settings of now, as the link has them."""
    link = app.session_state["address:link"]
    return [link.get(pick.name, pick.start) for pick in progress.PICKS.values()]


def test_progress_is_in_the_link_and_comes_back_from_it() -> None:
    app = play(play(game()))
    link = {name: text for name, text in app.session_state["address:link"].items() if name != "v"}
    again = game(**link)
    assert "Season 3 of 5" in text_of(again)
    assert boards(again)[-2]["headline"] == boards(app)[-2]["headline"]
    assert [button.disabled for button in again.button if (button.key or "").startswith("game:to:")] == [
        False, False, True, True, True,
    ]  # fmt: skip


def test_another_seed_begins_anew() -> None:
    app = play(game())
    app = clean(app.text_input(key="game:seed").set_value("9").run())
    assert app.session_state["address:link"]["seed"] == "9"
    assert "s1" not in app.session_state["address:link"]
    assert "Season 1 of 5" in text_of(app)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"s1": "nonsense"}, "A season must have 6 settings"),
        ({"s1": "1~999~1~0.5~none~none"}, "Leverage cap must be one of"),
        ({"seed": "-4"}, "Seed must be a number from 1 to 9999"),
        ({"seed": "2.5"}, "Seed must be a whole number"),
        ({"cap": "11"}, "Leverage cap must be one of"),
        ({"s2": PLAIN}, "a season without the one before it"),
    ],
)
def test_a_wrong_link_ends_in_a_sentence(link: dict[str, str], said: str) -> None:
    app = game(**link)
    assert said in " ".join(notices(app))
    assert "Season 1 of 5" in text_of(app)


def test_a_seed_without_a_search_says_so() -> None:
    app = game(seed="77", **{f"s{number}": PLAIN for number in range(1, 6)})
    assert "nothing was searched" in text_of(app)
    check(app)
