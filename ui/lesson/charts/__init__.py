"""The pictures of the lesson, as plain figures. Streamlit is not imported here."""

from ui.lesson.charts.prices import gap, lever, pair, sell, tip
from ui.lesson.charts.shares import fund, haircut, help_, leg, rules

__all__ = ["fund", "gap", "haircut", "help_", "leg", "lever", "pair", "rules", "sell", "tip"]
