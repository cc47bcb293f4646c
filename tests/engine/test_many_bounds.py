"""The ends of what can be asked of many paths: a defined answer, or a sentence, from every function alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo.risk import Estimated
from tests.engine.jumps import THIN

BOOK = engine.draw_book(model=engine.BookModel(n_traders=40, open_interest=1e7), seed=0)
VENUE = engine.Venue(**THIN)
MODEL = engine.PathModel(volatility=1.2, n_steps=12)
CASE: dict[str, Any] = {"book": BOOK, "venue": VENUE, "model": MODEL, "n_paths": 20, "seed": 1}
MINE = engine.PositionSpec(side="short", size=1.0, leverage=5.0)
ASK: dict[str, Callable[..., Any]] = {
    "estimate": lambda **case: engine.estimate(**case, watch=(0,)),
    "size_fund": lambda **case: engine.size_fund(engine.Study(**case)),
    "position_cost": lambda **case: engine.position_cost(engine.Study(**case), MINE),
    "cost_reductions": lambda **case: engine.cost_reductions(engine.Study(**case), MINE),
    "systemic_report": lambda **case: engine.systemic_report(engine.Study(**case)),
    "contribution_shares": lambda **case: engine.contribution_shares(engine.systemic_report(engine.Study(**case))),
    "solve_setting": lambda **case: engine.solve_setting(
        engine.Study(**case), setting="fund", target=0.05, loose=0.0, strict=1e7
    ),
}
EVERY = pytest.mark.parametrize("name", sorted(ASK))


def numbers(result: Any) -> dict[str, np.ndarray]:
    """Every number of a result, by where it stands; an error bar may be infinite, a value may not."""
    found: dict[str, np.ndarray] = {}
    parts = enumerate(result) if isinstance(result, tuple) else ()
    if isinstance(result, Estimated):
        return {"value": np.asarray(result.value), "stderr": np.asarray(result.stderr)}
    if is_dataclass(result):
        parts = ((field.name, getattr(result, field.name)) for field in fields(result))
    elif hasattr(result, "items"):
        parts = result.items()
    for name, part in parts:
        if isinstance(part, float | np.ndarray) and not getattr(
            part.dtype if hasattr(part, "dtype") else None, "names", None
        ):
            found[str(name)] = np.asarray(part)
        else:
            found |= {f"{name}.{inside}": value for inside, value in numbers(part).items()}
    return found


def assert_defined(result: Any) -> None:
    found = numbers(result)
    assert found
    for name, value in found.items():
        if value.dtype.kind != "f":
            continue
        assert not np.isnan(value).any(), name
        if name.endswith("stderr"):
            assert (value >= 0.0).all(), name
        else:
            assert np.isfinite(value).all(), name


@EVERY
@pytest.mark.parametrize("n_paths", [0, -1, 1.5, "many", 10**9])
def test_a_number_of_paths_that_cannot_be_is_named(name: str, n_paths: Any) -> None:
    with pytest.raises(engine.InputError, match="n_paths must be a whole number >= 1"):
        ASK[name](**(CASE | {"n_paths": n_paths}))


@EVERY
def test_one_path_is_an_answer_without_an_error_bar(name: str) -> None:
    assert_defined(ASK[name](**(CASE | {"n_paths": 1})))


@EVERY
@pytest.mark.parametrize("volatility", [0.0, 10.0])
@pytest.mark.parametrize("model", ["gbm", "garch", "merton", "student_t"])
def test_no_volatility_and_a_thousand_per_cent_are_answered(name: str, volatility: float, model: str) -> None:
    assert_defined(ASK[name](**(CASE | {"model": replace(MODEL, volatility=volatility, model=model)})))


@EVERY
def test_one_step_is_a_horizon(name: str) -> None:
    assert_defined(ASK[name](**(CASE | {"model": replace(MODEL, n_steps=1)})))


def test_returns_of_one_block_are_answered() -> None:
    just = engine.PathModel(model="bootstrap", returns=(0.01, -0.01, 0.0), block_length=3, n_steps=12)
    assert_defined(ASK["estimate"](**(CASE | {"model": just})))


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_targets_at_the_ends(target: float) -> None:
    sized = engine.size_fund(engine.Study(**CASE), target=target)
    assert sized.fund.value == (0.0 if target else sized.needs.max())
    assert sized.fund.stderr == (0.0 if target else math.inf)
    for setting, loose, strict in (("fund", 0.0, 1e9), ("depth", 1e5, 1e12), ("leverage_cap", 100.0, 1.0)):
        solved = engine.solve_setting(
            engine.Study(**CASE), setting=setting, target=target, loose=loose, strict=strict, measure="haircut"
        )
        assert solved.probability.value <= target
        assert solved.value is not None
        assert (solved.value == loose) == (target == 1.0)


@pytest.mark.parametrize("target", [-0.01, 1.01, math.nan])
def test_targets_beyond_the_ends_are_named(target: float) -> None:
    for ask in (engine.size_fund, engine.solve_setting):
        more = {} if ask is engine.size_fund else {"setting": "fund", "loose": 0.0, "strict": 1.0}
        with pytest.raises(engine.InputError, match="target must be"):
            ask(engine.Study(**CASE), target=target, **more)


def test_a_crash_that_breaks_a_larger_fund_is_found() -> None:
    sudden = engine.PathModel(model="crash", crash_start=0, crash_steps=1, n_steps=36, recovery=0.0)
    assert 0.0 < engine.largest_crash(book=BOOK, venue=replace(VENUE, fund=1e5), model=sudden).depth < 0.99
