"""The study of a scenario, and the figures of any result as one flat row: for tables, files and the command line."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from engine.drawing.path_settings import GIVEN_MODELS, PathModel
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate_study
from engine.montecarlo.study import Study
from engine.scenario import Scenario, scenario_book


def model_of(scenario: Scenario) -> PathModel:
    """Return the price model of a scenario, with the price that it starts at."""
    if scenario.path.model in GIVEN_MODELS:
        return scenario.path
    return replace(scenario.path, initial_price=scenario.initial_price)


def study_of(scenario: Scenario, *, n_paths: int = 10_000, n_threads: int | None = None) -> Study:
    """Return the study of a scenario: its book, venue and price model, its seed for both traders and paths.

    Examples
    --------
    >>> import engine
    >>> study_of(engine.load_preset("calm").scenario, n_paths=100).n_paths
    100
    """
    return Study(
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=model_of(scenario),
        n_paths=n_paths,
        seed=scenario.seed,
        n_threads=n_threads,
    )


def estimate_scenario(
    scenario: Scenario,
    *,
    n_paths: int = 10_000,
    n_threads: int | None = None,
) -> Estimate:
    """Return engine.estimate of the study of a scenario."""
    return estimate_study(study_of(scenario, n_paths=n_paths, n_threads=n_threads))


def figures(result: object) -> dict[str, float]:
    """Return every single number that a result estimates, in the order of its fields and then of its properties.

    Each is followed by its standard error and by the ends of its 95 % interval, `_low` and `_high`; infinite where too
    little was seen to tell.
    """
    names = [field.name for field in fields(result)] if is_dataclass(result) else []
    names += [name for name, value in vars(type(result)).items() if isinstance(value, property)]
    row: dict[str, float] = {}
    for name in names:
        value = getattr(result, name)
        if isinstance(value, Estimated) and isinstance(value.value, float):
            row |= figure(name, value)
    return row


def figure(name: str, found: Estimated) -> dict[str, float]:
    """Return an estimate, its standard error, and the ends of its 95 % interval."""
    low, high = found.interval()
    values = {"": found.value, "_stderr": found.stderr, "_low": low, "_high": high}
    return {f"{name}{part}": float(value) for part, value in values.items()}


def estimate_figures(result: Estimate) -> dict[str, float]:
    """Return the figures of an estimate, and how many paths they rest on."""
    counts = {"effective_sample_size": float(result.effective_sample_size), "n_paths": float(result.n_paths)}
    return figures(result) | counts


def scenario_figures(scenario: Scenario, n_paths: int) -> dict[str, float]:
    """Return the figures of a scenario, on one thread: one cell of a sweep."""
    return estimate_figures(estimate_scenario(scenario, n_paths=n_paths, n_threads=1))
