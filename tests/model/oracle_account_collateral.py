"""The sale of collateral in the oracle: docs/MODEL.md section 8, "Collateral", one asset after the other."""

from __future__ import annotations

from tests.model.oracle_account_state import Holder, Holding, World

HALVINGS = 80


def sell(world: World, holder: Holder, *, is_all: bool) -> None:
    """Sell holdings in the order of the assets until cash is not below 0, or all of them."""
    for held in holder.holdings:
        if held.units > 0 and (is_all or holder.cash < 0):
            sell_one(world, holder, held, None if is_all else -holder.cash)


def sell_one(world: World, holder: Holder, held: Holding, need: float | None) -> None:
    """Walk the asset's book for `need`, or to the last unit."""
    asset, units = held.asset, held.units
    money = units * asset.walk(1, units)[0]
    if need is not None and money > need:
        low, high = 0.0, units
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            is_enough = middle * asset.walk(1, middle)[0] >= need
            low, high = (low, middle) if is_enough else (middle, high)
        units, money = high, need
    asset.flow = asset.walk(1, units)[1]
    held.units = 0.0 if units == held.units else held.units - units
    asset.maker_size += units
    asset.maker_cost += money
    holder.cash += money
    holder.proceeds += money
    world.n_events += 1


def repay(world: World, holder: Holder) -> float:
    """Sell what an account without a position owes; return what is missing, its deficit."""
    if holder.is_open or holder.cash >= 0 or not any(held.units > 0 for held in holder.holdings):
        return 0.0
    sell(world, holder, is_all=False)
    missing, holder.cash = max(-holder.cash, 0.0), max(holder.cash, 0.0)
    return missing
