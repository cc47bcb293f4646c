"""If traders react: the leverage that they choose when they know who pays, and what that does to the fund."""

from __future__ import annotations

import math
from functools import lru_cache

from engine import Equilibrium, Estimated, leverage_equilibrium
from ui.frame.formats import money, multiple, percent
from ui.frame.intervals import bounds
from ui.fund.answers import FundQuery, whole_scenario, whole_study
from ui.settings.market import draft_paths
from ui.settings.reproduce import file_name

TITLE = "If traders react"
N_PATHS = 256
CAVEAT = (
    "A stylized model: leverage is chosen from a menu by expected profit and a penalty on risk, all traders know the "
    "simulated chances, and prices do not react to who trades. It shows a direction, not a forecast."
)


@lru_cache(maxsize=16)
def answer(query: FundQuery) -> Equilibrium:
    """Return the leverage at which nobody wants to change; raises InputError where nobody has a choice."""
    return leverage_equilibrium(whole_study(query.market, draft_paths(query.market, N_PATHS)))


def sentence(found: Equilibrium) -> str:
    """Return what traders would do and what that does to the venue."""
    changes = [
        f"{name} ones from {multiple(before)} to {multiple(after)}"
        for name, before, after in zip(found.names, found.leverage_before, found.leverage, strict=True)
    ]
    text = f"Three groups of equal margin, who know who pays, would move: {', '.join(changes)}."
    chances = [percent(part.value) for part in (found.shortfall_before, found.shortfall)]
    deficits = [money(part.value, "USD") for part in (found.deficit_before, found.deficit)]
    text += f" Among them the chance of a shortfall: {_change(found.shortfall_before, found.shortfall, chances, 1.0)}, "
    text += f"expected deficits: {_change(found.deficit_before, found.deficit, deficits)}."
    return text if found.is_settled else f"{text} Their answers chase one another; this is their mean."


def _change(before: Estimated, after: Estimated, words: list[str], most: float = math.inf) -> str:
    """Return a change, or that the intervals overlap."""
    (low, high), (low_after, high_after) = bounds(before, most), bounds(after, most)
    is_apart = low_after > high or high_after < low
    return f"from {words[0]} to {words[1]}" if is_apart else f"{words[0]} and {words[1]}, which cannot be told apart"


def commands(query: FundQuery) -> str:
    """Return the command that asks the same."""
    n_paths = draft_paths(query.market, N_PATHS)
    return f"python -m engine react --scenario {file_name(whole_scenario(query.market))} --paths {n_paths}"
