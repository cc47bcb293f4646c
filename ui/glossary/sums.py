"""The small sums that worked lines are made of: one trader, a dozen, a jump."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from engine import Book, Run, load_preset, run_scenario, simulate, with_values

PRESET = "dozen"
ENTRY, LOW, COINS, OWN = 100.0, 94.0, 10.0, 100.0  # of the one trader that most lines are about


@cache
def one(side: float = 1.0, own: float = OWN) -> Book:
    """Return the book of one trader."""
    return Book(size=[side * COINS], entry_price=[ENTRY], collateral=[own])


@lru_cache(maxsize=64)
def dozen(**settings: Any) -> Run:
    """Return the run of the dozen traders with other settings of the venue."""
    return run_scenario(with_values(load_preset(PRESET).scenario, {f"venue.{k}": v for k, v in settings.items()}))


def gap_run(own: float, low: float, **settings: Any) -> Run:
    """Return the run of one long through a jump, in a market that nothing moves."""
    venue = replace(load_preset(PRESET).scenario.venue, depth=math.inf, settlement_interval=1, **settings)
    return simulate(book=one(1.0, own), prices=[ENTRY, low], opens=[ENTRY, low], venue=venue)
