"""Default waterfall of a clearing house: ordered layers, what each pays, what each member pays, and what is left.

Layers go from the defaulter's own resources over the house's skin in the game and the members' fund to assessments and
the recovery tools, variation-margin gains haircut and tear-up (docs/MODEL.md section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.errors import Checker
from engine.sharing.layers import Layer, layer_capacity, member_limits, read_layers
from engine.sharing.rules import PROPORTIONAL, split

__all__ = ["DefaultWaterfall", "Layer", "default_waterfall"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class DefaultWaterfall:
    """What each layer paid: sum(paid) + unallocated = loss."""

    paid: tuple[float, ...]  # in the order of the layers
    by_layer: Mapping[str, float]  # the same by name
    by_member: Mapping[str, Floats]  # (n_members,) per layer that charges members
    charge: Floats  # (n_members,) over all layers whose members are as many as in the largest; empty without members
    unallocated: float
    rate: Mapping[str, float]  # share of its capacity that each layer paid; 0 for an unlimited or empty one


def default_waterfall(*, loss: float, layers: Sequence[Layer | Mapping[str, object]]) -> DefaultWaterfall:
    """Return how ordered layers absorb a loss: each pays min(what is left, what it can pay).

    Parameters
    ----------
    loss : float
        Loss to cover, >= 0.
    layers : sequence of Layer, or of mappings with the fields of Layer
        In order. {"name": "skin in the game", "capacity": 7.0} is capital; {"name": "fund", "contributions": [...]} is
        members pro rata, with "assessment_cap": 2.0 it pays the assessments on them too; "gains" a variation-margin
        gains haircut; "positions" a tear-up.

    Returns
    -------
    DefaultWaterfall

    Raises
    ------
    InputError
        With every violation of every layer.

    Notes
    -----
    A member's assessment is at most min(assessment_cap, period_cap - assessed / contribution) times its contribution.
    A haircut charges h * gain with h = min(1, what is left / sum of gains): profit pro rata over one margin call.

    References
    ----------
    EMIR articles 42 to 45 (Regulation 648/2012); rules of Eurex, CME and Nasdaq, read 2026-11-20.

    Examples
    --------
    >>> aas = default_waterfall(
    ...     loss=114.0,
    ...     layers=[{"name": "junior capital", "capacity": 7.0}, {"name": "fund", "contributions": [100.0, 60.0]}],
    ... )
    >>> aas.paid, aas.by_member["fund"].tolist(), aas.unallocated
    ((7.0, 107.0), [66.875, 40.125], 0.0)
    """
    check = Checker("default_waterfall")
    check.number("loss", loss, least=0)
    stack = read_layers(check, layers)
    check.raise_if_any()
    limits = [member_limits(layer) for layer in stack]
    capacity = [layer_capacity(layer, limit) for layer, limit in zip(stack, limits, strict=True)]
    names = [layer.name for layer in stack]
    paid, left = [0.0] * len(stack), float(loss)
    for start, stop in _groups(stack):
        due = _share(left, capacity[start:stop])
        paid[start:stop] = due
        left = max(left - sum(due), 0.0) if sum(capacity[start:stop]) <= left else 0.0
    by_member = {
        layer.name: _per_member(layer, limit, amount)
        for layer, limit, amount in zip(stack, limits, paid, strict=True)
        if limit is not None
    }
    return DefaultWaterfall(
        paid=tuple(paid),
        by_layer=MappingProxyType(dict(zip(names, paid, strict=True))),
        by_member=MappingProxyType(by_member),
        charge=_total_charge(list(by_member.values())),
        unallocated=left,
        rate=MappingProxyType(
            {n: p / c if 0 < c < np.inf else 0.0 for n, p, c in zip(names, paid, capacity, strict=True)}
        ),
    )


def _groups(stack: Sequence[Layer]) -> list[tuple[int, int]]:
    """Return the half-open ranges of layers that pay side by side."""
    ranges: list[tuple[int, int]] = []
    for index, layer in enumerate(stack):
        if ranges and layer.group and stack[index - 1].group == layer.group:
            ranges[-1] = (ranges[-1][0], index + 1)
        else:
            ranges.append((index, index + 1))
    return ranges


def _share(left: float, capacities: Sequence[float]) -> list[float]:
    total = sum(capacities)
    if total <= left:
        return list(capacities)
    if len(capacities) == 1:
        return [left]
    unlimited = sum(np.isinf(capacity) for capacity in capacities)
    if unlimited:
        return [left / unlimited if np.isinf(capacity) else 0.0 for capacity in capacities]
    return [left * capacity / total for capacity in capacities]


def _per_member(layer: Layer, limits: tuple[Floats, Floats], amount: float) -> Floats:
    limit, weight = limits
    charge = np.empty(limit.size)
    split(PROPORTIONAL, amount, limit, weight, charge)
    return charge


def _total_charge(charges: Sequence[Floats]) -> Floats:
    n_members = max((charge.size for charge in charges), default=0)
    return np.sum([charge for charge in charges if charge.size == n_members], axis=0) if charges else np.zeros(0)
