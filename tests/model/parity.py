"""Kernel against oracle: one run by each, every party compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume

import engine
from tests.model.oracle import run_oracle
from tests.model.oracle_report import OracleRun

RELATIVE = 1e-9
MONEY = (
    "fund",
    "deficit",
    "equity",
    "charge",
    "claim",
    "wallet",
    "collateral",
    "unfunded",
    "venue_capital",
    "backstop",
    "contribution",
)


# Where a decision of the oracle (is the trigger reached, who is first, is there a deficit) came this close to going the
# other way, rounding decides it, and kernel and oracle may part ways with both in the right. Orders compare 33 binary
# digits, 2e-10 (engine.ties).
CLOSE_CALL = 5e-10


def run_both(book: engine.Book, prices: np.ndarray, venue: engine.Venue, opens: np.ndarray | None = None) -> OracleRun:
    """Run kernel and oracle, assert that they agree, and return the oracle's run."""
    oracle = run_oracle(book, prices, venue, opens)
    kernel = engine.simulate(book=book, prices=prices, venue=venue, opens=opens)
    assert_parity(kernel, oracle, book, venue)
    return oracle


def agree(case: Any) -> None:
    """Assert that kernel and oracle agree on a drawn case, but where rounding decides it."""
    book, prices, venue, opens = case
    oracle = run_oracle(book, prices, venue, opens)
    assume(oracle.closest > CLOSE_CALL)
    assert_parity(engine.simulate(book=book, prices=prices, venue=venue, opens=opens), oracle, book, venue)


def money_in_run(book: engine.Book, venue: engine.Venue, marks: list[float]) -> float:
    """Size of the money that moves: collateral, positions at entry and at the worst mark, and the layers."""

    def unit(price: Any) -> Any:
        return 1 / price if book.contract == "inverse" else price

    largest = max(unit(mark) for mark in marks)
    positions = np.abs(book.size) @ (unit(book.entry_price) + largest)
    layers = venue.fund + venue.venue_capital + venue.vault + sum(venue.default_fund) * (1 + venue.assessment_cap)
    return float(book.collateral.sum() + positions + layers)


def assert_parity(kernel: Any, oracle: OracleRun, book: engine.Book, venue: engine.Venue) -> None:
    """Everything to 1e-9: prices and rates relative, money relative with the money in the run as the scale."""
    # whole numbers first: a position forced out in another step explains every other difference
    np.testing.assert_array_equal(kernel.liquidated_at, oracle.liquidated_at, "liquidated_at")
    for name in ("mark", "mark_low", "mark_high"):
        np.testing.assert_allclose(getattr(kernel, name), getattr(oracle, name), rtol=RELATIVE, atol=0, err_msg=name)
    for name in ("impact", "impact_low", "impact_high"):
        ours, theirs = getattr(kernel, name), getattr(oracle, name)
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=RELATIVE, err_msg=name)
    scale = money_in_run(book, venue, oracle.mark_low + oracle.mark_high)
    for name in MONEY:
        _assert_money(name, getattr(kernel, name), getattr(oracle, name), scale)
    _assert_money("market makers", kernel.ledger.closing["market_makers"], oracle.market_maker, scale)
    units = float(np.abs(book.size).sum())
    np.testing.assert_allclose(kernel.size, oracle.size, rtol=RELATIVE, atol=RELATIVE * units, err_msg="size")
    _assert_rates(kernel.haircut_rate, oracle, scale)
    assert abs(kernel.ledger.residual) < RELATIVE


def _assert_money(name: str, kernel: Any, oracle: Any, scale: float) -> None:
    np.testing.assert_allclose(kernel, oracle, rtol=RELATIVE, atol=1e-3 * RELATIVE * scale, err_msg=name)


def _assert_rates(kernel: Any, oracle: OracleRun, scale: float) -> None:
    """Haircut rates where the claim is more than rounding; a rate of a claim of 1e-14 means nothing."""
    solid = np.array(oracle.claim) > RELATIVE * scale
    np.testing.assert_allclose(kernel[solid], np.array(oracle.haircut_rate)[solid], rtol=1e-8, atol=1e-9)
