"""The kernels that a path of accounts calls by their address: compiled apart, and only if a policy needs them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.intrinsics import address_of
from engine.kernel.accounts.adl import deleverage
from engine.kernel.accounts.settlement import account_charges
from engine.kernel.accounts.state import AccountBuffers
from engine.kernel.state import Record
from engine.sharing.policy_record import ADL, MONEY

_addresses: dict[str, int] = {}


def dispatch_accounts(policy: Record, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Write into a policy's record where the kernels are that a run of accounts under it calls.

    Parameters
    ----------
    policy : record of POLICY_DTYPE, changed in place
    buffers, state, venue : of the types that the kernels are called with
    """
    if policy["family"] == MONEY:
        policy["charges_at"] = _address("charges", account_charges, 0.0, 0.0, buffers, policy)
    elif policy["family"] == ADL:
        policy["deleverage_at"] = _address("deleverage", deleverage, np.int64(0), buffers, state, venue, policy)


def _address(name: str, kernel: Any, *arguments: object) -> int:
    """Return the address of a kernel; it has one specialization, so it is looked up once."""
    if name not in _addresses:
        _addresses[name] = address_of(kernel, *arguments)
    return _addresses[name]
