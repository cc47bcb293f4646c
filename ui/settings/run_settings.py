"""The settings that a slider moves: bounds for each preset, and how a value on the page becomes a scenario.

Here percent becomes fraction, once. A value that was not moved changes nothing, so a preset stays exactly what it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from engine import InputError, Position, Preset, Scenario, load_preset
from engine.scenario import with_values
from ui.frame.formats import duration, money
from ui.settings import crash
from ui.settings.crash import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A slider: `shape` gives its bounds (None where the preset has no such thing), `apply` its effect on a scenario.

    `beside` is what stands beside the label: the same value in money or time.
    """

    name: str
    shape: Callable[[Preset], Shape | None]
    apply: Callable[[Scenario, float, Preset], Scenario]
    beside: Callable[[Preset, float], str] = lambda _preset, _value: ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has chosen: a preset, and what was moved away from it (knob or dotted setting to value)."""

    preset: str
    values: Mapping[str, float | str] = field(default_factory=dict)


def scenario_of(choice: Choice) -> Scenario:
    """Return the scenario of a choice; all violations are raised as one InputError."""
    preset = load_preset(choice.preset)
    plain = {name: value for name, value in choice.values.items() if name not in KNOBS}
    if plain.get("venue.policy", preset.scenario.venue.policy) != preset.scenario.venue.policy:
        plain = {"venue.policy_options": {}, **plain}
    violations: list[tuple[str, str]] = []
    scenario = preset.scenario
    try:
        scenario = with_values(scenario, plain)
    except InputError as error:
        violations += zip(error.fields, error.violations, strict=True)
    for name, knob in KNOBS.items():
        if name in choice.values:
            try:
                scenario = knob.apply(scenario, float(choice.values[name]), preset)
            except InputError as error:
                violations += zip(error.fields, error.violations, strict=True)
    if violations:
        raise InputError(violations)
    return scenario


def knob_of(field_name: str) -> str:
    """Return the knob that an engine's field belongs to, "preset" where there is none."""
    for name, knob in KNOBS.items():
        if field_name == name or field_name in knob.fields:
            return name
    return "venue.policy" if field_name.startswith("venue.policy") else "preset"


def _with_book(scenario: Scenario, **values: object) -> Scenario:
    return replace(scenario, book=replace(scenario.book, **values))  # type: ignore[arg-type]


def _with_venue(scenario: Scenario, **values: object) -> Scenario:
    return replace(scenario, venue=replace(scenario.venue, **values))  # type: ignore[arg-type]


def _leverage_shape(preset: Preset) -> Shape:
    return Shape(low=1.0, high=100.0, step=0.1, value=preset.scenario.book.leverage, unit="x", digits=1, scale="log")


def _with_leverage(scenario: Scenario, value: float, preset: Preset) -> Scenario:
    """Scale every trader alike: the median, the cap of each, and the positions on record."""
    book = preset.scenario.book
    factor = value / book.leverage
    cap = book.leverage_cap * factor
    positions = tuple(_levered(position, factor) for position in scenario.positions)
    changed = _with_book(scenario, leverage=value, leverage_cap=cap, leverage_floor=book.leverage_floor * factor)
    return replace(changed, positions=positions)


def _levered(position: Position, factor: float) -> Position:
    if position.leverage is not None:
        return replace(position, leverage=position.leverage * factor)
    assert position.collateral is not None
    return replace(position, collateral=position.collateral / factor)


def _volatility_shape(preset: Preset) -> Shape:
    return Shape(low=0.0, high=300.0, step=1.0, value=100.0 * preset.scenario.path.volatility, unit="%")


def _with_volatility(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
    return replace(scenario, path=replace(scenario.path, volatility=value / 100.0))


def _fund_shape(preset: Preset) -> Shape:
    value = 100.0 * preset.scenario.venue.fund / preset.scenario.open_interest
    return Shape(low=0.0, high=50.0 if value > 10.0 else 20.0, step=0.05, value=value, unit="%", digits=2)


def _fund_money(preset: Preset, value: float) -> float:
    return value / 100.0 * preset.scenario.open_interest


def _depth_shape(preset: Preset) -> Shape | None:
    share = 100.0 * preset.scenario.venue.depth / preset.scenario.book.open_interest
    return Shape(low=0.01, high=1000.0, step=0.01, value=min(share, 1000.0), unit="%", digits=2, scale="log")


def _depth_money(preset: Preset, value: float) -> float:
    return math.inf if value >= 1000.0 else value / 100.0 * preset.scenario.book.open_interest


def _half_life_shape(preset: Preset) -> Shape:
    minutes = preset.scenario.venue.impact_half_life * preset.scenario.path.minutes_per_step
    return Shape(low=0.5, high=10_000.0, step=0.1, value=min(minutes, 10_000.0), unit="min", digits=1, scale="log")


def _with_half_life(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
    return _with_venue(
        scenario, impact_half_life=math.inf if value >= 10_000.0 else value / scenario.path.minutes_per_step
    )


def _number(
    name: str, low: float, high: float, step: float, unit: str = "", digits: int = 0, factor: float = 1.0
) -> Knob:
    """A knob for one field of book or venue, shown times `factor`."""
    section, _, key = name.partition(".")

    def shape(preset: Preset) -> Shape:
        value = factor * getattr(getattr(preset.scenario, section), key)
        return Shape(low=low, high=high, step=step, value=value, unit=unit, digits=digits)

    def apply(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
        part = replace(getattr(scenario, section), **{key: value / factor})
        return replace(scenario, **{section: part})  # type: ignore[arg-type]

    return Knob(name=name, shape=shape, apply=apply)


def _with_margin(scenario: Scenario, value: float, _preset: Preset) -> Scenario:
    return _with_venue(scenario, maintenance_rate=value / 100.0, brackets=())


def _traders_shape(preset: Preset) -> Shape:
    return Shape(low=10, high=100_000, step=1, value=preset.scenario.book.n_traders, scale="log")


KNOBS: dict[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob(
            name="book.leverage",
            shape=_leverage_shape,
            apply=_with_leverage,
            fields=("book.leverage_cap", "book.leverage_floor", "position.leverage", "position.collateral"),
        ),
        Knob(name="path.volatility", shape=_volatility_shape, apply=_with_volatility),
        Knob(
            name="venue.fund",
            shape=_fund_shape,
            apply=lambda scenario, value, preset: _with_venue(scenario, fund=_fund_money(preset, value)),
            beside=lambda preset, value: money(_fund_money(preset, value), preset.currency),
        ),
        Knob(name="crash_depth", shape=crash.depth_shape, apply=crash.with_depth_of, fields=("path.crash_depth",)),
        Knob(
            name="crash_duration",
            shape=crash.duration_shape,
            apply=crash.with_duration,
            fields=("path.points", "path.n_steps", "path.crash_steps", "path.crash_start"),
        ),
        Knob(
            name="venue.depth",
            shape=_depth_shape,
            apply=lambda scenario, value, preset: _with_venue(scenario, depth=_depth_money(preset, value)),
            beside=lambda preset, value: (
                "no price impact" if value >= 1000.0 else money(_depth_money(preset, value), preset.quote_currency)
            ),
        ),
        Knob(
            name="venue.impact_half_life",
            shape=_half_life_shape,
            apply=_with_half_life,
            beside=lambda _preset, value: "permanent" if value >= 10_000.0 else duration(value),
        ),
        _number("venue.thinning", 0.0, 3.0, 0.05, digits=2),
        Knob(
            name="venue.maintenance_rate",
            shape=lambda preset: Shape(
                low=0.1, high=20.0, step=0.05, value=100.0 * preset.scenario.venue.maintenance_rate, unit="%", digits=2
            ),
            apply=_with_margin,
            fields=("venue.brackets",),
        ),
        _number("venue.liquidation_fee", 0.0, 5.0, 0.05, "%", 2, 100.0),
        Knob(
            name="book.n_traders",
            shape=_traders_shape,
            apply=lambda scenario, value, _preset: _with_book(scenario, n_traders=round(value)),
        ),
        _number("book.long_share", 0.0, 100.0, 1.0, "%", 0, 100.0),
        Knob(
            name="seed",
            shape=lambda preset: Shape(low=0, high=9999, step=1, value=preset.scenario.seed),
            apply=lambda scenario, value, _preset: replace(scenario, seed=round(value)),
        ),
    )
}
MAIN = ("book.leverage", "path.volatility", "venue.fund")
