"""Layers and sharing over accounts in the oracle: docs/MODEL.md sections 4 and 8."""

from __future__ import annotations

from tests.model.oracle_account_collateral import repay
from tests.model.oracle_account_state import Holder, Market, World, earned, equity, margin, notional, worth
from tests.model.oracle_layers import fund_can_pay, intake
from tests.model.oracle_rules import Account, share
from tests.model.oracle_state import value


def absorb(world: World, market: Market, side: int, deficit: float, notional: float = 0.0) -> None:
    """Down the layers; the rest is booked to the market and the side of the order."""
    world.deficit += deficit
    paid = min(deficit, fund_can_pay(world))
    if paid > 0:
        world.fund_position += intake(world.venue.fund_position_half_life) * notional
    world.fund -= paid
    left = deficit - paid
    paid = min(left, world.venue_capital)
    world.venue_capital -= paid
    left -= paid
    paid = min(left, max(world.backstop - world.backstop_kept, 0.0))
    world.backstop -= paid
    market.residual[side] += left - paid


def repay_all(world: World) -> None:
    """Everybody without a position and with a loan, the lowest number first; the deficit's market is all one."""
    for holder in world.holders:
        missing = repay(world, holder)
        if missing > 0:
            absorb(world, world.markets[0], 1, missing)


def gain(world: World, holder: Holder) -> float:
    return earned(holder) - (holder.base if world.venue.profit_base == "settlement" else holder.opening)


def account(world: World, holder: Holder, row: tuple[int, int] | None, first: list[float]) -> Account:
    legs = [leg for leg in holder.is_open if row is None or (leg.market.index, -leg.side) == row]
    gross, own = sum(map(notional, holder.is_open)), margin(holder)
    size = sum(leg.opening * abs(value(world.contract, first[leg.market.index])) for leg in holder.legs)
    return Account(
        profit=max(gain(world, holder), 0.0),
        equity=equity(holder),
        size=sum(map(notional, legs)),
        cash=max(holder.wallet + holder.cash + worth(holder), 0.0) if holder.holdings else holder.wallet + holder.cash,
        notional=gross,
        leverage=gross / own if own > 0 else 0.0,
        place=-size if world.venue.policy_options.get("order") == "size" else holder.index,
    )


def settle(world: World, first: list[float], *, is_last: bool) -> None:
    waiting = {(m.index, side): m.residual[side] for m in world.markets for side in (1, -1)}
    if sum(waiting.values()) > 0:
        for holder in world.holders:
            g = gain(world, holder)
            is_settled = world.venue.profit_base == "settlement"
            holder.claim = holder.claim + max(g, 0.0) if is_settled else max(holder.claim, g + holder.charge)
        if world.venue.policy == "open_interest_counter_side":
            for row, amount in waiting.items():
                if amount > 0:
                    share_out(world, amount, row, first)
        else:
            share_out(world, sum(waiting.values()), None, first)
    for market in world.markets:
        market.residual = {1: 0.0, -1: 0.0}
    repay_all(world)
    if is_last:
        for market in world.markets:
            world.unfunded += sum(market.residual.values())
            market.residual = {1: 0.0, -1: 0.0}
    for holder in world.holders:
        holder.base = earned(holder)


def share_out(world: World, amount: float, row: tuple[int, int] | None, first: list[float]) -> None:
    """Charge by the policy; the wallet pays first. An excess is the fund's, what is left nobody's."""
    if world.venue.policy == "fund_overdraft":
        world.fund -= amount
        return
    accounts = [account(world, holder, row, first) for holder in world.holders]
    payers = [i for i, one in enumerate(accounts) if row is None or one.size > 0]
    charges = share(world.venue.policy, amount, [accounts[i] for i in payers], world.venue.policy_options)
    for i, charge in zip(payers, charges, strict=True):
        holder = world.holders[i]
        from_wallet = min(charge, holder.wallet)
        holder.wallet -= from_wallet
        holder.cash -= charge - from_wallet
        holder.charge += charge
    left = amount - sum(charges)
    world.fund += max(-left, 0.0)
    world.unfunded += left if left > 1e-12 * amount else 0.0
