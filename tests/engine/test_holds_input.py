"""Whatever a file, a link or a command line says ends in a scenario or in a sentence: nothing else is raised."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import EngineError, InputError, Scenario
from engine.scenario import SECTIONS, from_document, to_document, with_values

CALM = engine.load_preset("calm").scenario
NAMES = [f"{part}.{field.name}" for part in SECTIONS for field in fields(getattr(CALM, part))]
NAMES += [f"past.{field.name}" for field in fields(CALM.path)] + ["seed", "name", "past"]
NAMES += ["venue.policy_options.kappa", "book.", "__class__", "positions"]

DEEP = "[" * 3000
TEXTS = [
    *("nan", "inf", "-inf", "1e999", "1e308", "-1e308", "5e-324", "0", "-0", "-1", "1_000", "٣", "9" * 400, "9" * 5000),
    *("true", "null", "[]", "{}", '"5"', "[[1,2,3]]", '[["a",1]]', "[null]", "[[0,1],[1e308,2]]", '{"kappa":0.5}'),
    *(
        DEEP,
        DEEP + "]" * 3000,
        "[" * 900 + "]" * 900,
        '{"a":' * 2000,
        "[" * 6 + "9" * 4000 + "]" * 6,
        "x" * 300,
        "\x00",
    ),
    *(
        "calm",
        "crash",
        "merton",
        "garch",
        "student_t",
        "bootstrap",
        "array",
        "waypoints",
        "history",
        "inverse",
        "linear",
    ),
    *("entry", "settlement", "trader", "equal_losses", "capped_prorata", "adl_queue", "none", "2", "8", "0.5", "99.99"),
]
VALUES = [None, True, 1, -1, 0.5, 10**400, -(10**400), 10**40, math.inf, math.nan, 1e308, 5e-324, "", "x" * 300]
VALUES += [
    [],
    [[]],
    [1],
    [[1, 2, 3]],
    [None],
    ["a"],
    [10**400],
    {},
    {"a": []},
    [{}],
    {"kappa": []},
    json.loads("[" * 10 + "]" * 10),
]

leaves = st.sampled_from(VALUES) | st.integers() | st.floats() | st.text(max_size=8)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


def is_scenario_or_sentence(made: Any) -> Scenario | None:
    """Run what makes a scenario; a scenario is whole: it can be kept by its value, written and read back."""
    try:
        scenario = made()
    except InputError as error:
        assert error.violations
        assert all(0 < len(sentence) < 2000 for sentence in error.violations)
        return None
    hash(scenario)
    document = json.loads(json.dumps(to_document(scenario)))
    assert from_document(document) == scenario
    return scenario


@settings(max_examples=700)
@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(TEXTS) | st.sampled_from(VALUES), max_size=3))
def test_settings_by_name(values: dict[str, Any]) -> None:
    is_scenario_or_sentence(lambda: with_values(CALM, values))


@settings(max_examples=700)
@given(st.data())
def test_scenario_files(data: st.DataObject) -> None:
    document: dict[str, Any] = json.loads(json.dumps(to_document(CALM)))
    for name in data.draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        section, _, field = name.partition(".")
        where = document.get(section) if field else document
        if isinstance(where, dict):
            where[field or section] = data.draw(anything)
    if data.draw(st.booleans()):
        row = data.draw(st.dictionaries(st.sampled_from(POSITION), anything, max_size=5))
        document["positions"] = [row] if data.draw(st.booleans()) else data.draw(anything)
    is_scenario_or_sentence(lambda: from_document(document))


POSITION = ["trader_id", "size", "entry_price", "collateral", "leverage", "stop_price", "other"]


@pytest.mark.parametrize("name", NAMES)
def test_every_odd_value_in_every_field(name: str) -> None:
    for value in (*TEXTS, *VALUES):
        is_scenario_or_sentence(lambda value=value: with_values(CALM, {name: value}))  # type: ignore[misc]
