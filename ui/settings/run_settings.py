"""The settings of a replay, each declared once: bounds, unit, label, help, fold, word in a link, effect on a scenario.

Sidebar, sliders, links, history, undo, reset and refusals all read this one table. Here percent becomes fraction, once.
A value that was not moved changes nothing, so a preset stays exactly what it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, Literal

from engine import InputError, Preset, Scenario, Variant, load_preset, with_values
from ui.frame.formats import duration, money
from ui.settings import crash
from ui.settings.page_settings import Pick, Slider, Text, Whole
from ui.settings.policy_parameters import parameters
from ui.settings.rule_list import IN_ORDER, RULES, own_policy, policy_list, rule_list, rules_of

POLICY = "venue.policy"
NO_IMPACT = 1000.0  # percent of open interest from which on the market is as deep as can be
PERMANENT = 10_000.0  # minutes from which on impact stays


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetting:
    """A number that a slider moves; all values in the units of the page.

    Parameters
    ----------
    name : str
        The engine's dotted field, or a name of the page's own for what is more than one field.
    word : str
        Its name in a link.
    label, help : str
        The field's own term; one sentence in everyday words and the formula.
    low, high, step, unit, digits, scale
        As in `Slider`.
    factor : float
        What the engine's field is multiplied by on the page: 100 for a fraction in percent.
    fold : str
        Under which title it is folded away; empty for the big ones.
    start : callable
        Its value in a preset, None where the preset has no such thing; by default the field times `factor`.
    apply : callable
        The scenario with another value; by default the field replaced.
    bounds : callable
        What of `label`, `help`, `low`, `high` and `unit` is different in a preset.
    beside : callable
        What stands beside the label: the same value in money or time.
    fields : tuple of str
        Further fields of the engine that are refused at this slider.
    """

    name: str
    word: str
    label: str
    help: str
    high: float
    step: float
    low: float = 0.0
    unit: str = ""
    digits: int = 0
    scale: Literal["linear", "log"] = "linear"
    factor: float = 1.0
    fold: str = ""
    start: Callable[[Preset], float | None] | None = None
    apply: Callable[[Scenario, float, Preset], Scenario] | None = None
    bounds: Callable[[Preset], Mapping[str, Any]] = lambda _preset: {}
    beside: Callable[[Preset, float], str] | None = None
    fields: tuple[str, ...] = ()

    def value_in(self, preset: Preset) -> float | None:
        """Return its value in a preset's scenario, None where the preset has no such thing."""
        return self.start(preset) if self.start else self.factor * _field(preset.scenario, self.name)

    def slider(self, preset: Preset) -> Slider | None:
        """Return the slider of a preset, None where the preset has no such thing."""
        start = self.value_in(preset)
        if start is None:
            return None
        own = {name: getattr(self, name) for name in ("label", "help", "low", "high", "unit")}
        return Slider(
            key=f"set:{self.name}", name=self.word, start=start, step=self.step, digits=self.digits, scale=self.scale,
            beside=partial(self.beside, preset) if self.beside else None, **own | dict(self.bounds(preset)),
        )  # fmt: skip

    def applied(self, scenario: Scenario, value: float, preset: Preset) -> Scenario:
        """Return the scenario with this setting at a value."""
        if self.apply:
            return self.apply(scenario, value, preset)
        return _with(scenario, **{self.name: value / self.factor})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has chosen: a preset, and what was moved away from it, in the units of the page.

    The keys of `values` are those of `settings_of`; any other field of the engine goes by its dotted name.
    """

    preset: str
    values: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """The loss-sharing policy, IN_ORDER where a list of rules is in force."""
        return str(self.values.get(POLICY, own_policy(load_preset(self.preset))))


def _field(scenario: Scenario, name: str) -> float:
    section, _, key = name.partition(".")
    return float(getattr(getattr(scenario, section), key) if key else getattr(scenario, section))


def _with(scenario: Scenario, **values: object) -> Scenario:
    """Return the scenario with fields replaced by dotted name."""
    for name, value in values.items():
        section, _, key = name.partition(".")
        value = replace(getattr(scenario, section), **{key: value}) if key else value
        scenario = replace(scenario, **{section: value})  # type: ignore[arg-type]
    return scenario


def _of_crowd(name: str, factor: float = 1.0) -> Callable[[Preset], float | None]:
    """Return what a setting of drawn traders begins at, nothing where all positions are named."""
    return lambda preset: factor * _field(preset.scenario, name) if preset.scenario.book.n_traders else None


def _leverage_bounds(preset: Preset) -> dict[str, Any]:
    book = preset.scenario.book
    own: dict[str, Any] = {"high": min(100.0, book.leverage_cap), "low": max(1.0, book.leverage_floor)}
    if preset.scenario.positions:
        own["label"] = "Leverage of the others"
    return own


def _volatility_bounds(preset: Preset) -> dict[str, Any]:
    if preset.scenario.path.model != "waypoints":
        return {}
    return {
        "label": "Noise between known prices",
        "help": "How much the price jitters between the prices on record, which stay. "
        "Formula: standard deviation of the log price over a year.",
    }


def _volatility_start(preset: Preset) -> float | None:
    """Return nothing for recorded days and files of prices as they were: no noise is drawn."""
    path = preset.scenario.path
    return None if path.volatility is None or path.model == "array" else 100.0 * path.volatility


def _fund_start(preset: Preset) -> float:
    return 100.0 * preset.scenario.venue.fund / preset.scenario.open_interest


def _fund_money(preset: Preset, value: float) -> float:
    return value / 100.0 * preset.scenario.open_interest


def _depth_start(preset: Preset) -> float:
    return min(100.0 * preset.scenario.venue.depth / preset.scenario.book.open_interest, NO_IMPACT)


def _depth_money(preset: Preset, value: float) -> float:
    return math.inf if value >= NO_IMPACT else value / 100.0 * preset.scenario.book.open_interest


def _half_life_start(preset: Preset) -> float:
    return min(preset.scenario.venue.impact_half_life * preset.scenario.path.minutes_per_step, PERMANENT)


def _with_half_life(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
    steps = math.inf if value >= PERMANENT else value / scenario.path.minutes_per_step
    return _with(scenario, **{"venue.impact_half_life": steps})


def _thinning_start(preset: Preset) -> float | None:
    venue = preset.scenario.venue
    return venue.thinning if venue.impact == "linear" else None


RUN_SETTINGS: dict[str, RunSetting] = {
    setting.name: setting
    for setting in (
        RunSetting(
            name="book.leverage", word="leverage", label="Leverage", low=1.0, high=100.0, step=0.1, unit="x", digits=1,
            scale="log", start=_of_crowd("book.leverage"), bounds=_leverage_bounds,
            fields=("book.leverage_cap", "book.leverage_floor"),
            help="How large the median trader's position is against its own money; all drawn traders are scaled, up to "
            "the cap, positions on record stay. Formula: position value / collateral.",
        ),
        RunSetting(
            name="path.volatility", word="volatility", label="Volatility", high=300.0, step=1.0, unit="%", factor=100.0,
            start=_volatility_start, bounds=_volatility_bounds,
            help="How much the price moves; the same path, scaled. "
            "Formula: standard deviation of the log price over a year.",
        ),
        RunSetting(
            name="venue.fund", word="fund", label="Insurance fund", high=20.0, step=0.05, unit="%", digits=2,
            start=_fund_start, bounds=lambda preset: {"high": 50.0} if _fund_start(preset) > 10.0 else {},
            apply=lambda scenario, value, preset: _with(scenario, **{"venue.fund": _fund_money(preset, value)}),
            beside=lambda preset, value: money(_fund_money(preset, value), preset.currency),
            help="Money the venue keeps to pay for bankrupt traders, as a share of open interest. "
            "Formula: fund / open interest of one side.",
        ),
        RunSetting(
            name="crash_depth", word="crash", label="Crash depth", high=90.0, step=0.5, unit="%", digits=1,
            fold="Crash", start=crash.depth, apply=crash.with_depth_of, fields=("path.crash_depth",),
            help="How far the reference price falls below its start; the path keeps its shape. "
            "Formula: log prices are scaled.",
        ),
        RunSetting(
            name="crash_duration", word="time", label="Time to the low", high=1.0, step=0.1, digits=1, scale="log",
            fold="Crash", start=crash.duration, bounds=crash.duration_bounds, apply=crash.with_duration,
            fields=("path.points", "path.n_steps", "path.crash_steps", "path.crash_start"),
            help="How long the price takes to reach its low; the path is stretched in time.",
        ),
        RunSetting(
            name="venue.depth", word="depth", label="Market depth", low=0.2, high=NO_IMPACT, step=0.01, unit="%",
            digits=2, scale="log", fold="Market", start=_depth_start,
            apply=lambda scenario, value, preset: _with(scenario, **{"venue.depth": _depth_money(preset, value)}),
            beside=lambda preset, value: (
                "no price impact" if value >= NO_IMPACT else money(_depth_money(preset, value), preset.quote_currency)
            ),
            help="How much must be sold to move the price 1 %; at the right end nothing moves it. "
            "Formula: log price moves by 1 % x size / depth.",
        ),
        RunSetting(
            name="venue.impact_half_life", word="half_life", label="Impact half-life", low=0.5, high=PERMANENT,
            step=0.1, unit="min", digits=1, scale="log", fold="Market", start=_half_life_start, apply=_with_half_life,
            beside=lambda _preset, value: "permanent" if value >= PERMANENT else duration(value),
            help="How long until half of the price move that forced trading made is gone; at the right end it stays. "
            "Formula: impact x 2^(-time / half-life).",
        ),
        RunSetting(
            name="venue.thinning", word="thinning", label="Order-book thinning", high=3.0, step=0.05, digits=2,
            fold="Market", start=_thinning_start,
            help="How much thinner the order book gets for each percent that forced trading has moved it. "
            "Formula: depth / (1 + thinning x displacement in %).",
        ),
        RunSetting(
            name="venue.maintenance_rate", word="margin", label="Maintenance margin", low=0.1, high=20.0, step=0.05,
            unit="%", digits=2, factor=100.0, fold="Margin", fields=("venue.brackets",),
            apply=lambda scenario, value, _preset: _with(
                scenario, **{"venue.maintenance_rate": value / 100.0, "venue.brackets": ()}
            ),
            help="How much of the position's value a trader must still own; with less, the venue takes over. "
            "Formula: equity < rate x position value.",
        ),
        RunSetting(
            name="venue.liquidation_fee", word="fee", label="Liquidation fee", high=5.0, step=0.05, unit="%", digits=2,
            factor=100.0, fold="Margin",
            help="What a liquidated trader pays into the fund, out of what is left. "
            "Formula: min(equity left, rate x position value).",
        ),
        RunSetting(
            name="book.n_traders", word="traders", label="Number of traders", low=10, high=100_000, step=1, scale="log",
            fold="Traders", start=_of_crowd("book.n_traders"),
            apply=lambda scenario, value, _preset: _with(scenario, **{"book.n_traders": round(value)}),
            help="How many traders share the same open interest.",
        ),
        RunSetting(
            name="book.long_share", word="longs", label="Long share", high=100.0, step=1.0, unit="%", factor=100.0,
            fold="Traders", start=_of_crowd("book.long_share", 100.0),
            help="Share of the traders who bet on a rise; both sides keep the same open interest.",
        ),
        RunSetting(
            name="seed", word="seed", label="Seed", high=9999, step=1, fold="Traders",
            apply=lambda scenario, value, _preset: replace(scenario, seed=round(value)),
            help="Which traders and which jitter are drawn; the same number gives the same ones.",
        ),
    )
}  # fmt: skip


@lru_cache(maxsize=64)
def run_sliders(preset_name: str) -> dict[str, Slider]:
    """Return the sliders of a preset by the name of their setting."""
    preset = load_preset(preset_name)
    made = {name: setting.slider(preset) for name, setting in RUN_SETTINGS.items()}
    return {name: slider for name, slider in made.items() if slider is not None}


def settings_of(preset_name: str, policy: str) -> dict[str, Slider | Pick | Whole | Text]:
    """Return every setting of a preset under a policy, by name: sliders, the policy, its parameters, the rules."""
    own = parameters(preset_name, policy)
    return {**run_sliders(preset_name), POLICY: policy_list(preset_name), **own, RULES: rule_list(preset_name)}


def scenario_of(choice: Choice) -> Scenario:
    """Return the scenario of a choice; all violations are raised as one InputError."""
    preset = load_preset(choice.preset)
    plain = _plain(choice, preset)
    violations: list[tuple[str, str]] = []
    scenario = preset.scenario
    try:
        scenario = with_values(scenario, plain) if plain else scenario
    except InputError as error:
        violations += zip(error.fields, error.violations, strict=True)
    for name, setting in RUN_SETTINGS.items():
        if name in choice.values:
            try:
                scenario = setting.applied(scenario, float(choice.values[name]), preset)
            except InputError as error:
                violations += zip(error.fields, error.violations, strict=True)
    if violations:
        raise InputError(violations)
    return scenario


def _plain(choice: Choice, preset: Preset) -> dict[str, Any]:
    """Return what goes to the engine by its dotted name, in the engine's units; a new policy begins at its defaults."""
    settings = settings_of(choice.preset, choice.policy)
    plain: dict[str, Any] = {}
    own, is_list = own_policy(preset), choice.policy == IN_ORDER
    if choice.policy != own and is_list:
        plain[RULES] = rules_of(str(choice.values.get(RULES, rule_list(choice.preset).start)))
    elif choice.policy != own:
        plain |= {"venue.policy_options": {}} | ({RULES: None} if own == IN_ORDER else {})
    elif is_list and RULES in choice.values:
        plain[RULES] = rules_of(str(choice.values[RULES]))
    for name, value in choice.values.items():
        if name not in RUN_SETTINGS and name != RULES and not (name == POLICY and is_list):
            setting = settings.get(name)
            is_percent = isinstance(setting, Slider) and setting.factor != 1.0
            plain[name] = round(float(value) / setting.factor, 9) if is_percent else value
    return plain


def variant_choice(preset_name: str, variant: Variant) -> Choice:
    """Return the choice that a variant of a preset is: its values in the units of the page."""
    return Choice(preset_name, {name: value * RUN_SETTINGS[name].factor for name, value in variant.values.items()})


def setting_at(field_name: str) -> str:
    """Return the setting that an engine's field belongs to, "preset" where there is none."""
    for name, setting in RUN_SETTINGS.items():
        if field_name == name or field_name in setting.fields:
            return name
    if field_name.startswith(RULES):
        return RULES
    return POLICY if field_name.startswith(POLICY) else "preset"


def refusals(error: InputError) -> dict[str, str]:
    """Return the first sentence of an error for each setting that it is about."""
    sentences: dict[str, str] = {}
    for name, sentence in zip(error.fields, error.violations, strict=True):
        sentences.setdefault(setting_at(name), sentence)
    return sentences
