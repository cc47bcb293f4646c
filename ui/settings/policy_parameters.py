"""The parameters of a loss-sharing policy as settings, made from the registry's own entries: a new one needs none."""

from __future__ import annotations

from functools import lru_cache

from engine import POLICIES, Option, load_preset
from ui.settings.page_settings import Pick, Slider, Whole

PREFIX = "venue.policy_options."
WIDEST = 1e6  # a range beyond it is an amount of money for a single allocation; a run takes that from the venue
LABELS = {  # one that is not here goes by its name
    "kappa": "Cap",
    "floor": "Floor rate",
    "profit": "Exponent of profit",
    "leverage": "Exponent of leverage",
    "notional": "Exponent of notional",
    "pool_cap": "Usable share of the pool",
    "assessment_cap": "Assessments",
    "score": "Ranked by",
    "price": "Closed at",
    "blend": "Blend",
    "order": "Leaves first",
    "seed": "Seed of the order",
}
Parameter = Slider | Pick | Whole


@lru_cache(maxsize=1024)
def parameters(preset_name: str, policy: str) -> dict[str, Parameter]:
    """Return the parameters of a policy by the engine's dotted name; each policy keeps its own values.

    One begins where the replay has it under its own policy, else at its default; a list of rules has its own.
    """
    if policy not in POLICIES:
        return {}
    venue = load_preset(preset_name).scenario.venue
    given = venue.policy_options if policy == venue.policy else {}
    found = {}
    for option in POLICIES[policy].options:
        made = _parameter(policy, option, given.get(option.name, option.default))
        if made is not None:
            found[PREFIX + option.name] = made
    return found


def sliding(preset_name: str, policy: str) -> tuple[Slider, ...]:
    """Return the parameters that a slider moves."""
    return tuple(each for each in parameters(preset_name, policy).values() if isinstance(each, Slider))


def listed(preset_name: str, policy: str) -> tuple[Pick | Whole, ...]:
    """Return the parameters that are chosen from a list or typed."""
    return tuple(each for each in parameters(preset_name, policy).values() if not isinstance(each, Slider))


def _parameter(policy: str, option: Option, start: float | str) -> Parameter | None:
    key, word = f"set:{PREFIX}{policy}.{option.name}", f"policy.{option.name}"
    common = {"key": key, "name": word, "label": label_of(option), "help": option.help}
    if option.choices:
        return Pick(**common, start=start, choices=lambda: option.choices, show=spaced)
    if option.whole:
        return Whole(**common, start=int(float(start)), low=int(option.low), high=int(option.high))
    if option.high - option.low > WIDEST:
        return None
    factor, unit, digits, step = (100.0, " %", 1, 0.5) if (option.low, option.high) == (0, 1) else (1.0, "", 2, 0.05)
    return Slider(
        **common, low=factor * option.low, high=factor * option.high, start=factor * float(start), step=step, unit=unit,
        digits=digits, factor=factor,
    )  # fmt: skip


def label_of(option: Option) -> str:
    """Return what the control of a parameter is called."""
    return LABELS.get(option.name, spaced(option.name).capitalize())


def spaced(name: str) -> str:
    """Return a name of the engine in words."""
    return name.replace("_", " ")
