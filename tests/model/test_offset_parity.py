"""Kernel and oracle agree to 1e-9 with lists of rules, records, tiers and settings that follow, all of it drawn."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings

import engine
from tests.model import offset_strategies, strategies
from tests.model.oracle import run_oracle
from tests.model.parity import CLOSE_CALL, assert_parity

BOOKS_EACH = 24  # times 42 combinations: 1,008 books


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("first", strategies.POLICIES)
def test_kernel_agrees_with_oracle_on_lists(first: str, contract: str) -> None:
    @settings(max_examples=max(BOOKS_EACH, settings().max_examples // 42))
    @given(offset_strategies.cases(first=first, contract=contract))
    def agree(case: Any) -> None:
        book, prices, venue, opens = case
        oracle = run_oracle(book, prices, venue, opens)
        assume(oracle.closest > CLOSE_CALL)
        assert_parity(engine.simulate(book=book, prices=prices, venue=venue, opens=opens), oracle, book, venue)

    agree()
