"""Where the deficit goes: layer by layer, down to the traders and to what nobody paid."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import rule_flows
from ui.cascade.headline import NOTABLE
from ui.charts.common import Figure, Floats, figure, label, money_axis, reach
from ui.charts.layers import Layer, layer_axis, layer_bars, told_bars
from ui.charts.rule_words import backstop_name, charges, closes_positions, outcome_words, payer
from ui.charts.run_view import RunView
from ui.frame.formats import exact, money, percent
from ui.frame.theme import BACKSTOP, DEFAULTERS, INSURANCE_FUND, MARKET_MAKERS, NEUTRAL, VENUE_CAPITAL, WINNERS

LEAST_GAIN = 1e-3  # of the notional forced out or closed early: less that makers gained or lost is not worth a word
MOST_ROWS = 6  # rules that have a bar each
BARS_WIDTH = 330.0  # pixels between the margins on a laptop


def layers(view: RunView) -> list[Layer]:
    """Return the layers that the deficit passes, the deficit itself first; their amounts sum to it."""
    f, venue = view.summary, view.scenario.venue
    fund = "insurance fund" if f.fund_start > 0 or f.fund_paid <= 0 else "margin left"
    rows = [
        Layer("deficit", f.deficit, DEFAULTERS),
        Layer(fund, f.fund_paid, INSURANCE_FUND, f.fund_start),
    ]
    if venue.venue_capital > 0:
        rows.append(Layer("venue capital", f.venue_paid, VENUE_CAPITAL, venue.venue_capital))
    if venue.backstop > 0:
        rows.append(Layer(backstop_name(venue), f.backstop_paid, BACKSTOP, venue.backstop))
    rows += traders_paid(view)
    rows.append(Layer("unfunded", f.unfunded, NEUTRAL, is_hatched=True))
    return rows


def traders_paid(view: RunView) -> list[Layer]:
    """Return what traders are charged: in one bar, or in one for each rule of a list."""
    rules = view.scenario.venue.rules
    charging = [place for place, rule in enumerate(rules) if charges(rule)]
    if not charging:
        return []
    if not len(rules) > 1 or len(charging) > MOST_ROWS:
        return [Layer(payer(rules[charging[-1]]), view.summary.charged, WINNERS)]
    flows = rule_flows(view.run)
    return [
        Layer(
            f"{place + 1} {payer(rules[place])}",
            flows[place].charged - flows[place].to_fund,
            WINNERS,
            note=outcome_words(flows[place]),
        )
        for place in charging
    ]


def beside(view: RunView) -> list[Layer]:
    """Return what else changed hands: what deleveraging passed on, and what market makers got for taking over."""
    f = view.summary
    rows = []
    if view.run.contributions > 0:
        rows.append(Layer("paid in", view.run.contributions, INSURANCE_FUND, note="by open positions"))
    if closes_positions(view.scenario.venue):
        rows.append(Layer("closed early", f.deleveraged_loss, WINNERS))
    rows.append(Layer("market makers", max(f.market_makers, 0.0) if makers_words(view) else 0.0, MARKET_MAKERS))
    return rows


def placed(view: RunView) -> tuple[list[Layer], Floats, Floats]:
    """Return all bars with their lengths and where they begin: layers one behind the other, the others at zero."""
    stacked, others = layers(view), beside(view)
    rows = [*stacked, *others]
    amounts = np.array([row.amount for row in rows])
    starts = np.zeros(len(rows))
    starts[2 : len(stacked)] = np.cumsum(amounts[1 : len(stacked) - 1])
    return rows, amounts, starts


def flow(view: RunView) -> Figure:
    """Return the chart of the waterfall, and of the money that went past it."""
    rows, amounts, starts = placed(view)
    texts = [_text(view, row) for row in rows]
    hover = [f"{row.name}: {exact(row.amount, view.currency)}" for row in rows]
    return figure(
        "flow",
        "Where the money goes",
        _takeaway(view, rows),
        [told_bars(layer_bars(rows, amounts, starts), texts, hover)],
        x=_money_axis(view, amounts, starts, texts),
        y=layer_axis(rows),
        annotations=[] if amounts.any() else [label("No deficit: nothing to pass on.", x=0.62, y=0.5, paper="xy")],
        margin={"l": 104, "r": 14, "t": 8, "b": 38},
    )


def _money_axis(view: RunView, amounts: Floats, starts: Floats, texts: list[str]) -> dict[str, Any]:
    """The axis of amounts, long enough for the text right of each bar."""
    title = "who pays, from the top down"
    if not (amounts > 0).any():
        return money_axis(title, view, range=[0, 1], showticklabels=False)
    return money_axis(title, view, range=[0, reach((starts + amounts).tolist(), texts, BARS_WIDTH)])


def _text(view: RunView, row: Layer) -> str:
    amount = money(row.amount, view.currency)
    if row.color == MARKET_MAKERS:
        return makers_words(view)
    if row.limit < 0:
        return ", ".join(filter(None, (amount if row.amount > 0 else "", row.note)))
    if row.amount <= 0:
        return f"0 of {money(row.limit, view.currency)}" if row.limit > 0 else "none here"
    if row.limit == 0:
        return f"{amount}, from those closed before"
    if row.amount > row.limit * (1 + NOTABLE):
        return f"{amount}: {money(row.limit, view.currency)} and what came in"
    return (
        f"{amount}, all of it"
        if row.amount >= row.limit * (1 - 1e-9)
        else f"{amount} of {money(row.limit, view.currency)}"
    )


def makers_words(view: RunView) -> str:
    """Return what market makers gained or lost by taking the other side, nothing where that is not worth a word."""
    f = view.summary
    if not f.n_liquidated or abs(f.market_makers) <= LEAST_GAIN * max(f.forced_notional, f.deleveraged_notional):
        return ""
    return f"{'gained' if f.market_makers > 0 else 'lost'} {money(abs(f.market_makers), view.currency)}"


def _takeaway(view: RunView, rows: list[Layer]) -> str:
    f, makers = view.summary, makers_words(view)
    tail = f" Market makers, on the other side, {makers}." if makers else ""
    if f.deficit <= 0:
        if f.fund_income > 0:
            return f"No deficit; the fund took in {money(f.fund_income, view.currency)} from the liquidated.{tail}"
        return f"No deficit, so no layer pays.{tail}"
    unfunded = next(place for place, row in enumerate(rows) if row.is_hatched)  # the last of the layers
    largest = max(rows[1 : unfunded + 1], key=lambda row: row.amount)
    share, total = percent(largest.amount / f.deficit, 0), money(f.deficit, view.currency)
    if largest.is_hatched:
        return f"{share} of the deficit of {total} is paid by nobody.{tail}"
    return f"{_subject(largest.name)} {share} of the deficit of {total}.{tail}"


def _subject(name: str) -> str:
    who = name.rpartition(" ")[2]
    if who in ("winners", "traders"):
        return f"{who.capitalize()} pay" if who == name else f"Under rule {name.partition(' ')[0]} {who} pay"
    if name == "margin left":
        return "Margin left by accounts closed before pays"
    return "The venue pays" if name == "venue capital" else f"The {name} pays"
