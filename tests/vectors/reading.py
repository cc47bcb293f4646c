"""Reading the inputs of a vector and writing outputs: absent keys, other names for the same input, plain numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import Any

Outputs = dict[str, Any]
Adapter = Callable[["Inputs"], Outputs]

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

    def number(self, *names: str, default: float | None = None) -> Any:
        """A number, with the words for infinity read as such."""
        value = self.need(*names) if default is None else self.get_any(*names, default=default)
        return (
            math.inf if isinstance(value, str) and value.lower() in ("inf", "infinity", "max", "unlimited") else value
        )


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
    size = inputs.number("size", "qty")
    side = inputs.get_any("side", "direction", default="long")
    return -abs(size) if str(side).lower() == "short" else size


def one_or_all(values: list[Any]) -> Any:
    """The value itself when there is one, else the list."""
    return values[0] if len(values) == 1 else values
