"""The command about seasons: the same traders on one day after another, their track record carried on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from engine.cli.questions import write_head
from engine.questions.season_spread import N_SEEDS, season_spread
from engine.questions.seasons import Seasons, seasons


def add_seasons_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "the same traders day after day, their track record and the fund carried on"
    parser = commands.add_parser("seasons", help=text, description=f"{text}.")
    parser.add_argument("--days", type=int, default=10, metavar="N", help="how many days (10)")
    parser.add_argument("--traders", type=int, default=200, metavar="N", help="how many traders (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of traders and days (0)")
    text = "how many draws the sentence is about, from the seed on (40); 1: this one alone, which proves nothing"
    parser.add_argument("--seeds", type=int, default=N_SEEDS, metavar="N", help=text)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print JSON")
    output.add_argument("--csv", type=Path, metavar="FILE", help="write one row a day")
    parser.set_defaults(handler=seasons_command)


def by_day(found: Seasons) -> pd.DataFrame:
    """Return one row a day: who was charged and contributed how much, and the fund in the three tellings."""
    charged, contributed = found.charged(found.runs), found.contributed(found.runs)
    columns: dict[str, Any] = {
        "day": range(1, len(found.runs) + 1),
        "defaulted_before": (found.record > 1.0).sum(axis=1),
        "deficit": [float(run.deficit.sum()) for run in found.runs],
        "charged_of_profit_defaulted": charged[:, 0],
        "charged_of_profit_others": charged[:, 1],
        "contributed_of_notional_defaulted": contributed[:, 0],
        "contributed_of_notional_others": contributed[:, 1],
        "contributed": [run.contributions for run in found.runs],
        "fund": [float(run.fund[-1]) for run in found.runs],
        "fund_without_record": [float(run.fund[-1]) for run in found.forgetful],
        "fund_without_tiers": [float(run.fund[-1]) for run in found.untiered],
        "unfunded": [run.unfunded for run in found.runs],
    }
    return pd.DataFrame(columns)


def seasons_command(arguments: argparse.Namespace) -> int:
    """Print or write the days, and say what they show."""
    found = seasons(n_days=arguments.days, n_traders=arguments.traders, seed=arguments.seed)
    table, sentence = by_day(found), found.sentence
    if arguments.seeds != 1:
        sentence = season_spread(
            n_seeds=arguments.seeds, n_days=arguments.days, n_traders=arguments.traders, first_seed=arguments.seed
        ).sentence
    if arguments.csv is not None:
        with arguments.csv.open("w", newline="", encoding="utf-8") as file:
            write_head(file, {"seasons": sentence, "seed": str(arguments.seed)})
            table.to_csv(file, index=False)
        print(f"{len(table)} days written to {arguments.csv}")
    elif arguments.json:
        print(json.dumps({"sentence": sentence, "days": json.loads(table.to_json(orient="records"))}, indent=2))
    else:
        print(table.to_string(index=False, float_format=lambda value: f"{value:,.6g}"))
        print(f"\n{sentence}")
    return 0
