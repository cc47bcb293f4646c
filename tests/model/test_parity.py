"""Kernel and oracle agree to 1e-9 on generated books, for every policy and both contracts, all options drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings

import engine
from tests.model import strategies
from tests.model.oracle import run_oracle
from tests.model.parity import CLOSE_CALL, assert_parity

BOOKS_EACH = 12
N_COMBINATIONS = 2 * len(strategies.POLICIES)


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("policy", strategies.POLICIES)
def test_kernel_agrees_with_oracle(policy: str, contract: str) -> None:
    """12 books for each of 40 combinations; HYPOTHESIS_PROFILE=deep draws 50 for each, 2,000 in all."""
    examples = max(BOOKS_EACH, settings().max_examples // N_COMBINATIONS)

    @settings(max_examples=examples)
    @given(strategies.cases(policy=policy, contract=contract))
    def agree(case: Any) -> None:
        book, prices, venue, opens = case
        oracle = run_oracle(book, prices, venue, opens)
        assume(oracle.closest > CLOSE_CALL)
        assert_parity(engine.simulate(book=book, prices=prices, venue=venue, opens=opens), oracle, book, venue)

    agree()
