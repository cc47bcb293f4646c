"""Drift v2: what a bankrupt position and a bankrupt borrow cost those who are left.

Sources, read 2026-11-20: drift-labs/protocol-v2, snapshot 0ae3e3b1db78, programs/drift/src/{math/liquidation,
controller/liquidation,controller/amm}.rs with their tests. Charges round up.
"""

from __future__ import annotations

from fractions import Fraction

from tests.reference.venues.exact import NANO, Number, ceil_to, exact, require

INDEX_STEP = Fraction(1, 10**10)


def loss_per_base(*, loss: Number, open_interest_long: Number, open_interest_short: Number) -> Fraction:
    """Return the charge on every open base unit, longs and shorts alike, raised to 1e-9 USD.

    Notes
    -----
    loss / (|OI long| + |OI short|); the cumulative funding rate of longs rises by it, that of shorts falls by it.

    Raises
    ------
    InputError
        When nobody holds a position: the venue cannot resolve the bankruptcy.
    """
    interest = abs(exact(open_interest_long)) + abs(exact(open_interest_short))
    require("loss_per_base", above_zero={"open_interest": interest}, not_negative={"loss": loss})
    return ceil_to(exact(loss) / interest, NANO)


def deposit_index_cut(*, loss: Number, deposits: Number, index: Number = 1) -> Fraction:
    """Return by how much the deposit index falls, raised to 1e-10: index * loss / deposits, at most the index.

    0 when there are no deposits: nobody can be charged.
    """
    require("deposit_index_cut", not_negative={"loss": loss, "deposits": deposits, "index": index})
    if deposits == 0:
        return Fraction(0)
    return min(ceil_to(exact(index) * exact(loss) / exact(deposits), INDEX_STEP), exact(index))
