"""Hypothesis strategies for lists of offset rules, track records, tiers of the fund and settings that follow."""

from __future__ import annotations

import math
from dataclasses import replace
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


@st.composite
def follows(draw: Any, base: float, low: float, high: float) -> Follow:
    """A setting that follows volatility or liquidity within bounds."""
    ends = sorted(draw(st.lists(st.sampled_from((low, base, high)), min_size=2, max_size=2)))
    by = draw(st.sampled_from(("volatility", "liquidity")))
    slope = draw(st.sampled_from((-1.0, 0.0, 0.5, 1.0, 2.0)))
    return Follow(base, by=by, slope=slope, low=ends[0], high=ends[1])


@st.composite
def triggers(draw: Any) -> Trigger | None:
    quantity = draw(st.sampled_from((None, *LEVELS)))
    if quantity is None:
        return None
    return Trigger(quantity, draw(st.sampled_from((">=", "<="))), draw(st.sampled_from(LEVELS[quantity])))


@st.composite
def rules(draw: Any, policy: str) -> OffsetRule:
    if policy in ADL:
        return OffsetRule(policy=policy, options=draw(options_of(policy)), trigger=draw(triggers()))
    options: dict[str, Any] = {} if policy in SAME_OPTIONS else draw(options_of(policy, **POWERS))
    for option in engine.POLICIES[policy].options:
        if option.name in NUMBERS and draw(st.integers(0, 3)) == 0:
            low, high = (0.0, 2.0) if option.high > 1 else (0.05, 0.9)
            options[option.name] = draw(follows((low + high) / 2, low, high))
    limit: Any = draw(st.sampled_from((1.0, 1.0, 0.5, 0.1, 0.003)))
    if draw(st.integers(0, 4)) == 0:
        limit = draw(follows(0.3, 0.01, 1.0))
    limit_of = draw(st.sampled_from(("residual", "residual", "open_interest")))
    return OffsetRule(policy=policy, options=options, limit=limit, limit_of=limit_of, trigger=draw(triggers()))


@st.composite
def tiers(draw: Any, money: float) -> dict[str, Any]:
    n = draw(st.integers(1, 3))
    levels = sorted(draw(st.lists(st.sampled_from((1.0, 0.7, 0.5, 0.2)), min_size=n, max_size=n, unique=True)))[::-1]
    rates = sorted(draw(st.lists(st.sampled_from((1e-6, 1e-4, 0.002, 0.05)), min_size=n, max_size=n, unique=True)))
    return {
        "fund_tiers": tuple(zip(levels, rates, strict=True)),
        "fund_key": draw(st.sampled_from(("size", "margin", "record", "weight"))),
    }


@st.composite
def cases(draw: Any, *, first: str, contract: str) -> Any:
    """A book with records, a path, a venue with a list that begins with `first`, and openings."""
    book = draw(strategies.books(contract=contract, copies=first not in ADL, own_rates=True))
    n, money = book.n_traders, strategies.open_interest(book)
    numbers = st.lists(st.sampled_from((0.0, 0.5, 1.0, 1.0, 2.1, 30.0)), min_size=n, max_size=n)
    book = replace(book, track_record=draw(st.sampled_from((None, draw(numbers)))), contribution_weight=draw(numbers))
    names = [first, *draw(st.lists(st.sampled_from(LATER), max_size=3))]
    fields: dict[str, Any] = {
        "offset_rules": [draw(rules(name)) for name in names],
        "fund_target": draw(st.sampled_from((1e-4, 0.003, 0.1))) * money,
        "fund_payout": draw(st.sampled_from(("in_order", "pro_rata"))),
        "depth_floor": draw(st.sampled_from((0.05, 0.5))),
        "dynamic_margin_half_life": draw(st.sampled_from((1.0, 12.0))),
        "reference_volatility": draw(st.sampled_from((0.002, 0.01))),
    }
    if fields["fund_payout"] == "pro_rata":
        fields["fund_position_limit"] = math.inf
    if draw(st.booleans()):
        fields |= draw(tiers(money))
    if draw(st.integers(0, 2)) == 0:
        fields |= {"maintenance_scale": draw(follows(1.0, 0.5, 2.5)), "dynamic_margin_cap": 1.0}
    if draw(st.integers(0, 2)) == 0:
        fields["price_band"] = draw(follows(0.0517, 0.00317, 0.517))
    path = draw(strategies.prices())
    plain = draw(strategies.venues(book, policy="none"))
    if not np.isfinite(plain.depth):
        fields["depth"] = 5.0 * money
    return book, path, replace(plain, **fields), draw(strategies.openings(path))
