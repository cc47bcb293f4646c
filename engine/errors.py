"""Exceptions of the engine, and the collector that reports every violation at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Self, TypeGuard

import numpy as np

from engine.arrays import Floats

MOST_WHOLE = 2**53  # up to here whole numbers are exact in every type that they pass through
MOST_SHOWN = 80  # characters of a value in a sentence


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class InputError(EngineError, ValueError):
    """Input that the model does not allow.

    `violations` holds one sentence per wrong field, each naming field, bound and value; `fields` the field names,
    `pairs` both.
    """

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        self.pairs = tuple(violations)
        self.fields = tuple(field for field, _ in violations)
        self.violations = tuple(sentence for _, sentence in violations)
        super().__init__("; ".join(self.violations))

    def __reduce__(self) -> tuple[type[InputError], tuple[list[tuple[str, str]]]]:
        """Rebuild from the violations, so that the error survives a process boundary."""
        return type(self), (list(self.pairs),)


class UnknownNameError(InputError):
    """A name (policy, model, preset, ...) that is not registered."""


class ConservationError(EngineError):
    """Money appeared or vanished: the conservation law of docs/MODEL.md section 1 is broken."""


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number (booleans are none)."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a finite real number (booleans are none)."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(as_float(value))


def as_float(value: Any) -> float:
    """Return a number as a float; what is too large for one is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


class Checker:
    """Collects violations, then raises one InputError with all of them.

    What requires something returns the collector, so that one requirement alone is a line.
    """

    def __init__(self, owner: str = "") -> None:
        self._prefix = f"{owner}." if owner else ""
        self._violations: list[tuple[str, str]] = []

    @property
    def n_violations(self) -> int:
        """How many violations there are."""
        return len(self._violations)

    @property
    def has_any(self) -> bool:
        """Whether there is a violation."""
        return bool(self._violations)

    def add(self, field: str, bound: str, value: object) -> Self:
        """Record that `field` must be `bound` but was `value`."""
        name = self._prefix + field
        self._violations.append((name, _sentence(name, bound, value)))
        return self

    def number(
        self,
        field: str,
        value: object,
        *,
        above: float | None = None,
        least: float | None = None,
        most: float | None = None,
        infinite: bool = False,
        is_optional: bool = False,
    ) -> Self:
        """Require a real number: > above, >= least, <= most; +infinity only where `infinite`, None where optional."""
        if is_optional and value is None:
            return self
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            return self.add(field, f"a number {_bounds(above, least, most)}".rstrip(), value)
        number = as_float(value)
        is_allowed = infinite and number > 0 and not isinstance(value, int)  # a whole number is only too large
        if not math.isfinite(number) and not is_allowed:
            bound = _bounds(above, least, most)
            self.add(field, f"finite and {bound}" if bound else "finite", value)
        elif (
            (above is not None and number <= above)
            or (least is not None and number < least)
            or (most is not None and number > most)
        ):
            self.add(field, _bounds(above, least, most), value)
        return self

    def whole(self, field: str, value: object, *, least: int, most: int | None = None) -> Self:
        """Require a whole number >= least and <= most; without a bound of its own, one that every sum can hold."""
        is_too_large = is_whole(value) and value > (MOST_WHOLE if most is None else most)
        if not is_whole(value) or value < least or is_too_large:
            named = MOST_WHOLE if most is None and is_too_large else most
            self.add(field, f"a whole number >= {least}" + ("" if named is None else f" and <= {named}"), value)
        return self

    def text(self, field: str, value: object, *, is_optional: bool = False) -> None:
        """Require text."""
        if not isinstance(value, str) and not (is_optional and value is None):
            self.add(field, "text or None" if is_optional else "text", value)

    def day(self, field: str, value: object) -> int:
        """Require a date, and return its number of days since 1970; 0 for what is none."""
        try:
            return (date.fromisoformat(value) - date(1970, 1, 1)).days  # type: ignore[arg-type]
        except (TypeError, ValueError):
            self.add(field, "a date like 2022-01-31", value)
            return 0

    def numbers(self, field: str, values: Iterable[object]) -> None:
        """Require every element to be a finite number; reports the first that is none."""
        for place, value in enumerate(values):
            if not is_number(value):
                self.add(f"{field}[{place}]", "a finite number", value)
                return

    def choice(self, field: str, value: object, allowed: Collection[str]) -> Self:
        """Require one of the allowed names."""
        if not isinstance(value, str) or value not in allowed:
            self.add(field, f"one of {', '.join(sorted(allowed))}", value)
        return self

    def array(
        self,
        field: str,
        values: Floats,
        *,
        above: float | None = None,
        least: float | None = None,
        nan: bool = False,
        nonzero: bool = False,
    ) -> None:
        """Require every element finite (NaN allowed only where `nan`), > above, >= least; reports the first bad one."""
        bad = np.isinf(values) if nan else ~np.isfinite(values)
        bound = "finite"
        if above is not None:
            bad, bound = bad | (values <= above), f"finite and > {above:g}"
        if least is not None:
            bad, bound = bad | (values < least), f"finite and >= {least:g}"
        if nonzero:
            bad, bound = bad | (values == 0), "finite and not 0"
        if bad.any():
            first = int(np.argmax(bad))
            self.add(f"{field}[{first}]", bound, float(values[first]))

    def column(self, field: str, values: object) -> Floats | None:
        """Return numbers as an array of one dimension; None, and a violation, for what is none."""
        try:
            column = np.array(values, dtype=np.float64, ndmin=1)
        except (TypeError, ValueError):
            self.add(field, "an array of numbers", values)
            return None
        if column.ndim != 1:
            self.add(field, "an array of one dimension", column.shape)
            return None
        return column

    def raise_if_any(self, error: type[InputError] = InputError) -> None:
        """Raise one error with all violations, if there are any."""
        if self._violations:
            raise error(self._violations)


def wrong_input(field: str, bound: str, value: object, error: type[InputError] = InputError) -> InputError:
    """Return the error of one violation: `field` must be `bound` but was `value`."""
    return error([(field, _sentence(field, bound, value))])


def require_choice(field: str, value: object, allowed: Collection[str]) -> None:
    """Raise UnknownNameError unless the value is one of the allowed names."""
    Checker().choice(field, value, allowed).raise_if_any(UnknownNameError)


def _sentence(field: str, bound: str, value: object) -> str:
    return f"{field} must be {bound}, was {_show(value)}"


def _bounds(above: float | None, least: float | None, most: float | None) -> str:
    """Return the bounds of a number as a sentence names them; nothing where it has none."""
    named = ((">", above), (">=", least), ("<=", most))
    return " and ".join(f"{sign} {bound:g}" for sign, bound in named if bound is not None)


def _show(value: object) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and abs(value) > 10**MOST_SHOWN:
        return f"{'-' if value < 0 else ''}1e{int(math.log10(abs(value)))} or so"
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a whole number of thousands of digits in it
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."
