"""An independent reading of docs/MODEL.md section 8: accounts in several markets, everybody looked at after every turn.

`run_account_oracle` takes the engine's Book and Venue by attribute and checks its own money.
"""

from __future__ import annotations

import math
from typing import Any

from tests.model import oracle_account_adl
from tests.model.oracle_account_collateral import sell
from tests.model.oracle_account_opening import open_world
from tests.model.oracle_account_report import AccountOracleRun, all_units, report, wealth
from tests.model.oracle_account_sharing import absorb, repay_all, settle
from tests.model.oracle_account_state import (
    Entry,
    Holder,
    Leg,
    Market,
    World,
    can_trade,
    is_reached,
    lead,
    liquidation_price,
    margin,
    notional,
    part_to_close,
    profit,
    worth,
)
from tests.model.oracle_adl import is_adl
from tests.model.oracle_layers import fund_can_pay, is_beyond_limit
from tests.model.oracle_state import as_compared, displacement, value

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
    line = sorted(queue, key=lambda e: (-side * as_compared(e.key), e.holder.index, e.is_stop))
    for other in line[1:]:
        if other.key != line[0].key or other.holder is not line[0].holder:
            world.note_order(line[0].key, other.key, abs(other.key))
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
    if is_adl(world.venue.policy):
        part = part_to_close(world, holder, entry.leg, is_stop=is_stop)
        if holder.is_isolated and is_beyond(world, entry.leg, part):
            halt(world, entry.leg.market)
            return
        lacking = -equity_after(world, holder, legs, is_stop=is_stop)
        of_fund = (
            0.0 if is_beyond_limit(world, last_order(world, holder, legs, is_stop=is_stop)) else fund_can_pay(world)
        )
        can_pay = max(of_fund + world.venue_capital + world.backstop - world.backstop_kept, 0.0)
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


def last_order(world: World, holder: Holder, legs: list[Leg], *, is_stop: bool) -> float:
    """Notional of the order that is filled last, signed: what the fund would take over."""
    last = 0.0
    for leg in legs:
        if holder.is_isolated or can_trade(world, leg):
            size = leg.size * (1.0 if holder.is_isolated else part_to_close(world, holder, leg, is_stop=is_stop))
            last = leg.side * size * abs(leg.market.walk(leg.side, size)[0])
    return last


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
        absorb(world, leg.market, leg.side, -holder.cash, leg.side * size * abs(fill))
        holder.cash = 0.0
    elif world.venue.residual_margin == "fund" and not is_stop:
        world.fund += holder.cash
        holder.cash = 0.0
    elif holder.is_isolated:
        holder.wallet += holder.cash
        holder.cash = 0.0


# the run


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


def starts_of(closes: Any, opens: Any, step: int) -> list[float]:
    """Where a step opens: where the one before closed, but for openings of its own."""
    return [float(row[step - 1]) for row in closes] if opens is None else [float(row[step]) for row in opens]


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
        starts = starts_of(prices, opens, step) + starts_of(asset_prices, asset_opens, step)
        run_step(world, [float(row[step]) for row in (*prices, *asset_prices)], starts)
        if step % venue.settlement_interval == 0 or step == last:
            settle(world, first, is_last=step == last)
        world.fund_ends.append(world.fund)
        world.fund_position *= 2 ** (-1 / world.venue.fund_position_half_life)
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
