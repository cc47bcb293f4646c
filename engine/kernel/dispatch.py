"""The kernels that the cascade calls by their address: compiled apart from it, once, and only if a policy needs them.

What is compiled into the cascade is optimized once more with each function around it, six deep. Apart from it, the
rules and auto-deleveraging would take two thirds of the compile time of a first run, and plain pro rata needs neither.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.intrinsics import address_of
from engine.kernel.adl import deleverage
from engine.kernel.charging import charges_by_rule
from engine.kernel.offset import collect, meets_trigger, settle_in_order
from engine.kernel.settlement import is_plain_prorata
from engine.kernel.state import Record, Rows, RunBuffers
from engine.sharing.policy_record import ADL, MONEY


def dispatch(policy: Rows, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Write into the records of policies where the kernels are that a run under them calls, compiled or loaded first.

    Parameters
    ----------
    policy : (k,) POLICY_DTYPE, changed in place
    buffers, state, venue : of the types that the kernels are called with; of the buffers the number of rules and tiers
    """
    is_plain: Any = is_plain_prorata  # which the cascade does itself
    for record in policy:
        if record["family"] == MONEY and not is_plain.py_func(_by_name(record), _by_name(venue)):
            record["charges_at"] = address_of(charges_by_rule, 0.0, 0.0, buffers, record)
        elif record["family"] == ADL:
            record["deleverage_at"] = address_of(deleverage, 0, buffers, state, venue, record)
            if record["quantity"] >= 0:
                record["trigger_at"] = address_of(meets_trigger, buffers, state, venue, record)
    if buffers.rules.size:
        policy[0]["settle_at"] = address_of(settle_in_order, 0, buffers, state, venue, policy[0])
    if buffers.tiers.size:
        policy[0]["collect_at"] = address_of(collect, 0, buffers, state, venue, policy[0])


def _by_name(record: Record) -> SimpleNamespace:
    """Return a record with its fields as attributes, as compiled code reads it."""
    return SimpleNamespace(**dict(zip(record.dtype.names, record.item(), strict=True)))
