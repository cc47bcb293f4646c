"""Conditions on what a venue measures: triggers that wait for it, settings that follow it (docs/MODEL.md section 4).

They are checked by the venue that they are given to, which names their place in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from engine.errors import Checker, is_number

QUANTITIES = ("deficit", "fund", "volatility", "liquidity", "margin", "drop")
COMPARISONS = (">=", "<=")
FOLLOWED = ("volatility", "liquidity")

_WORDS = {
    "deficit": "the loss to be shared is {than} {share:g} % of open interest",
    "fund": "the fund is {than} {share:g} % of its target",
    "volatility": "volatility is {than} {times:g} times the usual",
    "liquidity": "depth is {than} {share:g} % of the usual",
    "margin": "all equity is {than} {share:g} % of open interest",
    "drop": "the price is {than} {share:g} % above the first",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A measured quantity against a level: the rule that has it acts only where the comparison holds.

    Parameters
    ----------
    quantity : {"deficit", "fund", "volatility", "liquidity", "margin", "drop"}
        What is left to share over open interest; the fund's balance over `fund_target`; EWMA volatility of the mark, up
        to the step before, over `reference_volatility`; depth now over depth; positive equities over open interest; the
        mark over the first price, less 1. Open interest is half of all notionals at the first price.
    comparison : {">=", "<="}
    level : float
        A fraction, or a multiple of the usual; negative for a fall.

    Examples
    --------
    >>> Trigger("drop", "<=", -0.1).sentence
    'the price is at least 10 % below the first'
    """

    quantity: str
    comparison: str
    level: float

    def check(self, check: Checker, name: str) -> None:
        """Report what is wrong with it, under the name of its place."""
        check.choice(f"{name}.quantity", self.quantity, QUANTITIES)
        check.choice(f"{name}.comparison", self.comparison, COMPARISONS)
        check.number(f"{name}.level", self.level, least=-1.0 if self.quantity == "drop" else 0.0)

    @property
    def sentence(self) -> str:
        """Say when it holds."""
        than = "at least" if self.comparison == ">=" else "at most"
        if self.quantity == "drop" and self.level < 0:
            than = "at least" if self.comparison == "<=" else "at most"
            return f"the price is {than} {-100 * self.level:g} % below the first"
        return _WORDS[self.quantity].format(than=than, share=100 * self.level, times=self.level)


@dataclass(frozen=True, slots=True)
class Follow:
    """A setting that follows the market: clip(base * (measured / usual)^slope, low, high).

    Parameters
    ----------
    base : float
        Where the market is as usual.
    by : {"volatility", "liquidity"}
        EWMA volatility of the mark, up to the step before, over `reference_volatility`; or depth now over depth.
    slope : float
        Exponent, -10 to 10: 1 in proportion, 0 not at all, below 0 the other way.
    low, high : float
        Bounds, both needed.

    Examples
    --------
    >>> Follow(0.5, by="volatility", slope=1.0, low=0.1, high=1.0).at(3.0)
    1.0
    """

    base: float
    by: str = "volatility"
    slope: float = 1.0
    low: float | None = None
    high: float | None = None

    def check(self, check: Checker, name: str, *, above: float | None = None) -> None:
        """Report what is wrong with it, under the name of its place; every value it takes is > `above`."""
        check.number(f"{name}.base", self.base)
        check.choice(f"{name}.by", self.by, FOLLOWED)
        check.number(f"{name}.slope", self.slope, least=-10, most=10)
        check.number(f"{name}.low", self.low, above=above)
        check.number(f"{name}.high", self.high)
        if is_number(self.low) and is_number(self.high) and self.low > self.high:
            check.add(f"{name}.low", f"<= high = {self.high:g}", self.low)

    def at(self, ratio: float) -> float:
        """Return the value where the market stands at `ratio` of the usual."""
        assert self.low is not None
        assert self.high is not None
        return min(max(self.base * ratio**self.slope, self.low), self.high)

    @property
    def usual(self) -> float:
        """The value where the market is as usual."""
        return self.at(1.0)


def read_as(kind: type[Any], check: Checker, name: str, given: object) -> Any:
    """Return `kind` made of a mapping or a list of its fields, as files and links have them; else what was given.

    Fields that it does not have, or lacks, are reported under `name`.
    """
    known = [field.name for field in fields(kind)]
    if isinstance(given, list | tuple) and len(given) == len(known):
        given = dict(zip(known, given, strict=True))
    if not isinstance(given, Mapping):
        return given
    try:
        return kind(**given)
    except TypeError:
        check.add(name, f"made of {', '.join(known)}", dict(given))
        return None
