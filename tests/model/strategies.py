"""Hypothesis strategies for books, price paths and venues.

Hypothesis draws a seed, and prints it; what comes of it is made here, in a tenth of the time that it takes to draw 300
numbers one by one. They are whole counts of a step, and prices carry a fixed odd fraction, so that a mark hardly ever
lands within rounding of a trigger: there kernel and oracle could both be right and still part ways. Ties between
traders (copies of one another) are drawn on purpose: they are exact in floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from hypothesis import note
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


@st.composite
def seeded(draw: Any, make: Callable[..., Any], **fixed: Any) -> Any:
    """What `make` makes with a source of random numbers that Hypothesis has drawn the seed of."""
    seed = draw(st.integers(0, 2**32 - 1))
    note(f"{make.__name__} of seed {seed}")
    return make(Random(seed), **fixed)


def _trader(rng: Random, contract: str) -> dict[str, float]:
    """One position; sizes span three orders of magnitude, some have no collateral left, some are fully backed."""
    side = rng.choice((1.0, -1.0))
    notional = rng.randint(1, 99) * rng.choice((10.0, 100.0, 1000.0))
    entry = START + 0.25 * rng.randint(-60, 60)
    leverage = rng.choice(LEVERAGES)
    collateral = 0.0 if rng.randint(0, 15) == 15 else round(notional / leverage, 3)
    if contract == "linear":
        return {"size": side * round(notional / START, 3), "entry_price": entry, "collateral": collateral}
    return {"size": side * notional, "entry_price": entry, "collateral": round(collateral / START, 6)}


def _stop(rng: Random, trader: dict[str, float]) -> float:
    """No stop for most; else one 1 % to 30 % on the losing side, rarely on the winning one (it fires at once)."""
    if rng.randint(0, 3) > 0:
        return math.nan
    distance = rng.randint(-3, 30) / 100 + 0.0013
    return round(trader["entry_price"] * (1 - math.copysign(distance, trader["size"])), 5)


def books(rng: Random, *, contract: str | None = None, copies: bool = True, own_rates: bool = False) -> engine.Book:
    """Books of 1..40 traders, one-sided ones among them, with copies (equal triggers), own rates, amounts and stops."""
    contract = contract or rng.choice(("linear", "inverse"))
    least = rng.choice((1, 2, 6, 12, 20))
    traders = [_trader(rng, contract) for _ in range(rng.randint(least, 2 * least + (least < 12) * 6))]
    for i, trader in enumerate(traders):
        trader["maintenance_rate"] = rng.choice(RATES) + 1e-6 * i  # no two are the same by chance
        trader["entry_price"] += 0.0007 * i
    if copies:
        traders += [dict(trader) for trader in rng.choices(traders, k=rng.randint(0, 3))]
    columns: dict[str, Any] = {name: [t[name] for t in traders] for name in traders[0]}
    if not own_rates and rng.random() < 0.5:
        del columns["maintenance_rate"]
    if rng.randint(0, 2) == 0:
        amounts = rng.choices((0.0, 0.0, 0.5, 3.0), k=len(traders))
        columns["maintenance_amount"] = [amount / (1 if contract == "linear" else START) for amount in amounts]
    if rng.random() < 0.5:
        columns["stop_price"] = [_stop(rng, t) for t in traders]
    return engine.Book(contract=contract, **columns)


def prices(rng: Random) -> np.ndarray:
    """Paths of 5..60 steps around the entries: quiet stretches, trends, crashes, spikes and recoveries."""
    n_steps = rng.randint(5, 60)
    shape = rng.choice(("calm", "wild", "crash", "rally", "both"))
    spread = {"calm": 10, "wild": 80}.get(shape, 25)
    moves = [rng.randint(-spread, spread) for _ in range(n_steps)]  # per mille
    log_return = np.array(moves) / 1000.0
    for direction in {"crash": (-1,), "rally": (1,), "both": (-1, 1)}.get(shape, ()):
        at, depth = rng.randint(0, n_steps - 1), rng.randint(5, 70)
        log_return[at] += direction * depth / 100.0
    path = np.round(START * np.exp(np.concatenate(([0.0], np.cumsum(log_return)))), 2)
    return np.maximum(path, 1.0) + ODD


def openings(rng: Random, path: np.ndarray) -> np.ndarray | None:
    """Where steps open: at the close before (None), all at their close, or with gaps of up to 20 % here and there."""
    kind = rng.choice(("none", "none", "close", "gaps"))
    if kind == "none":
        return None
    if kind == "close":
        return path
    opens = np.concatenate((path[:1], path[:-1]))
    for at in rng.choices(range(1, path.size), k=rng.randint(1, 6)):
        opens[at] = round(opens[at] * math.exp(rng.randint(-20, 20) / 100.0), 2) + 0.00173
    return opens


def venues(rng: Random, book: engine.Book, *, policy: str | None = None, **fixed: Any) -> engine.Venue:
    """Venues with every option drawn, in proportion to the money in `book`; `fixed` overrides single fields."""
    policy = policy or rng.choice(POLICIES)
    money = open_interest(book)
    usd = money * (START if book.contract == "inverse" else 1.0)
    fields: dict[str, Any] = {
        "policy": policy,
        "policy_options": options_of(rng, policy),
        "maintenance_rate": rng.choice(RATES),
        "depth": rng.choice((1e-6, 0.002, 0.01, 0.05, 0.3, 5.0, math.inf)) * usd,
        "profit_base": rng.choice(("entry", "settlement")),
        "settlement_interval": rng.choice((1, 1, 1, 2, 7, 100)),
    }
    for part in (_liquidation, _market, _layers):
        if rng.random() < 0.5:
            fields |= part(rng, book, money)
    if rng.random() < 0.5:
        fields |= _telling(rng, policy)
    return engine.Venue(**(fields | fixed))


def open_interest(book: engine.Book) -> float:
    """Notional of all positions at the first price, settlement currency."""
    size = float(np.abs(book.size).sum())
    return size / START if book.contract == "inverse" else size * START


def options_of(rng: Random, policy: str, **more: tuple[float | str, ...]) -> dict[str, float | str]:
    """Parameters of a policy, each left at its default or drawn; `more` replaces values of VALUES."""
    options: dict[str, float | str] = {}
    for option in engine.POLICIES[policy].options:
        ends = option.choices or (option.low, (option.low + option.high) / 2, option.high)
        value = rng.choice((None, *(VALUES | more).get(option.name, ends)))
        if value is not None:
            options[option.name] = value
    return options


def _telling(rng: Random, policy: str) -> dict[str, Any]:
    """Settings without which a policy's measures have nothing to tell: margin that moves, wallets beside positions."""
    fields: dict[str, Any] = {}
    if policy in ADL:
        fields["dynamic_margin_cap"] = rng.choice((1.0, 1.5, 4.0))
        fields["dynamic_margin_half_life"] = rng.choice((1.0, 12.0))
        fields["reference_volatility"] = rng.choice((0.002, 0.01))
    if policy in BY_LEVERAGE:
        fields["residual_margin"] = "trader"
        fields["liquidation_fraction"] = rng.choice((0.1, 0.5))
    return fields


def _liquidation(rng: Random, book: engine.Book, money: float) -> dict[str, Any]:
    largest = float(np.abs(book.size).max())
    fields: dict[str, Any] = {
        "liquidation_fee": rng.choice((0.0, 0.0005, 0.01, 0.3)),
        "residual_margin": rng.choice(("fund", "trader")),
        "is_penalty_beyond_equity": rng.random() < 0.5,
        "maintenance_basis": rng.choice(("mark", "mark", "entry")),
    }
    if rng.random() < 0.5:
        fields["liquidation_fraction"] = rng.choice((0.1, 0.25, 0.5, 0.9))
        fields["min_size"] = largest * rng.choice((0.001, 0.0301, 0.20007, 2.0))
    if rng.randint(0, 2) == 0:
        floors = [0.0, *(money * share for share in (0.00207, 0.0201, 0.1003)[: rng.randint(1, 3)])]
        rates = (0.004, 0.01, 0.05, rng.choice((0.05, 0.5)))
        fields["brackets"] = tuple((floor, rate, None) for floor, rate in zip(floors, rates, strict=False))
    if rng.randint(0, 2) == 0:
        fields["dynamic_margin_cap"] = rng.choice((1.5, 4.0))
        fields |= _volatility(rng)
    return fields


def _volatility(rng: Random) -> dict[str, Any]:
    """What dynamic margin and a depth that follows volatility share."""
    return {"dynamic_margin_half_life": rng.choice((1.0, 12.0)), "reference_volatility": rng.choice((0.002, 0.01))}


def _market(rng: Random, book: engine.Book, money: float) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "impact": rng.choice(("square_root", "linear")),
        "impact_half_life": rng.choice((0.5, 3.0, 20.0, math.inf)),
        "index_weight": rng.choice((0.0, 0.3, 0.7, 1.0)),
        "price_band": rng.choice((0.003, 0.02, 0.1, 0.5, math.inf)),
        "halt_steps": rng.choice((0, 1, 5)),
    }
    if fields["impact"] == "linear":
        fields["thinning"] = rng.choice((0.0, 0.05, 1.0))
    if rng.randint(0, 2) == 0:
        fields |= _volatility(rng) | {"depth_floor": rng.choice((0.05, 0.5))}
    return fields


def _layers(rng: Random, book: engine.Book, money: float) -> dict[str, Any]:
    shares = (0.0, 1e-6, 0.001, 0.01, 0.1, 3.0)
    return {
        "fund": rng.choice(shares) * money,
        "fund_max_drawdown": rng.choice((0.0, 0.3, 0.9, 1.0)),
        "fund_peak_window": rng.choice((None, 1, 4)),
        "fund_position_limit": rng.choice((math.inf, math.inf, 0.03, 1.0, 20.0)),
        "fund_position_half_life": rng.choice((0.1, 2.0, math.inf)),
        "venue_capital": rng.choice(shares) * money / 3,
        "default_fund": tuple(s * money for s in rng.choices((0.0, 0.0007, 0.005), k=rng.randint(0, 4))),
        "assessment_cap": rng.choice((0.0, 0.5, 2.75)),
        "vault": rng.choice(shares) * money / 7,
    }


def case(
    rng: Random, *, policy: str | None = None, contract: str | None = None, copies: bool = True, **fixed: Any
) -> Any:
    """A book, a path, a venue and openings that belong together, without the ties that rounding would decide.

    Where all equity can be charged away, triggers of one rate all move to the same price, so each trader has a rate of
    its own. A position that auto-deleveraging has cut keeps its score, so a copy of it would tie with it.
    """
    policy = policy or rng.choice(POLICIES)
    book = books(rng, contract=contract, copies=copies and policy not in ADL, own_rates=policy in ADL + FROM_EQUITY)
    path = prices(rng)
    return book, path, venues(rng, book, policy=policy, **fixed), openings(rng, path)


def cases(**fixed: Any) -> st.SearchStrategy[Any]:
    """Draw what `case` makes."""
    return seeded(case, **fixed)
