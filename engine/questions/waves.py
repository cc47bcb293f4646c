"""10 October 2025 in waves: what a rule raised against what was needed, by four measures, and the data to ask it of.

The data are an extract of published tables (data/october_2025): eight of sixteen waves in which an account was in
deficit, and all shocks of the coins before "N". What each rule raised is recorded; the measures are computed here.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker, InputError, require_choice
from engine.kernel.state import Floats

FOLDER = Path(__file__).parents[2] / "data" / "october_2025"
WAVE_RULES = {
    "queue": "Queue by rank, as the venue did",
    "pro_rata": "Pro rata",
    "integer_pro_rata": "Integer pro rata: whole contracts",
    "mirror_descent": "Mirror descent: learns from wave to wave",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveTotals:
    """What a rule raised over all waves, in USD, and how near that is to what was needed.

    Parameters
    ----------
    raised : float
        Sum of H.
    overshoot, undershoot : float
        Sums of max(H - B, 0) and max(B - H, 0): taken from winners beyond the need, and missing.
    tracking : float
        Their sum, sum of |H - B|.
    fairness : float
        Sum of B |m - m_ref|, m the largest share of its equity that an account gave, m_ref that of the reference rule.
    largest_share : float
        Largest m over all waves.
    """

    raised: float
    overshoot: float
    undershoot: float
    tracking: float
    fairness: float
    largest_share: float


def wave_totals(*, needed: ArrayLike, raised: ArrayLike, largest_share: ArrayLike, reference: ArrayLike) -> WaveTotals:
    """Return the totals of a rule over waves.

    Parameters
    ----------
    needed, raised : (n_waves,)
        Budget B and what was raised H, USD, >= 0.
    largest_share, reference : (n_waves,)
        Largest share of its equity that an account gave, under the rule and under the reference rule, fractions.

    Raises
    ------
    InputError
        For shapes that differ, and negative or non-finite values.
    """
    b, h, m, m_ref = _columns(needed=needed, raised=raised, largest_share=largest_share, reference=reference)
    over, under = np.maximum(h - b, 0.0), np.maximum(b - h, 0.0)
    return WaveTotals(
        raised=float(h.sum()),
        overshoot=float(over.sum()),
        undershoot=float(under.sum()),
        tracking=float((over + under).sum()),
        fairness=float((b * np.abs(m - m_ref)).sum()),
        largest_share=float(m.max()),
    )


def path_length(severity: ArrayLike) -> float:
    """Return how much a rule would have to change from wave to wave, sum of |theta_(t+1) - theta_t|.

    `severity` theta, (n_waves,), is the share of the deficit that is raised, at most 1. Raises as `wave_totals`.
    """
    (theta,) = _columns(severity=severity)
    return float(np.abs(np.diff(theta)).sum())


def regret_bound(severity: ArrayLike, deficit: ArrayLike) -> float:
    """Return how much worse than the best severities in hindsight a rule that learns from wave to wave can do, in USD.

    Raises as `wave_totals` does.

    Notes
    -----
    sqrt((1 + 2 P) sum of D^2), P the path length of the best severities, D the deficits: the bound of online gradient
    descent on losses |theta D - B| for a comparator that moves.
    """
    theta, d = _columns(severity=severity, deficit=deficit)
    return math.sqrt((1.0 + 2.0 * path_length(theta)) * float((d**2).sum()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockTotals:
    """Sums over shocks in USD: `residual` is what the queue left open, `feasible` what profits could have paid."""

    shocks: int
    with_deficit: int
    deficit: float
    capacity: float
    raised: float
    overshoot: float
    largest_overshoot: float
    residual: float
    feasible: float


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Waves:
    """The extract. Arrays are (n_waves,), USD or fractions, by the name of the rule where a rule made them.

    `largest_left` is the largest profit left after a wave, NaN where the source has none. `shocks` are by coin and by
    whether the queue raised less than the deficit and whether profits covered it, so that sums are those of all shocks.
    """

    wave: NDArray[np.int64]
    time: tuple[str, ...]
    needed: Floats
    deficit: Floats
    largest_deficit: Floats
    capacity: Floats
    raised_later: Floats
    reference: Floats
    raised: Mapping[str, Floats]
    largest_share: Mapping[str, Floats]
    largest_left: Mapping[str, Floats]
    coin: tuple[str, ...]
    shocks: Mapping[str, Floats]

    def totals(self, rule: str) -> WaveTotals:
        """Return the totals of a rule; an unknown one raises InputError."""
        require_choice("waves.rule", rule, self.raised)
        return wave_totals(
            needed=self.needed, raised=self.raised[rule], largest_share=self.largest_share[rule],
            reference=self.reference,
        )  # fmt: skip

    @property
    def severity(self) -> Floats:
        """What was needed as a share of the deficit, at most 1."""
        return np.minimum(self.needed / self.deficit, 1.0)

    def shock_totals(self, coin: str = "") -> ShockTotals:
        """Return the sums over all shocks, or over those of one coin."""
        mine = np.array([coin in ("", each) for each in self.coin])
        d, c, h = (self.shocks[name][mine] for name in ("deficit", "capacity", "raised"))
        return ShockTotals(
            shocks=int(self.shocks["shocks"][mine].sum()),
            with_deficit=int(self.shocks["with_deficit"][mine].sum()),
            deficit=float(d.sum()),
            capacity=float(c.sum()),
            raised=float(h.sum()),
            overshoot=float(np.maximum(h - d, 0.0).sum()),
            largest_overshoot=float(self.shocks["largest_overshoot"][mine].max(initial=0.0)),
            residual=float(np.maximum(d - h, 0.0).sum()),
            feasible=float(np.minimum(d, c).sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LossMeasure:
    """What has been called the loss of the day: its values in USD with a label each, what it is and why it is none."""

    key: str
    title: str
    values: tuple[float, ...]
    labels: tuple[str, ...]
    what: str
    why_not: str
    moves: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OctoberRecord:
    """What is on record of the day: counts and amounts of the event and of its waves, and the measures of its loss."""

    event: Mapping[str, float]
    waves: Mapping[str, float]
    measures: tuple[LossMeasure, ...]
    sources: tuple[str, ...]


@lru_cache(maxsize=1)
def load_october() -> OctoberRecord:
    """Return data/october_2025/measures.toml."""
    document: dict[str, Any] = tomllib.loads((FOLDER / "measures.toml").read_text(encoding="utf-8"))
    measures = [
        LossMeasure(**row | {"values": tuple(row["values"]), "labels": tuple(row["labels"])})
        for row in document["measure"]
    ]
    return OctoberRecord(
        event=MappingProxyType(document["event"]),
        waves=MappingProxyType(document["waves"]),
        measures=tuple(measures),
        sources=tuple(document["sources"]),
    )


@lru_cache(maxsize=1)
def load_waves() -> Waves:
    """Return data/october_2025/waves.csv and shocks.csv; a missing or non-numeric column raises InputError."""
    waves, shocks = _table("waves.csv", text="time"), _table("shocks.csv", text="coin")
    rules = [name.removeprefix("raised_") for name in waves if name.startswith("raised_") and "500ms" not in name]
    by_rule = {
        part: MappingProxyType({rule: waves[f"{part}_{rule}"] for rule in rules})
        for part in ("raised", "largest_share", "largest_left")
    }
    return Waves(
        wave=np.array(waves["wave"], dtype=np.int64),
        time=tuple(waves["time"]),
        needed=waves["needed"],
        deficit=waves["deficit"],
        largest_deficit=waves["largest_deficit"],
        capacity=waves["capacity"],
        raised_later=waves["raised_queue_500ms"],
        reference=waves["largest_share_reference"],
        **by_rule,
        coin=tuple(shocks.pop("coin")),
        shocks=MappingProxyType(shocks),
    )


def _table(file: str, text: str) -> dict[str, Any]:
    """Return the columns of a file: numbers, NaN where there is none, but for the one of `text`."""
    with (FOLDER / file).open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    try:
        return {
            name: [row[name] for row in rows] if name == text else np.array([float(row[name] or "nan") for row in rows])
            for name in rows[0]
        }
    except ValueError as error:
        raise InputError([(file, f"data/october_2025/{file} must hold numbers: {error}")]) from error


def _columns(**given: ArrayLike) -> tuple[Floats, ...]:
    check = Checker("waves")
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
    first = next(iter(columns.values()))
    for name, column in columns.items():
        if column.ndim != 1 or column.size == 0 or column.shape != first.shape:
            check.add(name, f"one value for each of {first.size} waves", column.shape)
        else:
            check.array(name, column, least=0.0)
    check.raise_if_any()
    return tuple(columns.values())
