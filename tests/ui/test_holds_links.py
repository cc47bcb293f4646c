"""Whatever a link says, its page opens: what cannot be is left out and named, nothing is raised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import POLICIES, load_preset, preset_names
from ui.cost import controls as cost_controls
from ui.fund import controls as fund_controls
from ui.game import progress as game_progress
from ui.rules import clearing_house, own_rule
from ui.rules import controls as rules_controls
from ui.settings.link import LinkError, decode_page, encode
from ui.settings.page_settings import Setting
from ui.settings.run_settings import RUN_SETTINGS, scenario_of

CALM = load_preset("calm").scenario
RULES = (rules_controls.CHOSEN, *own_rule.SETTINGS, *clearing_house.SETTINGS)
PAGES: dict[str, tuple[tuple[Setting, ...], bool]] = {
    "cascade": ((), True),
    "rules": (RULES, True),
    "cost": (tuple(cost_controls.SETTINGS), False),
    "fund": (tuple(fund_controls.SETTINGS), False),
    "game": (tuple(game_progress.SETTINGS), False),
}
DOTTED = [f"{part}.{field.name}" for part in ("book", "path", "venue") for field in fields(getattr(CALM, part))]
OPTIONS = sorted({f"policy.{option.name}" for policy in POLICIES.values() for option in policy.options})
OWN = sorted({setting.name for page, _ in PAGES.values() for setting in page})
WORDS = [setting.word for setting in RUN_SETTINGS.values()] + ["policy", "seed", "name", "p", "v", "a.p", "a.leverage"]
ODD_WORDS = ["venue.policy_options.kappa", "__proto__", "x" * 200, "policy.", ".", "path", "book.", "venue..", "a.", ""]

TEXTS = [
    *("nan", "inf", "-inf", "1e999", "1e308", "5e-324", "0", "-0", "-1", "1_000", "٣", "", " 5 ", "+5", "5,5", "0x10"),
    *("9" * 400, "9" * 5000, "0." + "0" * 400 + "1", "true", "null", "[]", "{}", '"5"', "[null]", "[NaN]", "[[1,2,3]]"),
    *("[" * 500, "[" * 3000, "[" * 900 + "]" * 900, '{"a":' * 2000),
    *("x" * 300, "x" * 100_000, "\x00", "\ud800", "1" * 4301),
    *("calm", "okex-2018", "binance-btc@2025-10-10", "@", "nowhere@2025-10-10", "binance-btc@99999999-01-01"),
    *("../calm", "equal_losses", "capped_prorata", "adl_queue", "merton", "garch", "array", "history", "on", "off"),
    *("1-day", "btc", "<script>1</script>", "[a](http://evil.example/)", "/etc/passwd", "8", "0.5", "99.99"),
    *("100000", "9999", "10000000"),
]
names = st.sampled_from(WORDS * 2 + DOTTED + OPTIONS + OWN + ODD_WORDS) | st.text(max_size=6)
texts = st.sampled_from(TEXTS) | st.text(max_size=12) | st.floats().map(str) | st.integers().map(str)


def are_sentences(sentences: tuple[str, ...]) -> None:
    assert all(0 < len(sentence) < 2000 for sentence in sentences)


def is_opened(page: str, parameters: Mapping[str, str]) -> None:
    own, has_replay = PAGES[page]
    try:
        opened = decode_page(parameters, own, has_replay=has_replay, has_pin=has_replay)
    except LinkError as error:
        are_sentences((str(error),))
        return
    are_sentences(opened.left_out)
    for _, value in opened.values:
        assert not isinstance(value, float) or math.isfinite(value)
    for choice in filter(None, (opened.choice, opened.pinned)):
        hash(scenario_of(choice))
        again = decode_page(encode(choice), (), has_replay=True)
        assert again.left_out == ()
        assert again.choice is not None
        assert encode(again.choice) == encode(choice)  # a link has ten digits of a number


@settings(max_examples=600)
@given(
    page=st.sampled_from(list(PAGES)),
    preset=st.sampled_from([*preset_names(), "binance-btc@2025-10-10"]),
    parameters=st.dictionaries(names, texts, max_size=4),
)
def test_links(page: str, preset: str, parameters: dict[str, str]) -> None:
    is_opened(page, {"v": "1", "p": preset} | parameters if PAGES[page][1] else {"v": "1"} | parameters)


@pytest.mark.parametrize("name", [*WORDS, *DOTTED, *OPTIONS])
def test_every_odd_text_in_every_field(name: str) -> None:
    for text in TEXTS:
        is_opened("cascade", {"v": "1", "p": "calm", name: text})


@pytest.mark.parametrize("preset", ["binance-btc@2025-10-10", *preset_names()])
def test_long_texts_are_cut_where_much_is_set(preset: str) -> None:
    """What a venue's fields say of one another is said of those that calm leaves as they are too."""
    for name in DOTTED:
        for text in ("9" * 400, "9" * 5000):
            is_opened("cascade", {"v": "1", "p": preset, name: text})


@pytest.mark.parametrize("policy", ["nan", "nobody", *POLICIES])
def test_parameters_of_another_policy(policy: str) -> None:
    """What is written for a policy that is unknown, or that the engine refuses, is not read as the replay's own."""
    for name in (*(f"policy.{option}" for option in ("blend", "score", "price")), "venue.policy_options.blend"):
        for text in ("", "0.5", "nan"):
            is_opened("cascade", {"v": "1", "p": "hyperliquid-popcat-2025", "policy": policy, name: text})


@pytest.mark.parametrize("name", OWN)
def test_every_odd_text_in_every_setting_of_a_page(name: str) -> None:
    for page, (own, _) in PAGES.items():
        if any(setting.name == name for setting in own):
            for text in TEXTS:
                is_opened(page, {"v": "1", name: text})
