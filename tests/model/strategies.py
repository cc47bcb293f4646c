"""Hypothesis strategies for books, price paths and venues.

Numbers are drawn as whole counts of a step, so that they shrink well, and prices carry a fixed odd fraction, so that a
mark hardly ever lands within rounding of a trigger: there kernel and oracle could both be right and still part ways.
Ties between traders (copies of one another) are drawn on purpose: they are exact in floats.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

import engine

START = 100.0
ODD = 0.00317  # no price drawn here is a round number
LEVERAGES = (1, 1.5, 2, 3, 5, 7, 10, 15, 20, 25, 33, 50, 75, 100, 125)
RATES = (0.0, 0.004, 0.01, 0.05, 0.2)
POLICIES = tuple(engine.POLICIES)
ADL = tuple(name for name, policy in engine.POLICIES.items() if policy.family == "adl")
# who may lose all equity, not profit alone: read from the record
FROM_EQUITY = tuple(name for name, policy in engine.POLICIES.items() if policy.claim.name in ("EQUITY", "CASH"))
BY_LEVERAGE = tuple(name for name, policy in engine.POLICIES.items() if policy.weight.name == "POWER")

# Values tried of an option beside its default, where the ends and the middle of its range are not the telling ones.
VALUES: dict[str, tuple[float | str, ...]] = {
    "kappa": (0.05, 0.3, 1.0),
    "floor": (0.0, 0.3),
    "profit": (0.0, 2.0),
    "leverage": (0.0, 0.5),
    "notional": (1.0,),
    "collateral": (),  # this and the next with lists of rules: tests/model/offset_strategies.py
    "record": (),
    "pool_cap": (0.0, 0.4),
    "pool": (),  # money, for a single allocation only
    "order": ("index", "size"),  # "random" draws from the engine's own stream
    "seed": (5,),
}

steps = st.integers  # whole counts


@st.composite
def _trader(draw: Any, contract: str) -> dict[str, float]:
    """One position; sizes span three orders of magnitude, some have no collateral left, some are fully backed."""
    side = draw(st.sampled_from((1.0, -1.0)))
    notional = draw(steps(1, 99)) * draw(st.sampled_from((10.0, 100.0, 1000.0)))
    entry = START + 0.25 * draw(steps(-60, 60))
    leverage = draw(st.sampled_from(LEVERAGES))
    collateral = 0.0 if draw(steps(0, 15)) == 15 else round(notional / leverage, 3)
    if contract == "linear":
        return {"size": side * round(notional / START, 3), "entry_price": entry, "collateral": collateral}
    return {"size": side * notional, "entry_price": entry, "collateral": round(collateral / START, 6)}


def _stop(draw: Any, trader: dict[str, float]) -> float:
    """No stop for most; else one 1 % to 30 % on the losing side, rarely on the winning one (it fires at once)."""
    if draw(steps(0, 3)) > 0:
        return math.nan
    distance = draw(steps(-3, 30)) / 100 + 0.0013
    return round(trader["entry_price"] * (1 - math.copysign(distance, trader["size"])), 5)


@st.composite
def books(
    draw: Any, *, max_traders: int = 40, contract: str | None = None, copies: bool = True, own_rates: bool = False
) -> engine.Book:
    """Books of 1..40 traders, one-sided ones among them, with copies (equal triggers), own rates, amounts and stops."""
    contract = contract or draw(st.sampled_from(("linear", "inverse")))
    least = draw(st.sampled_from((1, 2, 6, 12, 20)))
    traders = draw(st.lists(_trader(contract), min_size=min(least, max_traders), max_size=max_traders))
    for i, trader in enumerate(traders):
        trader["maintenance_rate"] = draw(st.sampled_from(RATES)) + 1e-6 * i  # no two are the same by chance
        trader["entry_price"] += 0.0007 * i
    if copies:
        again = draw(st.lists(steps(0, len(traders) - 1), max_size=min(3, max_traders - len(traders))))
        traders += [dict(traders[i]) for i in again]
    columns: dict[str, Any] = {name: [t[name] for t in traders] for name in traders[0]}
    if not own_rates and draw(st.booleans()):
        del columns["maintenance_rate"]
    if draw(steps(0, 2)) == 0:
        amount = st.sampled_from((0.0, 0.0, 0.5, 3.0))
        columns["maintenance_amount"] = [draw(amount) / (1 if contract == "linear" else START) for _ in traders]
    if draw(st.booleans()):
        columns["stop_price"] = [_stop(draw, t) for t in traders]
    return engine.Book(contract=contract, **columns)


@st.composite
def prices(draw: Any, *, max_steps: int = 60) -> np.ndarray:
    """Paths of 5..60 steps around the entries: quiet stretches, trends, crashes, spikes and recoveries."""
    n_steps = draw(steps(5, max_steps))
    shape = draw(st.sampled_from(("calm", "wild", "crash", "rally", "both")))
    spread = {"calm": 10, "wild": 80}.get(shape, 25)
    moves = draw(st.lists(steps(-spread, spread), min_size=n_steps, max_size=n_steps))  # per mille
    log_return = np.array(moves) / 1000.0
    for direction in {"crash": (-1,), "rally": (1,), "both": (-1, 1)}.get(shape, ()):
        at, depth = draw(steps(0, n_steps - 1)), draw(steps(5, 70))
        log_return[at] += direction * depth / 100.0
    path = np.round(START * np.exp(np.concatenate(([0.0], np.cumsum(log_return)))), 2)
    return np.maximum(path, 1.0) + ODD


@st.composite
def openings(draw: Any, path: np.ndarray) -> np.ndarray | None:
    """Where steps open: at the close before (None), all at their close, or with gaps of up to 20 % here and there."""
    kind = draw(st.sampled_from(("none", "none", "close", "gaps")))
    if kind == "none":
        return None
    if kind == "close":
        return path
    opens = np.concatenate((path[:1], path[:-1]))
    for at in draw(st.lists(steps(1, path.size - 1), min_size=1, max_size=6)):
        opens[at] = round(opens[at] * math.exp(draw(steps(-20, 20)) / 100.0), 2) + 0.00173
    return opens


@st.composite
def venues(draw: Any, book: engine.Book, *, policy: str | None = None, **fixed: Any) -> engine.Venue:
    """Venues with every option drawn, in proportion to the money in `book`; `fixed` overrides single fields."""
    policy = policy or draw(st.sampled_from(POLICIES))
    money = open_interest(book)
    usd = money * (START if book.contract == "inverse" else 1.0)
    fields: dict[str, Any] = {
        "policy": policy,
        "policy_options": draw(options_of(policy)),
        "maintenance_rate": draw(st.sampled_from(RATES)),
        "depth": draw(st.sampled_from((1e-6, 0.002, 0.01, 0.05, 0.3, 5.0, math.inf))) * usd,
        "profit_base": draw(st.sampled_from(("entry", "settlement"))),
        "settlement_interval": draw(st.sampled_from((1, 1, 1, 2, 7, 100))),
    }
    for part in (_liquidation, _market, _layers):
        if draw(st.booleans()):
            fields |= draw(part(book, money))
    if draw(st.booleans()):
        fields |= draw(_telling(policy))
    return engine.Venue(**(fields | fixed))


def open_interest(book: engine.Book) -> float:
    """Notional of all positions at the first price, settlement currency."""
    size = float(np.abs(book.size).sum())
    return size / START if book.contract == "inverse" else size * START


@st.composite
def options_of(draw: Any, policy: str, **more: tuple[float | str, ...]) -> dict[str, float | str]:
    """Parameters of a policy, each left at its default or drawn; `more` replaces values of VALUES."""
    options: dict[str, float | str] = {}
    for option in engine.POLICIES[policy].options:
        ends = option.choices or (option.low, (option.low + option.high) / 2, option.high)
        value = draw(st.sampled_from((None, *(VALUES | more).get(option.name, ends))))
        if value is not None:
            options[option.name] = value
    return options


@st.composite
def _telling(draw: Any, policy: str) -> dict[str, Any]:
    """Settings without which a policy's measures have nothing to tell: margin that moves, wallets beside positions."""
    fields: dict[str, Any] = {}
    if policy in ADL:
        fields["dynamic_margin_cap"] = draw(st.sampled_from((1.0, 1.5, 4.0)))
        fields["dynamic_margin_half_life"] = draw(st.sampled_from((1.0, 12.0)))
        fields["reference_volatility"] = draw(st.sampled_from((0.002, 0.01)))
    if policy in BY_LEVERAGE:
        fields["residual_margin"] = "trader"
        fields["liquidation_fraction"] = draw(st.sampled_from((0.1, 0.5)))
    return fields


@st.composite
def _liquidation(draw: Any, book: engine.Book, money: float) -> dict[str, Any]:
    largest = float(np.abs(book.size).max())
    fields: dict[str, Any] = {
        "liquidation_fee": draw(st.sampled_from((0.0, 0.0005, 0.01, 0.3))),
        "residual_margin": draw(st.sampled_from(("fund", "trader"))),
        "is_penalty_beyond_equity": draw(st.booleans()),
        "maintenance_basis": draw(st.sampled_from(("mark", "mark", "entry"))),
    }
    if draw(st.booleans()):
        fields["liquidation_fraction"] = draw(st.sampled_from((0.1, 0.25, 0.5, 0.9)))
        fields["min_size"] = largest * draw(st.sampled_from((0.001, 0.0301, 0.20007, 2.0)))
    if draw(steps(0, 2)) == 0:
        floors = [0.0, *(money * share for share in (0.00207, 0.0201, 0.1003)[: draw(steps(1, 3))])]
        rates = (0.004, 0.01, 0.05, draw(st.sampled_from((0.05, 0.5))))
        fields["brackets"] = tuple((floor, rate, None) for floor, rate in zip(floors, rates, strict=False))
    if draw(steps(0, 2)) == 0:
        fields["dynamic_margin_cap"] = draw(st.sampled_from((1.5, 4.0)))
        fields |= draw(_volatility())
    return fields


@st.composite
def _volatility(draw: Any) -> dict[str, Any]:
    """What dynamic margin and a depth that follows volatility share."""
    return {
        "dynamic_margin_half_life": draw(st.sampled_from((1.0, 12.0))),
        "reference_volatility": draw(st.sampled_from((0.002, 0.01))),
    }


@st.composite
def _market(draw: Any, book: engine.Book, money: float) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "impact": draw(st.sampled_from(("square_root", "linear"))),
        "impact_half_life": draw(st.sampled_from((0.5, 3.0, 20.0, math.inf))),
        "index_weight": draw(st.sampled_from((0.0, 0.3, 0.7, 1.0))),
        "price_band": draw(st.sampled_from((0.003, 0.02, 0.1, 0.5, math.inf))),
        "halt_steps": draw(st.sampled_from((0, 1, 5))),
    }
    if fields["impact"] == "linear":
        fields["thinning"] = draw(st.sampled_from((0.0, 0.05, 1.0)))
    if draw(steps(0, 2)) == 0:
        fields |= draw(_volatility()) | {"depth_floor": draw(st.sampled_from((0.05, 0.5)))}
    return fields


@st.composite
def _layers(draw: Any, book: engine.Book, money: float) -> dict[str, Any]:
    share = st.sampled_from((0.0, 1e-6, 0.001, 0.01, 0.1, 3.0))
    return {
        "fund": draw(share) * money,
        "fund_max_drawdown": draw(st.sampled_from((0.0, 0.3, 0.9, 1.0))),
        "fund_peak_window": draw(st.sampled_from((None, 1, 4))),
        "fund_position_limit": draw(st.sampled_from((math.inf, math.inf, 0.03, 1.0, 20.0))),
        "fund_position_half_life": draw(st.sampled_from((0.1, 2.0, math.inf))),
        "venue_capital": draw(share) * money / 3,
        "default_fund": tuple(s * money for s in draw(st.lists(st.sampled_from((0.0, 0.0007, 0.005)), max_size=4))),
        "assessment_cap": draw(st.sampled_from((0.0, 0.5, 2.75))),
        "vault": draw(share) * money / 7,
    }


@st.composite
def cases(
    draw: Any, *, policy: str | None = None, contract: str | None = None, copies: bool = True, **fixed: Any
) -> Any:
    """A book, a path, a venue and openings that belong together, without the ties that rounding would decide.

    Where all equity can be charged away, triggers of one rate all move to the same price, so each trader has a rate of
    its own. A position that auto-deleveraging has cut keeps its score, so a copy of it would tie with it.
    """
    policy = policy or draw(st.sampled_from(POLICIES))
    book = draw(books(contract=contract, copies=copies and policy not in ADL, own_rates=policy in ADL + FROM_EQUITY))
    path = draw(prices())
    return book, path, draw(venues(book, policy=policy, **fixed)), draw(openings(path))
