"""Kernel and oracle agree to 1e-9 on generated books, for every policy and both contracts, all options drawn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.model import strategies
from tests.model.parity import agree

BOOKS_EACH = 12
N_COMBINATIONS = 2 * len(strategies.POLICIES)


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("policy", strategies.POLICIES)
def test_kernel_agrees_with_oracle(policy: str, contract: str) -> None:
    """12 books for each of 40 combinations; HYPOTHESIS_PROFILE=deep draws 50 for each, 2,000 in all."""
    examples = max(BOOKS_EACH, settings().max_examples // N_COMBINATIONS)
    settings(max_examples=examples)(given(strategies.cases(policy=policy, contract=contract))(agree))()
