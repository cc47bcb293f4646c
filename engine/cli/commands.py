"""The command line: the same scenarios, presets and answers as the pages, as text, JSON or CSV."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli.accounts import add_collateral_command, add_contagion_command, add_october_command
from engine.cli.game import add_game_command
from engine.cli.output import print_figures, write_head
from engine.cli.portfolio import add_portfolio_command
from engine.cli.questions import about, add_question_commands
from engine.cli.real_days import add_hindcast_command
from engine.cli.seasons import add_seasons_command
from engine.day_presets import load_preset
from engine.errors import EngineError, InputError
from engine.own_book import with_own_book, with_own_prices
from engine.own_data.doors import own_book, read_book, read_prices
from engine.own_data.records import cell_text
from engine.presets import IDEAS, preset_names
from engine.questions.fairness import lost_shares
from engine.questions.mutualization import rule_flows
from engine.scenario import Scenario, from_document, run_scenario, to_document, with_depth, with_values
from engine.simulation import Run

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
HAIRCUT = {"haircut_rate": "charge over profit before charges, a fraction"}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m engine`."""
    parser = argparse.ArgumentParser(prog="python -m engine", description="Who pays when a leveraged market crashes.")
    parser.set_defaults(chosen=chosen_scenario)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    scenario = scenario_arguments()
    run = commands.add_parser("run", parents=[scenario], help="run one scenario and say who paid")
    output = run.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row per trader")
    run.add_argument("--save", type=Path, metavar="FILE", help="write the scenario as a file that --scenario reads")
    run.set_defaults(handler=run_command)
    add_question_commands(commands, scenario)
    add_hindcast_command(commands)
    add_portfolio_command(commands)
    add_seasons_command(commands)
    add_game_command(commands)
    add_contagion_command(commands)
    add_october_command(commands)
    add_collateral_command(commands)
    commands.add_parser("presets", help="list the presets").set_defaults(handler=presets_command)
    return parser


def scenario_arguments() -> argparse.ArgumentParser:
    """Return --preset, --scenario and --set, by which every command names its scenario."""
    parser = argparse.ArgumentParser(add_help=False)
    source = parser.add_mutually_exclusive_group()
    known = "a preset (see the command presets), or a day in a market, as binance-btc@2025-10-10; calm if not given"
    source.add_argument("--preset", default="calm", help=known)
    source.add_argument("--scenario", type=Path, metavar="FILE", help="a scenario file, as the page saves it")
    example = "change a setting, e.g. venue.fund=2e6, book.leverage=20, path.depth=0.3, seed=7"
    own = "positions of your own (CSV, Parquet, XLSX, JSON) in place of the traders; what was understood is said"
    parser.add_argument("--book", type=Path, metavar="FILE", help=own)
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="a price path of your own: time and price, or candles"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=example)
    return parser


def chosen_scenario(arguments: argparse.Namespace) -> Scenario:
    """Return the scenario that the arguments name, or raise InputError."""
    return _with_settings(arguments, _with_files(arguments))


def _with_files(arguments: argparse.Namespace) -> Scenario:
    """Return the preset or the scenario of a file, with book and prices of one's own."""
    found = None if arguments.book is None else read_book(arguments.book)
    own = None if found is None else own_book(found)
    if arguments.scenario is None:
        scenario = load_preset(arguments.preset).scenario
    else:
        try:
            scenario = from_document(json.loads(arguments.scenario.read_text(encoding="utf-8")), own)
        except (OSError, ValueError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            reason = f"--scenario must be a readable JSON file, was {arguments.scenario} ({error})"
            raise InputError([("scenario", reason)]) from error
    if own is not None and scenario.own is None:
        scenario = with_own_book(scenario, own)
    prices = None if arguments.prices is None else read_prices(arguments.prices)
    if prices is not None:
        scenario = with_own_prices(scenario, prices.path)
    for file in (found, prices):
        if file is not None:
            print(file.file, *file.understood, sep="\n  ", file=sys.stderr)
    return scenario


def _with_settings(arguments: argparse.Namespace, scenario: Scenario) -> Scenario:
    """Return the scenario with what --set changes."""
    values: dict[str, object] = {}
    for text in arguments.set:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError([("--set", f"--set must be NAME=VALUE, was {text!r}")])
        values[name.strip()] = value.strip()
    depth = values.pop("path.depth", None)
    scenario = with_values(scenario, values)
    if depth is None:
        return scenario
    try:
        fall = float(str(depth))
    except ValueError:
        reason = f"path.depth must be a number >= 0 and <= 0.999, was {depth!r}"
        raise InputError([("path.depth", reason)]) from None
    return replace(scenario, path=with_depth(scenario.path, fall))


def summary(scenario: Scenario, run: Run) -> dict[str, Any]:
    """Return the figures of a run as plain values, money in the settlement currency."""
    paid = {name: float(getattr(run, name).sum()) for name in ("deficit", "fund_paid", "venue_paid", "backstop_paid")}
    ledger = {name: getattr(run.ledger, name) for name in ("opening", "closing", "residual")}
    flows = [{"from": f.source, "to": f.target, "what": f.what, "amount": f.amount} for f in run.ledger.flows]
    return {
        "name": scenario.name,
        "contract": run.book.contract,
        "n_traders": run.book.n_traders,
        "open_interest": scenario.open_interest,
        "first_price": float(run.prices[0]),
        "lowest_reference": float(run.prices.min()),
        "lowest_mark": float(run.mark.min()),
        "highest_mark": float(run.mark.max()),
        "last_mark": float(run.mark[-1]),
        "n_liquidated": run.n_liquidated,
        **paid,
        "charged": float(run.charge.sum()),
        "n_charged": int((run.charge > 0).sum()),
        "largest_haircut_rate": float(np.nanmax(lost_shares(run), initial=0.0)),
        "contributed": run.contributions,
        "unfunded": run.unfunded,
        "fund_at_end": float(run.fund[-1]),
        "ledger": ledger | {"flows": flows},
        "rules": [asdict(flow) for flow in rule_flows(run)],
    }


def run_command(arguments: argparse.Namespace) -> int:
    """Run one scenario and print what happened."""
    scenario = chosen_scenario(arguments)
    run = run_scenario(scenario)
    if arguments.save is not None:
        arguments.save.write_text(json.dumps(to_document(scenario), indent=2) + "\n", encoding="utf-8")
    if arguments.csv is not None:
        write_traders(run, arguments.csv, about(arguments, scenario) | HAIRCUT)
        print(f"{run.book.n_traders} traders written to {arguments.csv}")
    elif arguments.json:
        print(json.dumps(summary(scenario, run) | {"scenario": to_document(scenario)}, indent=2))
    else:
        print_summary(summary(scenario, run))
    return 0


def print_summary(figures: dict[str, Any]) -> None:
    """Print the figures of a run, one a line, and the ledger."""
    ledger, rules = figures.pop("ledger"), figures.pop("rules")
    print_figures(figures)
    if len(rules) > 1:
        print(f"\n{'rule':28}{'came':>20}{'raised':>20}{'left':>20}{'met':>10}")
    for rule in rules if len(rules) > 1 else ():
        money = "".join(f"{rule[name]:>20,.2f}" for name in ("came", "raised", "left"))
        print(f"{rule['policy']:28}{money}{rule['n_met']:>6}/{rule['n_asked']}")
    print(f"\n{'party':18}{'before':>20}{'after':>20}")
    for party, opening in ledger["opening"].items():
        print(f"{party:18}{opening:>20,.2f}{ledger['closing'][party]:>20,.2f}")
    print(f"residual {ledger['residual']:.1e}")


def write_traders(run: Run, file: Path, head: dict[str, str]) -> None:
    """Write one row per trader below the head, whose lines begin with "#"."""
    terms, results = ("size", "entry_price", "collateral"), ("liquidated_at", "equity", "charge", "contribution")
    columns = [getattr(run.book, name).tolist() for name in terms] + [getattr(run, name).tolist() for name in results]
    columns.append(lost_shares(run).tolist())
    side = np.where(run.book.size > 0, "long", "short")
    with file.open("w", newline="", encoding="utf-8") as stream:
        write_head(stream, head)
        writer = csv.writer(stream)
        writer.writerow(("trader", "side", *terms, *results, "haircut_rate"))
        for trader, row in enumerate(zip(side, *columns, strict=True)):
            writer.writerow((cell_text(run.book.label(trader)), *row))


def presets_command(arguments: argparse.Namespace) -> int:
    """Print every preset with its story."""
    for name in (*preset_names(), *IDEAS):
        preset = load_preset(name)
        print(f"{name:24}{preset.title}\n{'':24}{preset.summary}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; wrong input is one sentence a line on stderr and exit code 2, Ctrl-C is 130."""
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.handler(arguments))
    except InputError as error:
        print(*error.violations, sep="\n", file=sys.stderr)
        return 2
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
