"""The command about real days: on how many of them a market's winners, or a position, would have paid."""

from __future__ import annotations

import argparse
import math
from typing import Any

from engine.cli.output import add_command, add_output, print_row, write_table
from engine.drawing.book_settings import Position
from engine.errors import Checker, InputError
from engine.hindcast import Hindcast, hindcast
from engine.markets import Market, load_market
from engine.questions.position import SIDES


def add_hindcast_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "on how many real days winners, or a position, would have paid for others"
    parser = add_command(commands, "hindcast", text, hindcast_command)
    parser.add_argument("--venue", required=True, help="a venue that data/markets has, e.g. deribit")
    parser.add_argument("--coin", default="BTC", help="its coin (BTC)")
    parser.add_argument("--since", metavar="DATE", help="first day, e.g. 2022-01-01 (all that the market is of)")
    parser.add_argument("--until", metavar="DATE", help="last day")
    parser.add_argument("--position", metavar="SIDE,USD,LEVERAGE", help="e.g. long,50000,20 (anybody)")
    parser.add_argument("--books", type=int, default=1, metavar="N", help="drawings of every day's book (1)")
    parser.add_argument("--volatility", type=float, metavar="V", help="scale the days to this volatility a year")
    changed = "change the market, e.g. depth=0.5, or moves, times what is recorded"
    parser.add_argument("--times", action="append", default=[], metavar="NAME=FACTOR", help=changed)
    parser.add_argument("--ends", action="store_true", help="also at both ends of what is not known of the market")
    add_output(parser, "one row a day")


def hindcast_command(arguments: argparse.Namespace) -> int:
    """Print what real days would have done, or write one row a day."""
    market = load_market(arguments.venue, arguments.coin)
    times = dict(factor_of(text) for text in arguments.times)
    moves = times.pop("moves", 1.0)
    changes = {name: market.values.get(name, 1.0) * times[name] for name in times}
    found = hindcast(
        market=market.changed(**changes) if changes else market,
        moves=moves,
        since=arguments.since,
        until=arguments.until,
        position=None if arguments.position is None else position_of(market, arguments.position),
        seeds=arguments.books,
        volatility=arguments.volatility,
        has_ends=arguments.ends,
    )
    if arguments.csv is not None:
        write_table(arguments.csv, head(arguments, found), found.by_day)
        print(f"{found.days} days written to {arguments.csv}")
    else:
        print_row(arguments, figures_of(found))
    return 0


def factor_of(text: str) -> tuple[str, float]:
    """Return name and factor of NAME=FACTOR; the market says whether it has the name."""
    name, _, number = text.partition("=")
    try:
        factor = float(number)
        if not 0 <= factor < math.inf:
            raise ValueError
    except ValueError:
        raise InputError([("--times", f"--times must be NAME=FACTOR, a factor >= 0, was {text!r}")]) from None
    return name.strip(), factor


def position_of(market: Market, text: str) -> Position:
    """Return the position that "long,50000,20" names: side, USD, leverage."""
    side, *numbers = text.split(",")
    try:
        usd, leverage = (float(number) for number in numbers)
    except ValueError:
        reason = f"--position must be SIDE,USD,LEVERAGE with two numbers, was {text!r}"
        raise InputError([("--position", reason)]) from None
    check = Checker("position")
    check.choice("side", side, SIDES)
    check.number("usd", usd, above=0)
    check.raise_if_any()
    return market.position(usd=SIDES[side] * usd, leverage=leverage)


def figures_of(found: Hindcast) -> dict[str, Any]:
    """Return a hindcast's figures as one row, shares a day, money in USD."""
    row: dict[str, Any] = {"market": found.market.title, "days": found.days, "winner_days": found.winner_days}
    row |= {"rate": found.rate.value, "rate_low": found.rate.low, "rate_high": found.rate.high}
    for end, other in (("safest", found.safest), ("riskiest", found.riskiest)):
        if other is not None:
            row[f"winner_days_{end}"] = other.winner_days
    row |= {"fund_days": found.fund_days}
    row |= {f"displaced_{level:.2f}": days for level, days in found.displacement_days.items()}
    row |= {"liquidated_share": found.liquidated_share, "charge_per_year": found.charge_per_year}
    if found.position is not None:
        row["own_liquidation_days"] = found.own_liquidation_days
    return row | {f"near_{date}": used for date, used in found.nearest_misses}


def head(arguments: argparse.Namespace, found: Hindcast) -> dict[str, str]:
    """Return what stands in the head of a file: what it is of, and the units of its columns."""
    whose = arguments.position or "anybody"
    words = f"python -m engine hindcast --venue {arguments.venue} --coin {arguments.coin}"
    given = [f"--{name} {getattr(arguments, name)}" for name in ("since", "until", "position", "volatility", "books")]
    given += [f"--times {text}" for text in arguments.times]
    return {
        "command": " ".join([words, *(text for text in given if not text.endswith("None"))]),
        "market": f"{found.market.title}; charges of {whose}",
        "units": "charge and profit in USD; fund, displacement, liquidated, winner, own_liquidation are shares",
    }
