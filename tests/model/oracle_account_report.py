"""What a run of the oracle of accounts leaves: everybody's wealth, all units, and the names that the engine has."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.model import oracle_account_adl
from tests.model.oracle_account_state import World, equity, worth

OF_HOLDERS = ("wallet", "charge", "claim", "liquidated_at", "naked", "adl_closed")


@dataclass
class AccountOracleRun:
    """What a run leaves; names as in the engine's."""

    mark: list[list[float]]
    fund: list[float]
    deficit: list[float]
    equity: list[float]
    wallet: list[float]
    collateral: list[float]
    charge: list[float]
    claim: list[float]
    liquidated_at: list[int]
    size: list[float]
    naked: list[float]
    adl_closed: list[float]
    adl_cost: list[float]
    unfunded: float
    venue_capital: float
    backstop: float
    market_maker: list[float]
    n_turns: int
    closest: float
    units: list[list[float]]
    asset_mark: list[list[float]] = field(default_factory=list)


def wealth(world: World) -> list[float]:
    makers = [m.maker_size * m.unit - m.maker_cost for m in world.markets]
    makers += [-asset.maker_cost for asset in world.assets]
    layers = [world.fund, world.venue_capital, world.backstop, -world.unfunded]
    return [*(equity(holder) - worth(holder) for holder in world.holders), *makers, *layers]


def all_units(world: World) -> list[float]:
    """Of each asset, what accounts and market makers have together."""
    held = [[holder.holdings[j].units for holder in world.holders] for j in range(len(world.assets))]
    return [sum(units) + asset.maker_size for units, asset in zip(held, world.assets, strict=True)]


def report(world: World, marks: list[list[float]], deficits: list[float], n: int) -> AccountOracleRun:
    holders, size = world.holders, [0.0] * n
    for holder in holders:
        for leg in holder.legs:
            size[leg.place] = leg.side * leg.size
    return AccountOracleRun(
        mark=[list(row) for row in zip(*marks, strict=True)],
        fund=world.fund_ends,
        deficit=deficits,
        equity=[equity(holder) for holder in holders],
        size=size,
        adl_cost=[oracle_account_adl.cost(world, holder) for holder in holders],
        unfunded=world.unfunded,
        venue_capital=world.venue_capital,
        backstop=world.backstop,
        market_maker=[m.maker_size * m.unit - m.maker_cost for m in world.markets],
        n_turns=sum(holder.turns for holder in holders),
        closest=world.closest,
        units=[[held.units for held in holder.holdings] for holder in holders],
        collateral=[holder.cash for holder in holders],
        **{name: [getattr(holder, name) for holder in holders] for name in OF_HOLDERS},
    )
