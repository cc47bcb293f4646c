"""Estimates in words: one interval for a chance, and none where nothing was seen."""

from __future__ import annotations

import math

import numpy as np

from engine import Estimated, expected_shortfall, mean, probability
from ui.frame.intervals import amount_row, between, chance_row, seen, within


def test_an_amount_says_which_interval_it_has() -> None:
    found = Estimated(71.1e6, 1e6)
    assert within(found).replace("\N{NO-BREAK SPACE}", " ") == "$71.1M \N{PLUS-MINUS SIGN} $2.0M (95 %)"
    assert between(found) == "$69.1M to $73.1M"
    assert within(Estimated(5.0, 0.0)) == "$5.00"


def test_nothing_seen_has_no_interval() -> None:
    never, tail = mean(np.zeros(64)), expected_shortfall(np.arange(64.0), 0.99)
    assert within(never) == seen(never) == between(never) == "none seen"
    assert within(tail) == "$63 (too few paths seen)"
    assert between(tail) == "too few paths seen"
    assert amount_row("Cost", never, "")["95 % interval"] == "none seen"
    assert not math.isfinite(tail.stderr)


def test_a_chance_never_seen_has_the_upper_end_of_the_engine() -> None:
    never = probability(np.zeros(256))
    high = f"{100 * float(never.interval()[1]):.1f}"
    assert high == "1.4"  # 1 - 0.025 ** (1 / 256)
    assert chance_row("Chance", never, "")["95 % interval"].replace("\N{NO-BREAK SPACE}", " ") == f"0 % to {high} %"
