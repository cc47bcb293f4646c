"""The commands about many paths: estimate, size, cost and sweep, with a bar on stderr."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.cli.arguments import add_scenario_arguments, chosen_scenario
from engine.errors import InputError
from engine.montecarlo.risk import Estimated
from engine.questions.position import position_cost
from engine.questions.scenario_estimates import estimate_scenario, figures, model_of
from engine.questions.sizing import size_fund
from engine.questions.sweep import SweepError, sweep
from engine.scenario import Scenario, scenario_book, to_document

Subparsers = Any  # argparse keeps the type to itself


def add_commands(subparsers: Subparsers) -> None:
    """Add the commands to those of `python -m engine`."""

    def command(name: str, text: str, handler: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = subparsers.add_parser(name, help=text, description=f"{text}.")
        add_scenario_arguments(parser)
        parser.add_argument("--paths", type=int, default=2000, metavar="N", help="how many price paths (2000)")
        parser.add_argument("--threads", type=int, default=None, metavar="N", help="threads (one per processor)")
        output = parser.add_mutually_exclusive_group()
        output.add_argument("--json", action="store_true", help="print JSON")
        output.add_argument("--csv", type=Path, metavar="FILE", help="write CSV")
        output.add_argument("--parquet", type=Path, metavar="FILE", help="write Parquet")
        parser.set_defaults(handler=handler, chosen=chosen_scenario)
        return parser

    estimate = command("estimate", "probabilities, expectations and tails of a scenario's losses", estimate_command)
    estimate.add_argument("--level", type=float, default=0.99, help="of Value at Risk and Expected Shortfall (0.99)")
    estimate.add_argument(
        "--rare", action="store_true", help="importance sampling: for shortfalls of less than 1 in 1,000"
    )
    size = command("size", "how large the fund has to be", size_command)
    size.add_argument("--level", type=float, default=0.99, help="of Value at Risk and Expected Shortfall (0.99)")
    size.add_argument("--target", type=float, default=0.01, help="acceptable probability of a shortfall (0.01)")
    size.add_argument("--rare", action="store_true", help="importance sampling: for shortfalls of less than 1 in 1,000")
    _add_cost(command("cost", "what a position pays for other people's losses", cost_command))
    _add_sweep(command("sweep", "estimates over a grid of settings, resumable", sweep_command))


def _add_cost(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--side", choices=("long", "short"), default="long")
    parser.add_argument("--size", type=float, required=True, help="coins, or USD contracts if inverse; > 0")
    parser.add_argument("--leverage", type=float, default=10.0, help="notional at entry over collateral (10)")
    parser.add_argument("--entry", type=float, default=None, help="entry price (where paths start)")
    parser.add_argument("--crash", type=float, default=0.2, help="fall and rise to show the charge for (0.2)")


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        required=True,
        metavar="NAME=VALUES",
        help="a setting and its values, a,b,c or first:last:number; more than one --vary makes a grid",
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep finished cells there, and go on from them")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, tcp://host:port; threads otherwise")


def estimate_command(arguments: argparse.Namespace) -> int:
    """Print the estimates of a scenario, each with its standard error."""
    scenario = arguments.chosen(arguments)
    with bar("paths") as progress:
        result = estimate_scenario(
            scenario,
            n_paths=arguments.paths,
            level=arguments.level,
            n_threads=arguments.threads,
            importance=arguments.rare or None,
            progress=progress,
        )
    return deliver(arguments, scenario, figures(result))


def size_command(arguments: argparse.Namespace) -> int:
    """Print the smallest fund that meets a target, with VaR and ES of what the fund needs."""
    scenario = arguments.chosen(arguments)
    with bar("paths") as progress:
        sizes = size_fund(
            book=scenario_book(scenario),
            venue=scenario.venue,
            model=model_of(scenario),
            target=arguments.target,
            level=arguments.level,
            n_paths=arguments.paths,
            seed=scenario.seed,
            n_threads=arguments.threads,
            importance=arguments.rare or None,
            progress=progress,
        )
    now = sizes.shortfall_probability(scenario.venue.fund)
    more = {"shortfall_probability_now": now.value, "shortfall_probability_now_stderr": now.stderr}
    return deliver(arguments, scenario, {"target": sizes.target, "level": sizes.level, **estimated(sizes), **more})


def cost_command(arguments: argparse.Namespace) -> int:
    """Print the chance that a position is charged or deleveraged, and the money."""
    scenario = arguments.chosen(arguments)
    cost = position_cost(
        side=arguments.side,
        size=arguments.size,
        leverage=arguments.leverage,
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=model_of(scenario),
        entry_price=arguments.entry,
        crash=arguments.crash,
        n_paths=arguments.paths,
        seed=scenario.seed,
        n_threads=arguments.threads,
    )
    row = {"notional": cost.notional, "horizon_years": cost.horizon_years, "crash": cost.crash}
    return deliver(arguments, scenario, {**estimated(cost), **row})


def estimated(result: object) -> dict[str, float]:
    """Return every estimated number of a result, each followed by its standard error."""
    row: dict[str, float] = {}
    for name in result.__dataclass_fields__:  # type: ignore[attr-defined]
        value = getattr(result, name)
        if isinstance(value, Estimated):
            row |= {name: float(value.value), f"{name}_stderr": float(value.stderr)}
    return row


def sweep_command(arguments: argparse.Namespace) -> int:
    """Print or write the table of a sweep; what was finished is kept, whatever ends it."""
    scenario = arguments.chosen(arguments)
    axes = dict(axis(text) for text in arguments.vary)
    try:
        with bar("cells") as progress:
            table = sweep(
                scenario=scenario,
                settings=axes,
                n_paths=arguments.paths,
                folder=arguments.folder,
                scheduler=arguments.scheduler,
                n_threads=arguments.threads,
                progress=progress,
            )
    except SweepError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = "lost: there was no --folder" if arguments.folder is None else f"kept in {arguments.folder}"
        print(f"interrupted; finished cells are {kept}", file=sys.stderr)
        return 130
    return deliver_table(arguments, table, list(axes))


def axis(text: str) -> tuple[str, list[object]]:
    """Return the name and the values of NAME=a,b,c or NAME=first:last:number; raises InputError."""
    name, equals, values = text.partition("=")
    if not equals or not values.strip():
        raise InputError([("--vary", f"--vary must be NAME=VALUES, was {text!r}")])
    ends = values.split(":")
    if len(ends) != 3:
        return name.strip(), [value.strip() for value in values.split(",")]
    try:
        first, last, number = float(ends[0]), float(ends[1]), int(ends[2])
        if not (1 <= number <= 10_000 and np.isfinite([first, last]).all()):
            raise ValueError
    except ValueError:
        reason = f"--vary must be NAME=first:last:number with two numbers and a count >= 1, was {text!r}"
        raise InputError([("--vary", reason)]) from None
    return name.strip(), [float(value) for value in np.linspace(first, last, number)]


@contextmanager
def bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on stderr while the block runs, where that is a terminal; gives progress(done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(unit, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def deliver(arguments: argparse.Namespace, scenario: Scenario, row: Mapping[str, object]) -> int:
    """Print one row of figures (an error beside its number), or write it where the arguments say."""
    if arguments.csv is not None or arguments.parquet is not None:
        return deliver_table(arguments, pd.DataFrame([dict(row)]), [])
    if arguments.json:
        print(json.dumps(plain(row) | {"scenario": to_document(scenario)}, indent=2))
        return 0
    for name, value in row.items():
        if not name.endswith("_stderr"):
            error = row.get(f"{name}_stderr")
            text = f"{value:,.6g}" if isinstance(value, float) else str(value)
            print(f"{name:30}{text:>16}" + (f"  +- {error:,.2g}" if isinstance(error, float) else ""))
    return 0


def deliver_table(arguments: argparse.Namespace, table: pd.DataFrame, first: Sequence[str]) -> int:
    """Print a table, or write it where the arguments say; the text shows the settings and the main figures only."""
    if arguments.csv is not None:
        table.to_csv(arguments.csv, index=False)
    elif arguments.parquet is not None:
        table.to_parquet(arguments.parquet, index=False)
    elif arguments.json:
        print(json.dumps([plain(row) for row in table.to_dict("records")], indent=2))
        return 0
    else:
        main = ("shortfall_probability", "shortfall_probability_stderr", "expected_deficit", "expected_shortfall")
        print(
            table[[*first, *(name for name in main if name in table)]].to_string(
                index=False, float_format="{:,.6g}".format
            )
        )
        return 0
    print(f"{len(table)} rows written to {arguments.csv or arguments.parquet}")
    return 0


def plain(row: Mapping[Any, object]) -> dict[str, object]:
    """Return a row that JSON can hold: infinity and NaN, which it has not, become null."""
    return {
        str(name): None if isinstance(value, float) and not np.isfinite(value) else value for name, value in row.items()
    }
