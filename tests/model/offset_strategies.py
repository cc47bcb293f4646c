"""Hypothesis strategies for lists of offset rules, track records, tiers of the fund and settings that follow."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

import engine
from engine import Follow, OffsetRule, Trigger
from tests.model import strategies
from tests.model.strategies import ADL, POLICIES, options_of

LATER = tuple(name for name in POLICIES if name not in ADL)
LEVELS = {  # no value that a measured quantity takes by itself
    "deficit": (1e-4, 0.00317, 0.0317),
    "fund": (0.0317, 0.517, 2.03),
    "volatility": (0.317, 1.0317, 3.17),
    "liquidity": (0.217, 0.917),
    "margin": (0.0517, 0.317, 1.17),
    "drop": (-0.3017, -0.0517, 0.0317),
}
POWERS: dict[str, tuple[float | str, ...]] = {"collateral": (-1.0, 0.5, 1.0), "record": (1.0, 2.0)}
SAME_OPTIONS = ("first_come", "lp_pool")  # a list has one line of withdrawals, and one pool
NUMBERS = ("kappa", "floor", "profit", "leverage", "notional", "collateral", "record")


def follows(rng: Random, base: float, low: float, high: float) -> Follow:
    """A setting that follows volatility or liquidity within bounds."""
    ends = sorted(rng.choices((low, base, high), k=2))
    by = rng.choice(("volatility", "liquidity"))
    slope = rng.choice((-1.0, 0.0, 0.5, 1.0, 2.0))
    return Follow(base, by=by, slope=slope, low=ends[0], high=ends[1])


def triggers(rng: Random) -> Trigger | None:
    quantity = rng.choice((None, *LEVELS))
    if quantity is None:
        return None
    return Trigger(quantity, rng.choice((">=", "<=")), rng.choice(LEVELS[quantity]))


def rules(rng: Random, policy: str) -> OffsetRule:
    if policy in ADL:
        return OffsetRule(policy=policy, options=options_of(rng, policy), trigger=triggers(rng))
    options: dict[str, Any] = {} if policy in SAME_OPTIONS else options_of(rng, policy, **POWERS)
    for option in engine.POLICIES[policy].options:
        if option.name in NUMBERS and rng.randint(0, 3) == 0:
            low, high = (0.0, 2.0) if option.high > 1 else (0.05, 0.9)
            options[option.name] = follows(rng, (low + high) / 2, low, high)
    limit: Any = rng.choice((1.0, 1.0, 0.5, 0.1, 0.003))
    if rng.randint(0, 4) == 0:
        limit = follows(rng, 0.3, 0.01, 1.0)
    limit_of = rng.choice(("residual", "residual", "open_interest"))
    return OffsetRule(policy=policy, options=options, limit=limit, limit_of=limit_of, trigger=triggers(rng))


def tiers(rng: Random, money: float) -> dict[str, Any]:
    n = rng.randint(1, 3)
    levels = sorted(rng.sample((1.0, 0.7, 0.5, 0.2), n), reverse=True)
    rates = sorted(rng.sample((1e-6, 1e-4, 0.002, 0.05), n))
    return {
        "fund_tiers": tuple(zip(levels, rates, strict=True)),
        "fund_key": rng.choice(("size", "margin", "record", "weight")),
    }


def case(rng: Random, *, first: str, contract: str) -> Any:
    """A book with records, a path, a venue with a list that begins with `first`, and openings."""
    book = strategies.books(rng, contract=contract, copies=first not in ADL, own_rates=True)
    n, money = book.n_traders, strategies.open_interest(book)
    record, weight = (rng.choices((0.0, 0.5, 1.0, 1.0, 2.1, 30.0), k=n) for _ in range(2))
    book = replace(book, track_record=rng.choice((None, record)), contribution_weight=weight)
    names = [first, *rng.choices(LATER, k=rng.randint(0, 3))]
    fields: dict[str, Any] = {
        "offset_rules": [rules(rng, name) for name in names],
        "fund_target": rng.choice((1e-4, 0.003, 0.1)) * money,
        "fund_payout": rng.choice(("in_order", "pro_rata")),
        "depth_floor": rng.choice((0.05, 0.5)),
        "dynamic_margin_half_life": rng.choice((1.0, 12.0)),
        "reference_volatility": rng.choice((0.002, 0.01)),
    }
    if fields["fund_payout"] == "pro_rata":
        fields["fund_position_limit"] = math.inf
    if rng.random() < 0.5:
        fields |= tiers(rng, money)
    if rng.randint(0, 2) == 0:
        fields |= {"maintenance_scale": follows(rng, 1.0, 0.5, 2.5), "dynamic_margin_cap": 1.0}
    if rng.randint(0, 2) == 0:
        fields["price_band"] = follows(rng, 0.0517, 0.00317, 0.517)
    path = strategies.prices(rng)
    plain = strategies.venues(rng, book, policy="none")
    if not np.isfinite(plain.depth):
        fields["depth"] = 5.0 * money
    return book, path, replace(plain, **fields), strategies.openings(rng, path)


def cases(**fixed: Any) -> st.SearchStrategy[Any]:
    """Draw what `case` makes."""
    return strategies.seeded(case, **fixed)
