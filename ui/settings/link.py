"""A link is the scenario: the choice as query parameters, short, readable and versioned; only what differs is written.

    ?v=1&p=okex-2018&leverage=8&fund=2&policy=capped_prorata&policy.kappa=0.3&venue.price_band=0.1
    what_it_costs_me?v=1&venue=okx&leverage=25&fund=2

Every setting has its own word and unit (ui.settings); what has no control has the engine's dotted name and unit.
Nothing in a link is executed: values are numbers, or names that must be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine import InputError, UnknownNameError, load_preset
from ui.settings.page_settings import Setting, text_of
from ui.settings.policy_parameters import PREFIX
from ui.settings.run_settings import POLICY, RUN_SETTINGS, Choice, scenario_of, settings_of

VERSION = 1
SHORT_PREFIX = "policy."
OTHERS = ("embed", "embed_options", "look")  # parameters that are not part of a scenario


class LinkError(Exception):
    """A link that cannot be opened; `sentences` say why, one for each fault."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


def encode(choice: Choice | None = None, settings: Iterable[Setting] = ()) -> dict[str, str]:
    """Return the query parameters of a replay's choice and of a page's settings as they are now."""
    replay: dict[str, str] = {}
    if choice is not None:
        settings_known = settings_of(choice.preset, choice.policy)
        replay["p"] = choice.preset
        for name, value in choice.values.items():
            setting = settings_known.get(name)
            replay[setting.name if setting else name] = setting.write(value) if setting else text_of(value)
    return {"v": str(VERSION), **replay, **_encoded(settings)}


def _encoded(settings: Iterable[Setting]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in settings:
        value = setting.value
        if value != setting.start:
            found[setting.name] = setting.write(value)
        found |= _encoded(setting.parts(value))
    return found


def decode_page(
    parameters: Mapping[str, str], settings: Iterable[Setting], *, has_replay: bool
) -> tuple[Choice | None, list[tuple[Setting, Any]]]:
    """Return the choice and the settings of a page's link; what the link does not name is where it starts.

    Raises
    ------
    LinkError
        With a sentence for each thing that is wrong.
    """
    given = {name: text for name, text in parameters.items() if name not in OTHERS}
    _check_version(given.pop("v", str(VERSION)))
    faults: list[str] = []
    names: list[str] = []
    values = _taken(settings, given, names, faults)
    choice = _choice(given, faults) if has_replay else None
    if not has_replay:
        allowed = ", ".join(names)
        faults += [f"A setting of this page must be one of {allowed}, was {name[:40]!r}." for name in given]
    if faults:
        raise LinkError(tuple(faults))
    return choice, values


def _taken(
    settings: Iterable[Setting], given: dict[str, str], names: list[str], faults: list[str]
) -> list[tuple[Setting, Any]]:
    """Take the settings out of what is given, and note their names and what is wrong."""
    found: list[tuple[Setting, Any]] = []
    for setting in settings:
        names.append(setting.name)
        value = setting.start
        if setting.name in given:
            try:
                value = setting.read(given.pop(setting.name))
            except ValueError as error:
                faults.append(str(error))
        found.append((setting, value))
        found += _taken(setting.parts(value), given, names, faults)
    return found


def _choice(given: dict[str, str], faults: list[str]) -> Choice | None:
    """Return the choice of a replay, None where there is a fault."""
    preset = given.pop("p", "")
    try:
        load_preset(preset)
    except UnknownNameError as error:
        faults += error.violations
        return None
    before = len(faults)
    values = _values(preset, given, faults)
    if len(faults) > before:
        return None
    choice = Choice(preset, values)
    try:
        scenario_of(choice)
    except InputError as error:
        faults += error.violations
    return choice


def _values(preset: str, given: dict[str, str], faults: list[str]) -> dict[str, float | str]:
    """Return the values of a replay's link, and note what is wrong; a field without a control stays as it is written.

    The policy comes first: it says which parameters there are.
    """
    policy = given.get(SHORT_PREFIX[:-1], given.get(POLICY, load_preset(preset).scenario.venue.policy))
    settings = settings_of(preset, policy)
    names = {setting.name: name for name, setting in settings.items()}
    absent = {s.word: s.label for s in RUN_SETTINGS.values() if s.name not in settings}
    absent |= {s.name: s.label for s in RUN_SETTINGS.values() if s.name not in settings}
    values: dict[str, float | str] = {}
    for word, text in given.items():
        name = names.get(word, word)
        try:
            if word in absent:
                raise ValueError(f"{absent[word]} cannot be set in {preset}.")
            if name in settings:
                values[name] = settings[name].read(text)
            elif name.startswith(SHORT_PREFIX):
                values[name.replace(SHORT_PREFIX, PREFIX, 1)] = _number_or_text(text)
            else:
                values[name] = text
        except ValueError as error:
            faults.append(str(error))
    return values


def _check_version(text: str) -> None:
    if not text.isdecimal() or int(text[:9]) < 1:
        raise LinkError((f"The version of a link must be a whole number >= 1, was {text[:20]!r}.",))
    if len(text) > 9 or int(text) > VERSION:
        sentence = f"This link was made by a newer version of Shortfall (links of version {text[:20]}); "
        raise LinkError((sentence + f"this one opens version {VERSION}.",))


def _number_or_text(text: str) -> float | str:
    """Return the value of a parameter without a control; whether it is one of those allowed, the engine says."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
