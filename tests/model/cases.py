"""Short spellings for named cases: small books, a plain venue, and one run by kernel and oracle both."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import engine
from tests.model.oracle_report import OracleRun
from tests.model.parity import run_both

INF = math.inf
NAN = math.nan


def book(*traders: tuple[float, float] | tuple[float, float, float], **more: Any) -> engine.Book:
    """Traders as (signed size, collateral) or (signed size, collateral, entry price)."""
    rows = [(*t, 100.0)[:3] for t in traders]
    size, collateral, entry = (list(column) for column in zip(*rows, strict=True))
    return engine.Book(size=size, entry_price=entry, collateral=collateral, **more)


def venue(**more: Any) -> engine.Venue:
    return engine.Venue(**({"depth": INF, "maintenance_rate": 0.05, "impact": "linear"} | more))


def run(traders: engine.Book, path: list[float], **more: Any) -> OracleRun:
    """Run both with every step at its close, compare them, and return the oracle's run, which names every party."""
    return run_both(traders, np.array(path), venue(**more), opens=np.array(path))


def move(traders: engine.Book, path: list[float], opens: list[float] | None = None, **more: Any) -> OracleRun:
    """The same with steps that move without a gap from where they open, None: at the close before."""
    return run_both(traders, np.array(path), venue(**more), opens=None if opens is None else np.array(opens))


LONG = (10.0, 100.0)  # liquidated at (1000 - 100) / (10 * 0.95) = 94.737, bankrupt at 90
SHORT = (-10.0, 100.0)  # liquidated at (1000 + 100) / (10 * 1.05) = 104.762, bankrupt at 110
RICH_SHORT = (-10.0, 500.0)
RICH_LONG = (10.0, 500.0)


def inverse(*traders: tuple[float, float] | tuple[float, float, float], **more: Any) -> engine.Book:
    """Traders of a coin-margined contract: size in USD, collateral in coin."""
    return book(*traders, contract="inverse", **more)
