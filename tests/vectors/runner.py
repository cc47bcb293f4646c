"""Runs one vector through the engine function of its rule. Of `expected`, the names of the keys alone are read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
if str(HERE.parents[1]) not in sys.path:  # so that the file can also be loaded on its own
    sys.path.insert(0, str(HERE.parents[1]))

from engine.errors import InputError  # noqa: E402
from tests.vectors import (  # noqa: E402
    adapters_bitmex,
    adapters_ccps,
    adapters_drift,
    adapters_drift_fund,
    adapters_dydx,
    adapters_dydx_v1,
    adapters_exchanges,
    adapters_gmx,
    adapters_haircuts,
    adapters_mai,
    adapters_mango,
    adapters_onchain,
)
from tests.vectors.reading import REJECTED, Adapter, Inputs, plain  # noqa: E402

MODULES = (
    adapters_dydx,
    adapters_dydx_v1,
    adapters_drift,
    adapters_drift_fund,
    adapters_mango,
    adapters_gmx,
    adapters_mai,
    adapters_onchain,
    adapters_haircuts,
    adapters_bitmex,
    adapters_exchanges,
    adapters_ccps,
)


class UnknownRule(LookupError):  # noqa: N818
    """No engine function is registered for the vector's rule."""


def registry() -> dict[str, dict[str, Adapter]]:
    """Rule -> venue -> adapter; the venue is the first word of its name, empty for rules that have no venue."""
    rules: dict[str, dict[str, Adapter]] = {}
    for module in MODULES:
        for rule, adapter in module.RULES.items():
            rules.setdefault(rule, {})[module.VENUE] = adapter
    return rules


RULES = registry()


def venue_of(vector: dict[str, Any]) -> str:
    """The first word of the venue's name, or of the id where no venue is given: dydx, drift, mango, ..."""
    return str(vector.get("venue") or vector.get("id") or "").split(".")[0].split("_")[0].lower()


def adapter_of(vector: dict[str, Any]) -> Adapter:
    """The adapter of the vector's rule, by venue where several venues have a rule of that name."""
    rule = str(vector.get("rule"))
    if rule not in RULES:
        raise UnknownRule(f"rule must be one of {', '.join(sorted(RULES))}, was {rule!r}")
    by_venue = RULES[rule]
    return by_venue.get(venue_of(vector)) or next(iter(by_venue.values()))


def resolve(inputs: dict[str, Any]) -> Inputs:
    """The inputs, completed by those of the vector that `same_as` names."""
    other = inputs.get("same_as")
    if other is None:
        return Inputs(inputs)
    found = next(vector for vector in load_vectors() if vector["id"] == other)
    return Inputs({**found["inputs"], **{name: value for name, value in inputs.items() if name != "same_as"}})


def run_vector(vector: dict[str, Any]) -> dict[str, Any]:
    """What the engine computes for the vector, under those keys of `expected` that it can compute.

    Raises
    ------
    UnknownRule
        When no engine function is registered for the rule.
    """
    adapter = adapter_of(vector)
    names = list(vector.get("expected") or {})
    try:
        outputs = adapter(resolve(vector["inputs"]))
    except InputError as error:
        if not any(name in REJECTED for name in names):
            raise
        outputs = dict.fromkeys(names) | REJECTED | {"reason": str(error)}
    return {name: plain(outputs[name]) for name in names if name in outputs}


def load_vectors(folder: Path = HERE) -> list[dict[str, Any]]:
    """All vectors of a folder; a file holds a list, or an object with the list under `vectors`."""
    vectors: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        vectors += content["vectors"] if isinstance(content, dict) else content
    return vectors
