"""A link gives the choice back, and is refused with a sentence when it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st

from engine import POLICIES, preset_names
from ui.cost import controls as cost_controls
from ui.fund import controls as fund_controls
from ui.rules import clearing_house, own_rule
from ui.rules import controls as rules_controls
from ui.settings import address
from ui.settings.link import OTHERS, VERSION, LinkError, decode_page, encode
from ui.settings.page_settings import Pick, Setting, Several, Slider, Switch
from ui.settings.run_settings import RUN_SETTINGS, Choice, run_sliders, scenario_of, settings_of

WORDS = [setting.word for setting in RUN_SETTINGS.values()] + ["policy"]


def decode(parameters: dict[str, str]) -> Choice:
    opened = decode_page(parameters, (), has_replay=True)
    assert opened.choice is not None
    assert opened.left_out == ()
    return opened.choice


def left_out(parameters: dict[str, str]) -> str:
    return " ".join(decode_page(parameters, (), has_replay=True).left_out)


@pytest.mark.parametrize("preset", preset_names())
def test_an_untouched_preset_is_a_short_link(preset: str) -> None:
    parameters = encode(Choice(preset))
    assert parameters == {"v": str(VERSION), "p": preset}
    assert decode(parameters) == Choice(preset)


def test_a_link_is_readable() -> None:
    choice = Choice("okex-2018", {"book.leverage": 8.0, "venue.fund": 2.0, "venue.policy": "equal_losses"})
    assert urlencode(encode(choice)) == "v=1&p=okex-2018&leverage=8&fund=2&policy=equal_losses"
    capped = Choice("calm", {"venue.policy": "capped_prorata", "venue.policy_options.kappa": 30.0})
    assert urlencode(encode(capped)) == "v=1&p=calm&policy=capped_prorata&policy.kappa=0.3"


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    preset = draw(st.sampled_from(preset_names()))
    values: dict[str, float | str] = {}
    for name, slider in run_sliders(preset).items():
        if draw(st.booleans()):
            values[name] = float(f"{draw(st.floats(slider.low, slider.high)):.6g}")
            values[name] = min(max(values[name], slider.low), slider.high)
    if draw(st.booleans()):
        values["venue.policy"] = draw(st.sampled_from(["none", "equal_losses", "capped_prorata", "first_come"]))
    if values.get("venue.policy") == "capped_prorata":
        values["venue.policy_options.kappa"] = draw(st.sampled_from([0.1, 5.0, 30.0, 33.3, 100.0]))
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
    ],
)
def test_a_link_of_another_version_is_not_opened(parameters: dict[str, str], word: str) -> None:
    with pytest.raises(LinkError, match=word):
        decode(parameters)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"leverage": "500"}, "Leverage must be a number from 1 to 100 x, was 500."),
        ({"leverage": "1,5"}, "Leverage must be a number from 1 to 100 x, was '1,5'."),
        ({"leverage": "nan"}, "Leverage must be a number from 1 to 100 x, was nan."),
        ({"leverage": "__import__('os')"}, "Leverage must be a number"),
        ({"policy": "equal_loss"}, "Loss sharing must be a name in the list on this page, such as equal_losses"),
        ({"policy": "capped_prorata", "policy.kappa": "3"}, "Cap must be a number from 0 to 1, was 3."),
        ({"policy": "capped_prorata", "policy.kappa": "nan"}, "Cap must be a number from 0 to 1"),
        ({"policy": "none", "policy.kappa": "0.3"}, "it has none"),
        ({"nonsense": "1"}, "'nonsense' is no setting of this page."),
        ({"lewerage": "1"}, "'lewerage' is no setting of this page; 'leverage' is one."),
        ({"venue.price_band": "-1"}, "venue.price_band must be"),
    ],
)
def test_what_is_wrong_in_a_link_is_named_and_the_rest_is_opened(parameters: dict[str, str], sentence: str) -> None:
    opened = decode_page({"v": "1", "p": "calm", "fund": "2", **parameters}, (), has_replay=True)
    assert opened.choice.values["venue.fund"] == 2.0
    assert len(opened.left_out) == 1
    assert sentence in opened.left_out[0]
    assert opened.left_out[0].endswith(".")
    scenario_of(opened.choice)


def test_a_replay_that_does_not_exist_is_named_and_nothing_of_it_is_opened() -> None:
    opened = decode_page({"v": "1", "p": "../../etc/passwd"}, (), has_replay=True)
    assert opened.choice is None
    assert opened.left_out[0].startswith("Replay must be one of ")
    assert "Crash depth cannot be set" in left_out({"v": "1", "p": "hyperliquid-jelly-2025", "crash": "10"})
    assert "The link names no replay" in left_out({"v": "1", "leverage": "8"})


def test_all_faults_of_a_link_are_named_at_once() -> None:
    assert len(decode_page({"v": "1", "p": "calm", "leverage": "500", "fund": "x"}, (), has_replay=True).left_out) == 2


def test_short_names_are_unique_and_every_slider_has_one() -> None:
    assert len(set(WORDS)) == len(WORDS) == len(RUN_SETTINGS) + 1
    for preset in preset_names():
        for policy in POLICIES:
            words = [setting.name for setting in settings_of(preset, policy).values()]
            assert len(set(words)) == len(words)


RULES = (rules_controls.CHOSEN, *own_rule.SETTINGS, *clearing_house.SETTINGS)
PAGES = {"cost": cost_controls.SETTINGS, "fund": fund_controls.SETTINGS, "rules": RULES}


@dataclass(frozen=True)
class Moved:
    """A setting that stands at a value, without a session."""

    setting: Any
    value: Any

    @property
    def name(self) -> str:
        return self.setting.name

    @property
    def start(self) -> Any:
        return self.setting.start

    def write(self, value: Any) -> str:
        return self.setting.write(value)

    def parts(self, _value: Any) -> tuple[Setting, ...]:
        return ()


@st.composite
def moved(draw: st.DrawFn, settings: Iterable[Any]) -> list[Moved]:
    """Settings somewhere in their ranges, those that a value brings along among them."""
    found = []
    for setting in settings:
        value = setting.start
        if draw(st.booleans()):
            if isinstance(setting, Slider):
                value = float(f"{draw(st.floats(setting.low, setting.high)):.8g}")
                value = min(max(value, setting.low), setting.high)
            elif isinstance(setting, Pick):
                value = draw(st.sampled_from(list(setting.choices())))
            elif isinstance(setting, Several):
                names = st.lists(st.sampled_from(list(setting.choices())), max_size=setting.most, unique=True)
                value = tuple(draw(names))
            else:
                assert isinstance(setting, Switch)
                value = draw(st.booleans())
        found.append(Moved(setting, value))
        found += draw(moved(setting.parts(value)))
    return found


def opened(page: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The values that a page's link gives, by name."""
    found = decode_page(parameters, PAGES[page], has_replay=page == "rules")
    chosen = {} if found.choice is None else {"p": found.choice.preset}
    return {setting.name: value for setting, value in found.values} | chosen


def named(page: str, parameters: dict[str, str]) -> tuple[str, ...]:
    """What a page's link says that cannot be."""
    return decode_page(parameters, PAGES[page], has_replay=page == "rules").left_out


@pytest.mark.parametrize("page", PAGES)
@given(data=st.data())
def test_every_setting_of_a_page_comes_back(page: str, data: st.DataObject) -> None:
    settings = data.draw(moved(PAGES[page]))
    choice = data.draw(choices()) if page == "rules" else None
    parameters = encode(choice, settings)
    found = decode_page(parameters, PAGES[page], has_replay=choice is not None)
    assert (found.choice, found.left_out) == (choice, ())
    assert [(setting.name, value) for setting, value in found.values] == [(each.name, each.value) for each in settings]
    unchanged = {each.name for each in settings if each.value == each.start}
    assert not unchanged & set(parameters)  # only what differs is written


@pytest.mark.parametrize("page", PAGES)
def test_names_and_words_of_a_page_are_short_and_stand_for_one_thing(page: str) -> None:
    taken = ["v", *OTHERS] + (["p", *WORDS] if page == "rules" else [])
    names = [setting.name for setting in PAGES[page]]
    assert len({*taken, *names}) == len(taken) + len(names)
    assert all(len(name) <= 12 for name in names)
    for setting in PAGES[page]:
        if isinstance(setting, Pick | Several):
            known = list(setting.choices())
            words = [setting.write([name] if isinstance(setting, Several) else name) for name in known]
            assert len(set(words)) == len(known)
            assert all(urlencode({"x": word}) == f"x={word}" for word in words)


def test_links_of_pages_are_readable() -> None:
    cost = [Moved(cost_controls.LISTS[0], "okx"), Moved(cost_controls.LISTS[1], "30 days")]
    cost += [Moved(cost_controls.SIDE, "Short"), Moved(cost_controls.SIZE, 2.5e6)]
    assert urlencode(encode(None, cost)) == "v=1&venue=okx&horizon=30-days&side=short&size=2500000"
    rules = [Moved(rules_controls.CHOSEN, ("rule:equal_losses", "venue:okx")), Moved(own_rule.USED, True)]
    link = urlencode(encode(Choice("calm", {"book.leverage": 8.0}), rules))
    assert link == "v=1&p=calm&leverage=8&compare=equal_losses.okx&own=on"


@pytest.mark.parametrize(
    ("page", "parameters", "sentence"),
    [
        ("cost", {"leverage": "500"}, "Leverage must be a number from 1 to 125 x, was 500."),
        ("cost", {"size": "1e12"}, "Size must be a number from 1000 to 100000000 $, was 1e12."),
        ("cost", {"profit": "nan"}, "Profit so far must be a number from -50 to 80 %, was nan."),
        ("cost", {"side": "sideways"}, "Side must be one of long, short, was 'sideways'."),
        ("cost", {"venue": "../../etc"}, "Venue must be a name in the list on this page, was '../../etc'."),
        ("cost", {"p": "calm"}, "'p' is no setting of this page."),
        ("fund", {"target": "0"}, "Acceptable chance must be a number from 0.01 to 50 %, was 0."),
        ("fund", {"build": "__import__('os')"}, "Time to build the fund must be a number from 7 to 730 days"),
        ("fund", {"side": "long"}, "'side' is no setting of this page."),
        ("rules", {"p": "calm", "compare": "none.nobody"}, "Rules and venues to compare must be a name in the list on"),
        ("rules", {"p": "calm", "compare": "none.none"}, "must be at most 4 different names, were 2."),
        ("rules", {"p": "calm", "own": "yes"}, "Compare my own rule must be one of on, off, was 'yes'."),
        ("rules", {"p": "calm", "own.profit": "9"}, "Profit, exponent must be a number from -3 to 3, was 9."),
        ("rules", {"p": "calm", "house.loss": "-1"}, "Loss must be a number from 0 to "),
        ("rules", {"p": "calm", "leverage": "500"}, "Leverage must be a number from 1 to 100 x, was 500"),
        ("rules", {"p": "atlantis", "compare": "none.talmud"}, "Replay must be one of"),
        ("rules", {"p": "calm", "size": "1"}, "'size' is no setting of this page"),
    ],
)
def test_what_is_wrong_in_a_link_of_a_page_is_named(page: str, parameters: dict[str, str], sentence: str) -> None:
    (said,) = named(page, parameters)
    assert sentence in said
    assert len(said) < 400


def test_faults_of_page_and_replay_are_named_at_once() -> None:
    assert len(named("rules", {"v": "1", "p": "calm", "leverage": "500", "own": "x", "house.order": "y"})) == 3


def test_a_house_brings_its_own_sliders() -> None:
    names = list(clearing_house.CLEARING_HOUSE.choices())
    tops = [clearing_house.CLEARING_HOUSE.parts(name)[0].high for name in names]
    assert tops[0] != tops[1]
    for name, top in zip(names, tops, strict=True):
        assert opened("rules", {"p": "calm", "house": name, "house.loss": f"{top:.10g}"})["house.loss"] == top


def test_what_is_not_in_a_link_is_where_it_starts() -> None:
    values = opened("cost", {"v": "1", "fund": "2"})
    expected = {setting.name: setting.start for setting in cost_controls.SETTINGS} | {"fund": 2.0}
    assert values == expected


def test_an_older_address_that_arrives_late_is_no_new_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit, "session_state", {})
    first, second, third, other = ({"v": "1", "fund": text} for text in "1234")
    streamlit.session_state[address.KNOWN] = [first, second, third]
    assert address._is_known(first)  # sent before the second and the third had arrived
    assert address._is_known(second)
    assert not address._is_known(first)  # after the second has, the first is gone back to
    assert not address._is_known(other)
    assert address._is_known(third)
