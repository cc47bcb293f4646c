"""The kernels that the cascade calls by their address: compiled apart from it, once, and only if a policy needs them.

What is compiled into the cascade is optimized once more with each function around it, six deep. Apart from it, the
rules and auto-deleveraging would take two thirds of the compile time of a first run, and plain pro rata needs neither.
"""

from __future__ import annotations

from typing import Any

from engine.intrinsics import address_of
from engine.kernel.charging import charges_by_rule
from engine.kernel.closeout import close_out
from engine.kernel.settlement import is_plain_prorata
from engine.kernel.state import Desk, Record, Rows
from engine.sharing.policies import ADL, MONEY

_addresses: dict[str, int] = {}


class _Row:
    """A record read by attribute, as compiled code reads it."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        return self._record[name]


def link(policy: Rows, desk: Desk, state: Record, venue: Record) -> None:
    """Write into the record of a policy where the kernels are that a run under it calls; compile or load them first.

    `desk`, `state` and `venue` are of the types that they are called with.
    """
    record = policy[0]
    is_plain: Any = is_plain_prorata  # which the cascade does itself
    if record["family"] == MONEY and ("charges" in _addresses or not is_plain.py_func(_Row(record), _Row(venue))):
        record["charges_at"] = _address("charges", charges_by_rule, 0.0, 0.0, desk, record)
    elif record["family"] == ADL:
        record["deleverage_at"] = _address("deleverage", close_out, 0, desk, state, venue, record)


def _address(name: str, kernel: Any, *arguments: object) -> int:
    """Return the address of a kernel; it has one specialization, so it is looked up once."""
    if name not in _addresses:
        _addresses[name] = address_of(kernel, *arguments)
    return _addresses[name]
