"""The folds of Fund size: questions that are answered only when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ui.charts.common import Figure
from ui.fund import backward, contributors, seasons, tiers
from ui.fund.answers import FundQuery
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


def _fold(key: str, asked: ModuleType, drawn: ModuleType) -> Fold:
    """Return the fold of a question that has a module, and one of its charts."""
    return Fold(
        key=key,
        title=asked.TITLE,
        answer=asked.answer,
        sentence=asked.sentence,
        charts=drawn.charts,
        commands=asked.commands,
        caveat=asked.CAVEAT,
    )


FOLDS = (
    _fold("backward", backward, backward_charts),
    _fold("contributors", contributors, contributors_charts),
    _fold("tiers", tiers, tiers_charts),
    _fold("seasons", seasons, seasons_charts),
)
