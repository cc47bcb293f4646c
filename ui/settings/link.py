"""A link is the scenario: the choice as query parameters, short, readable and versioned; only what differs is written.

    ?v=1&p=okex-2018&leverage=8&fund=2&policy=capped_prorata&policy.kappa=0.3&venue.price_band=0.1
    what_it_costs_me?v=1&venue=okx&leverage=25&fund=2

A replay's sliders have short names and the units of the page; a policy's options are called policy.<name>; everything
else has the engine's dotted name and unit. What else a page sets is a list of `Setting`s (ui.settings), each with its
own word. Nothing in a link is executed: values are numbers, or names that must be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from engine import InputError, UnknownNameError, load_preset
from ui.settings.policy_parameters import PREFIX
from ui.settings.reproduce import written
from ui.settings.run_settings import KNOBS, Choice, scenario_of
from ui.settings.words import SETTINGS

VERSION = 1
SHORT = {
    "book.leverage": "leverage",
    "path.volatility": "volatility",
    "venue.fund": "fund",
    "crash_depth": "crash",
    "crash_duration": "time",
    "venue.depth": "depth",
    "venue.impact_half_life": "half_life",
    "venue.thinning": "thinning",
    "venue.maintenance_rate": "margin",
    "venue.liquidation_fee": "fee",
    "book.n_traders": "traders",
    "book.long_share": "longs",
    "seed": "seed",
    "venue.policy": "policy",
}
LONG = {short: name for name, short in SHORT.items()}
OPTION, SHORT_OPTION = PREFIX, "policy."
OTHERS = ("embed", "embed_options", "look")  # parameters that are not part of a scenario


T = TypeVar("T")


class Setting(Protocol):
    """What a page sets and a link keeps: `read` raises ValueError with a sentence for what cannot be."""

    @property
    def name(self) -> str:
        """Its word in a link."""

    @property
    def start(self) -> Any:
        """Its value where a link says nothing."""

    @property
    def value(self) -> Any:
        """Its value now."""

    def put(self, value: Any) -> None:
        """Set it."""

    def read(self, text: str) -> Any:
        """Return the value that a link gives."""

    def write(self, value: Any) -> str:
        """Return a value as a link has it."""

    def parts(self, value: Any) -> tuple[Setting, ...]:
        """Return the settings that a value brings along."""


class LinkError(Exception):
    """A link that cannot be opened; `sentences` say why, one for each fault."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


def encode(choice: Choice | None = None, settings: Iterable[Setting] = ()) -> dict[str, str]:
    """Return the query parameters of a replay's choice and of a page's settings as they are now."""
    replay: dict[str, str] = {}
    if choice is not None:
        replay = {"p": choice.preset} | {_short(name): text_of(value) for name, value in choice.values.items()}
    return {"v": str(VERSION), **replay, **_encoded(settings)}


def _encoded(settings: Iterable[Setting]) -> dict[str, str]:
    found: dict[str, str] = {}
    for setting in settings:
        value = setting.value
        if value != setting.start:
            found[setting.name] = setting.write(value)
        found |= _encoded(setting.parts(value))
    return found


def _short(name: str) -> str:
    return name.replace(OPTION, SHORT_OPTION, 1) if name.startswith(OPTION) else SHORT.get(name, name)


def _long(short: str) -> str:
    return short.replace(SHORT_OPTION, OPTION, 1) if short.startswith(SHORT_OPTION) else LONG.get(short, short)


def text_of(value: object) -> str:
    """Return a value as a link has it."""
    return f"{value:.10g}" if isinstance(value, float) else written(value)


def decode(parameters: Mapping[str, str]) -> Choice:
    """Return the choice of a replay's link, or raise LinkError with a sentence for each thing that is wrong."""
    choice, _ = decode_page(parameters, (), has_replay=True)
    assert choice is not None
    return choice


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
    values: dict[str, float | str] = {}
    for short, text in given.items():
        name = _long(short)
        if name in KNOBS:
            try:
                values[name] = _knob_value(preset, name, text)
            except ValueError as error:
                faults.append(str(error))
        else:
            values[name] = _number_or_text(text) if name.startswith(OPTION) else text
    choice = Choice(preset, values)
    if len(faults) > before:
        return None
    try:
        scenario_of(choice)
    except InputError as error:
        faults += error.violations
    return choice


def _check_version(text: str) -> None:
    if not text.isdecimal() or int(text[:9]) < 1:
        raise LinkError((f"The version of a link must be a whole number >= 1, was {text[:20]!r}.",))
    if len(text) > 9 or int(text) > VERSION:
        sentence = f"This link was made by a newer version of Shortfall (links of version {text[:20]}); "
        raise LinkError((sentence + f"this one opens version {VERSION}.",))


def _knob_value(preset: str, name: str, text: str) -> float:
    shape = KNOBS[name].shape(load_preset(preset))
    label = SETTINGS[name].label
    if shape is None:
        raise ValueError(f"{label} cannot be set in {preset}.")
    return number(label, shape.low, shape.high, shape.unit, text)


def number(label: str, low: float, high: float, unit: str, text: str) -> float:
    """Return the number that a text is; ValueError with the label, the bounds and the text where it is none of them."""
    allowed = f"{label} must be a number from {low:.10g} to {high:.10g} {unit.strip()}".rstrip()
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{allowed}, was {text[:40]!r}.") from None
    slack = 1e-9 * max(abs(low), abs(high))
    if not low - slack <= value <= high + slack:  # also refuses NaN
        raise ValueError(f"{allowed}, was {text[:40]}.")
    return min(max(value, low), high)


def one_of(label: str, known: Mapping[str, T], text: str) -> T:
    """Return what a word stands for; ValueError with the label, the words and the text where it is none of them."""
    if text not in known:
        raise ValueError(f"{label} must be one of {', '.join(known)}, was {text[:40]!r}.")
    return known[text]


def _number_or_text(text: str) -> float | str:
    """Return an option's value; whether it is one of those allowed, the engine says."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
