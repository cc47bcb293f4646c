"""The registry of loss-sharing policies: chosen by name; the entries are in policy_table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.errors import require_choice
from engine.sharing.policy_record import ORDERS, Policy
from engine.sharing.policy_table import TABLE
from engine.streams import Stream, stream

_REGISTRY: dict[str, Policy] = {policy.name: policy for policy in TABLE}
POLICIES: Mapping[str, Policy] = MappingProxyType(_REGISTRY)


def get_policy(policy: str | Policy) -> Policy:
    """Return a policy by its name in POLICIES, or the one given; an unknown name raises UnknownNameError."""
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, str) and policy in POLICIES:
        return POLICIES[policy]
    require_choice("policy", policy, POLICIES)
    raise AssertionError("unreachable")


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
