"""Loss sharing for the venue modules: the engine's own rules on plain lists, so that vectors check those too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.sharing import rules
from tests.reference.venues.exact import require, require_same_length


def pro_rata(*, amount: float, caps: list[float], weights: list[float] | None = None) -> list[float]:
    """Return what each pays of `amount`: min(cap, level * weight), weights = caps where not given.

    Parameters
    ----------
    amount : float
        To be raised, money, >= 0. What exceeds the sum of the caps stays unpaid.
    caps : list of float
        Most that each can pay, money; a negative one counts as 0.
    weights : list of float, optional
        Share of each in proportion to the others; a negative one counts as 0.

    Examples
    --------
    >>> pro_rata(amount=6, caps=[10, 5])
    [4.0, 2.0]
    """
    caps = [max(float(cap), 0.0) for cap in caps]
    weights = caps if weights is None else [max(float(weight), 0.0) for weight in weights]
    require("pro_rata", not_negative={"amount": amount})
    require_same_length("pro_rata", caps=caps, weights=weights)
    charge = np.zeros(len(caps))
    rules.proportional(float(amount), np.array(caps), np.array(weights), charge)
    return [float(paid) for paid in charge]


def _filled(rule: Callable[..., float], amount: float, claims: list[float]) -> list[float]:
    paid = np.zeros(len(claims))
    rule(float(amount), np.array(claims, dtype=np.float64), paid)
    return [float(value) for value in paid]


def talmud_shares(*, amount: float, claims: list[float]) -> list[float]:
    """Return each claimant's share of `amount` under the Talmud rule (Aumann and Maschler 1985)."""
    require("talmud_shares", not_negative={"amount": amount})
    return _filled(rules.talmud, amount, claims)


def largest_first_shares(*, amount: float, claims: list[float]) -> list[float]:
    """Return max(claim - m, 0) with the level m that raises `amount`: what is left are constrained equal awards."""
    require("largest_first_shares", not_negative={"amount": amount})
    return _filled(rules.equal_awards, amount, claims)
