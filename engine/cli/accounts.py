"""The commands about accounts across coins: contagion, 10 October 2025, margin that is in an asset."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from engine.accounts.markets import LIQUIDATION_ORDERS
from engine.accounts.presets import CollateralPreset, collateral_preset_names, load_collateral_preset
from engine.cli.output import add_command, add_numbers, add_output
from engine.errors import InputError, require_choice
from engine.questions.contagion import COINS, CoinFall, Contagion, coin_fall, contagion
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
    parser, plain = add_command(commands, "contagion", text, contagion_command), Contagion()
    parser.add_argument("--coin", default="SOL", help=f"whose crash is told: one of {', '.join(COINS)} (SOL)")
    add_numbers(parser, {name: (getattr(plain, name), words) for name, words in NUMBERS.items()})
    parser.add_argument("--own", action="append", default=[], metavar="COIN=X", help="a coin's own fall besides")
    parser.add_argument("--isolated", action="store_true", help="a margin for each position")
    parser.add_argument("--order", default=plain.order, help=f"one of {', '.join(LIQUIDATION_ORDERS)} ({plain.order})")
    parser.add_argument("--policy", default=plain.policy, metavar="NAME", help=f"a loss-sharing rule ({plain.policy})")
    parser.add_argument("--accounts", type=int, default=plain.n_accounts, metavar="N", help="drawn traders (2000)")
    parser.add_argument("--seed", type=int, default=plain.seed, metavar="N", help="of the drawn traders (1)")
    add_output(parser)


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
    require_choice("--coin", arguments.coin, question.coins)
    found = contagion(question)
    fall = found.falls[question.coins.index(arguments.coin)]
    other = coin_fall(replace(question, is_cross=not question.is_cross), arguments.coin)
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
    parser = add_command(commands, "october", text, october_command)
    plain, own = OctoberQuestion(), OwnHedge()
    parser.add_argument("--order", default=plain.order, help=f"one of {', '.join(LIQUIDATION_ORDERS)} ({plain.order})")
    parser.add_argument("--policy", default=plain.policy, metavar="NAME", help=f"a loss-sharing rule ({plain.policy})")
    numbers = {"depth": (plain.depth, "share of usual depth left"), "hedged_share": (plain.hedged_share, "of hedges")}
    add_numbers(parser, numbers)
    parser.add_argument("--seed", type=int, default=plain.seed, metavar="N", help="of the drawn accounts (1)")
    parser.add_argument("--long", default=own.long, metavar="COIN", help=f"of one's own hedge ({own.long})")
    parser.add_argument("--short", default=own.short, metavar="COIN", help=f"of one's own hedge ({own.short})")
    parser.add_argument("--leverage", type=float, default=own.leverage, metavar="X", help="both legs over its cash")
    add_output(parser)


def october_command(arguments: argparse.Namespace) -> int:
    """Print what the rule made of the day."""
    own = OwnHedge(long=arguments.long, short=arguments.short, leverage=arguments.leverage)
    names = ("order", "policy", "depth", "hedged_share", "seed")
    found = october_run(OctoberQuestion(**{name: getattr(arguments, name) for name in names}, own=own))
    row: dict[str, Any] = {"liquidated": float(found.liquidated.sum()), "deleveraged": float(found.deleveraged.sum())}
    counts = ("accounts_liquidated", "accounts_deleveraged", "waves", "hedges_broken", "broken_then_forced", "naked")
    row |= {name: getattr(found, name) for name in counts}
    row |= {f"result, {name}": found.result(group) for name, group in found.groups().items()}
    row |= {"own equity at the start": found.cash, "own equity at the end": float(found.run.equity[found.own])}
    row["own naked exposure"] = float(found.run.naked[found.own])
    if arguments.json:
        print(json.dumps(row | {"coins": found.coins, "by_coin": found.deleveraged.tolist()}, indent=2))
        return 0
    for name, value in row.items():
        print(f"{name:26}{value:>18,.0f}")
    return 0


def add_collateral_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "accounts whose margin is in a coin or a stablecoin, beside the same in dollars"
    parser = add_command(commands, "collateral", text, collateral_command)
    parser.add_argument("name", nargs="?", default="usde-2025", help=", ".join(collateral_preset_names()))
    parser.add_argument("--haircut", type=float, metavar="SHARE", help="of the asset, in place of the preset's")
    add_output(parser)


def collateral_command(arguments: argparse.Namespace) -> int:
    """Print what became of every account."""
    preset = load_collateral_preset(arguments.name)
    if arguments.haircut is not None:
        assets = tuple(replace(asset, haircut=arguments.haircut) for asset in preset.venue.assets)
        preset = replace(preset, venue=replace(preset.venue, assets=assets))
    rows = account_rows(preset)
    if arguments.json:
        print(json.dumps({"preset": preset.name, "is_cross_by_default": preset.is_cross_by_default, "accounts": rows}))
        return 0
    print(preset.title, preset.summary, preset.by_default, sep="\n")
    (asset,) = preset.venue.assets
    for row in rows:
        end = f"forced out by {row['forced_out']}" if row["forced_out"] else "never forced out"
        print(f"{row['account']}: {end}; {row['units']:,.6g} {asset.name} left, worth {row['equity']:,.2f} USD in all")
    return 0


def account_rows(preset: CollateralPreset) -> list[dict[str, Any]]:
    """Return what became of each account: when it was forced out, what it has left, its equity."""
    run = preset.run()
    return [
        {
            "account": label,
            "forced_out": preset.times[step] if step >= 0 else None,
            "units": float(units),
            "equity": float(equity),
        }
        for label, step, units, equity in zip(
            preset.labels, run.liquidated_at, run.units[:, 0], run.equity, strict=True
        )
    ]
