"""Ten days, the same traders: how shares by track record carry on from day to day."""

from __future__ import annotations

from functools import lru_cache

from engine import Seasons, SeasonSpread, season_spread, seasons
from ui.fund.answers import FundQuery

TITLE = "Ten days, the same 200 traders: the track record carried on"
CAVEAT = (
    "Another, assumed market of its own: volatile days with jumps, losses shared by profit and track record, "
    "contributions by track record; the sliders do not change it. The charts show one draw; another looks different, "
    "so the sentence is about many."
)


def answer(_query: FundQuery) -> tuple[Seasons, SeasonSpread]:
    """Return the seasons example, and what many draws of it say together."""
    return _ten_days()


@lru_cache(maxsize=1)
def _ten_days() -> tuple[Seasons, SeasonSpread]:
    return seasons(), season_spread()


def sentence(found: tuple[Seasons, SeasonSpread]) -> str:
    """Return what many draws say."""
    return found[1].sentence


def commands(_query: FundQuery) -> str:
    """Return the command that asks the same."""
    return "python -m engine seasons"
