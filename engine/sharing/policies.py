"""The registry of loss-sharing policies: chosen by name; the entries are in policy_table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.errors import Checker, UnknownNameError
from engine.sharing.claims import amount_to_raise, claims_and_weights
from engine.sharing.policy_record import (
    ORDERS,
    POLICY_DTYPE,
    Claim,
    Family,
    Option,
    Policy,
    Rule,
    Taking,
    Weight,
    policy_record,
)
from engine.sharing.policy_table import TABLE
from engine.streams import Stream, stream

__all__ = [
    "ADL",
    "LAYER",
    "MONEY",
    "NONE",
    "POLICIES",
    "POLICY_DTYPE",
    "Claim",
    "Family",
    "Option",
    "Policy",
    "Rule",
    "Taking",
    "Weight",
    "amount_to_raise",
    "claims_and_weights",
    "get_policy",
    "policy_record",
    "register",
    "withdrawal_places",
]

NONE, MONEY, ADL, LAYER = int(Family.NONE), int(Family.MONEY), int(Family.ADL), int(Family.LAYER)
_REGISTRY: dict[str, Policy] = {policy.name: policy for policy in TABLE}
POLICIES: Mapping[str, Policy] = MappingProxyType(_REGISTRY)


def get_policy(name: str) -> Policy:
    """Return the policy registered under a name; an unknown name raises UnknownNameError, never falls back."""
    if isinstance(name, str) and name in POLICIES:
        return POLICIES[name]
    check = Checker()
    check.choice("policy", name, POLICIES)
    check.raise_if_any(UnknownNameError)
    raise AssertionError("unreachable")


@contextmanager
def register(policy: Policy) -> Iterator[Policy]:
    """Add a policy to POLICIES for the length of a `with` block; a name that is taken raises InputError."""
    check = Checker()
    if policy.name in _REGISTRY:
        check.add("policy.name", "a name that is not registered yet", policy.name)
    check.raise_if_any()
    _REGISTRY[policy.name] = policy
    try:
        yield policy
    finally:
        _REGISTRY.pop(policy.name, None)


def withdrawal_places(record: NDArray[np.void], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each account's place in the line of withdrawals, lowest first out, by the `order` option of a record.

    Accounts with the same place (equal sizes under "size") are in line together and share pro rata.
    """
    order = ORDERS[int(record["order"][0])]
    if order == "size":
        return np.negative(np.abs(size))
    if order == "random":
        return stream(int(record["seed"][0]), Stream.WITHDRAWALS).random((size.shape[-1],))
    return np.arange(size.shape[-1]).astype(np.float64)
