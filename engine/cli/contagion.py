"""The command about contagion: what a crash in each coin liquidates in every coin."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from engine.accounts.markets import LIQUIDATION_ORDERS
from engine.errors import Checker, InputError
from engine.questions.contagion import COINS, CoinFall, Contagion, coin_fall, contagion, other_margin
from engine.questions.october_accounts import OctoberQuestion, OwnHedge, october_run

NUMBERS = {
    "crash": "fall of the coin that crashes, a fraction",
    "correlation": "how closely the others follow, 0 to 1",
    "common_fall": "fall of BTC that comes with it, the others by their betas, a fraction",
    "hours": "from the start to the low",
    "depth": "share of the usual depth that is left",
    "leverage": "median gross notional over equity",
    "hedged_share": "share of hedges among traders with several coins",
    "fund": "insurance fund, a share of open interest",
}


def add_contagion_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "what a crash in each coin liquidates in the others, in cross or isolated margin"
    parser = commands.add_parser("contagion", help=text, description=f"{text}.")
    plain = Contagion()
    parser.add_argument("--coin", default="SOL", help=f"whose crash is told: one of {', '.join(COINS)} (SOL)")
    for name, words in NUMBERS.items():
        value = getattr(plain, name)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=float, default=value, metavar="X", help=f"{words} ({value:g})"
        )
    parser.add_argument("--own", action="append", default=[], metavar="COIN=X", help="a coin's own fall besides")
    parser.add_argument("--isolated", action="store_true", help="a margin for each position")
    parser.add_argument("--order", default=plain.order, help=f"one of {', '.join(LIQUIDATION_ORDERS)} ({plain.order})")
    parser.add_argument("--policy", default=plain.policy, metavar="NAME", help=f"a loss-sharing rule ({plain.policy})")
    parser.add_argument("--accounts", type=int, default=plain.n_accounts, metavar="N", help="drawn traders (2000)")
    parser.add_argument("--seed", type=int, default=plain.seed, metavar="N", help="of the drawn traders (1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=contagion_command)


def question_of(arguments: argparse.Namespace) -> Contagion:
    """Return the question that the arguments ask, or raise InputError."""
    own = dict.fromkeys(COINS, 0.0)
    for text in arguments.own:
        coin, equals, value = text.partition("=")
        try:
            if coin not in own or not equals:
                raise ValueError
            own[coin] = float(value)
        except ValueError:
            reason = f"--own must be COIN=X, a coin of {', '.join(COINS)} and a fraction, was {text!r}"
            raise InputError([("--own", reason)]) from None
    plain = Contagion()
    return replace(
        plain,
        **{name: getattr(arguments, name) for name in (*NUMBERS, "order", "policy", "seed")},
        own_falls=tuple(own.values()) if any(own.values()) else (),
        is_cross=not arguments.isolated,
        n_accounts=arguments.accounts,
    )


def figures_of(fall: CoinFall) -> dict[str, Any]:
    """Return the figures of one crash as a row, money in USD."""
    names = ("traders_hit", "strangers_hit", "deficit", "charged", "adl_closed", "naked", "naked_by_deleveraging")
    row = {name: getattr(fall, name) for name in names}
    return row | {"unfunded": fall.run.unfunded, "liquidated": float(fall.liquidated.sum())}


def contagion_command(arguments: argparse.Namespace) -> int:
    """Print the matrix, and the crash that is told with both kinds of margin."""
    question = question_of(arguments)
    check = Checker()
    check.choice("--coin", arguments.coin, question.coins)
    check.raise_if_any()
    found = contagion(question)
    fall, other = found.falls[question.coins.index(arguments.coin)], coin_fall(other_margin(question), arguments.coin)
    names = ("cross", "isolated") if question.is_cross else ("isolated", "cross")
    ways = {name: figures_of(way) for name, way in zip(names, (fall, other), strict=True)}
    if arguments.json:
        rows = {coin: row.tolist() for coin, row in zip(question.coins, found.liquidated, strict=True)}
        print(json.dumps({"coins": question.coins, "liquidated": rows, "crash": arguments.coin, **ways}, indent=2))
        return 0
    print("notional liquidated in the coin of a row by a crash in the coin of a column, USD")
    print(f"{'':22}" + "".join(f"{coin:>16}" for coin in question.coins))
    for coin, row in zip(question.coins, found.liquidated, strict=True):
        print(f"{coin:22}" + "".join(f"{value:>16,.0f}" for value in row))
    print(f"\n{'crash of ' + arguments.coin:22}" + "".join(f"{name:>16}" for name in ways))
    for name in figures_of(fall):
        print(f"{name:22}" + "".join(f"{row[name]:>16,.0f}" for row in ways.values()))
    return 0


def add_october_command(commands: Any) -> None:
    """Add the command about 10 October 2025 to those of `python -m engine`."""
    text = "10 October 2025 with accounts across eight coins, under one rule"
    parser = commands.add_parser("october", help=text, description=f"{text}.")
    plain, own = OctoberQuestion(), OwnHedge()
    parser.add_argument("--order", default=plain.order, help=f"one of {', '.join(LIQUIDATION_ORDERS)} ({plain.order})")
    parser.add_argument("--policy", default=plain.policy, metavar="NAME", help=f"a loss-sharing rule ({plain.policy})")
    parser.add_argument("--depth", type=float, default=plain.depth, metavar="X", help="share of usual depth left (0.1)")
    parser.add_argument("--hedged-share", type=float, default=plain.hedged_share, metavar="X", help="of hedges (0.3)")
    parser.add_argument("--seed", type=int, default=plain.seed, metavar="N", help="of the drawn accounts (1)")
    parser.add_argument("--long", default=own.long, metavar="COIN", help=f"of one's own hedge ({own.long})")
    parser.add_argument("--short", default=own.short, metavar="COIN", help=f"of one's own hedge ({own.short})")
    parser.add_argument("--leverage", type=float, default=own.leverage, metavar="X", help="both legs over its cash")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=october_command)


def october_command(arguments: argparse.Namespace) -> int:
    """Print what the rule made of the day."""
    own = OwnHedge(long=arguments.long, short=arguments.short, leverage=arguments.leverage)
    names = ("order", "policy", "depth", "hedged_share", "seed")
    found = october_run(OctoberQuestion(**{name: getattr(arguments, name) for name in names}, own=own))
    row: dict[str, Any] = {"liquidated": float(found.liquidated.sum()), "deleveraged": float(found.deleveraged.sum())}
    for name in (
        "accounts_liquidated",
        "accounts_deleveraged",
        "waves",
        "hedges_broken",
        "broken_then_forced",
        "naked",
    ):
        row[name] = getattr(found, name)
    row |= {f"result, {name}": found.result(group) for name, group in found.groups().items()}
    row |= {"own equity at the start": found.cash, "own equity at the end": float(found.run.equity[found.own])}
    row["own naked exposure"] = float(found.run.naked[found.own])
    if arguments.json:
        print(json.dumps(row | {"coins": found.coins, "by_coin": found.deleveraged.tolist()}, indent=2))
        return 0
    for name, value in row.items():
        print(f"{name:26}{value:>18,.0f}")
    return 0
