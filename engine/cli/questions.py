"""The commands about many paths: one for each question that a page asks, with a bar on stderr."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.cli.output import Subparsers, add_output, plain, print_figures, write_table
from engine.day_presets import load_preset
from engine.errors import InputError
from engine.montecarlo.runs import estimate_study
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Progress
from engine.questions.backward import SETTINGS, largest_crash, solve_setting
from engine.questions.figures import estimate_figures, figure, figures, study_of
from engine.questions.fund import size_fund
from engine.questions.position import PositionSpec, cost_reductions, position_cost
from engine.questions.sweep import SweepError, sweep
from engine.questions.systemic import contribution_shares, systemic_report
from engine.rare_events.plans import plan_tilts
from engine.scenario import Scenario, to_document

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
Answer = Any  # one row of figures as a mapping, or a table
Question = Callable[[argparse.Namespace, Study, Progress], Answer]

MAIN_FIGURES = (
    *("shortfall_probability", "shortfall_probability_low", "shortfall_probability_high"),
    *("expected_deficit", "expected_shortfall"),
)


def add_question_commands(commands: Subparsers, scenario: argparse.ArgumentParser) -> None:
    """Add the commands to those of `python -m engine`."""
    for name, (question, text, options) in COMMANDS.items():
        parser = commands.add_parser(name, parents=[scenario], help=text, description=f"{text}.")
        parser.add_argument("--paths", type=int, default=2000, metavar="N", help="how many price paths (2000)")
        parser.add_argument("--threads", type=int, default=None, metavar="N", help="threads (one per processor)")
        output = add_output(parser, "CSV")
        output.add_argument("--parquet", type=Path, metavar="FILE", help="write Parquet")
        for option in options:
            parser.add_argument(f"--{option}", **OPTIONS[option])
        parser.set_defaults(handler=sweep_command if question is None else answered(question))


def answered(question: Question) -> Callable[[argparse.Namespace], int]:
    """Return the handler that asks a question of the study that the arguments name, and prints the answer."""

    def handler(arguments: argparse.Namespace) -> int:
        scenario = arguments.chosen(arguments)
        study = study_of(scenario, n_paths=arguments.paths, n_threads=arguments.threads)
        with bar("paths") as progress:
            answer = question(arguments, study, progress)
        return deliver(arguments, scenario, answer)

    return handler


def ask_estimate(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return the estimates of a scenario, each with its standard error."""
    plan = plan_tilts(study) if arguments.rare else None
    return estimate_figures(estimate_study(study, level=arguments.level, importance=plan, progress=progress))


def ask_size(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return the smallest fund that meets a target, with VaR and ES of what the fund needs."""
    sizes = size_fund(study, target=arguments.target, level=arguments.level, importance="when_rare", progress=progress)
    now = sizes.shortfall_probability(study.venue.fund)
    row = {"target": sizes.target, "level": sizes.level, "is_rare": sizes.importance is not None, **figures(sizes)}
    return row | figure("shortfall_probability_now", now) | {"caution": sizes.caution}


def ask_limit(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return the mildest value of a setting that keeps the chance of a shortfall at or under the target."""
    found = solve_setting(study, setting=arguments.setting, target=arguments.target)
    known = {"setting": arguments.setting, "target": arguments.target, "value": found.value}
    return {**known, **figures(found), "is_monotone": found.is_monotone}


def ask_break(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return the largest straight crash that the layers survive, as a share of the price."""
    crash = largest_crash(book=study.book, venue=study.venue)
    return {"largest_crash_survived": crash.depth, "capacity": crash.capacity}


def ask_share(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return shares of the fund by margin, by cause and by Shapley value, beside who pays today."""
    shares = contribution_shares(systemic_report(study, groups=arguments.by, level=arguments.level))
    names = ("by_margin", "by_cause", "by_shapley", "paid_today")
    return pd.DataFrame({arguments.by: shares.labels, **{name: getattr(shares, name) for name in names}})


def ask_cost(arguments: argparse.Namespace, study: Study, progress: Progress) -> Answer:
    """Return the chance that a position is charged or deleveraged, and the money; or what changes would make of it."""
    position = PositionSpec(
        side=arguments.side, size=arguments.size, leverage=arguments.leverage, entry_price=arguments.entry
    )
    if arguments.changes:
        found = cost_reductions(study, position)
        rows = [{"change": one.name, "is_halved": one.is_halved, **figures(one.cost)} for one in found]
        return pd.DataFrame(rows)
    cost = position_cost(study, position, progress=progress)
    row = {**figures(cost), "notional": cost.notional, "horizon_years": cost.horizon_years, "crash": arguments.crash}
    for name, move in (("charge_in_fall", -arguments.crash), ("charge_in_rise", arguments.crash)):
        row |= figure(name, position_cost(study, position, move=move).expected_charge)
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
                folder=arguments.folder,
                scheduler=arguments.scheduler,
                progress=progress,
                n_paths=arguments.paths,
                n_threads=arguments.threads,
            )
    except SweepError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = "lost: there was no --folder" if arguments.folder is None else f"kept in {arguments.folder}"
        print(f"interrupted; finished cells are {kept}", file=sys.stderr)
        return 130
    return deliver(arguments, scenario, table, [*axes, *(name for name in MAIN_FIGURES if name in table)])


def axis(text: str) -> tuple[str, list[object]]:
    """Return the name and the values of NAME=a,b,c or NAME=first:last:number; raises InputError."""
    name, equals, values = text.partition("=")
    if not equals or not values.strip():
        raise InputError([("--vary", f"--vary must be NAME=VALUES, was {text!r}")])
    ends = values.split(":")
    if len(ends) != 3:
        return name.strip(), [value.strip() for value in values.split(",")]
    try:
        first, last, count = float(ends[0]), float(ends[1]), int(ends[2])
        if not (1 <= count <= 10_000 and np.isfinite([first, last]).all()):
            raise ValueError
    except ValueError:
        reason = f"--vary must be NAME=first:last:number with two numbers and a count >= 1, was {text!r}"
        raise InputError([("--vary", reason)]) from None
    return name.strip(), [float(value) for value in np.linspace(first, last, count)]


@contextmanager
def bar(unit: str) -> Iterator[Progress]:
    """Show a progress bar on stderr while the block runs, where that is a terminal; gives progress(done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(unit, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def deliver(
    arguments: argparse.Namespace, scenario: Scenario, answer: Answer, shown: Sequence[str] | None = None
) -> int:
    """Print an answer, or write it where the arguments say; the text of a table has the columns `shown`."""
    table = answer if isinstance(answer, pd.DataFrame) else pd.DataFrame([dict(answer)])
    if arguments.csv is not None:
        write_table(arguments.csv, about(arguments, scenario), table)
    elif arguments.parquet is not None:
        table.attrs = about(arguments, scenario)
        table.to_parquet(arguments.parquet, index=False)
    elif arguments.json and isinstance(answer, pd.DataFrame):
        print(json.dumps([plain(row) for row in table.to_dict("records")], indent=2))
    elif arguments.json:
        print(json.dumps(plain(answer) | {"scenario": to_document(scenario)}, indent=2))
    elif isinstance(answer, pd.DataFrame):
        print(table[list(shown or table)].to_string(index=False, float_format="{:,.6g}".format))
    else:
        print_figures(answer)
    if arguments.csv or arguments.parquet:
        print(f"{len(table)} rows written to {arguments.csv or arguments.parquet}")
    return 0


OPTIONS: dict[str, dict[str, Any]] = {
    "level": {"type": float, "default": 0.99, "help": "of Value at Risk and Expected Shortfall (0.99)"},
    "target": {"type": float, "default": 0.01, "help": "acceptable probability of a shortfall (0.01)"},
    "rare": {"action": "store_true", "help": "importance sampling: for shortfalls of less than 1 in 1,000"},
    "setting": {"choices": sorted(SETTINGS), "default": "leverage_cap"},
    "by": {"default": "leverage", "help": "how traders are grouped: leverage, size or side (leverage)"},
    "side": {"choices": ("long", "short"), "default": "long"},
    "size": {"type": float, "required": True, "help": "coins, or USD contracts if inverse; > 0"},
    "leverage": {"type": float, "default": 10.0, "help": "notional at entry over collateral (10)"},
    "entry": {"type": float, "help": "entry price (where paths start)"},
    "crash": {"type": float, "default": 0.2, "help": "fall and rise to show the charge for (0.2)"},
    "changes": {"action": "store_true", "help": "what one change of the position would make of it"},
    "vary": {
        "action": "append",
        "required": True,
        "metavar": "NAME=VALUES",
        "help": "a setting and its values, a,b,c or first:last:number; more than one --vary makes a grid",
    },
    "folder": {"type": Path, "metavar": "DIR", "help": "keep finished cells there, and go on from them"},
    "scheduler": {"metavar": "ADDRESS", "help": "of a Dask cluster, tcp://host:port; threads otherwise"},
}
COST = ("side", "size", "leverage", "entry", "crash", "changes")
COMMANDS: dict[str, tuple[Question | None, str, tuple[str, ...]]] = {
    "estimate": (ask_estimate, "probabilities, expectations and tails of a scenario's losses", ("level", "rare")),
    "size": (ask_size, "how large the fund has to be", ("level", "target")),
    "limit": (ask_limit, "which setting brings the chance of a shortfall down", ("setting", "target")),
    "break": (ask_break, "the largest crash that is survived", ()),
    "share": (ask_share, "who should contribute to the fund, by leverage or otherwise", ("by", "level")),
    "cost": (ask_cost, "what a position pays for other people's losses", COST),
    "sweep": (None, "estimates over a grid of settings, resumable", ("vary", "folder", "scheduler")),
}


def about(arguments: argparse.Namespace, scenario: Scenario) -> dict[str, str]:
    """Return the head: which Shortfall, the command, the units, and a link where the replay is as it is on record."""
    source, currency, link = ["--scenario", str(arguments.scenario)], "the settlement currency", {}
    if arguments.scenario is None:
        preset, source = load_preset(arguments.preset), ["--preset", arguments.preset]
        currency = f"{preset.currency}, prices in {preset.quote_currency}"
        link = {"link": f"/?v=1&p={preset.name}"}
    for option in ("book", "prices"):
        if getattr(arguments, option) is not None:
            source, link = [*source, f"--{option}", str(getattr(arguments, option))], {}
    link = {} if arguments.set else link
    given = [word for text in arguments.set for word in ("--set", text)]
    return {
        "made by": f"Shortfall {tomllib.loads(PROJECT.read_text(encoding='utf-8'))['project']['version']}",
        "command": shlex.join(["python", "-m", "engine", arguments.command, *source, *given]),
        "money": f"in {currency}; a step is {scenario.path.minutes_per_step:g} minutes",
        **link,
    }
