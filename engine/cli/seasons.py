"""The command about seasons: the same traders on one day after another, their track record carried on."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pandas as pd

from engine.cli.output import add_command, add_output, write_table
from engine.questions.season_spread import N_SEEDS, season_spread
from engine.questions.seasons import Seasons, seasons


def add_seasons_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "the same traders day after day, their track record and the fund carried on"
    parser = add_command(commands, "seasons", text, seasons_command)
    parser.add_argument("--days", type=int, default=10, metavar="N", help="how many days (10)")
    parser.add_argument("--traders", type=int, default=200, metavar="N", help="how many traders (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of traders and days (0)")
    text = "how many draws the sentence is about, from the seed on (40); 1: this one alone, which proves nothing"
    parser.add_argument("--seeds", type=int, default=N_SEEDS, metavar="N", help=text)
    add_output(parser, "one row a day")


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
        write_table(arguments.csv, {"seasons": sentence, "seed": str(arguments.seed)}, table)
        print(f"{len(table)} days written to {arguments.csv}")
    elif arguments.json:
        print(json.dumps({"sentence": sentence, "days": json.loads(table.to_json(orient="records"))}, indent=2))
    else:
        print(table.to_string(index=False, float_format=lambda value: f"{value:,.6g}"))
        print(f"\n{sentence}")
    return 0
