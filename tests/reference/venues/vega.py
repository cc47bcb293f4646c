"""Vega: mark-to-market gains are cut pro rata to what could be collected, floored, the remainder to one party.

Sources, read 2026-11-20: vegaprotocol/vega, snapshot a50750cc1080, core/collateral/simple_distributor.go;
vegaprotocol/specs, snapshot 5fea1f3e3d68, 0002-STTL, 0012-POSR and 0015-INSR. Amounts are whole asset units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import Checker
from tests.reference.venues.exact import require


class Collection(NamedTuple):
    """A loss collected in the venue's order: from margin, general account and the market's insurance pool."""

    from_margin: int
    from_general: int
    from_insurance: int
    shortfall: int


def collect(*, loss: int, margin: int, general: int, insurance: int) -> Collection:
    """Return where the loss of one party is taken from: margin, then general account, then the insurance pool."""
    require("collect", not_negative={"loss": loss, "margin": margin, "general": general, "insurance": insurance})
    from_margin = min(loss, margin)
    from_general = min(loss - from_margin, general)
    from_insurance = min(loss - from_margin - from_general, insurance)
    return Collection(from_margin, from_general, from_insurance, loss - from_margin - from_general - from_insurance)


def distribute(*, wins: Sequence[int], collected: int, network: int | None = None) -> list[int]:
    """Return what each winner is paid when losses could not all be collected.

    Parameters
    ----------
    wins : sequence of int
        Gains of the period, whole units, >= 0.
    collected : int
        What losers and the insurance pool paid, >= 0.
    network : int, optional
        Position of the network party, when it is among the claimants.

    Notes
    -----
    paid_i = floor(win_i * collected / sum(wins)); the remainder goes to the network party, else to the last winner.
    All is paid in full when enough was collected.

    Examples
    --------
    >>> distribute(wins=[3, 3, 3], collected=8)
    [2, 2, 4]
    """
    check = Checker("distribute")
    check.whole("collected", collected, least=0)
    for number, win in enumerate(wins):
        check.whole(f"wins[{number}]", win, least=0)
    if network is not None:
        check.whole("network", network, least=0, most=len(wins) - 1)
    check.raise_if_any()
    total = sum(wins)
    if collected >= total:
        return list(wins)
    paid = [win * collected // total for win in wins]
    paid[-1 if network is None else network] += collected - sum(paid)
    return paid
