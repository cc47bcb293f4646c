"""The folds of Fund size: questions that are answered only when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

from engine import Seasons, SeasonSpread, season_spread, seasons
from ui.charts.common import Figure
from ui.fund import backward, contributors, tiers
from ui.fund.answers import CAUSES, FundQuery
from ui.fund.charts import backward as backward_charts
from ui.fund.charts import contributors as contributors_charts
from ui.fund.charts import seasons as seasons_charts
from ui.fund.charts import tiers as tiers_charts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A question: its answer, that in a sentence and as charts, the commands that ask the same, and what it assumes."""

    key: str
    title: str
    answer: Callable[[FundQuery], Any]
    sentence: Callable[[Any], str]
    charts: Callable[[Any], list[Figure]]
    commands: Callable[[FundQuery], str]
    caveat: str


@lru_cache(maxsize=1)
def ten_days() -> tuple[Seasons, SeasonSpread]:
    """Return the seasons example, and what many draws of it say together."""
    return seasons(), season_spread()


def _fold(key: str, asked: ModuleType, drawn: ModuleType, caveat: str) -> Fold:
    """Return the fold of a question that has a module, and one of its charts."""
    return Fold(
        key=key,
        title=asked.TITLE,
        answer=asked.answer,
        sentence=asked.sentence,
        charts=drawn.charts,
        commands=asked.commands,
        caveat=caveat,
    )


FOLDS = (
    _fold("backward", backward, backward_charts, f"Draft: {backward.N_PATHS} paths, the same for every setting."),
    _fold(
        "contributors",
        contributors,
        contributors_charts,
        f"Draft: the worst 1 % of {CAUSES} paths. A group causes the deficits of its own forced trades; by "
        "Shapley value it adds so much to the mean of that tail, over all orders in which groups may come.",
    ),
    _fold("tiers", tiers, tiers_charts, tiers.CAVEAT),
    Fold(
        key="seasons",
        title="Ten days, the same 200 traders: the track record carried on",
        answer=lambda _: ten_days(),
        sentence=lambda found: found[1].sentence,
        charts=lambda found: seasons_charts.charts(found[0]),
        commands=lambda _: "python -m engine seasons",
        caveat="Another, assumed market of its own: volatile days with jumps, losses shared by profit and track "
        "record, contributions by track record; the sliders do not change it. The charts show one draw; another looks "
        "different, so the sentence is about many.",
    ),
)
