"""The command about a portfolio: on how many real days a leg would have been taken, and what that left and cost."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from engine.cli.output import add_command, add_output, print_row, write_head
from engine.errors import InputError
from engine.questions.portfolio import PortfolioDays, RuleDays, portfolio_days
from engine.questions.portfolio_books import MARGINS, Leg, Others, Portfolio
from engine.questions.portfolio_runs import PORTFOLIO_DTYPE

COLUMNS = PORTFOLIO_DTYPE.names or ()
UNITS = "USD of the day's first price; fund_used is a share; n_taken and liquidated count legs"


def add_portfolio_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "on how many real days a leg of a portfolio would have been taken, and what that left and cost"
    parser = add_command(commands, "portfolio", text, portfolio_command)
    parser.add_argument("--venue", default="hyperliquid", help="a venue that data/markets has (hyperliquid)")
    leg = "a position, e.g. long,ETH,1000000; a fourth figure is its gain so far, 0.2; once for each coin"
    parser.add_argument("--leg", action="append", required=True, metavar="SIDE,COIN,USD[,GAIN]", help=leg)
    parser.add_argument("--cash", type=float, required=True, help="USD behind all legs, > 0")
    parser.add_argument("--margin", choices=MARGINS, default=MARGINS[0], help="cross (all cash for all legs), isolated")
    parser.add_argument("--since", metavar="DATE", help="first day, e.g. 2022-01-01 (all that the markets are of)")
    parser.add_argument("--until", metavar="DATE", help="last day")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="look at every so many days (1)")
    parser.add_argument("--moves", type=float, default=1.0, metavar="X", help="every move of a day times this (1)")
    wildest = "run the N wildest days; on the others nobody is taken (all)"
    parser.add_argument("--wildest", type=int, metavar="N", help=wildest)
    several, hedged = Others().several_share, Others().hedged_share
    parser.add_argument("--several", type=float, default=several, help=f"others that hold all coins ({several:g})")
    parser.add_argument("--hedged", type=float, default=hedged, help=f"of those, hedged ones ({hedged:g})")
    parser.add_argument("--ends", action="store_true", help="also at both ends of what is not known of the markets")
    add_output(parser, "one row a day and rule")


def portfolio_command(arguments: argparse.Namespace) -> int:
    """Print what real days would have done to a portfolio, or write one row a day and rule."""
    found = portfolio_days(
        venue=arguments.venue,
        portfolio=Portfolio(
            legs=tuple(leg_of(text) for text in arguments.leg), cash=arguments.cash, margin=arguments.margin
        ),
        since=arguments.since,
        until=arguments.until,
        every=arguments.every,
        moves=arguments.moves,
        wildest=arguments.wildest,
        others=Others(several_share=arguments.several, hedged_share=arguments.hedged),
        has_ends=arguments.ends,
    )
    if arguments.csv is not None:
        write_days(found, arguments.csv)
        print(f"{found.n_days} days written to {arguments.csv}")
    else:
        print_row(arguments, figures_of(found))
    return 0


def leg_of(text: str) -> Leg:
    """Return the leg that "long,ETH,1000000" names: side, coin, USD."""
    words = [word.strip() for word in text.split(",")]
    try:
        side, coin, *numbers = words
        usd, gain = [*map(float, numbers), 0.0][:2]
        if len(numbers) > 2:
            raise ValueError
        return Leg(coin=coin, side=side, usd=usd, gain=gain)
    except ValueError:
        reason = f"--leg must be SIDE,COIN,USD or SIDE,COIN,USD,GAIN with numbers, was {text!r}"
        raise InputError([("--leg", reason)]) from None


def figures_of(found: PortfolioDays) -> dict[str, Any]:
    """Return the figures of a portfolio's days as one row, money in USD, rates a day."""
    worst = found.worst_day
    row: dict[str, Any] = {
        "venue": found.venue,
        "days": found.n_days,
        "days_run": int(found.is_run.sum()),
        "own_rule": found.own,
    }
    row |= _of_rule("taken", found.deleveraging, "n_taken")
    for name in ("naked", "cost", "charge"):
        row[f"{name}_when_taken"] = found.deleveraging.mean_when(name, "n_taken")
    row["cost_per_year"] = found.deleveraging.per_year("cost")
    row |= _of_rule("haircut", found.haircut, "charge")
    row["haircut_per_year"] = found.haircut.per_year("charge")
    row |= _of_rule("liquidated", found.of_own, "liquidated")
    for end, other in (("safest", found.safest), ("riskiest", found.riskiest)):
        if other is not None:
            row[f"taken_days_{end}"] = other.deleveraging.days("n_taken")
            row[f"haircut_days_{end}"] = other.haircut.days("charge")
    assumed = [one.coin for one in found.markets if not one.is_recorded]
    return row | {"worst_day": str(found.date[worst]), "assumed_markets": ", ".join(assumed) or "none"}


def _of_rule(name: str, rule: RuleDays, column: str) -> dict[str, Any]:
    rate = rule.rate(column)
    days = {f"{name}_days": rule.days(column)}
    return days | {f"{name}_rate": rate.value, f"{name}_rate_low": rate.low, f"{name}_rate_high": rate.high}


def write_days(found: PortfolioDays, file: Path) -> None:
    """Write one row a day and rule, units in the head."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        write_head(stream, {"money": UNITS})
        writer = csv.writer(stream)
        writer.writerow(("date", "rule", *COLUMNS))
        for rule in (found.deleveraging, found.haircut):
            for date, row in zip(found.date, rule.rows, strict=True):
                writer.writerow((date, rule.policy, *row.tolist()))
