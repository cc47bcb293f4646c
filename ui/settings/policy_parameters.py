"""The options of a loss-sharing policy as controls, made from the registry's own entries: a new policy needs none."""

from __future__ import annotations

from collections.abc import Mapping

from engine import POLICIES, Preset
from engine.sharing.policy_record import Option
from ui.settings.crash import Shape
from ui.settings.words import OPTIONS

PREFIX = "venue.policy_options."
WIDEST = 1e6  # a range beyond it is an amount of money for a single allocation; a run takes that from the venue


def policy_of(preset: Preset, values: Mapping[str, float | str]) -> str:
    """Return the policy that is chosen."""
    return str(values.get("venue.policy", preset.scenario.venue.policy))


def start_of(preset: Preset, policy: str, option: Option) -> float | str:
    """Return where an option begins: as the replay has it under its own policy, else at its default."""
    venue = preset.scenario.venue
    given = venue.policy_options if policy == venue.policy else {}
    return given.get(option.name, option.default)


def sliding(policy: str) -> tuple[Option, ...]:
    """Return the options that a slider moves."""
    options = POLICIES[policy].options if policy in POLICIES else ()
    return tuple(o for o in options if not o.choices and not o.whole and o.high - o.low <= WIDEST)


def listed(policy: str) -> tuple[Option, ...]:
    """Return the options that are chosen from a list or typed."""
    options = POLICIES[policy].options if policy in POLICIES else ()
    return tuple(o for o in options if o.choices or o.whole)


def factor_of(option: Option) -> float:
    """Return what an option is multiplied by on the page: a share is shown in percent."""
    return 100.0 if (option.low, option.high) == (0, 1) else 1.0


def shape_of(preset: Preset, policy: str, option: Option) -> Shape:
    """Return the slider of an option."""
    factor = factor_of(option)
    value = factor * float(start_of(preset, policy, option))
    unit, digits, step = (" %", 1, 0.5) if factor > 1 else ("", 2, 0.05)
    return Shape(
        low=factor * option.low, high=factor * option.high, step=step, value=value, unit=unit, digits=digits
    )  # fmt: skip


def label_of(name: str) -> str:
    """Return an option's label: in words where they are known, else its name."""
    return OPTIONS.get(name, name.replace("_", " ").capitalize())


def find(policy: str, name: str) -> Option | None:
    """Return an option by its dotted setting, None where the policy has no such option."""
    options = POLICIES[policy].options if policy in POLICIES else ()
    return next((o for o in options if f"{PREFIX}{o.name}" == name), None)


def written(preset: Preset, values: Mapping[str, float | str], name: str) -> str:
    """Return an option's value as the page writes it."""
    policy = policy_of(preset, values)
    option = find(policy, name)
    if option is None:
        return "not an option"
    value = values.get(name, start_of(preset, policy, option))
    if option not in sliding(policy):
        return str(value).replace("_", " ")
    shape = shape_of(preset, policy, option)
    return f"{factor_of(option) * float(value):,.{shape.digits}f}{shape.unit}"
