"""Who should contribute: shares of the fund by margin posted, by losses caused and by Shapley value."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine import ContributionShares, contribution_shares, systemic_report
from ui.frame.formats import percent
from ui.fund.answers import CAUSES, FundQuery, whole_study, with_whole_fund
from ui.settings.market import n_draft_paths
from ui.settings.reproduce import file_name

TITLE = "Who should contribute"
CAVEAT = (
    f"Draft: the worst 1 % of {CAUSES} paths. A group causes the deficits of its own forced trades; by Shapley value "
    "it adds so much to the mean of that tail, over all orders in which groups may come."
)
MEASURES = {  # field of ContributionShares: head of its column
    "by_margin": "margin posted",
    "by_cause": "losses caused",
    "by_shapley": "losses added",
    "paid_today": "charged today",
}


@lru_cache(maxsize=16)
def answer(query: FundQuery) -> ContributionShares:
    """Return the shares of groups of traders by leverage, in the worst 1 % of the draft's first paths."""
    return contribution_shares(systemic_report(whole_study(query.market, n_draft_paths(query.market, CAUSES))))


def sentence(found: ContributionShares) -> str:
    """Return the group whose losses are largest beside its margin, and what it pays today."""
    if not found.by_shapley.any():
        return "No path left a loss: there is nothing to contribute to."
    most = int(np.argmax(found.by_shapley - found.by_margin))
    text = (
        f"Traders at {found.labels[most]} add {percent(found.by_shapley[most], 0)} of the losses in the worst paths "
        f"and post {percent(found.by_margin[most], 0)} of the margin"
    )
    if not found.paid_today.any():
        return f"{text}; no trader is charged for them."
    return f"{text}; of what traders are charged for losses they pay {percent(found.paid_today[most], 0)}."


def takeaway(found: ContributionShares) -> str:
    """Return which group each measure asks for most."""
    most = [(head, int(np.argmax(getattr(found, name)))) for name, head in MEASURES.items()]
    parts = [
        f"{head} {found.labels[at]} ({percent(getattr(found, name)[at], 0)})"
        for (head, at), name in zip(most, MEASURES, strict=True)
        if getattr(found, name).any()
    ]
    return f"Most: {', '.join(parts)}."


def commands(query: FundQuery) -> str:
    """Return the command that asks the same."""
    n_paths = n_draft_paths(query.market, CAUSES)
    return f"python -m engine share --scenario {file_name(with_whole_fund(query.market))} --paths {n_paths}"
