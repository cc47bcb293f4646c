"""Accounts for the laws of single allocations: what a policy may look at, as arrays, and what it may charge of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

import engine
from tests.model.oracle_rules import Account, share
from tests.model.strategies import options_of, seeded

MONEY_FIELDS = ("profit", "equity", "notional", "contribution", "cash")


@dataclass(frozen=True, eq=False)
class Market:
    """Arrays over accounts as `engine.allocate` takes them, the amount to raise, and the policy's options."""

    policy: str
    amount: float
    options: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def allocate(self, **changes: Any) -> Any:
        """Allocate through the engine, with some arguments replaced."""
        given = {"amount": self.amount, "options": self.options, **self.arrays, **changes}
        return engine.allocate(policy=self.policy, **given)

    @property
    def n(self) -> int:
        """Number of accounts."""
        return self.arrays["profit"].size

    @property
    def pool(self) -> float:
        """What a liquidity pool pays before anybody is charged."""
        return min(self.amount, self.options.get("pool", 0.0) * self.options.get("pool_cap", 1.0))

    @property
    def scale(self) -> float:
        """Size of the money in it."""
        return self.amount + sum(float(np.abs(self.arrays[name]).sum()) for name in MONEY_FIELDS)

    def oracle(self, amount: float) -> list[float]:
        """Charges by the oracle."""
        names = ("profit", "equity", "size", "cash", "notional", "leverage", "contribution", "order")
        rows = zip(*(self.arrays[name] for name in names), strict=True)
        accounts = [Account(max(float(p), 0.0), *(float(x) for x in rest)) for p, *rest in rows]
        return share(self.policy, amount, accounts, self.options)

    def claim(self) -> np.ndarray:
        """The most that each account can be charged (docs/MODEL.md section 4, "Policies"), positive equity at most."""
        record = engine.POLICIES[self.policy]
        defaults = {option.name: option.default for option in record.options}
        profit, equity, cash = (np.maximum(self.arrays[name], 0.0) for name in ("profit", "equity", "cash"))
        if record.claim.name == "CONTRIBUTION":  # beyond the account's equity: assessments are called from members
            return self.arrays["contribution"] * (1 + self.options.get("assessment_cap", 0.0))
        measured = {"NONE": np.zeros(self.n), "PROFIT": profit, "EQUITY": equity, "CASH": cash}[record.claim.name]
        factor = (defaults | self.options)[record.cap_option] if record.cap_option else 1.0
        return np.minimum(factor * measured, equity)


def market(rng: Random, policy: str) -> Market:
    """2 to 12 accounts, longs and shorts, winners and losers, some bankrupt, some flat; amounts to above capacity."""
    n = rng.randint(2, 12)

    def column(low: int, high: int, step: float) -> np.ndarray:
        return np.array([rng.randint(low, high) for _ in range(n)]) * step

    arrays = {
        "profit": column(-400, 400, 0.25),
        "equity": column(-100, 900, 0.5),
        "size": column(-20, 20, 0.5),
        "cash": column(-50, 400, 0.5),
        "contribution": column(0, 60, 1.0),
        "order": np.array(rng.sample(range(n), n), dtype=float),
    }
    arrays["size"][:2] = [2.0, -3.0]  # always longs and shorts
    arrays["notional"] = np.abs(arrays["size"]) * 100.0
    arrays["leverage"] = column(0, 40, 0.5) * (arrays["size"] != 0)
    options = options_of(rng, policy, pool=(100.0, 1000.0), assessment_cap=(2.75,))
    amount = rng.randint(0, 200) * rng.choice((0.05, 1.0, 20.0))
    return Market(policy, amount, options, arrays)


def markets(policy: str) -> st.SearchStrategy[Market]:
    """Draw what `market` makes."""
    return seeded(market, policy=policy)
