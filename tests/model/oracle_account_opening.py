"""A book's accounts and a venue's markets before the first step, for the oracle."""

from __future__ import annotations

import math
from typing import Any

from engine.accounts.markets import markets_of
from tests.model.oracle_account_state import Holder, Holding, Leg, Market, World, earned


def open_world(book: Any, prices: Any, venue: Any, asset_prices: Any = None) -> World:
    given = markets_of(venue)
    columns, n = book.accounts, len(book.size)
    markets = [Market(k, one, book.contract, float(prices[k][0])) for k, one in enumerate(given)]
    for market in markets:
        own = market.setting.reference_volatility
        market.usual = venue.reference_volatility if own is None else own
        market.variance, market.depth = market.usual**2, market.setting.depth
    cash = [] if columns is None else [float(c) for c in columns.cash]
    holders = [Holder(a, money, False, [], money) for a, money in enumerate(cash)]
    for i in range(n):
        k, owner = (0, -1) if columns is None else (int(columns.market[i]), int(columns.account[i]))
        if owner < 0:
            money = float(book.collateral[i])
            holders.append(Holder(len(holders), money, True, [], money))
            owner = len(holders) - 1
        size, stop = float(book.size[i]), math.nan if book.stop_price is None else float(book.stop_price[i])
        lines = margin_rows(book, venue, given[k], i)
        side = 1 if size > 0 else -1
        leg = Leg(i, markets[k], side, abs(size), float(book.entry_price[i]), lines, stop, abs(size))
        holders[owner].legs.append(leg)
        markets[k].maker_size -= size
    assets = [Market(j, one, "linear", float(asset_prices[j][0])) for j, one in enumerate(venue.assets)]
    for asset in assets:
        asset.depth = asset.setting.depth
    for holder in holders:
        holder.legs.sort(key=lambda leg: leg.market.index)
        has_units = book.units is not None and not holder.is_isolated
        holder.holdings = [Holding(x, float(book.units[holder.index][x.index]) if has_units else 0.0) for x in assets]
        holder.base = earned(holder)
    for market in markets:
        market.maker_cost = market.maker_size * market.unit
    members = sum(venue.default_fund) * (1 + venue.assessment_cap)
    pool_cap = venue.policy_options.get("pool_cap", 1.0) if venue.policy == "lp_pool" else 1.0
    return World(
        venue,
        book.contract,
        markets,
        holders,
        {(k, side): [] for k in range(len(markets)) for side in (1, -1)},
        float(venue.fund),
        float(venue.venue_capital),
        float(members + venue.vault),
        (1 - pool_cap) * venue.vault,
        [float(venue.fund)],
        assets,
    )


def margin_rows(book: Any, venue: Any, market: Any, i: int) -> tuple[tuple[float, float], ...]:
    amount = 0.0 if book.maintenance_amount is None else float(book.maintenance_amount[i])
    if book.maintenance_rate is not None:
        return ((float(book.maintenance_rate[i]), amount),)
    if venue.brackets:
        return tuple((rate, row_amount) for _, rate, row_amount in venue.brackets)
    return ((venue.maintenance_rate if market.maintenance_rate is None else market.maintenance_rate, amount),)
