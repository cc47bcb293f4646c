"""Orderly: deleveraging ordered by the operator, as a transfer of size and cost between two ledger entries.

Sources, read 2026-11-20: OrderlyNetwork/contract-evm, snapshot 425cad49b464, src/LedgerImplA.sol (executeAdlV2) with
test/functionTest/AdlV2.t.sol. Cost is quote currency, exact to 1e-6: + what a long owes for its position.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import Number, exact


class Entry(NamedTuple):
    """A ledger entry: signed quantity and cost position."""

    quantity: Fraction
    cost: Fraction


def transfer(
    *, quantity: Number, cost: Number, moved_quantity: Number, moved_cost: Number, funding: Number = 0
) -> Entry:
    """Return an entry after the operator's transfer; funding is the rise of the unitary sum since the last charge.

    Notes
    -----
    cost' = cost + quantity * funding + moved cost; a flat entry keeps its cost as a loss (+) or gain (-) to settle.
    """
    charged = exact(cost) + exact(quantity) * exact(funding)
    return Entry(exact(quantity) + exact(moved_quantity), charged + exact(moved_cost))
