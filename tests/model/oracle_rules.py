"""How a loss is shared, read from docs/MODEL.md section 4 one account at a time: lists, loops, no speed.

`share` returns the charges in the order of the accounts; only a floor rate charges more than the amount.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Account:
    """What a policy may look at for one trader at a settlement."""

    profit: float = 0.0  # G_i, the chargeable profit
    equity: float = 0.0  # total equity at the mark, wallet included
    size: float = 0.0  # signed, open now
    cash: float = 0.0  # wallet + collateral
    notional: float = 0.0
    leverage: float = 0.0
    contribution: float = 0.0
    place: float = 0.0  # in the line of withdrawals, lowest first out
    record: float = 1.0


def fill_up(amount: float, caps: list[float], weights: list[float]) -> list[float]:
    """Charges in proportion to weight, none above its cap; what a cap frees is spread again over the rest."""
    charges = [0.0] * len(caps)
    active = [i for i in range(len(caps)) if caps[i] > 0 and weights[i] > 0]
    left = amount
    while active and left > 0:
        total = sum(weights[i] for i in active)
        capped = [i for i in active if left * weights[i] / total >= caps[i]]
        if not capped:
            for i in active:
                charges[i] = left * weights[i] / total
            return charges
        for i in capped:
            charges[i] = caps[i]
        left -= sum(caps[i] for i in capped)
        active = [i for i in active if i not in capped]
    return charges


def level_down(amount: float, caps: list[float]) -> list[float]:
    """Charges that cut the largest claims down to one common level."""
    ranked = sorted(caps, reverse=True)
    if amount >= sum(ranked):
        return list(caps)
    for count in range(1, len(ranked) + 1):
        level = (sum(ranked[:count]) - amount) / count
        if count == len(ranked) or level >= ranked[count]:
            break
    return [max(cap - level, 0.0) for cap in caps]


def last_first(amount: float, caps: list[float], tiers: list[float]) -> list[float]:
    """Charges tier after tier, the lowest number first, pro rata inside the tier where the amount runs out."""
    charges, left = [0.0] * len(caps), amount
    for tier in sorted(set(tiers)):
        inside = [cap if t == tier else 0.0 for cap, t in zip(caps, tiers, strict=True)]
        part = fill_up(left, inside, inside)
        charges = [a + b for a, b in zip(charges, part, strict=True)]
        left -= sum(part)
    return charges


def within_equity(account: Account, claim: float) -> float:
    """A claim, but nobody is charged beyond positive equity."""
    return max(min(claim, account.equity), 0.0)


def none(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """Nothing is shared."""
    return [0.0] * len(accounts)


def profit_prorata(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same fraction of every profit."""
    return fill_up(amount, [within_equity(a, a.profit) for a in accounts], [a.profit for a in accounts])


def profit_prorata_floor(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same fraction of every profit, at least the floor."""
    floor = options.get("floor", 0.01)
    at_least = [within_equity(a, floor * a.profit) for a in accounts]
    return [max(a, b) for a, b in zip(profit_prorata(amount, accounts, options), at_least, strict=True)]


def capped_prorata(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same fraction of every profit, at most kappa of it."""
    kappa = options.get("kappa", 0.4)
    return fill_up(amount, [within_equity(a, kappa * a.profit) for a in accounts], [a.profit for a in accounts])


def equal_losses(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same amount from every winner, at most its profit."""
    caps = [within_equity(a, a.profit) for a in accounts]
    return fill_up(amount, caps, [1.0 if a.profit > 0 else 0.0 for a in accounts])


def equal_awards(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The largest profit first, down to a common level."""
    return level_down(amount, [within_equity(a, a.profit) for a in accounts])


def talmud(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """Equal charges up to half of each claim; past half of all claims, equal remainders up to the other half."""
    caps = [within_equity(a, a.profit) for a in accounts]
    halves, equal = [cap / 2 for cap in caps], [1.0] * len(caps)
    if amount <= sum(halves):
        return fill_up(amount, halves, equal)
    kept = fill_up(max(sum(caps) - amount, 0.0), halves, equal)
    return [cap - keep for cap, keep in zip(caps, kept, strict=True)]


def risk_weighted(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """By profit, leverage, notional, equity over notional and record, each to its power; 0 to the power 0 is 1."""
    defaults = {"profit": 1.0, "leverage": 1.0, "notional": 0.0, "collateral": 0.0, "record": 0.0}
    exponents = [options.get(name, default) for name, default in defaults.items()]
    caps = [within_equity(a, options.get("kappa", 1.0) * a.profit) for a in accounts]
    measures = [(a.profit, a.leverage, a.notional, backing(a), a.record) for a in accounts]
    return fill_up(amount, caps, [product_of_powers(m, exponents) for m in measures])


def backing(account: Account) -> float:
    """Equity over notional: without bound for who has no position."""
    return max(account.equity, 0.0) / account.notional if account.notional > 0 else math.inf


def product_of_powers(bases: tuple[float, ...], exponents: list[float]) -> float:
    """A weight; what has none (0 times infinity) is 0, and what has no bound is as large as the engine goes."""
    powers = [1.0 if y == 0 else math.inf if x == 0 and y < 0 else x**y for x, y in zip(bases, exponents, strict=True)]
    if 0.0 in powers:
        return 0.0
    return min(math.prod(powers), 1e150)


def equity_prorata(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same fraction of every positive equity."""
    equities = [max(a.equity, 0.0) for a in accounts]
    return fill_up(amount, equities, equities)


def deposit_prorata(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same fraction of all cash, unrealized profit and loss apart, but nobody beyond its equity."""
    cash = [max(a.cash, 0.0) for a in accounts]
    return fill_up(amount, [within_equity(a, c) for c, a in zip(cash, accounts, strict=True)], cash)


def open_interest_both_sides(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The same amount per contract of every open position, winners and losers."""
    return fill_up(amount, [max(a.equity, 0.0) for a in accounts], [abs(a.size) for a in accounts])


def first_come(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The last in line pay first, up to their equity."""
    return last_first(amount, [max(a.equity, 0.0) for a in accounts], [-a.place for a in accounts])


def redemption_tiers(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """Position holders pay first, pro rata to equity, then those without a position."""
    return last_first(amount, [max(a.equity, 0.0) for a in accounts], [float(a.size == 0) for a in accounts])


def default_fund(amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """Members pro rata to contribution, then assessments on top; traders without a contribution pay nothing."""
    reach = 1 + options.get("assessment_cap", 0.0)
    return fill_up(amount, [reach * a.contribution for a in accounts], [a.contribution for a in accounts])


RULES = {
    "none": none,
    "profit_prorata": profit_prorata,
    "profit_prorata_floor": profit_prorata_floor,
    "capped_prorata": capped_prorata,
    "equal_losses": equal_losses,
    "equal_awards": equal_awards,
    "talmud": talmud,
    "risk_weighted": risk_weighted,
    "equity_prorata": equity_prorata,
    "deposit_prorata": deposit_prorata,
    "open_interest_both_sides": open_interest_both_sides,
    "open_interest_counter_side": open_interest_both_sides,  # of the accounts on the other side
    "first_come": first_come,
    "redemption_tiers": redemption_tiers,
    "default_fund": default_fund,
    "lp_pool": profit_prorata,  # of what the pool has left
    "fund_overdraft": none,  # the fund bears it
    # auto-deleveraging closes the deficit inside the cascade; what a settlement still finds is unfunded
    "adl_queue": none,
    "adl_prorata": none,
    "adl_minimax_leverage": none,
    "adl_scan": none,
}


def share(policy: str, amount: float, accounts: list[Account], options: Mapping[str, float]) -> list[float]:
    """The charge of each account for one loss."""
    if amount <= 0:
        return [0.0] * len(accounts)
    return RULES[policy](amount, accounts, options)
