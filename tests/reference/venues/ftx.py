"""FTX: staged liquidation by margin fraction, backstop liquidity providers, overflow on opposite positions.

Sources, read 2026-11-20: https://ftx.medium.com/ftx-liquidation-process-flow-chart-685907c1750b,
https://help.ftx.com/hc/en-us/articles/360027937831-Liquidations (stored copies). Stage names are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign
from tests.reference.venues.sharing import pro_rata

ORDER_SHARE = 0.10
ZERO_PRICE_WEIGHT = 2 / 3


class Stage(StrEnum):
    """Where an account is in the venue's process."""

    NORMAL = "normal"
    NO_NEW_ORDERS = "no_new_orders"
    LIQUIDATION_ORDERS = "liquidation_orders"
    AUTO_CLOSE = "auto_close_backstop"
    INSURANCE_FUND = "insurance_fund_pays"


class State(NamedTuple):
    """An account after a fall: equity, leverage on entry notional (None without equity), distance in %, stage."""

    equity: float
    leverage: float | None
    distance_pct: float
    stage: Stage


def state(
    *,
    collateral: float,
    notional: float,
    drop: float,
    initial_fraction: float = 0.1,
    maintenance_fraction: float = 0.04,
    auto_close_fraction: float = 0.02,
    side: str | float = "long",
) -> State:
    """Return the state of an account after the price fell by `drop` (a fraction; rose, for a short).

    Notes
    -----
    equity = collateral - notional * drop, margin fraction = equity / entry notional, distance to bankruptcy =
    collateral / notional - drop.
    """
    require("state", above_zero={"notional": notional, "collateral": collateral})
    equity = collateral - side_sign(side) * notional * drop
    fraction = equity / notional
    if equity < 0:
        stage = Stage.INSURANCE_FUND
    elif fraction < auto_close_fraction:
        stage = Stage.AUTO_CLOSE
    elif fraction < maintenance_fraction:
        stage = Stage.LIQUIDATION_ORDERS
    else:
        stage = Stage.NO_NEW_ORDERS if fraction < initial_fraction else Stage.NORMAL
    return State(equity, notional / equity if equity > 0 else None, 100 * fraction, stage)


def auto_close_share(*, margin_fraction: float, auto_close_fraction: float) -> float:
    """Return the share of the position given to backstop providers each second: 1 - MF / ACMF, from 0 to 1."""
    require("auto_close_share", above_zero={"auto_close_fraction": auto_close_fraction})
    return min(1.0, max(0.0, 1 - margin_fraction / auto_close_fraction))


def backstop(
    *, size: float, capacities: Sequence[float], opposite_sizes: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return (size per provider pro rata to capacity left, overflow per opposite position pro rata to its size)."""
    taken = pro_rata(amount=size, caps=list(capacities))
    return taken, pro_rata(amount=max(0.0, size - sum(taken)), caps=list(opposite_sizes))


def overflow_price(*, zero_price: float, mark: float) -> float:
    """Return the price for those who take the overflow: two thirds zero-equity price, one third mark."""
    require("overflow_price", not_negative={"zero_price": zero_price, "mark": mark})
    return ZERO_PRICE_WEIGHT * zero_price + (1 - ZERO_PRICE_WEIGHT) * mark
