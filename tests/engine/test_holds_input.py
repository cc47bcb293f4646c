"""Whatever a file, a link or a command line says ends in a scenario or in a sentence: nothing else is raised."""

from __future__ import annotations

import contextlib
import copy
import json
import math
import struct
from dataclasses import fields, replace
from random import Random
from typing import Any

import numpy as np
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
    *(DEEP, DEEP + "]" * 3000, "[" * 900 + "]" * 900, '{"a":' * 2000, "[" * 6 + "9" * 4000 + "]" * 6),
    *("x" * 300, "\x00", "calm", "crash", "merton", "garch", "student_t", "bootstrap", "array", "waypoints", "history"),
    *("inverse", "linear"),
    *("entry", "settlement", "trader", "equal_losses", "capped_prorata", "adl_queue", "none", "2", "8", "0.5", "99.99"),
]
VALUES = [None, True, 1, -1, 0.5, 10**400, -(10**400), 10**40, math.inf, math.nan, 1e308, 5e-324, "", "x" * 300]
VALUES += [[], [[]], [1], [[1, 2, 3]], [None], ["a"], [10**400], {}, {"a": []}, [{}], {"kappa": []}]
VALUES += [json.loads("[" * 10 + "]" * 10)]

LETTERS = "az09 _.-\x00\n\u00e9\u0663\u4e16\U0001f600\u202e"


def text(rng: Random, most: int) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randint(0, most)))


def anything(rng: Random, depth: int = 3) -> Any:
    """What a file can have in a field: any number or text, lists and objects of them; deep ones are among VALUES."""
    kind = rng.randrange(7 if depth else 4)
    if kind == 0:
        return copy.deepcopy(rng.choice(VALUES))  # it may become a part of a document
    if kind == 1:
        return rng.choice((-1, 1)) * rng.getrandbits(rng.randint(1, 70))
    if kind == 2:
        return struct.unpack("d", rng.randbytes(8))[0]
    if kind == 3:
        return text(rng, 8)
    if kind == 4:
        return {text(rng, 3): anything(rng, depth - 1) for _ in range(rng.randint(0, 3))}
    return [anything(rng, depth - 1) for _ in range(rng.randint(0, 3))]


def are_sentences(sentences: tuple[str, ...]) -> None:
    assert sentences
    assert all(0 < len(sentence) < 2000 for sentence in sentences)


def is_scenario_or_sentence(made: Any) -> Scenario | None:
    """Run what makes a scenario; a scenario is whole: it can be kept by its value, written and read back."""
    try:
        scenario = made()
    except InputError as error:
        are_sentences(error.violations)
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
@given(st.integers(0, 2**32 - 1))
def test_scenario_files(seed: int) -> None:
    rng = Random(seed)
    document: dict[str, Any] = json.loads(json.dumps(to_document(CALM)))
    for name in rng.choices(NAMES, k=rng.randint(0, 3)):
        section, _, field = name.partition(".")
        where = document.get(section) if field else document
        if isinstance(where, dict):
            where[field or section] = anything(rng)
    if rng.random() < 0.5:
        row = {name: anything(rng) for name in rng.choices(POSITION, k=rng.randint(0, 5))}
        document["positions"] = [row] if rng.random() < 0.5 else anything(rng)
    is_scenario_or_sentence(lambda: from_document(document))


POSITION = ["trader_id", "size", "entry_price", "collateral", "leverage", "stop_price", "other"]


@pytest.mark.parametrize("name", NAMES)
def test_every_odd_value_in_every_field(name: str) -> None:
    for value in (*TEXTS, *VALUES):
        is_scenario_or_sentence(lambda value=value: with_values(CALM, {name: value}))  # type: ignore[misc]


def runs_or_is_a_sentence(scenario: Scenario) -> None:
    if engine.run_size(scenario).trader_steps > 1_000_000 or engine.run_size(scenario).n_bytes > 10**8:
        return
    try:
        run = engine.run_scenario(scenario)
    except EngineError as error:
        are_sentences((str(error),))
        return
    for name in ("mark", "deficit", "charge", "equity", "fund"):
        assert np.isfinite(getattr(run, name)).all(), name


@pytest.mark.parametrize("name", [name for name in NAMES if "." in name])
def test_what_is_accepted_runs(name: str) -> None:
    small = replace(CALM, book=replace(CALM.book, n_traders=50))
    for value in (*TEXTS, *VALUES):
        with contextlib.suppress(InputError):
            scenario = with_values(small, {name: value})
            runs_or_is_a_sentence(scenario)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"book.open_interest": "9" * 400}, "book.open_interest must be finite and > 0 and <= 1e.30, was 1e.* or so"),
        ({"venue.brackets": DEEP}, r"venue.brackets must be rows of \(notional floor, rate, amount\), was '\[\[\["),
        ({"venue.halt_steps": "9" * 40}, "venue.halt_steps must be a whole number >= 0 and <= 9007199254740992"),
        ({"venue.reference_volatility": "1e308"}, r"venue.reference_volatility must be > 0 and <= 1e\+06, was 1e\+308"),
        ({"venue.depth": 10**400}, "venue.depth must be finite and > 0, was 1e400 or so"),
        ({"path.prices": "[[1,2,3]]"}, r"path.prices\[0\] must be a finite number, was \[1, 2, 3\]"),
        ({"name": []}, r"name must be text, was \[\]"),
    ],
)
def test_each_is_named_with_its_bound(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        with_values(CALM, values)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"positions": [{}]}, "scenario.positions must be objects with entry_price"),
        ({"book": json.loads('{"a":' * 50 + "1" + "}" * 50)}, "scenario must be nested at most 8 deep"),
        ({"positions": [{"trader_id": "a", "size": "x", "entry_price": 1, "leverage": 2}]}, "position.size must be"),
    ],
)
def test_files_are_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        from_document({**to_document(CALM), **change})


def test_text_of_a_file_is_text() -> None:
    named = replace(CALM, name="5")
    assert from_document(json.loads(json.dumps(to_document(named)))).name == "5"
    with pytest.raises(InputError, match="seed must be a whole number"):
        from_document({**to_document(CALM), "seed": "5"})
