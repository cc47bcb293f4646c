"""A link is the scenario: the choice as query parameters, short, readable and versioned; only what differs is written.

What is good in a link is opened, what is not is named in a sentence.

    ?v=1&p=okex-2018&leverage=8&fund=2&policy=capped_prorata&policy.kappa=0.3&venue.price_band=0.1
    what_it_costs_me?v=1&venue=okx&leverage=25&fund=2

Every setting has its own word and unit (ui.settings); what has no control has the engine's dotted name and unit.
Nothing in a link is executed: values are numbers, or names that must be known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from engine import (
    POLICIES,
    SECTIONS,
    InputError,
    Scenario,
    clearing_house_names,
    is_day,
    is_own,
    load_clearing_house,
    load_preset,
    run_size,
)
from ui.charts.rule_words import IN_ORDER
from ui.settings.open_day import refusal
from ui.settings.own import own_presets
from ui.settings.page_settings import PartlyReadError, Setting, text_of
from ui.settings.policy_parameters import PREFIX
from ui.settings.rule_list import own_policy
from ui.settings.run_settings import POLICY, RUN_SETTINGS, Choice, scenario_of, setting_at, settings_of
from ui.settings.words import replay_names

VERSION = 1
SHORT_PREFIX = "policy."
HOUSE = "house"  # the word of a default on record
PIN = "a."  # before the words of the run that is pinned as A
CLEARING_HOUSES = "is a clearing house's default, not a replay: it is under Clearing houses on Rules side by side"
MOST_TRADER_STEPS = 500_000_000  # of a link's run: all that sliders can make, 100,000 traders over 2,880 steps, is less
MOST_MEGABYTES = 256
SIZED = ("path.n_steps", "book.n_traders")  # what makes a run large
OTHERS = ("embed", "embed_options", "look", "teach")  # parameters that are not part of a scenario
FOREIGN = re.compile(  # what mail, search engines and social networks append
    r"(utm|pk|mtm|hsa|mc)_\w+|_g[al]\w*|(fb|g|d|msclk|tt|tw|y|igsh|srslt|li_fat_)(cl)?id|[gw]braid|igsh|srsltid|ref|ref_src"
)


class LinkError(Exception):
    """A link that cannot be opened; the text says why."""


def encode(
    choice: Choice | None = None, settings: Iterable[Setting] = (), pinned: Choice | None = None
) -> dict[str, str]:
    """Return the query parameters of a replay's choice, of a page's settings as they are now, and of what is pinned."""
    pin = {f"{PIN}{name}": text for name, text in _replay(pinned).items()}
    return {"v": str(VERSION), **_replay(choice), **_encoded(settings), **pin}


def _replay(choice: Choice | None) -> dict[str, str]:
    if choice is None:
        return {}
    settings_known = settings_of(choice.preset, choice.policy)
    replay = {"p": choice.preset}
    for name, value in choice.values.items():
        setting = settings_known.get(name)
        replay[setting.name if setting else name] = setting.write(value) if setting else text_of(value)
    return replay


def _encoded(settings: Iterable[Setting]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in settings:
        value = setting.value
        if value != setting.start:
            found[setting.name] = setting.write(value)
        found |= _encoded(setting.parts(value))
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: a replay's choice, a pinned one, the page's settings, and a sentence for what it left out."""

    choice: Choice | None = None
    pinned: Choice | None = None
    values: tuple[tuple[Setting, Any], ...] = ()
    left_out: tuple[str, ...] = ()


def own(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a link that are about this page: what counts visitors, and how a page looks, is not."""
    is_foreign = FOREIGN.fullmatch
    return {name: text for name, text in parameters.items() if name not in OTHERS and not is_foreign(name)}


def decode_page(
    parameters: Mapping[str, str], settings: Iterable[Setting], *, has_replay: bool, has_pin: bool = False
) -> Opened:
    """Return what a page's link opens: what it does not name is where it starts, what cannot be is left out and named.

    Raises
    ------
    LinkError
        The link is of a newer version, or of none that there is: nothing of it is opened.
    """
    given = own(parameters)
    _check_version(given.pop("v", str(VERSION)))
    faults: list[str] = []
    pin = {name.removeprefix(PIN): given.pop(name) for name in list(given) if has_pin and name.startswith(PIN)}
    names: list[str] = []
    if given.get("p") in clearing_house_names() and any(setting.name == HOUSE for setting in settings):
        given.setdefault(HOUSE, given.pop("p"))
    values = _taken(settings, given, names, faults)
    choice = _choice(given, faults) if has_replay else None
    if not has_replay:
        faults += [_unknown(name, names) for name in given]
    pinned = _choice(pin, faults) if "p" in pin else None
    return Opened(choice, pinned, tuple(values), tuple(map(_sentence, faults)))


def _unknown(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, list(names), n=1)
    return f"{name[:40]!r} is no setting of this page{f'; {near[0]!r} is one' if near else ''}."


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


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
                value = error.kept if isinstance(error, PartlyReadError) else value
        found.append((setting, value))
        found += _taken(setting.parts(value), given, names, faults)
    return found


def _choice(given: dict[str, str], faults: list[str]) -> Choice | None:
    """Return the choice of a replay, None where the link names none that there is."""
    if "p" not in given and not given:
        return None
    preset = given.pop("p", "")
    refused = _why_not(preset)
    if refused:
        faults.append(refused)
        return None
    return _runnable(Choice(preset, _values(preset, given, faults)), faults)


def _why_not(preset: str) -> str:
    """Return why there is no such replay; nothing where there is."""
    words = ", ".join(replay_names())
    if preset in replay_names() or preset in own_presets():
        return ""
    if is_own(preset):
        return GONE
    if preset in clearing_house_names():
        return f"{load_clearing_house(preset).title} {CLEARING_HOUSES}."
    if is_day(preset):
        return refusal(preset)
    if preset:
        return f"Replay must be one of {words}, was {preset[:40]!r}."
    return f"The link names no replay, so what it says of one was left out; p must be one of {words}."


GONE = "A book of somebody's own is kept for its session alone, and this is not the one: read the file on Your data."


def _runnable(choice: Choice, faults: list[str]) -> Choice:
    """Return the choice without the values that the engine refuses; the replay itself where that is not enough."""
    for _ in range(2):
        try:
            _check_size(scenario_of(choice))
        except InputError as error:
            faults += [each for each in dict.fromkeys(error.violations) if each not in faults]
            kept = {name: value for name, value in choice.values.items() if not _is_refused(name, error.fields)}
            choice = Choice(choice.preset, kept)
        else:
            return choice
    return Choice(choice.preset)


def _check_size(scenario: Scenario) -> None:
    """Refuse a run that would take the machine from everybody else; raises InputError."""
    size = run_size(scenario)
    megabytes = size.n_bytes / 1e6
    if size.trader_steps > MOST_TRADER_STEPS or megabytes > MOST_MEGABYTES:
        most = f"{MOST_TRADER_STEPS // 10**6} million traders x steps and {MOST_MEGABYTES} MB"
        wanted = f"{size.n_traders:,} traders x {size.n_steps:,} steps and {megabytes:,.0f} MB"
        raise InputError([(name, f"A link opens a run of at most {most}, this one has {wanted}.") for name in SIZED])


def _is_refused(name: str, refused: Collection[str]) -> bool:
    """Tell whether a setting is, holds or belongs to one of the engine's fields that were refused."""
    if name.startswith(PREFIX) and POLICY in refused:
        return True  # parameters are of their policy
    return any(
        name in (field, setting_at(field)) or name.endswith(f".{field}") or name.startswith(f"{field}.")
        for field in refused
    )


def _values(preset: str, given: dict[str, str], faults: list[str]) -> dict[str, float | str]:
    """Return the values of a replay's link, and note what is wrong; a field without a control stays as it is written.

    The policy comes first: it says which parameters there are.
    """
    policy = given.get(SHORT_PREFIX[:-1], given.get(POLICY, own_policy(load_preset(preset))))
    settings = settings_of(preset, policy)
    is_known = policy in (*POLICIES, IN_ORDER)
    names = {setting.name: name for name, setting in settings.items()}
    without = [setting for setting in RUN_SETTINGS.values() if setting.name not in settings]
    absent = {name: setting.label for setting in without for name in (setting.word, setting.name)}
    values: dict[str, float | str] = {}
    for word, text in given.items():
        name = names.get(word, word)
        try:
            if word in absent:
                raise ValueError(f"{absent[word]} cannot be set in {preset}.")
            if name in settings:
                values[name] = settings[name].read(text)
            elif name.startswith((SHORT_PREFIX, PREFIX)) and not is_known:
                raise ValueError(f"{word} is a parameter of a policy that is unknown.")
            elif name.startswith(SHORT_PREFIX):
                values[name.replace(SHORT_PREFIX, PREFIX, 1)] = _number_or_text(text)
            elif _is_field(name):
                values[name] = text
            else:
                raise ValueError(_unknown(word, names))
        except ValueError as error:
            faults.append(str(error))
    return values


def _is_field(name: str) -> bool:
    """Tell whether the engine has a field of this dotted name."""
    section, _, key = name.partition(".")
    part = getattr(load_preset(replay_names()[0]).scenario, section) if section in SECTIONS else None
    return part is not None and key.split(".")[0] in {field.name for field in fields(part)}


def _check_version(text: str) -> None:
    if not text.isdecimal() or int(text[:9]) < 1:
        raise LinkError(f"The version of a link must be a whole number >= 1, was {text[:20]!r}.")
    if len(text) > 9 or int(text) > VERSION:
        sentence = f"This link was made by a newer version of Shortfall (links of version {text[:20]}); "
        raise LinkError(f"{sentence}this one opens version {VERSION}.")


def _number_or_text(text: str) -> float | str:
    """Return the value of a parameter without a control; whether it is one of those allowed, the engine says."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
