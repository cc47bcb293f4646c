"""The estimates of a scenario, and their figures as one flat row: for tables, files and the command line."""

from __future__ import annotations

from dataclasses import fields, replace

from engine.drawing.path_settings import GIVEN_MODELS, PathModel
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate
from engine.montecarlo.workspace import Progress
from engine.rare_events.importance import TiltPlan
from engine.scenario import Scenario, scenario_book


def model_of(scenario: Scenario) -> PathModel:
    """Return the price model of a scenario, with the price that it starts at."""
    if scenario.path.model in GIVEN_MODELS:
        return scenario.path
    return replace(scenario.path, initial_price=scenario.initial_price)


def estimate_scenario(
    scenario: Scenario,
    *,
    n_paths: int = 10_000,
    level: float = 0.99,
    n_threads: int | None = None,
    groups: tuple[str, ...] = (),
    importance: TiltPlan | bool | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return engine.estimate of a scenario: its book, venue and price model, its seed for both traders and paths."""
    return estimate(
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=model_of(scenario),
        n_paths=n_paths,
        seed=scenario.seed,
        level=level,
        n_threads=n_threads,
        groups=groups,
        importance=importance,
        progress=progress,
    )


def figures(result: Estimate) -> dict[str, float]:
    """Return every number of an estimate that is about the whole venue, each followed by its standard error."""
    row: dict[str, float] = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if isinstance(value, Estimated):
            row[field.name] = float(value.value)
            row[f"{field.name}_stderr"] = float(value.stderr)
    return row | {"effective_sample_size": float(result.effective_sample_size), "n_paths": float(result.n_paths)}


def scenario_figures(scenario: Scenario, n_paths: int) -> dict[str, float]:
    """Return the figures of a scenario, on one thread: one cell of a sweep."""
    return figures(estimate_scenario(scenario, n_paths=n_paths, n_threads=1))
