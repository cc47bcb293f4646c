"""Published vectors: where they lie, their inputs, plain outputs, and when a computed number agrees with theirs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RELATIVE = 1e-9

Outputs = dict[str, Any]
Adapter = Callable[["Inputs"], Outputs]
Vector = dict[str, Any]

REJECTED = {"error": True, "reverts": True, "reverted": True, "action": "revert", "valid": False, "accepted": False}


class Inputs(dict[str, Any]):
    """The inputs of one vector."""

    def get_any(self, *names: str, default: Any = None) -> Any:
        """The first of the names that is there and not null, else the default."""
        for name in names:
            if self.get(name) is not None:
                return self[name]
        return default

    def need(self, *names: str) -> Any:
        """The first of the names that is there and not null; an error that names them where none is."""
        value = self.get_any(*names)
        if value is None:
            raise KeyError(f"inputs must have {' or '.join(names)}, had {sorted(self)}")
        return value


@dataclass(frozen=True)
class Formula:
    """Values of a function at some inputs; a published formula agrees when it gives the same."""

    cases: list[tuple[dict[str, float], float]]

    def is_said_by(self, text: str) -> bool:
        """Whether the formula's text gives every value."""
        return all(eval(text, {"max": max, "sum": sum, **names}) == value for names, value in self.cases)


def load_vectors(folder: Path = HERE) -> list[Vector]:
    """All vectors of a folder; a file holds a list, or an object with the list under `vectors`."""
    vectors: list[Vector] = []
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        vectors += content["vectors"] if isinstance(content, dict) else content
    return vectors


@lru_cache(maxsize=1)
def by_id() -> dict[str, Vector]:
    return {vector["id"]: vector for vector in load_vectors()}


def resolve(inputs: Mapping[str, Any]) -> Inputs:
    """The inputs, completed by those of the vector that `same_as` names."""
    other = inputs.get("same_as")
    if other is None:
        return Inputs(inputs)
    return Inputs({**by_id()[other]["inputs"], **{name: value for name, value in inputs.items() if name != "same_as"}})


def plain(value: Any) -> Any:
    """Fractions, enums and tuples as a JSON file would hold them."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(part) for part in value]
    return value


def signed_size(inputs: Inputs) -> float:
    """The size with its sign, from a signed size or from a size and a side."""
    size = inputs.need("size", "qty")
    side = inputs.get_any("side", "direction", default="long")
    return -abs(size) if str(side).lower() == "short" else size


def one_or_all(values: list[Any]) -> Any:
    """The value itself when there is one, else the list."""
    return values[0] if len(values) == 1 else values


def tolerance_of(vector: Vector, key: str) -> float | None:
    """The vector's tolerance for a key; where it names kinds of keys, the one whose name the key contains."""
    tolerance = vector.get("tolerance")
    if not isinstance(tolerance, dict):
        return tolerance
    kind = next((kind for kind in tolerance if kind.rstrip("s") in key), None)
    return float(tolerance["tokens"] if kind is None else tolerance[kind])


def agree(got: Any, want: Any, tolerance: float | None, floor: float = 0.0) -> bool:
    """Equal, number by number within the tolerance (absolute where stated), through lists and mappings."""
    if isinstance(got, Formula):
        return isinstance(want, str) and got.is_said_by(want)
    if isinstance(want, bool) or want is None or isinstance(want, str):
        return type(got) is type(want) and got == want
    if isinstance(want, dict):
        is_alike = isinstance(got, dict) and got.keys() == want.keys()
        return is_alike and all(agree(got[key], want[key], tolerance, floor) for key in want)
    if isinstance(want, list):
        is_alike = isinstance(got, list) and len(got) == len(want)
        return is_alike and all(agree(g, w, tolerance, floor) for g, w in zip(got, want, strict=True))
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    if tolerance is None:
        return math.isclose(got, want, rel_tol=RELATIVE, abs_tol=floor)
    return abs(got - want) <= tolerance
