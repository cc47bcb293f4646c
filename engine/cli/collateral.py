"""The command about collateral: accounts whose margin is in an asset, on prices on record."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

from engine.accounts.presets import CollateralPreset, collateral_preset_names, load_collateral_preset


def add_collateral_command(commands: Any) -> None:
    """Add the command to those of `python -m engine`."""
    text = "accounts whose margin is in a coin or a stablecoin, beside the same in dollars"
    parser = commands.add_parser("collateral", help=text, description=f"{text}.")
    parser.add_argument("name", nargs="?", default="usde-2025", help=", ".join(collateral_preset_names()))
    parser.add_argument("--haircut", type=float, metavar="SHARE", help="of the asset, in place of the preset's")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(handler=collateral_command)


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
