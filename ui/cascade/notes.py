"""What a run's sentence ends with: what to move to see something, and why a change did what it did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ui.charts.rule_words import closes_positions
from ui.charts.run_view import RunView, view_of
from ui.frame.formats import capital, money, percent
from ui.settings import crash
from ui.settings.run_settings import RUN_SETTINGS

GAP = 0.02  # of the price, within one step: nobody trades in between
SAME = 1e-9
MOST_VOLATILITY = RUN_SETTINGS["path.volatility"].high / 100.0  # where the sliders end
DEEPEST = RUN_SETTINGS["crash_depth"].high


def hint(view: RunView) -> str:
    """Return what to move to see a deficit; only what can make one."""
    scenario, own = view.scenario, view.preset.scenario
    rate = scenario.venue.maintenance_rate
    if view.summary.n_liquidated and rate > own.venue.maintenance_rate * (1 + SAME):
        early = f"At a maintenance margin of {percent(rate)} everybody is closed while much is left"
        return f"{early}: lower it to see a deficit."
    raised = []
    if scenario.book.n_traders and scenario.book.leverage < own.book.leverage_cap * (1 - SAME):
        raised.append("leverage")
    volatility = scenario.path.volatility
    is_drawn = scenario.path.model not in ("waypoints", "array") and volatility is not None
    if is_drawn and volatility < MOST_VOLATILITY * (1 - SAME):
        raised.append("volatility")
    depth = crash.depth(replace(view.preset, scenario=scenario))
    ways = [f"raise {' or '.join(raised)}"] if raised else []
    if depth is not None and depth < DEEPEST * (1 - SAME):
        ways.append("deepen the crash")
    is_long = len(raised) + len(ways) > 3  # "raise a or b, or c, to see it", but "raise a or c to see it"
    text = (", or " if is_long else " or ").join(ways) + ("," if is_long else "")
    return f"{capital(text)} to see a deficit." if ways else ""


def positions_note(view: RunView) -> str:
    """Say where a position on record no longer meets the end that it met; nothing where it does."""
    n = len(view.scenario.positions)
    if not n or view.scenario == view.preset.scenario:
        return ""
    before = RunView(view.preset, view.preset.scenario, view_of(view.preset.name, view.preset.scenario).run)
    if len(before.scenario.positions) != n:
        return ""
    share = [np.asarray(each.run.liquidated_at[-n:]) / each.n_steps for each in (view, before)]
    was_out, is_out = share[1] >= 0, share[0] >= 0
    escaped, earlier = was_out & ~is_out, was_out & is_out & (share[0] < share[1] - 0.5 / view.n_steps)
    if not (escaped | earlier).any():
        return ""
    changed = escaped if escaped.sum() > earlier.sum() else earlier
    who = _who(before, np.flatnonzero(changed))
    verb = "is" if changed.sum() == 1 else "are"
    now, then = _deficit_of_positions(view), _deficit_of_positions(before)
    left = f", leaving {money(now, view.currency)} instead of {money(then, view.currency)}" if now != then else ""
    if changed is escaped:
        return f"{who} {verb} no longer forced out{left}."
    return f"{who} {verb} now forced out {_before_what(before, np.flatnonzero(changed))}{left}."


def _who(view: RunView, which: np.ndarray) -> str:
    book, n = view.run.book, len(view.scenario.positions)
    trader = view.run.book.n_traders - n + which
    size = np.abs(book.size[trader])
    value = float((size if book.is_inverse else size * book.entry_price[trader]).sum())
    side = "long" if book.size[trader[0]] > 0 else "short"
    amount = money(value, view.preset.quote_currency)
    return f"The {amount} {side}" if which.size == 1 else f"{which.size} of the positions on record ({amount})"


def _before_what(view: RunView, which: np.ndarray) -> str:
    """Name the moment before which it happens now: the gap, where the price jumped over it."""
    at = int(view.run.liquidated_at[-len(view.scenario.positions) :][which].max())
    jump = abs(float(view.run.prices[at] / view.run.prices[at - 1]) - 1.0) if at else 0.0
    return "before the gap" if jump >= GAP else "earlier"


def _deficit_of_positions(view: RunView) -> float:
    trades, n = view.run.trades, len(view.scenario.positions)
    return float(trades["deficit"][trades["trader"] >= view.run.book.n_traders - n].sum())


def fund_note(view: RunView) -> str:
    """Say what another fund does where the bankrupt go to the market while it lasts, and to winners without it."""
    fund, own = view.scenario.venue.fund, view.preset.scenario.venue.fund
    if not closes_positions(view.scenario.venue) or fund == own or not view.summary.n_liquidated:
        return ""
    if fund < own and view.summary.n_deleveraged:
        how = "With an empty fund" if fund <= 0 else "Once the smaller fund is empty"
        return f"{how} the bankrupt are handed to winners instead of being sold in the market."
    if fund > own <= 0:
        while_it_lasts = "While the fund lasts the bankrupt are sold in the market, which moves the price"
        return f"{while_it_lasts}; without one they go to winners."
    return ""
