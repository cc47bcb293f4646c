"""What was changed in a replay."""

from __future__ import annotations

from dataclasses import replace

from ui.charts.rule_words import sharing
from ui.charts.run_view import RunView
from ui.frame.formats import money
from ui.settings.reproduce import differences, settings, written
from ui.settings.rule_list import RULES
from ui.settings.run_settings import POLICY, RUN_SETTINGS, run_sliders, setting_at

SAME = 1e-9
LEAST_MONEY = 1e4  # a setting without a slider from here on is an amount
WITH_A_SLIDER = (POLICY, RULES, "path.model")  # told by what moved them
NAMES = {"venue.vault": "liquidity vault", "venue.venue_capital": "venue capital"}


def changes(view: RunView) -> str:
    """Return what is not as in the replay: "leverage 12x instead of 7.5x"; nothing where all is."""
    scenario, own = view.scenario, view.preset.scenario
    if scenario == own:
        return ""
    parts = []
    here = replace(view.preset, scenario=scenario)
    for name, slider in run_sliders(view.preset.name).items():
        now = RUN_SETTINGS[name].value_in(here)
        if now is not None and abs(now - slider.start) > SAME * max(abs(now), abs(slider.start)):
            parts.append(f"{slider.label} {slider.shown(now)} instead of {slider.shown(slider.start)}")
    if scenario.venue.rules != own.venue.rules:
        names = (sharing(each.venue) for each in (scenario, own))
        parts.append("loss sharing {} instead of {}".format(*(f"“{name}”" for name in names)))
    for name, value in differences(scenario, own).items():
        if not name.startswith(WITH_A_SLIDER) and setting_at(name) == "preset":
            before = _value(view, settings(own)[name])
            parts.append(f"{NAMES.get(name, name)} {_value(view, value)} instead of {before}")
    return ", ".join(text[:1].lower() + text[1:] for text in parts)


def _value(view: RunView, value: object) -> str:
    is_money = isinstance(value, float) and value >= LEAST_MONEY
    return money(float(str(value)), view.currency) if is_money else written(value)
