"""The game's charts, as plain plotly figures."""

from ui.game.charts.season import price, scores, who_paid
from ui.game.charts.standing import rules_chosen, trilemma, venues

__all__ = ["price", "rules_chosen", "scores", "trilemma", "venues", "who_paid"]
