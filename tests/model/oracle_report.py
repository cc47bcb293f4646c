"""What a run of the oracle leaves: everybody's wealth, and the names that the engine has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.model.oracle_layers import backstop
from tests.model.oracle_state import State, total_equity, value

OF_STEPS = ("mark", "mark_low", "mark_high", "impact", "impact_low", "impact_high", "deficit", "halted")
OF_TRADERS = ("charge", "claim", "liquidated_at", "wallet", "collateral", "size", "contribution")


@dataclass
class OracleRun:
    """What a run leaves; names as in the engine's."""

    mark: list[float]
    mark_low: list[float]
    mark_high: list[float]
    impact: list[float]
    impact_low: list[float]
    impact_high: list[float]
    fund: list[float]
    deficit: list[float]
    equity: list[float]
    charge: list[float]
    claim: list[float]
    haircut_rate: list[float]
    liquidated_at: list[int]
    wallet: list[float]
    collateral: list[float]
    size: list[float]
    unfunded: float
    venue_capital: float
    backstop: float
    market_maker: float
    halted: list[bool]
    closest: float
    contribution: list[float]


def row_of(state: State) -> tuple[Any, ...]:
    """OF_STEPS at the end of a step."""
    return (state.mark, *state.mark_range, state.x, *state.x_range, state.deficit, state.halted_until >= state.step)


def wealth(state: State) -> list[float]:
    """Every party's wealth at the mark; a claim the venue cannot honor enters with a minus sign."""
    return [*equities(state), makers(state), state.fund, state.venue_capital, backstop(state), -state.unfunded]


def makers(state: State) -> float:
    return state.maker_size * value(state.contract, state.mark) - state.maker_cost


def equities(state: State) -> list[float]:
    return [total_equity(state.contract, trader, state.mark) for trader in state.traders]


def report(state: State, rows: list[tuple[Any, ...]]) -> OracleRun:
    traders = state.traders
    return OracleRun(
        **{name: list(column) for name, column in zip(OF_STEPS, zip(*rows, strict=True), strict=True)},
        **{name: [getattr(trader, name) for trader in traders] for name in OF_TRADERS},
        fund=state.fund_ends,
        equity=equities(state),
        haircut_rate=[trader.charge / trader.claim if trader.claim > 0 else 0.0 for trader in traders],
        unfunded=state.unfunded,
        venue_capital=state.venue_capital,
        backstop=backstop(state),
        market_maker=makers(state),
        closest=state.closest,
    )
