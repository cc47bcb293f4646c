"""A link is the scenario: the choice as query parameters, short, readable and versioned; only what differs is written.

    ?v=1&p=okex-2018&leverage=8&fund=2&policy=capped_prorata&policy.kappa=0.3&venue.price_band=0.1

Sliders have short names and the units of the page; a policy's options are called policy.<name>; everything else has the
engine's dotted name and unit. Nothing in a link is executed: values are numbers, or names that must be known.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine import InputError, UnknownNameError, load_preset
from ui.knobs import KNOBS, Choice, scenario_of
from ui.options import PREFIX
from ui.reproduce import written
from ui.words import SETTINGS

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


class LinkError(Exception):
    """A link that cannot be opened; `sentences` say why, one for each fault."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


def encode(choice: Choice) -> dict[str, str]:
    """Return the query parameters of a choice."""
    values = {_short(name): _text(value) for name, value in choice.values.items()}
    return {"v": str(VERSION), "p": choice.preset, **values}


def _short(name: str) -> str:
    return name.replace(OPTION, SHORT_OPTION, 1) if name.startswith(OPTION) else SHORT.get(name, name)


def _long(short: str) -> str:
    return short.replace(SHORT_OPTION, OPTION, 1) if short.startswith(SHORT_OPTION) else LONG.get(short, short)


def _text(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else written(value)


def decode(parameters: Mapping[str, str]) -> Choice:
    """Return the choice of a link, or raise LinkError with a sentence for each thing that is wrong."""
    given = {name: text for name, text in parameters.items() if name not in OTHERS}
    _check_version(given.pop("v", str(VERSION)))
    preset = given.pop("p", "")
    try:
        load_preset(preset)
    except UnknownNameError as error:
        raise LinkError(error.violations) from None
    faults: list[str] = []
    values: dict[str, float | str] = {}
    for short, text in given.items():
        name = _long(short)
        if name in KNOBS:
            number = _number(preset, name, text, faults)
            if number is not None:
                values[name] = number
        else:
            values[name] = _number_or_text(text) if name.startswith(OPTION) else text
    choice = Choice(preset, values)
    if not faults:
        try:
            scenario_of(choice)
        except InputError as error:
            faults += error.violations
    if faults:
        raise LinkError(tuple(faults))
    return choice


def _check_version(text: str) -> None:
    if not text.isdecimal() or int(text) < 1:
        raise LinkError((f"The version of a link must be a whole number >= 1, was {text[:20]!r}.",))
    if int(text) > VERSION:
        sentence = f"This link was made by a newer version of Shortfall (links of version {int(text)}); "
        raise LinkError((sentence + f"this one opens version {VERSION}.",))


def _number(preset: str, name: str, text: str, faults: list[str]) -> float | None:
    shape = KNOBS[name].shape(load_preset(preset))
    label = SETTINGS[name].label
    if shape is None:
        faults.append(f"{label} cannot be set in {preset}.")
        return None
    allowed = f"{label} must be a number from {shape.low:g} to {shape.high:g} {shape.unit}".rstrip()
    try:
        number = float(text)
    except ValueError:
        faults.append(f"{allowed}, was {text[:40]!r}.")
        return None
    if not shape.low * (1 - 1e-9) <= number <= shape.high * (1 + 1e-9):  # also refuses NaN
        faults.append(f"{allowed}, was {text[:40]}.")
        return None
    return min(max(number, shape.low), shape.high)


def _number_or_text(text: str) -> float | str:
    """Return an option's value; whether it is one of those allowed, the engine says."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
