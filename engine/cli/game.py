"""The command about the venue game: one policy through the five seasons of a seed, and where it stands."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.cli.output import add_command, add_numbers, add_output
from engine.questions.game_search import found_policies
from engine.questions.game_seasons import game_seasons
from engine.questions.venue_game import GAME_RULES, GamePolicy, PlayedSeason, play_season

SETTINGS = {
    "margin": ("maintenance_rate", "maintenance margin, a fraction"),
    "cap": ("leverage_cap", "largest leverage"),
    "fee": ("fund_fee", "what open positions pay into the fund a day, a fraction"),
    "fund": ("fund", "the fund at the start, a fraction of all that traders want to hold"),
    "band": ("price_band", "price band, a fraction"),
}


def add_game_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "one policy through five seasons of real days, scored for solvency, fairness and revenue"
    parser, start = add_command(commands, "game", text, game_command), GamePolicy()
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the seasons (1)")
    add_numbers(parser, {name: (getattr(start, field), words) for name, (field, words) in SETTINGS.items()})
    parser.add_argument("--rule", default=start.rule, help=f"one of {', '.join(GAME_RULES)} ({start.rule})")
    add_output(parser)


def figures_of(played: PlayedSeason) -> dict[str, Any]:
    """Return a season's figures as one row, money in USD."""
    season = played.season
    row: dict[str, Any] = {"kind": season.kind, "coin": season.coin, "first_day": season.first_day}
    row |= dict(zip(("solvency", "fairness", "revenue"), played.scores, strict=True))
    row |= {"points": played.points, "deficit": played.figures.deficit, "unfunded": played.unfunded}
    row |= {"largest_haircut": played.figures.largest_haircut, "mean_haircut": played.mean_haircut}
    return row | {"came": played.came, "kept": played.kept, "fees": played.fees}


def game_command(arguments: argparse.Namespace) -> int:
    """Print the five seasons, their mean, and the best policy known."""
    chosen = {field: getattr(arguments, name) for name, (field, _) in SETTINGS.items()}
    policy = GamePolicy(**chosen, rule=arguments.rule)
    rows = [figures_of(play_season(season, policy)) for season in game_seasons(arguments.seed)]
    found = found_policies(arguments.seed)
    points = sum(row["points"] for row in rows) / len(rows)
    best, most = found.best
    if arguments.json:
        whole = {"seasons": rows, "points": points, "best_points": most, "policies": len(found.codes)}
        print(json.dumps(whole, indent=2))
        return 0
    for row in rows:
        scores = " ".join(f"{name} {row[name]:5.1f}" for name in ("solvency", "fairness", "revenue", "points"))
        print(f"{row['kind']:12}{row['coin']:6}{row['first_day']:12}{scores}")
    print(f"{points:.1f} points; the best of {len(found.codes):,} policies known has {most:.1f}: {best}")
    return 0
