"""Kernel and oracle of accounts agree to 1e-9 on 500 generated markets, every rule, policy, option and asset drawn."""

from __future__ import annotations

import pytest

import engine
from tests.model.account_cases import CLOSE_CALL, assert_same, draw_assets, draw_case, money_in
from tests.model.oracle_accounts import run_account_oracle

MARKETS, AT_A_TIME = 500, 50


@pytest.mark.parametrize("first", range(0, MARKETS, AT_A_TIME))
def test_kernel_agrees_with_oracle(first: int) -> None:
    n_compared, n_turns = 0, 0
    for seed in range(first, first + AT_A_TIME):
        case, paths = draw_assets(seed, draw_case(seed))
        book, prices, venue, opens = case
        oracle = run_account_oracle(book, prices, venue, opens, **paths)
        if oracle.closest <= CLOSE_CALL:
            continue
        kernel = engine.simulate(book=book, prices=prices, venue=venue, opens=opens, **paths)
        try:
            assert_same(kernel, oracle, money_in(case, oracle))
        except AssertionError as error:
            raise AssertionError(f"market {seed}: {error}") from error
        n_compared += 1
        n_turns += oracle.n_turns
    assert n_compared >= 0.8 * AT_A_TIME
    assert n_turns > 50
