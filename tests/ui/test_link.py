"""A link gives the choice back, and is refused with a sentence when it cannot; history is a value that steps."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import load_preset, preset_names
from ui.history import LONGEST, Entry, History
from ui.knobs import KNOBS, Choice, scenario_of
from ui.link import SHORT, VERSION, LinkError, decode, encode


@pytest.mark.parametrize("preset", preset_names())
def test_an_untouched_preset_is_a_short_link(preset: str) -> None:
    parameters = encode(Choice(preset))
    assert parameters == {"v": str(VERSION), "p": preset}
    assert decode(parameters) == Choice(preset)


def test_a_link_is_readable() -> None:
    choice = Choice("okex-2018", {"book.leverage": 8.0, "venue.fund": 2.0, "venue.policy": "equal_losses"})
    assert urlencode(encode(choice)) == "v=1&p=okex-2018&leverage=8&fund=2&policy=equal_losses"
    capped = Choice("calm", {"venue.policy": "capped_prorata", "venue.policy_options.kappa": 0.3})
    assert urlencode(encode(capped)) == "v=1&p=calm&policy=capped_prorata&policy.kappa=0.3"


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    preset = draw(st.sampled_from(preset_names()))
    values: dict[str, float | str] = {}
    for name, knob in KNOBS.items():
        shape = knob.shape(load_preset(preset))
        if shape is not None and draw(st.booleans()):
            values[name] = float(f"{draw(st.floats(shape.low, shape.high)):.6g}")
            values[name] = min(max(values[name], shape.low), shape.high)
    if draw(st.booleans()):
        values["venue.policy"] = draw(st.sampled_from(["none", "equal_losses", "capped_prorata", "first_come"]))
    if values.get("venue.policy") == "capped_prorata":
        values["venue.policy_options.kappa"] = draw(st.sampled_from([0.05, 0.3, 1.0]))
    if values.get("venue.policy") == "first_come":
        values["venue.policy_options.order"] = draw(st.sampled_from(["size", "random"]))
        values["venue.policy_options.seed"] = draw(st.integers(0, 99))
    return Choice(preset, values)


@given(choices())
def test_every_choice_comes_back(choice: Choice) -> None:
    again = decode(encode(choice))
    assert again == choice
    assert scenario_of(again) == scenario_of(choice)


def test_other_settings_travel_under_their_own_names() -> None:
    parameters = {"v": "1", "p": "calm", "venue.price_band": "0.1", "venue.halt_steps": "3", "look": "large"}
    scenario = scenario_of(decode(parameters))
    assert (scenario.venue.price_band, scenario.venue.halt_steps) == (0.1, 3)
    policy = {"v": "1", "p": "calm", "policy": "capped_prorata", "venue.policy_options.kappa": "0.3"}
    assert scenario_of(decode(policy)).venue.policy_options == {"kappa": 0.3}


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"v": "2", "p": "calm"}, "newer version"),
        ({"v": "one", "p": "calm"}, "version of a link"),
        ({"v": "0", "p": "calm"}, "version of a link"),
        ({"v": "1"}, "preset must be one of"),
        ({"v": "1", "p": "../../etc/passwd"}, "preset must be one of"),
        ({"v": "1", "p": "calm", "leverage": "500"}, "Leverage must be a number from 1 to 100 x, was 500"),
        ({"v": "1", "p": "calm", "leverage": "nan"}, "Leverage must be a number"),
        ({"v": "1", "p": "calm", "leverage": "__import__('os')"}, "Leverage must be a number"),
        ({"v": "1", "p": "calm", "policy": "nobody"}, "venue.policy must be a name"),
        ({"v": "1", "p": "calm", "policy": "capped_prorata", "policy.kappa": "3"}, "kappa"),
        ({"v": "1", "p": "calm", "policy": "capped_prorata", "policy.kappa": "nan"}, "kappa"),
        ({"v": "1", "p": "calm", "policy": "none", "policy.kappa": "0.3"}, "it has none"),
        ({"v": "1", "p": "calm", "nonsense": "1"}, "setting must be"),
        ({"v": "1", "p": "calm", "venue.price_band": "-1"}, "venue.price_band must be"),
        ({"v": "1", "p": "hyperliquid-jelly-2025", "crash": "10"}, "Crash depth cannot be set"),
    ],
)
def test_a_link_that_cannot_be_opened_says_why(parameters: dict[str, str], word: str) -> None:
    with pytest.raises(LinkError) as caught:
        decode(parameters)
    assert any(word in sentence for sentence in caught.value.sentences), caught.value.sentences


def test_all_faults_of_a_link_are_named_at_once() -> None:
    with pytest.raises(LinkError) as caught:
        decode({"v": "1", "p": "calm", "leverage": "500", "fund": "x"})
    assert len(caught.value.sentences) == 2


def test_short_names_are_unique_and_every_slider_has_one() -> None:
    assert len(set(SHORT.values())) == len(SHORT)
    assert set(KNOBS) <= set(SHORT)


def entry(number: int) -> Entry:
    return Entry(Choice("calm", {"seed": float(number)}), f"Seed {number}", "Nothing happened.")


def test_undo_and_redo_step_through_what_was_settled_on() -> None:
    past = History().add(entry(0)).add(entry(1)).add(entry(2))
    assert (past.can_undo, past.can_redo) == (True, False)
    back = past.go(past.at - 1)
    assert back.now == entry(1)
    assert back.can_redo
    assert back.go(back.at + 1) == past


def test_a_new_choice_forgets_what_was_undone_and_the_same_one_adds_nothing() -> None:
    past = History().add(entry(0)).add(entry(1)).go(0).add(entry(5))
    assert [each.change for each in past.entries] == ["Seed 0", "Seed 5"]
    assert past.add(entry(5)) is past


def test_history_is_short_and_its_ends_are_firm() -> None:
    past = History()
    assert past.now is None
    assert not past.can_undo
    for number in range(LONGEST + 20):
        past = past.add(entry(number))
    assert len(past.entries) == LONGEST
    assert past.go(-5).now == past.entries[0]
    assert past.go(999).now == past.entries[-1]
