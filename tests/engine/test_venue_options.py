"""Options that single venues have: maintenance on the notional at entry, a penalty beyond the equity left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine

VENUE = engine.Venue(depth=np.inf, maintenance_rate=0.05, maintenance_basis="entry")


def one(side: float, contract: str = "linear") -> engine.Book:
    """Two coins, or 200 USD contracts, from 100 with 10 % of margin, beside a counterparty that nothing happens to."""
    size = np.array([2.0, -2.0]) * side * (1.0 if contract == "linear" else 100.0)
    unit = 100.0 if contract == "linear" else 0.01
    return engine.Book(
        size=size, entry_price=[100.0, 100.0], collateral=np.abs(size) * unit * [0.1, 9.0], contract=contract
    )


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("contract", ["linear", "inverse"])
def test_maintenance_on_entry_leaves_half_of_ten_percent(side: float, contract: str) -> None:
    """The requirement is 5 % of entry notional, so what can be lost is the other 5 %, whatever the mark."""
    expected = 100.0 * (1.0 - 0.05 * side) if contract == "linear" else 100.0 / (1.0 + 0.05 * side)
    book = one(side, contract)
    assert engine.liquidation_price(book=book, venue=VENUE)[0] == pytest.approx(expected)
    beyond = expected * (1.0 - 1e-6 * side)
    run = engine.simulate(book=book, prices=[100.0, expected * (1.0 + 1e-6 * side), beyond], venue=VENUE)
    assert run.liquidated_at.tolist() == [2, -1]
    assert run.trigger[0] == pytest.approx(expected)


def test_bybit_long_of_its_own_example() -> None:
    """Entry 8,000, 50x, maintenance 0.5 %: 8,000 (1 - 0.02 + 0.005) = 7,880; on the mark it would be 7,879.4."""
    book = engine.Book(size=[1.0], entry_price=[8000.0], collateral=[160.0])
    at_entry, at_mark = (
        engine.liquidation_price(book=book, venue=replace(VENUE, maintenance_rate=0.005, maintenance_basis=basis))[0]
        for basis in ("entry", "mark")
    )
    assert at_entry == pytest.approx(7880.0)
    assert at_mark == pytest.approx(7840.0 / 0.995)


def test_a_part_that_is_left_needs_its_own_share_of_the_entry_notional() -> None:
    """At 95 half of it goes, at a loss of 5 out of 20; the coin that is left needs 5 of 15, and is due at 90.

    There half of that goes at a loss of 5 out of 15; the half coin that is left needs 2.5, and is due at 85.
    """
    prices, halves = [100.0, 94.9, 90.1, 89.9, 85.1, 84.9], replace(VENUE, liquidation_fraction=0.5)
    run = engine.simulate(book=one(1.0), prices=prices, venue=halves)
    assert run.liquidated_at[0] == 1
    assert run.trades["step"].tolist() == [1, 3, 5]
    assert run.trades["size"].tolist() == [1.0, 0.5, 0.25]
    assert run.trades["trigger"] == pytest.approx([95.0, 90.0, 85.0])
    assert run.trades["fill"] == pytest.approx([95.0, 90.0, 85.0])


@pytest.mark.parametrize(("beyond", "fee", "deficit"), [(False, 2.0, 0.0), (True, 9.1, 7.1)])
def test_a_penalty_beyond_the_equity_left_is_a_deficit(beyond: bool, fee: float, deficit: float) -> None:
    """One coin from 100 with 11, sold at 91: 2 are left, the penalty is 10 % of 91. Perp v2 books the rest as debt."""
    book = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[11.0, 900.0])
    venue = engine.Venue(depth=np.inf, maintenance_rate=0.03, liquidation_fee=0.1, is_penalty_beyond_equity=beyond)
    run = engine.simulate(book=book, prices=[100.0, 91.0], opens=[100.0, 91.0], venue=venue)
    row = run.trades[0]
    assert (row["fee"], row["deficit"], row["residual"]) == pytest.approx((fee, deficit, 0.0))
    assert run.fund[-1] == pytest.approx(2.0)  # what comes in as a fee goes out for the deficit
    assert run.charge.sum() == 0.0


def test_the_penalty_of_a_bankrupt_stays_owed() -> None:
    """Sold at 85 with 11: 4 are missing, and the penalty of 8.5 comes on top; the fund gets it and pays 12.5 of 8.5."""
    book = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[11.0, 900.0])
    venue = engine.Venue(depth=np.inf, liquidation_fee=0.1, is_penalty_beyond_equity=True)
    run = engine.simulate(book=book, prices=[100.0, 85.0], opens=[100.0, 85.0], venue=venue)
    assert (run.deficit[-1], run.fund_paid[-1], run.fund[-1]) == pytest.approx((12.5, 8.5, 0.0))
    assert run.charge.tolist() == pytest.approx([0.0, 4.0])


def test_wrong_values_are_named() -> None:
    with pytest.raises(engine.InputError) as caught:
        replace(VENUE, maintenance_basis="last", is_penalty_beyond_equity=1)
    assert caught.value.violations == (
        "venue.maintenance_basis must be one of entry, mark, was 'last'",
        "venue.is_penalty_beyond_equity must be True or False, was 1",
    )


def test_trades_have_kinds_with_a_sentence() -> None:
    run = engine.simulate(book=one(1.0), prices=[100.0, 94.0], venue=VENUE)
    assert engine.TradeKind(run.trades["kind"][0]) is engine.TradeKind.LIQUIDATION
    assert all(kind.sentence.endswith(".") for kind in engine.TradeKind)
