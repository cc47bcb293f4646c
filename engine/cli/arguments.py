"""How every command names its scenario: a preset or a file, and single settings changed."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from engine.errors import InputError
from engine.presets import load_preset
from engine.scenario import Scenario, from_document, with_depth, with_values


def add_scenario_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --preset, --scenario and --set, by which every command names its scenario."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--preset", default="calm", help="a preset (see the command presets); calm if not given")
    source.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario file, as the page saves it")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting, e.g. venue.fund=2e6, book.leverage=20, path.depth=0.3, seed=7",
    )


def chosen_scenario(arguments: argparse.Namespace) -> Scenario:
    """Return the scenario that the arguments name, or raise InputError."""
    if arguments.scenario is not None:
        try:
            scenario = from_document(json.loads(arguments.scenario.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            reason = f"--scenario must be a readable JSON file, was {arguments.scenario} ({error})"
            raise InputError([("scenario", reason)]) from error
    else:
        scenario = load_preset(arguments.preset).scenario
    values: dict[str, object] = {}
    for text in arguments.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError([("--set", f"--set must be NAME=VALUE, was {text!r}")])
        values[name.strip()] = value.strip()
    depth = values.pop("path.depth", None)
    scenario = with_values(scenario, values)
    if depth is not None:
        try:
            fall = float(str(depth))
        except ValueError:
            raise InputError(
                [("path.depth", f"path.depth must be a number >= 0 and <= 0.999, was {depth!r}")]
            ) from None
        scenario = replace(scenario, path=with_depth(scenario.path, fall))
    return scenario
