"""Default waterfall of a clearing house: ordered layers, what each pays, what each member pays, and what is left.

Layers go from the defaulter's own resources over the house's skin in the game and the members' fund to assessments and
the recovery tools, variation-margin gains haircut and tear-up (docs/MODEL.md section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker
from engine.sharing.rules import PROPORTIONAL, split

Floats = NDArray[np.float64]

KINDS = ("capital", "members", "assessments", "vm_gains_haircut", "tear_up")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Layer:
    """One layer of a default waterfall; all amounts in one currency.

    Parameters
    ----------
    name : str
    kind : {"capital", "members", "assessments", "vm_gains_haircut", "tear_up"}
        "capital" pays `capacity`: a defaulter's margin or fund share, skin in the game. The others charge members:
        pro rata to `contributions`, up to them plus `assessment_cap` times them ("members"), or up to the second part
        alone ("assessments"); pro rata to positive `gains`, up to them; pro rata to the size of `positions`, without
        limit. Left out, it follows from what is given; contributions that an earlier layer holds are not paid twice,
        so a layer that repeats them with an `assessment_cap` is the assessments on them.
    capacity : float
        The most that the layer pays, >= 0; infinite if not given, except for "capital", where it is needed.
    contributions, gains, positions : (n_members,)
        Contributions >= 0; variation-margin gains, losers <= 0 pay nothing; sizes to tear up, unsigned or one-sided.
    assessment_cap : float
        Assessments of one member in one default, as a multiple of its contribution; 0 if not given.
    period_cap : float
        The same over a whole period; `assessed`, (n_members,), is what was already called in it.
    member_cap : (n_members,)
        The most that each member pays in this layer, for a haircut that is capped by member.
    group : str
        Neighboring layers of one group pay side by side (pari passu), in proportion to what each can pay.
    """

    name: str
    kind: str = ""
    capacity: float | None = None
    contributions: ArrayLike | None = None
    gains: ArrayLike | None = None
    positions: ArrayLike | None = None
    assessment_cap: float | None = None
    period_cap: float = np.inf
    assessed: ArrayLike | None = None
    member_cap: ArrayLike | None = None
    group: str = ""


def read_layers(check: Checker, given: Sequence[Layer | Mapping[str, object]]) -> list[Layer]:
    """Return the layers as records with their kinds filled in; what is wrong is added to `check`."""
    stack: list[Layer] = []
    for index, entry in enumerate(given):
        layer = _record(check, f"layers[{index}]", index, entry)
        stack.append(layer if layer.kind else replace(layer, kind=_kind(layer, stack)))
        _check_layer(check, f"layers[{index}]", stack[-1])
    names = [layer.name for layer in stack]
    if len(set(names)) < len(names):
        check.add("layers", "layers of different names", names)
    return stack


def _record(check: Checker, field: str, index: int, given: object) -> Layer:
    if isinstance(given, Layer):
        return given
    if not isinstance(given, Mapping):
        check.add(field, "a Layer or a mapping", given)
        return Layer(name=field, kind="capital", capacity=0.0)
    known = {entry.name for entry in fields(Layer)}
    for name in given:
        if name not in known:
            check.add(f"{field}.{name}", f"a field of Layer ({', '.join(sorted(known))})", given[name])
    return Layer(**{"name": f"layer {index + 1}", **{n: v for n, v in given.items() if n in known}})


def _kind(layer: Layer, above: Sequence[Layer]) -> str:
    if layer.contributions is not None:
        held = [np.asarray(other.contributions) for other in above if other.kind == "members"]
        mine = np.asarray(layer.contributions)
        is_repeated = layer.assessment_cap is not None and any(np.array_equal(mine, other) for other in held)
        return "assessments" if is_repeated else "members"
    if layer.gains is not None:
        return "vm_gains_haircut"
    return "capital" if layer.positions is None else "tear_up"


def _check_layer(check: Checker, field: str, layer: Layer) -> None:
    check.choice(f"{field}.kind", layer.kind, KINDS)
    basis = {"members": "contributions", "assessments": "contributions", "vm_gains_haircut": "gains"}
    needed = "capacity" if layer.kind == "capital" else basis.get(layer.kind, "positions")
    if getattr(layer, needed) is None:
        check.add(f"{field}.{needed}", f"given for kind {layer.kind}", None)
    if layer.capacity is not None:
        check.number(f"{field}.capacity", layer.capacity, least=0, infinite=True)
    if layer.assessment_cap is not None or layer.kind == "assessments":
        check.number(f"{field}.assessment_cap", layer.assessment_cap, least=0)
    check.number(f"{field}.period_cap", layer.period_cap, least=0, infinite=True)
    shapes = set()
    for name in ("contributions", "gains", "positions", "assessed", "member_cap"):
        if getattr(layer, name) is not None:
            least = None if name in ("gains", "positions") else 0.0
            shapes.add(float_array(check, f"{field}.{name}", getattr(layer, name), least=least).shape)
    if len(shapes) > 1:
        check.add(field, "one with arrays of one length", sorted(shapes))


def float_array(check: Checker, field: str, value: ArrayLike, *, least: float | None) -> Floats:
    """Return a one-dimensional array of finite numbers >= least; what is wrong is added to `check`."""
    array = check.column(field, value)
    if array is None:
        return np.zeros(0)
    check.array(field, array, least=least)
    return array


def member_limits(layer: Layer) -> tuple[Floats, Floats] | None:
    """Return what each member can be charged and by what it shares, or None for a layer without members."""
    if layer.kind == "capital":
        return None
    raw = {"vm_gains_haircut": layer.gains, "tear_up": layer.positions}.get(layer.kind, layer.contributions)
    basis = np.atleast_1d(np.asarray(raw, dtype=np.float64))
    weight = np.abs(basis) if layer.kind == "tear_up" else np.maximum(basis, 0.0)
    limit = np.where(weight > 0.0, np.inf, 0.0) if layer.kind == "tear_up" else weight.copy()
    if layer.kind in ("members", "assessments"):
        called = np.zeros_like(weight) if layer.assessed is None else np.asarray(layer.assessed, dtype=np.float64)
        over_period = np.where(weight > 0.0, layer.period_cap, 0.0) * np.where(weight > 0.0, weight, 1.0) - called
        assessments = np.minimum(float(layer.assessment_cap or 0.0) * weight, np.maximum(over_period, 0.0))
        limit = assessments if layer.kind == "assessments" else limit + assessments
    if layer.member_cap is not None:
        limit = np.minimum(limit, np.asarray(layer.member_cap, dtype=np.float64))
    return limit, weight


def layer_capacity(layer: Layer, limits: tuple[Floats, Floats] | None) -> float:
    """Return the most that a layer can pay: its stated capacity, and what its members can be charged."""
    stated = np.inf if layer.capacity is None else float(layer.capacity)
    return stated if limits is None else min(stated, float(limits[0].sum()))


__all__ = ["DefaultWaterfall", "Layer", "default_waterfall"]


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
