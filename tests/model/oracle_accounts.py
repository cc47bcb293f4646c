"""An independent reading of docs/MODEL.md section 8: accounts in several markets, everybody looked at after every turn.

`run_account_oracle` takes the engine's Book and Venue by attribute and checks its own money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from tests.model import oracle_account_adl
from tests.model.oracle_account_opening import open_world
from tests.model.oracle_account_collateral import sell
from tests.model.oracle_account_sharing import absorb, fund_can_pay, repay_all, settle
from tests.model.oracle_account_state import (
    Entry,
    Holder,
    Leg,
    Market,
    World,
    can_trade,
    equity,
    is_reached,
    lead,
    liquidation_price,
    margin,
    notional,
    part_to_close,
    profit,
    worth,
)
from tests.model.oracle_state import displacement, value


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


# who joins, who goes first


def join(world: World) -> None:
    """Every account that is triggered and does not wait joins the queue of its lead; so does every stop."""
    for holder in world.holders:
        for leg in holder.legs:
            is_stop = not math.isnan(leg.stop) and can_trade(world, leg) and not leg.stop_waits
            if is_stop and is_reached(world, leg, leg.stop):
                leg.stop_waits = True
                world.queues[leg.market.index, leg.side].append(Entry(holder, leg, True, leg.stop))
        first = None if holder.waits_with is not None else lead(world, holder)
        if first is None:
            continue
        price = liquidation_price(world, holder, first)
        if is_reached(world, first, price):
            holder.waits_with = first
            world.queues[first.market.index, first.side].append(Entry(holder, first, False, price))
        else:
            holder.in_liquidation = False


def price_of(world: World, entry: Entry) -> float:
    if entry.is_stop:
        return entry.leg.stop
    return liquidation_price(world, entry.holder, entry.leg) if entry.leg.size > 0 else 0.0


def leave(entry: Entry) -> None:
    if entry.is_stop:
        entry.leg.stop_waits = False
    else:
        entry.holder.waits_with = None


def first_of(world: World, queue: list[Entry], side: int) -> Entry:
    line = sorted(queue, key=lambda e: (-side * e.key, e.holder.index, e.is_stop))
    for other in line[1:]:
        if other.key != line[0].key or other.holder is not line[0].holder:
            world.is_above(line[0].key, other.key, abs(other.key))
    return line[0]


def force_out(world: World) -> None:
    """Phases, market by market, longs then shorts, until nobody waits."""
    join(world)
    while any(world.queues.values()):
        for (k, side), queue in world.queues.items():
            for entry in queue:
                entry.key = price_of(world, entry)
            while queue:
                entry = first_of(world, queue, side)
                queue.remove(entry)
                leave(entry)
                if can_trade(world, entry.leg) and is_reached(world, entry.leg, price_of(world, entry)):
                    take_turn(world, entry)
                join(world)
            assert not world.queues[k, side]


# a turn


def take_turn(world: World, entry: Entry) -> None:
    holder, is_stop = entry.holder, entry.is_stop
    is_whole = world.venue.liquidation_order == "pro_rata" and not is_stop
    legs = holder.legs if is_whole else [entry.leg]
    if oracle_account_adl.is_adl(world.venue.policy):
        part = part_to_close(world, holder, entry.leg, is_stop=is_stop)
        if holder.is_isolated and is_beyond(world, entry.leg, part):
            halt(world, entry.leg.market)
            return
        lacking = -equity_after(world, holder, legs, is_stop=is_stop)
        can_pay = max(fund_can_pay(world) + world.venue_capital + world.backstop - world.backstop_kept, 0.0)
        if world.is_above(lacking, can_pay, sum(map(notional, holder.is_open))):
            oracle_account_adl.deleverage(world, holder, absorb)
            repay_all(world)
            return
    n_done = 0
    for leg in legs:
        if can_trade(world, leg):
            part = part_to_close(world, holder, leg, is_stop=is_stop)
            if is_beyond(world, leg, part):
                halt(world, leg.market)
                continue
            execute(world, holder, leg, part, is_stop=is_stop)
            n_done += 1
    holder.turns += n_done > 0
    holder.in_liquidation |= n_done > 0 and not is_stop


def is_beyond(world: World, leg: Leg, part: float) -> bool:
    _, after = leg.market.walk(leg.side, leg.size * part)
    band = leg.market.setting.price_band
    return world.is_above(abs(displacement(leg.market.setting, after)), band, band)


def halt(world: World, market: Market) -> None:
    market.halted_until = world.step + market.setting.halt_steps
    world.n_events += 1
    for side in (1, -1):
        for entry in world.queues[market.index, side]:
            leave(entry)
        world.queues[market.index, side].clear()


def equity_after(world: World, holder: Holder, legs: list[Leg], *, is_stop: bool) -> float:
    if holder.is_isolated:
        (leg,) = legs
        return holder.cash + profit(leg, leg.market.walk(leg.side, leg.size)[0])
    total = margin(holder)
    for leg in legs:
        if can_trade(world, leg):
            size = leg.size * part_to_close(world, holder, leg, is_stop=is_stop)
            total += leg.side * size * (leg.market.walk(leg.side, size)[0] - leg.market.unit)
    return total


def execute(world: World, holder: Holder, leg: Leg, part: float, *, is_stop: bool) -> None:
    size = leg.size * part
    fill, after = leg.market.walk(leg.side, size)
    gain = leg.side * size * (fill - value(world.contract, leg.entry))
    is_last = part == 1 and holder.is_open == [leg]
    before = holder.cash + gain + worth(holder) if is_last else margin(holder)
    fee = 0.0 if is_stop else min(max(before, 0.0), world.venue.liquidation_fee * size * abs(fill))
    leg.market.maker_size += leg.side * size
    leg.market.maker_cost += leg.side * size * fill
    leg.size = 0.0 if part == 1 else leg.size * (1 - part)
    leg.market.flow = after
    world.fund += fee
    world.n_events += 1
    holder.cash += gain - fee
    if holder.liquidated_at < 0:
        holder.liquidated_at = world.step
    if not is_last:
        return
    sell(world, holder, is_all=world.venue.residual_margin == "fund" and not is_stop)
    if holder.cash < 0:
        absorb(world, leg.market, leg.side, -holder.cash)
        holder.cash = 0.0
    elif world.venue.residual_margin == "fund" and not is_stop:
        world.fund += holder.cash
        holder.cash = 0.0
    elif holder.is_isolated:
        holder.wallet += holder.cash
        holder.cash = 0.0


# the run


def wealth(world: World) -> list[float]:
    makers = [m.maker_size * m.unit - m.maker_cost for m in world.markets]
    makers += [-asset.maker_cost for asset in world.assets]
    layers = [world.fund, world.venue_capital, world.backstop, -world.unfunded]
    return [*(equity(holder) - worth(holder) for holder in world.holders), *makers, *layers]


def all_units(world: World) -> list[float]:
    """Of each asset, what accounts and market makers have together."""
    held = [[holder.holdings[j].units for holder in world.holders] for j in range(len(world.assets))]
    return [sum(units) + asset.maker_size for units, asset in zip(held, world.assets, strict=True)]


def run_step(world: World, closes: list[float], starts: list[float]) -> None:
    piece = world.venue.piece
    if math.isinf(piece):
        starts = closes
    for market, start in zip(world.markets, starts[: len(world.markets)], strict=True):
        ratio = math.sqrt(market.variance) / market.usual
        market.depth = market.setting.depth * (min(max(1 / ratio, market.setting.depth_floor), 1.0) if ratio else 1.0)
        market.multiplier = min(max(ratio, 1.0), world.venue.dynamic_margin_cap)
        market.flow *= 2 ** (-1 / market.setting.impact_half_life)
        market.reference = start
    everything = world.markets + world.assets
    for asset, start in zip(world.assets, starts[len(world.markets) :], strict=True):
        asset.flow *= 2 ** (-1 / asset.setting.impact_half_life)
        asset.reference = start
    force_out(world)
    moves = [math.log(close / start) for close, start in zip(closes, starts, strict=True)]
    n = math.ceil(max(map(abs, moves)) / piece)
    for i in range(1, n + 1):
        for market, start, move, close in zip(everything, starts, moves, closes, strict=True):
            market.reference = close if i == n else start * math.exp(i / n * move)
        force_out(world)


def run_account_oracle(
    book: Any, prices: Any, venue: Any, opens: Any = None, asset_prices: Any = (), asset_opens: Any = None
) -> AccountOracleRun:
    """Run section 8 step by step; raises AssertionError when money or units appear or vanish."""
    world = open_world(book, prices, venue, asset_prices)
    first = [market.mark for market in world.markets]
    opening, units, last = wealth(world), all_units(world), len(prices[0]) - 1
    marks, deficits, asset_marks = [first], [0.0], [[asset.mark for asset in world.assets]]
    for step in range(1, last + 1):
        world.step, world.deficit = step, 0.0
        for k, market in enumerate(world.markets):
            market.previous_mark = marks[-1][k]
        starts = [float(row[step - 1]) for row in prices] if opens is None else [float(row[step]) for row in opens]
        starts += [float(row[step - 1]) for row in asset_prices] if asset_opens is None else [
            float(row[step]) for row in asset_opens
        ]
        run_step(world, [float(row[step]) for row in (*prices, *asset_prices)], starts)
        if step % venue.settlement_interval == 0 or step == last:
            settle(world, first, is_last=step == last)
        world.fund_ends.append(world.fund)
        decay = 2 ** (-1 / venue.dynamic_margin_half_life)
        for market in world.markets:
            change = math.log(market.mark / market.previous_mark)
            market.variance = decay * market.variance + (1 - decay) * change**2
        marks.append([market.mark for market in world.markets])
        asset_marks.append([asset.mark for asset in world.assets])
        deficits.append(world.deficit)
        now = wealth(world)
        carried = sum(m.residual[side] for m in world.markets for side in (1, -1))
        scale = sum(map(abs, now)) + sum(map(abs, opening))
        assert abs(sum(now) - carried - sum(opening)) < 1e-9 * scale, f"step {step}: money appeared or vanished"
        for before, after in zip(units, all_units(world), strict=True):
            assert abs(after - before) <= 1e-9 * before, f"step {step}: units appeared or vanished"
    made = report(world, marks, deficits, len(book.size))
    made.asset_mark = [list(row) for row in zip(*asset_marks, strict=True)]
    return made


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
        wallet=[holder.wallet for holder in holders],
        charge=[holder.charge for holder in holders],
        claim=[holder.claim for holder in holders],
        liquidated_at=[holder.liquidated_at for holder in holders],
        naked=[holder.naked for holder in holders],
        adl_closed=[holder.adl_closed for holder in holders],
    )
