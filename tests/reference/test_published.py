"""The venues' own arithmetic gives their published numbers, also where the simulator differs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from typing import Any

import pytest

from engine.errors import InputError
from tests.reference import venues
from tests.reference.answers import RULES
from tests.vectors.model.outcomes import DIFFER, outcomes
from tests.vectors.reading import REJECTED, Vector, agree, load_vectors, plain, resolve, tolerance_of

MODULES = sorted(module.name for module in pkgutil.iter_modules(venues.__path__))


def key_of(vector: Vector) -> tuple[str, str]:
    return str(vector["id"]).split(".")[0], str(vector["rule"])


ANSWERED = [vector for vector in load_vectors() if key_of(vector) in RULES]


def answer(vector: Vector) -> dict[str, Any]:
    """What the venue's arithmetic computes; where it refuses, the words by which vectors say so."""
    try:
        outputs = RULES[key_of(vector)](resolve(vector["inputs"]))
    except InputError:
        outputs = dict(REJECTED)
    return {name: plain(outputs[name]) for name in vector["expected"] if name in outputs}


@pytest.mark.parametrize("vector", ANSWERED, ids=[vector["id"] for vector in ANSWERED])
def test_arithmetic_gives_the_published_number(vector: Vector) -> None:
    got = answer(vector)
    assert got.keys() | set(vector.get("facts", ())) == vector["expected"].keys()
    for name, value in got.items():
        assert agree(value, vector["expected"][name], tolerance_of(vector, name)), name


def test_every_rule_answers_a_vector() -> None:
    assert {key_of(vector) for vector in ANSWERED} == set(RULES)


def test_where_the_simulator_differs_the_arithmetic_shows_that_the_number_was_read_right() -> None:
    ids = {outcome.vector["id"] for outcome in outcomes() if outcome.verdict == DIFFER}
    without = {"bybit_adl_drawdown_2"}  # deleveraging at equality: no arithmetic, but a choice between < and <=
    assert ids - {vector["id"] for vector in ANSWERED} == without


def test_ids_are_unique_and_every_vector_names_its_source() -> None:
    vectors = load_vectors()
    assert len({vector["id"] for vector in vectors}) == len(vectors) == 237
    assert all(vector["source"] for vector in vectors)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"tests.reference.venues.{name}")).failed == 0


@pytest.mark.parametrize("name", [name for name in MODULES if name != "exact"])
def test_every_venue_module_states_its_source_and_the_day_it_was_read(name: str) -> None:
    text = importlib.import_module(f"tests.reference.venues.{name}").__doc__ or ""
    assert "read 2026-11-20" in " ".join(text.split())
