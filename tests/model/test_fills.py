"""The walk of one order, and prices after thousands of them."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numba
import numpy as np
import pytest

import engine
from engine import contracts, impact
from engine.contracts import SHORT_WALK
from engine.impact import IMPACT_LAWS, root_walk
from tests.model import cases
from tests.model.cases import run
from tests.model.oracle_state import displacement, mean_over_flow
from tests.model.parity import run_both

mean_growth: Any = contracts.mean_growth.py_func  # type: ignore[attr-defined]  # parts of kernels have no Python entry


@pytest.mark.parametrize("change", [1e-300, 1e-12, 1e-6, 1e-3, 0.99 * SHORT_WALK, SHORT_WALK, 0.02, 1.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_mean_growth_is_exact_to_rounding_on_both_sides_of_the_short_walk(change: float, sign: float) -> None:
    with localcontext() as context:
        context.prec = 400
        u = Decimal(sign * change)
        exact = float((u.exp() - 1) / u)
    assert mean_growth(sign * change) == pytest.approx(exact, rel=5e-16)


def test_the_mean_growth_of_no_walk_is_1() -> None:
    assert mean_growth(0.0) == 1.0
    assert math.isclose(mean_growth(-0.5), (1.0 - math.exp(-0.5)) / 0.5)


@pytest.mark.parametrize("impact", IMPACT_LAWS)
@pytest.mark.parametrize("index_weight", [0.0, 0.4, 1.0])
def test_thousands_of_orders_in_a_step_leave_the_prices_of_the_impact(index_weight: float, impact: str) -> None:
    """A short walk moves the book from where it is; rounding must not add up to anything."""
    n = 6_000
    book = engine.Book(size=np.full(n, 10.0), entry_price=np.full(n, 100.0), collateral=np.full(n, 20.0))
    venue = engine.Venue(depth=1e6, index_weight=index_weight, impact_half_life=1e9, impact=impact)
    prices = np.array([100.0, 90.0, 90.0])
    run = engine.simulate(book=book, prices=prices, venue=venue, opens=prices)
    assert len(run.events) == 6_000
    last, mark, moved = run.events[-1], run.mark[1], run.impact[1]
    assert -3.0 < moved < -0.02
    assert mark == last["mark_after"]
    assert mark == pytest.approx(90.0 * math.exp((1.0 - index_weight) * moved), rel=1e-12)
    assert last["book_price"] == pytest.approx(90.0 * math.exp(moved), rel=1e-4)  # that of before a small order


# the square-root law

ENDS = [
    *((0.0, 0.5), (0.3, -0.7), (0.5, 3.0), (1.0, 40.0), (7.0, 7.0 + 1e-7), (7.0, 7.0), (40.0, 0.2), (2.0, -90.0)),
    *((-5.0, -8.0), (2000.0, 22_000.0), (22_000.0, 23_000.0), (-30_000.0, -25_000.0), (-30_000.0, 30_000.0)),
]


@pytest.mark.parametrize(("start", "end"), ENDS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("is_inverse", [False, True])
def test_the_closed_form_of_the_square_root_law_is_the_mean_along_the_walk(
    start: float, end: float, sign: float, is_inverse: bool
) -> None:
    """Against Gauss' rule: both contracts, both directions, across every edge of the law."""
    contract, law = ("inverse", "linear")[not is_inverse], engine.Venue(depth=1.0)
    book_price = 90.0 * math.exp(displacement(law, sign * start))
    mean = mean_over_flow(contract, law, sign * start, sign * end)
    right = mean / 90.0 if is_inverse else mean * 90.0
    assert root_fill(book_price, sign * start, sign * end, is_inverse) == pytest.approx(right, rel=1e-13)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def root_fill(book_price: float, flow: float, after: float, is_inverse: bool) -> float:
    return root_walk(book_price, flow, after, is_inverse)


def test_the_square_root_law_by_hand() -> None:
    """u = 1: x = 0.01; u = 4: 0.01 (2 * 2 - 1) = 0.03; u = -100: -0.19; sqrt(u) = 150.5: 3, and so on."""
    flows, moved = [0.5, 1.0, 4.0, -100.0, 22_650.25, 1e9], [0.005, 0.01, 0.03, -0.19, 3.0, 3.0]
    assert [float(shift(flow)) for flow in flows] == pytest.approx(moved, rel=1e-14)


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def shift(flow: float) -> float:
    return impact.displacement(flow)


def test_four_times_the_depth_sold_at_once_moves_the_price_by_three_hundredths() -> None:
    """A long of 4 depths: x = -0.03; the fill is the mean of 94 exp(x(u)) from 0 to -4, by trapezoids."""
    result = run(
        cases.book((10.0, 100.0)), [100.0, 94.0, 94.0], depth=235.0, impact="square_root", impact_half_life=1.0
    )
    u = np.linspace(1.0, 4.0, 30_001)
    beyond = float(np.trapezoid(np.exp(-0.01 * (2 * np.sqrt(u) - 1)), u))
    fill = 94.0 * ((1 - math.exp(-0.01)) / 0.01 + beyond) / 4
    assert result.mark[1] == pytest.approx(94 * math.exp(-0.03))
    assert result.fund[1] == pytest.approx(100 + 10 * (fill - 100))
    assert result.impact[2] == pytest.approx(-0.01 * (2 * math.sqrt(2) - 1))  # u fades from -4 to -2


def test_depth_follows_volatility_down_to_its_floor() -> None:
    """After 4 % against 1 %, half-life 1: variance (1e-4 + ln(0.96)^2) / 2, so a third of the depth is left."""
    options = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.01, "depth": 9400.0}
    ratio = 0.01 / math.sqrt((1e-4 + math.log(0.96) ** 2) / 2)
    for floor, left in ((1.0, 1.0), (0.1, ratio), (0.5, 0.5)):
        result = run(cases.book((10.0, 100.0)), [100.0, 96.0, 94.0], depth_floor=floor, **options)
        assert result.impact[2] == pytest.approx(-0.01 * 940 / (9400 * left))


def test_a_part_sold_at_a_loss_is_due_again_where_its_trigger_now_is() -> None:
    """930 from 89.0042 with nothing left are cut by a tenth at 95.75, at 91.5 on average; what is left is due at 96.19.

    The band halts trading there. The price comes back to 95.8 and 96.1: still due, and halted again, until it goes.
    """
    small = [0.1] * 4
    traders = engine.Book(
        size=[-880.0, 98.0, *small, 930.0, 0.1, 0.1],
        entry_price=[87.25, 100.0007, 100.0014, 100.0021, 100.0028, 100.0035, 89.0042, 100.0049, 100.0014],
        collateral=[0.0, 9800.0, 10.0, 10.0, 10.0, 10.0, 930.0, 10.0, 10.0],
        maintenance_rate=[0.0, 1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 6e-6, 7e-6, 2e-6],
    )
    path = [100.00317, 101.01317, 99.10317, 97.63317, 97.24317, 96.46317, 97.82317, 99.40317, 97.82317, 100.00317]
    path += [98.02317, 98.02317, 95.89317, 95.60317, 96.18317, 96.18317, 96.95317, 95.70317, 96.37317, 95.89317]
    path += [91.21317] * 12
    halting = engine.Venue(
        maintenance_rate=0.0,
        depth=9543.0,
        depth_floor=0.05,
        dynamic_margin_half_life=1.0,
        impact="linear",
        impact_half_life=0.5,
        index_weight=0.3,
        price_band=0.1,
        residual_margin="trader",
        liquidation_fraction=0.1,
        policy="risk_weighted",
        profit_base="settlement",
    )
    oracle = run_both(traders, np.array(path), halting)
    assert oracle.halted[13:17] == [True, True, True, True]
