"""The walk of one order, and prices after thousands of them."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import contracts
from engine.contracts import SHORT_WALK

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


@pytest.mark.parametrize("index_weight", [0.0, 0.4, 1.0])
def test_thousands_of_orders_in_a_step_leave_the_prices_of_the_impact(index_weight: float) -> None:
    """A short walk moves the book from where it is; rounding must not add up to anything."""
    n = 40
    book = engine.Book(size=np.full(n, 1000.0), entry_price=np.full(n, 100.0), collateral=np.full(n, 2000.0))
    venue = engine.Venue(
        depth=1e5, liquidation_fraction=0.05, min_size=1e-3, index_weight=index_weight, impact_half_life=1e9
    )
    run = engine.simulate(book=book, prices=np.array([100.0, 90.0, 90.0]), venue=venue)
    assert len(run.events) > 5_000
    last, mark, impact = run.events[-1], run.mark[1], run.impact[1]
    assert -3.0 < impact < -0.1
    assert mark == last["mark_after"]
    assert mark == pytest.approx(90.0 * math.exp((1.0 - index_weight) * impact), rel=1e-12)
    assert last["book_price"] == pytest.approx(90.0 * math.exp(impact), rel=1e-4)  # that of before a small order
