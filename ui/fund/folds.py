"""The folds of Fund size: two questions that are answered only when they are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui.charts.common import Figure
from ui.fund import backward, contributors
from ui.fund.answers import CAUSES, FundQuery
from ui.fund.charts import backward as backward_charts
from ui.fund.charts import contributors as contributors_charts


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


FOLDS = (
    Fold(
        key="backward",
        title=backward.TITLE,
        answer=backward.answer,
        sentence=backward.sentence,
        charts=backward_charts.charts,
        commands=backward.commands,
        caveat=f"Draft: {backward.N_PATHS} paths, the same for every setting.",
    ),
    Fold(
        key="contributors",
        title=contributors.TITLE,
        answer=contributors.answer,
        sentence=contributors.sentence,
        charts=contributors_charts.charts,
        commands=contributors.commands,
        caveat=f"Draft: the worst 1 % of {CAUSES} paths. A group causes the deficits of its own forced trades; by "
        "Shapley value it adds so much to the mean of that tail, over all orders in which groups may come.",
    ),
)
