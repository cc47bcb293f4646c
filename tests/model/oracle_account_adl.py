"""Auto-deleveraging of an account in the oracle: docs/MODEL.md sections 5 and 8, one position after the other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.model.oracle_account_collateral import sell
from tests.model.oracle_account_state import Holder, Leg, Market, World, equity, margin, notional, profit, requirement
from tests.model.oracle_adl import closing_value, in_line, level_leverage, rank
from tests.model.oracle_rules import fill_up
from tests.model.oracle_state import DUST, as_compared, value

Absorb = Callable[[World, Market, int, float], None]


def closing_prices(world: World, holder: Holder) -> list[tuple[Leg, float, float]]:
    """Each open leg, f of its bankruptcy price, and the margin that goes with it: equity split by requirement."""
    legs, total = holder.is_open, margin(holder)
    needs = [requirement(world, leg) for leg in legs]
    shares = needs if sum(needs) > 0 else [notional(leg) for leg in legs]
    made = []
    for leg, part in zip(legs, shares, strict=True):
        own = total * part / sum(shares)
        made.append((leg, leg.market.unit - leg.side * own / leg.size, own - profit(leg)))
    if len(legs) == 1:
        leg = legs[0]
        return [(leg, value(world.contract, leg.entry) - leg.side * holder.cash / leg.size, holder.cash)]
    return made


def deleverage(world: World, bankrupt: Holder, absorb: Absorb) -> None:
    """Sell its collateral, then close the whole account against the other sides of its markets."""
    sell(world, bankrupt, is_all=True)
    for leg, worth, backing in closing_prices(world, bankrupt):
        close_leg(world, leg, worth, backing, absorb)
    bankrupt.cash = 0.0
    bankrupt.turns += 1
    if bankrupt.liquidated_at < 0:
        bankrupt.liquidated_at = world.step


def close_leg(world: World, leg: Leg, worth: float, backing: float, absorb: Absorb) -> None:
    options, mark, entry = world.venue.policy_options, leg.market.unit, value(world.contract, leg.entry)
    price = closing_value(options, worth, mark, value(world.contract, leg.market.previous_mark))
    unit_charge = leg.side * (price - mark)
    size = need = leg.size
    leg.size = 0.0
    start = world.n_events
    world.n_events += 1
    for group in groups(world, leg, unit_charge):
        limits = [limit(holder, other, unit_charge) for holder, other in group]
        closed = select(world, need, group, limits, start)
        for (holder, other), taken in zip(group, closed, strict=True):
            if taken > 0:
                take(world, holder, other, taken, unit_charge)
                world.n_events += 1
        need -= sum(closed)
    need = need if need > 1e-15 * size else 0.0
    if price != worth:
        left = backing * (size - need) / size + leg.side * (size - need) * (price - entry)
        world.fund += max(left, 0.0)
        if left < 0:
            absorb(world, leg.market, leg.side, -left)
    if need > 0:
        left = backing * need / size + leg.side * need * (mark - entry)
        leg.market.maker_size += leg.side * need
        leg.market.maker_cost += leg.side * need * mark
        world.fund += max(left, 0.0)
        world.unfunded += max(-left, 0.0)


def limit(holder: Holder, leg: Leg, unit_charge: float) -> float:
    return min(leg.size, max(equity(holder), 0.0) / unit_charge) if unit_charge > 0 else leg.size


def groups(world: World, leg: Leg, unit_charge: float) -> list[list[tuple[Holder, Leg]]]:
    """Those on the other side who may be taken, winners first; a scan knows no rank."""
    others = []
    for holder in world.holders:
        for other in holder.is_open:
            is_opposite = other.market is leg.market and other.side == -leg.side
            if is_opposite and other.size > DUST * other.opening:
                own = margin(holder)
                if own > 0 if unit_charge > 0 else world.is_above(own, 0.0, notional(other)):
                    others.append((holder, other))
    if world.venue.policy == "adl_scan":
        return [others]
    winners = [one for one in others if world.is_above(profit(one[1]), 0.0, notional(one[1]))]
    return [winners, [one for one in others if one not in winners]]


def select(world: World, need: float, group: list[tuple[Holder, Leg]], limits: list[float], start: int) -> list[float]:
    """How much of each is closed, by the policy."""
    if world.venue.policy == "adl_prorata":
        return fill_up(need, limits, [leg.size for _, leg in group])
    if world.venue.policy == "adl_minimax_leverage":
        gross = [sum(map(notional, holder.is_open)) for holder, _ in group]  # all positions of the account count
        own = [margin(holder) for holder, _ in group]
        return level_leverage(need, limits, gross, own, abs(group[0][1].market.unit) if group else 1.0)
    if world.venue.policy == "adl_scan":
        legs = [leg for holder in world.holders for leg in holder.legs]
        at = (int(world.venue.policy_options.get("seed", 0)) + start) % len(legs)
        places = [next(i for i, leg in enumerate(legs) if leg is other) for _, other in group]
        line = sorted(range(len(group)), key=lambda i: (places[i] - at) % len(legs))
    else:
        scores = [score(world, holder, leg) for holder, leg in group]
        line = sorted(range(len(group)), key=lambda i: (-as_compared(scores[i]), i))
        for i, j in pairwise(line):
            world.note_order(scores[i], scores[j], abs(scores[i]))
    return in_line(need, limits, line)


def score(world: World, holder: Holder, leg: Leg) -> float:
    """The position's profit and requirement, the account's equity."""
    own, percent = margin(holder), profit(leg) / (leg.size * abs(value(world.contract, leg.entry)))
    kind, ratio = world.venue.policy_options.get("score", "bitmex"), leg.market.mark / leg.entry
    if kind == "hyperliquid" and leg.side < 0:
        ratio = 1 / ratio
    use = requirement(world, leg) / own
    return rank(kind, percent, notional(leg) / own, use, ratio, profit(leg), own - profit(leg))


def exposure(holder: Holder) -> float:
    return sum(leg.side * notional(leg) for leg in holder.is_open)


def take(world: World, holder: Holder, leg: Leg, taken: float, unit_charge: float) -> None:
    """Close so much of a counterparty's leg; its profit at the mark less the charge is its own."""
    before, share = abs(exposure(holder)), taken / leg.size
    charge = taken * unit_charge
    gain = leg.side * taken * (leg.market.unit - value(world.contract, leg.entry)) - charge
    holder.adl_closed += taken * abs(leg.market.unit)
    holder.adl_cost += charge - leg.side * taken * leg.market.unit
    leg.taken += leg.side * taken
    if holder.is_isolated:
        holder.wallet += holder.cash * share + gain
        holder.cash = 0.0 if taken == leg.size else holder.cash * (1 - share)
        if holder.wallet < 0:
            holder.cash += holder.wallet
            holder.wallet = 0.0
    else:
        holder.cash += gain
    leg.size = 0.0 if taken == leg.size else leg.size - taken
    holder.charge += charge
    holder.naked += max(0.0, abs(exposure(holder)) - before)


def cost(world: World, holder: Holder) -> float:
    """Charges, and what was closed would have earned to the end."""
    return holder.adl_cost + sum(leg.taken * leg.market.unit for leg in holder.legs)
