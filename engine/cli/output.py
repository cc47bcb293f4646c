"""What the commands share: how they are added, and how figures and tables are printed or written."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd

Subparsers = Any  # argparse keeps the type to itself


def add_command(
    commands: Subparsers, name: str, text: str, handler: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """Return a new one among the commands of `python -m engine`."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"{text}.")
    parser.set_defaults(handler=handler)
    return parser


def add_numbers(parser: argparse.ArgumentParser, numbers: Mapping[str, tuple[float, str]]) -> None:
    """Add an option for each of some numbers, by its name, with its value where none is given and what it is."""
    for name, (value, words) in numbers.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, default=value, metavar="X", help=f"{words} ({value:g})")


def add_output(parser: argparse.ArgumentParser, rows: str = "") -> Any:
    """Add --json, and --csv for a command that writes `rows`; returns their group."""
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print JSON")
    if rows:
        output.add_argument("--csv", type=Path, metavar="FILE", help=f"write {rows}")
    return output


def print_figures(row: Mapping[str, object]) -> None:
    """Print one figure a line, its 95 % interval beside it."""
    if any(f"{name}_low" in row for name in row):
        print(f"{'':30}{'':>16}  95 % interval")
    for name, value in row.items():
        if not name.endswith(("_stderr", "_low", "_high")):
            is_nan = isinstance(value, float) and math.isnan(value)  # the mean over nothing
            text = "none seen" if is_nan else f"{value:,.6g}" if isinstance(value, float) else str(value)
            print(f"{name:30}{text:>16}{_interval(row, name)}".rstrip())


def _interval(row: Mapping[str, Any], name: str) -> str:
    if f"{name}_low" not in row:
        return ""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if math.isfinite(high - low):
        return f"  {low:,.4g} to {high:,.4g}"
    return "  none seen" if row[name] == 0.0 else "  too few paths seen"


def plain(row: Mapping[Any, object]) -> dict[str, object]:
    """Return a row that JSON can hold: infinity and NaN, which it has not, become null."""
    return {
        str(name): None if isinstance(value, float) and not np.isfinite(value) else value for name, value in row.items()
    }


def print_row(arguments: argparse.Namespace, row: Mapping[str, object]) -> None:
    """Print the figures of a row as the arguments say."""
    if arguments.json:
        print(json.dumps(plain(row), indent=2))
    else:
        print_figures(row)


def write_table(file: Path, head: dict[str, str], table: pd.DataFrame) -> None:
    """Write a table below its head."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        write_head(stream, head)
        table.to_csv(stream, index=False)


def write_head(stream: TextIO, head: dict[str, str]) -> None:
    """Write a head above a table, each line after a "#"."""
    stream.writelines(f"# {name}: {text}\n" for name, text in head.items())
