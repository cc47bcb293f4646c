"""Kernel and oracle agree to 1e-9 with lists of rules, records, tiers and settings that follow, all of it drawn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.model import offset_strategies, strategies
from tests.model.parity import agree

BOOKS_EACH = 24  # times 42 combinations: 1,008 books


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("first", strategies.POLICIES)
def test_kernel_agrees_with_oracle_on_lists(first: str, contract: str) -> None:
    examples = max(BOOKS_EACH, settings().max_examples // 42)
    settings(max_examples=examples)(given(offset_strategies.cases(first=first, contract=contract))(agree))()
