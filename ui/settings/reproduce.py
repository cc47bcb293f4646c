"""The command line that reproduces what a page shows."""

from __future__ import annotations

import json
import math
import shlex
import tomllib
from dataclasses import fields
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from engine import IDEAS, SECTIONS, Scenario, is_day, is_own, load_preset, preset_names, to_document, tree_of

ROOT = Path(__file__).parents[2]


def command(scenario: Scenario, preset_name: str) -> str:
    """Return `python -m engine run ...` for a scenario: its preset and the settings that differ.

    Positions cannot be written as a setting: a scenario that changed them needs the settings file (`settings_file`).
    """
    if is_own(preset_name):
        book = [] if scenario.own is None else ["--book", scenario.own.label]
        return shlex.join(["python", "-m", "engine", "run", "--scenario", file_name(scenario), *book])
    base = load_preset(preset_name).scenario
    if scenario.positions != base.positions:
        return f"python -m engine run --scenario {file_name(scenario)}"
    words = ["python", "-m", "engine", "run", "--preset", preset_name]
    for name, value in differences(scenario, base).items():
        words += ["--set", f"{name}={written(value)}"]
    return shlex.join(words)


def settings(scenario: Scenario) -> dict[str, object]:
    """Return every setting of a scenario by dotted name; positions are left out."""
    found: dict[str, object] = {}
    for section in SECTIONS:
        part = getattr(scenario, section)
        found |= {f"{section}.{each.name}": getattr(part, each.name) for each in fields(part)}
    return found | {"seed": scenario.seed}


def differences(scenario: Scenario, base: Scenario) -> dict[str, object]:
    """Return the settings that differ between two scenarios, by dotted name."""
    before = settings(base)
    return {name: value for name, value in settings(scenario).items() if value != before[name]}


def written(value: object) -> str:
    """Return a value as the command line and a link read it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return json.dumps(tree_of(value), separators=(",", ":"))


def settings_file(scenario: Scenario) -> str:
    """Return the scenario as the file that `--scenario` reads."""
    return json.dumps(to_document(scenario), indent=2) + "\n"


def file_name(scenario: Scenario) -> str:
    """Return the name of the settings file."""
    return f"shortfall-{stem(scenario)}.json"


@lru_cache(maxsize=256)
def stem(scenario: Scenario) -> str:
    """Return the beginning of a file's name: a replay's own, or with eight letters of its settings' hash behind it.

    So two files of different content have different names, and the same settings always have the same one.
    """
    if is_own(scenario.name):
        return f"mine-{sha256(settings_file(scenario).encode()).hexdigest()[:8]}"
    is_known = scenario.name in (*preset_names(), *IDEAS) or is_day(scenario.name)
    if is_known and load_preset(scenario.name).scenario == scenario:
        return scenario.name
    return f"{scenario.name}-{sha256(settings_file(scenario).encode()).hexdigest()[:8]}"


@lru_cache(maxsize=1)
def version() -> str:
    """Return which Shortfall this is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"Shortfall {project['version']}"
