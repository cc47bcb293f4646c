"""Questions about many runs on books so small that the answer is worked by hand: two traders, one move, no impact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import engine
from engine.questions.fairness import profit_before_charges, who_pays
from engine.questions.systemic import account_for
from tests.model.cases import LONG, RICH_SHORT, SHORT, book, inverse, venue

# A gap, over which the long comes to lack 10 (90 - 85) = 50.
FALL = engine.PathModel(model="array", prices=(100.0, 85.0), n_steps=1, gap_steps=(1,))


def test_the_cause_of_a_deleveraging_is_its_hole_at_the_mark() -> None:
    """Closed at 90 where the mark is 85, the long leaves no deficit; it lacked 50 all the same, and the short paid."""
    study = engine.Study(book=book(LONG, RICH_SHORT), model=FALL, venue=venue(policy="adl_queue"))
    (account,) = account_for(study, np.array([0]))
    assert account.caused == pytest.approx([50.0, 0.0])
    assert account.charged == pytest.approx([0.0, 50.0])
    assert account.fund_paid == account.unfunded == 0.0


@pytest.mark.parametrize(("fund", "is_empty"), [(20.0, 1.0), (60.0, 0.0)])
def test_a_fund_is_depleted_when_the_layer_below_pays(fund: float, is_empty: float) -> None:
    case: dict[str, Any] = {"book": book(LONG, RICH_SHORT), "model": FALL, "n_paths": 4}
    est = engine.estimate(**case, venue=venue(fund=fund, venue_capital=1000.0))
    assert est.fund_depletion_probability.value == is_empty
    assert est.shortfall_probability.value == 0.0


def test_the_largest_crash_of_a_venue_with_capital() -> None:
    """A fall by d in one step costs 1000 d - 100 beyond the long's margin; 20 in the fund and 30 below pay to 15 %."""
    model = engine.PathModel(model="crash", crash_start=0, crash_steps=1, n_steps=1, recovery=0.0)
    layers = venue(fund=20.0, venue_capital=30.0, maintenance_rate=0.0)
    found = engine.largest_crash(book=book(LONG, RICH_SHORT), venue=layers, model=model)
    assert found.capacity == 50.0
    assert found.depth == pytest.approx(0.15, abs=1e-6)
    assert found.needs == pytest.approx(np.maximum(1000 * found.depths - 100, 0.0), abs=1e-6)


def test_a_contribution_with_two_payouts() -> None:
    """6 or 4 a period, two periods, nothing to begin with: 6, 5, 5 or 4 a period are needed; 5 suffices 3 in 4 times.

    At 5 the fund is empty after a 6 in the first period, and not after 4 and then 6.
    """
    rate = engine.contribution_rate(
        net_payouts=[6.0, 4.0], traded_notional=10.0, target_fund=0.0, n_periods=2, confidence=0.7
    )
    assert rate.reach.value == pytest.approx(0.5)
    assert rate.hold.value == pytest.approx(0.5)
    assert rate.probability_empty.value == pytest.approx(0.5, abs=0.04)  # five standard errors of 4,000 histories


def test_profit_since_the_first_price_on_two_winners() -> None:
    """Longs from 90 and 100 both make 75 at 115; the short lacks 50, so each gives up a third of what counts."""
    traders = book(SHORT, (5.0, 500.0, 90.0), (5.0, 500.0))
    by_settlement = venue(profit_base="settlement")
    run = engine.simulate(book=traders, prices=[100.0, 115.0], opens=[100.0, 115.0], venue=by_settlement)
    assert run.charge == pytest.approx([0.0, 25.0, 25.0])
    assert profit_before_charges(run)[1:] == pytest.approx([75.0, 75.0])
    assert who_pays(run).largest_haircut == pytest.approx(1 / 3)


@pytest.mark.parametrize(("base", "profit"), [("settlement", [20.0, 20.0]), ("entry", [70.0, 20.0])])
def test_profit_where_no_loss_was_shared(base: str, profit: list[float]) -> None:
    run = engine.simulate(
        book=book((5.0, 500.0, 90.0), (5.0, 500.0)), prices=np.array([100.0, 104.0]), venue=venue(profit_base=base)
    )
    assert profit_before_charges(run) == pytest.approx(profit)


def test_inverse_profit_where_no_loss_was_shared() -> None:
    """1000 (1/100 - 1/125) = 2 coin since the first price, 1000 (1/80 - 1/125) = 4.5 since entry."""
    traders = inverse((1000.0, 5.0, 80.0))
    for base, profit in (("settlement", 2.0), ("entry", 4.5)):
        run = engine.simulate(book=traders, prices=np.array([100.0, 125.0]), venue=venue(profit_base=base))
        assert profit_before_charges(run) == pytest.approx([profit])
