"""Every venue's own worked number against the engine, at the number's own tolerance."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from tests.vectors.runner import UnknownRule, load_vectors, run_vector

VECTORS = load_vectors()
RELATIVE = 1e-9

# Outputs that no input implies. What can be computed of these vectors is still compared.
NOT_EXPRESSIBLE = {
    "okex_2018_event": "the 18 % were a projection of the press, and the total profit follows from them alone",
    "bitmex_dpe_event_24": "a reported rate; neither the loss nor the profit of the settlement is given",
    "bitmex_dpe_event_35": "a reported rate; neither the loss nor the profit of the settlement is given",
    "bitfinex_bfx_redemptions": "a statement on which tokens were redeemed, no number",
    "krx_2013_hanmag": "the trading loss is a reported figure apart from the waterfall",
    "cme_irs_cds_2016": "the multiples behind the two assessments are not given",
}


def tolerance_of(vector: dict[str, Any], key: str) -> float | None:
    """The vector's tolerance for a key; where it names kinds of keys, the one whose name the key contains."""
    tolerance = vector.get("tolerance")
    if not isinstance(tolerance, dict):
        return tolerance
    kind = next((kind for kind in tolerance if kind.rstrip("s") in key), None)
    return tolerance["tokens"] if kind is None else tolerance[kind]


def agree(got: Any, want: Any, tolerance: float | None) -> bool:
    """Equal, number by number within the tolerance (absolute where stated), through lists and mappings."""
    if isinstance(want, bool) or want is None or isinstance(want, str):
        return type(got) is type(want) and got == want
    if isinstance(want, dict):
        return (
            isinstance(got, dict) and got.keys() == want.keys() and all(agree(got[k], want[k], tolerance) for k in want)
        )
    if isinstance(want, list):
        return (
            isinstance(got, list)
            and len(got) == len(want)
            and all(agree(g, w, tolerance) for g, w in zip(got, want, strict=True))
        )
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    if tolerance is None:
        return math.isclose(got, want, rel_tol=RELATIVE)
    return abs(got - want) <= tolerance


def disagreements(vector: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Key -> (computed, expected), where they differ; keys that were not computed are left out."""
    got, want = run_vector(vector), vector["expected"]
    return {k: (got[k], want[k]) for k in got if not agree(got[k], want[k], tolerance_of(vector, k))}


def without_values(value: Any) -> Any:
    """The same keys, every value None."""
    return {key: without_values(part) if isinstance(part, dict) else None for key, part in value.items()}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_engine_reproduces_the_venues_number(vector: dict[str, Any]) -> None:
    assert disagreements(vector) == {}
    if vector["id"] not in NOT_EXPRESSIBLE:
        assert run_vector(vector).keys() == vector["expected"].keys()


@pytest.mark.parametrize("name", NOT_EXPRESSIBLE)
def test_not_expressible_is_still_true(name: str) -> None:
    vector = next(vector for vector in VECTORS if vector["id"] == name)
    assert run_vector(vector).keys() < vector["expected"].keys()


def test_at_most_one_vector_in_ten_is_not_expressible() -> None:
    assert len(NOT_EXPRESSIBLE) <= len(VECTORS) / 10


def test_ids_are_unique_and_every_vector_names_its_source() -> None:
    assert len({vector["id"] for vector in VECTORS}) == len(VECTORS)
    assert all(vector["source"] for vector in VECTORS)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_runner_does_not_read_expected_values(vector: dict[str, Any]) -> None:
    blind = {**vector, "expected": dict.fromkeys(vector["expected"])}
    assert run_vector(blind) == run_vector(vector)
    assert run_vector({**vector, "expected": without_values(vector["expected"])}) == run_vector(vector)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_runner_does_not_change_the_vector(vector: dict[str, Any]) -> None:
    before = copy.deepcopy(vector)
    run_vector(vector)
    assert vector == before


@pytest.mark.parametrize("rule", ["no_such_rule", "", None])
def test_unknown_rule_is_an_error_and_never_a_fallback(rule: str | None) -> None:
    with pytest.raises(UnknownRule, match="rule must be one of"):
        run_vector({"id": "x.1", "venue": "drift_v2", "rule": rule, "inputs": {}, "expected": {"a": 1}})


def test_a_rule_of_two_venues_goes_to_the_venue() -> None:
    inputs = {"total_deposits": 200, "loss": 50, "bad_borrow": 50, "index": 1}
    keys = {"index_delta": None, "index_factor": None}
    for venue, key, value in (("drift_v2", "index_delta", 0.25), ("mango_v4", "index_factor", 0.75)):
        vector = {"id": "x.1", "venue": venue, "rule": "deposit_index_haircut", "inputs": inputs, "expected": keys}
        assert run_vector(vector) == {key: value}
