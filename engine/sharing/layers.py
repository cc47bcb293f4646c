"""Layers of a clearing house's default waterfall: what each can pay, and how its members share that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker

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
    try:
        array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        check.add(field, "an array of numbers", value)
        return np.zeros(0)
    if array.ndim != 1:
        check.add(field, "an array of one dimension", array.shape)
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
