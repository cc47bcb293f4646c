"""What stands in the head of every file that a command writes."""

import argparse
import shlex
import tomllib
from pathlib import Path
from typing import TextIO

from engine.presets import load_preset
from engine.scenario import Scenario

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def about(arguments: argparse.Namespace, scenario: Scenario) -> dict[str, str]:
    """Return the head: which Shortfall, the command, the units, and a link where the replay is as it is on record."""
    source, currency, link = ["--scenario", str(arguments.scenario)], "the settlement currency", {}
    if arguments.scenario is None:
        preset, source = load_preset(arguments.preset), ["--preset", arguments.preset]
        currency = f"{preset.currency}, prices in {preset.quote_currency}"
        link = {} if arguments.set else {"link": f"/?v=1&p={preset.name}"}
    given = [word for text in arguments.set for word in ("--set", text)]
    return {
        "made by": f"Shortfall {tomllib.loads(PROJECT.read_text(encoding='utf-8'))['project']['version']}",
        "command": shlex.join(["python", "-m", "engine", arguments.command, *source, *given]),
        "money": f"in {currency}; a step is {scenario.path.minutes_per_step:g} minutes",
        **link,
    }


def write_head(stream: TextIO, head: dict[str, str]) -> None:
    """Write a head above a table, each line after a "#"."""
    stream.writelines(f"# {name}: {text}\n" for name, text in head.items())
