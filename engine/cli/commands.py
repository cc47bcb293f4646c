"""The command line: the same scenarios, presets and runs as the pages, as text, JSON or CSV."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.cli.arguments import add_scenario_arguments, chosen_scenario
from engine.cli.many import add_commands
from engine.errors import EngineError, InputError
from engine.presets import load_preset, preset_names
from engine.scenario import Scenario, run_scenario, to_document
from engine.simulation import Run

TRADER_COLUMNS = (
    "trader",
    "side",
    "size",
    "entry_price",
    "collateral",
    "liquidated_at",
    "equity",
    "charge",
    "haircut_rate",
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m engine`."""
    parser = argparse.ArgumentParser(prog="python -m engine", description="Who pays when a leveraged market crashes.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one scenario and say who paid")
    add_scenario_arguments(run)
    output = run.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row per trader")
    run.add_argument("--save", type=Path, metavar="FILE", help="write the scenario as a file that --scenario reads")
    run.set_defaults(handler=run_command)
    add_commands(commands)
    presets = commands.add_parser("presets", help="list the presets")
    presets.set_defaults(handler=presets_command)
    return parser


def summary(scenario: Scenario, run: Run) -> dict[str, object]:
    """Return the figures of a run as plain values, money in the settlement currency."""
    largest = float(run.haircut_rate.max(initial=0.0))
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
        "deficit": float(run.deficit.sum()),
        "fund_paid": float(run.fund_paid.sum()),
        "venue_paid": float(run.venue_paid.sum()),
        "backstop_paid": float(run.backstop_paid.sum()),
        "charged": float(run.charge.sum()),
        "n_charged": int((run.charge > 0).sum()),
        "largest_haircut_rate": largest,
        "unfunded": run.unfunded,
        "fund_at_end": float(run.fund[-1]),
        "ledger": {
            "opening": run.ledger.opening,
            "closing": run.ledger.closing,
            "flows": [
                {"from": flow.source, "to": flow.target, "what": flow.what, "amount": flow.amount}
                for flow in run.ledger.flows
            ],
            "residual": run.ledger.residual,
        },
    }


def run_command(arguments: argparse.Namespace) -> int:
    """Run one scenario and print what happened."""
    scenario = chosen_scenario(arguments)
    run = run_scenario(scenario)
    if arguments.save is not None:
        arguments.save.write_text(json.dumps(to_document(scenario), indent=2) + "\n", encoding="utf-8")
    if arguments.csv is not None:
        write_traders(run, arguments.csv)
        print(f"{run.book.n_traders} traders written to {arguments.csv}")
    elif arguments.json:
        print(json.dumps(summary(scenario, run) | {"scenario": to_document(scenario)}, indent=2))
    else:
        print_summary(summary(scenario, run))
    return 0


def print_summary(figures: dict[str, object]) -> None:
    """Print the figures of a run, one a line, and the ledger."""
    for name, value in figures.items():
        if name != "ledger":
            print(f"{name:22}{value:,.6g}" if isinstance(value, float) else f"{name:22}{value}")
    ledger = figures["ledger"]
    assert isinstance(ledger, dict)
    print(f"\n{'party':18}{'before':>20}{'after':>20}")
    for party, opening in ledger["opening"].items():
        print(f"{party:18}{opening:>20,.2f}{ledger['closing'][party]:>20,.2f}")
    print(f"residual {ledger['residual']:.1e}")


def write_traders(run: Run, file: Path) -> None:
    """Write one row per trader."""
    side = np.where(run.book.size > 0, "long", "short")
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(TRADER_COLUMNS)
        columns = (run.book.size, run.book.entry_price, run.book.collateral, run.liquidated_at)
        money = (run.equity, run.charge, run.haircut_rate)
        rows = zip(side, *(column.tolist() for column in (*columns, *money)), strict=True)
        for trader, row in enumerate(rows):
            writer.writerow((run.book.label(trader), *row))


def presets_command(arguments: argparse.Namespace) -> int:
    """Print every preset with its story."""
    for name in preset_names():
        preset = load_preset(name)
        print(f"{name:24}{preset.title}\n{'':24}{preset.summary}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; wrong input is one sentence a line on stderr and exit code 2."""
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.handler(arguments))
    except InputError as error:
        for sentence in error.violations:
            print(sentence, file=sys.stderr)
        return 2
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
