"""The public names: importable from `engine` as promised, with the arguments and the attributes promised."""

from __future__ import annotations

import dataclasses
import inspect
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engine

ROOT = Path(__file__).parents[2]
CALLABLES = {
    "Book": "size entry_price collateral maintenance_rate maintenance_amount stop_price trader_id contract",
    "Venue": (
        "maintenance_rate liquidation_fee residual_margin liquidation_fraction min_size depth impact_half_life "
        "thinning index_weight price_band halt_steps fund fund_max_drawdown fund_peak_window venue_capital policy "
        "policy_options profit_base settlement_interval"
    ),
    "PathModel": "model volatility drift initial_price minutes_per_step n_steps",
    "simulate": "book prices venue",
    "liquidation_price": "book venue",
    "bankruptcy_price": "book",
    "equity": "book price",
    "allocate": "policy amount profit equity size leverage notional contribution options",
    "auto_deleverage": "size bankruptcy_price mark book score",
    "default_waterfall": "loss layers",
    "draw_paths": "model initial_price n_paths seed",
    "estimate": "book venue model n_paths seed",
    "Study": "book venue model n_paths seed n_threads",
    "PositionSpec": "side size leverage entry_price",
    "position_cost": "study position move progress",
    "trader_cost": "study trader move progress",
    "size_fund": "study target level importance progress",
    "solve_setting": "study setting target loose strict measure",
    "contribution_shares": "report",
    "sweep": "scenario settings n_paths folder scheduler",
}
BOOK = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[5.0, 90.0])
VENUE = engine.Venue(depth=1e6)


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_names_are_callable_with_these_keywords(name: str) -> None:
    found = getattr(engine, name)
    assert callable(found)
    assert name in engine.__all__
    assert set(CALLABLES[name].split()) <= set(inspect.signature(found).parameters)


def test_everything_announced_is_there_and_no_module_hides_a_name() -> None:
    assert len(set(engine.__all__)) == len(engine.__all__)
    for name in engine.__all__:
        assert not inspect.ismodule(getattr(engine, name)), name


def test_a_run_and_the_functions_of_one_book() -> None:
    run = engine.simulate(book=BOOK, prices=np.array([100.0, 80.0, 80.0]), venue=VENUE)
    for name in ("mark", "fund", "deficit"):
        assert getattr(run, name).shape == (3,)
    for name in ("equity", "charge", "liquidated_at"):
        assert getattr(run, name).shape == (2,)
    assert run.liquidated_at.tolist() == [1, -1]
    assert isinstance(run.unfunded, float)
    assert isinstance(run.venue_capital, float)
    assert abs(run.ledger.residual) < 1e-9
    shared = engine.allocate(policy="profit_prorata", amount=1.0, profit=np.array([1.0, 3.0]), equity=np.ones(2) * 9)
    assert shared.charge.tolist() == [0.25, 0.75]
    assert shared.unallocated == 0.0
    adl = engine.auto_deleverage(size=1.0, bankruptcy_price=95.0, mark=90.0, book=BOOK, score="bitmex")
    assert (adl.order.tolist(), adl.closed.tolist(), adl.unfilled) == ([1], [0.0, 1.0], 0.0)
    assert adl.charge.shape == (2,)
    assert set(engine.POLICIES) >= {"none", "profit_prorata", "adl_queue"}
    with pytest.raises(TypeError):
        engine.POLICIES["mine"] = None  # type: ignore[index]


def test_an_estimate_has_values_with_errors() -> None:
    model = engine.PathModel(
        model="gbm", volatility=0.8, drift=0.0, initial_price=None, minutes_per_step=5.0, n_steps=20
    )
    est = engine.estimate(book=BOOK, venue=VENUE, model=model, n_paths=50, seed=0)
    for name in ("shortfall_probability", "expected_deficit", "value_at_risk", "expected_shortfall"):
        found = getattr(est, name)
        assert math.isfinite(found.value)
        assert found.stderr >= 0.0
    assert est.charge.shape == est.charge_probability.shape == (2,)
    paths = engine.draw_paths(model=model, initial_price=100.0, n_paths=50, seed=0)
    assert paths.shape == (50, 21)
    assert est.paths["lowest"].tolist() == paths.min(axis=1).tolist()


def test_errors_have_one_root_and_are_value_errors() -> None:
    assert issubclass(engine.InputError, engine.EngineError)
    assert issubclass(engine.InputError, ValueError)
    for name in ("ConservationError", "UnknownNameError", "DegenerateWeightsError", "SweepError"):
        assert issubclass(getattr(engine, name), engine.EngineError)
    with pytest.raises(ValueError, match=r"venue\.depth must be > 0, was -1"):
        engine.Venue(depth=-1.0)


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        VENUE.fund = 1.0  # type: ignore[misc]


def test_the_import_waits_for_no_tables() -> None:
    """Pandas, Arrow and Dask load when a table or a cluster is asked for."""
    code = "import sys, engine; print([name for name in ('pandas', 'pyarrow', 'distributed') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
