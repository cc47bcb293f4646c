"""What a position's part in other people's losses costs, in words: the sentence, the numbers, figures, command."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine import Estimated, PositionCost
from ui.cost.drawn_answers import CostResult, charge_bounds, own_loss
from ui.cost.position import CostQuery
from ui.frame.formats import MINUS, multiple, percent, usd
from ui.frame.intervals import Row, amount_row, basis_points, between, bounds, chance_row, figure_row, row, seen, within
from ui.settings.market import PRICE, market_scenario, short_title, span_of
from ui.settings.market_words import YEAR, per_year, what_moves
from ui.settings.reproduce import file_name

NONE_SEEN = "none seen"
CAVEATS = """
- It is a model: the price, the traders and the order book are drawn; the rules are a reading of the venue's documents.
- A charge counts only what is taken from you for other people's losses. Your own losses, fees and funding are not in
  it, nor what it costs to be closed early and left without a hedge.
- An interval says how far the number of paths reaches, not how far the model does.
- The fund, the depth and the others' leverage stay as they are set here when the venue is changed: only rules
  are compared, not venues or the money that they have. Rules "of the past" are no longer in force, or their network
  has closed.
"""


def headline(result: CostResult) -> str:
    """Return the answer in sentences: how often it is liquidated itself and why, and how often it pays for others."""
    query, cost = result.query, result.mine
    where = f"Your {usd(query.notional)} {query.side_name} at {multiple(query.leverage)}"
    where += f" on {short_title(query.market.venue)}"
    if cost.is_lost:
        return f"{where} would be liquidated at once: its margin is below what the venue requires. Lower the leverage."
    return f"{where} {own_liquidation(result)} {charged(query, cost)}"


def chance(value: Estimated, days: float) -> str:
    """Return a chance that was seen, with its interval and how often that is a year."""
    interval = f" ({between(value, 1.0)})" if value.stderr > 0 else ""
    return f"{percent(value.value)}{interval}, {per_year(value.value, days)}"


def own_liquidation(result: CostResult) -> str:
    """Return how often the position itself is liquidated, how far that is away, and what forced selling adds."""
    query, cost, alone = result.query, result.mine, result.alone.liquidation_probability.value
    if _is_never(cost):
        return "cannot be liquidated: its own money covers every price."
    own, span = cost.liquidation_probability, span_of(query.market.days)
    price = f"its price of liquidation, {cost.liquidation_price:,.0f}, is "
    price += f"{percent(abs(cost.liquidation_price / PRICE - 1.0))} away"
    if own.value <= 0.0:
        most = bounds(own, 1.0)[1]
        limit = f" (below {percent(most)})" if most > 0 else ""
        return f"was not liquidated on any path of {span}{limit}: {price}."
    text = f"is liquidated within {span} with a chance of {chance(own, query.market.days)}: {price}"
    if percent(alone) == percent(own.value):
        return f"{text}; forced orders of others hardly change that."
    return f"{text}; if the others' forced orders did not move the price it would be {percent(alone)}."


def charged(query: CostQuery, cost: PositionCost) -> str:
    """Return how often it pays for others, and how much."""
    days = query.market.days
    if not cost.is_cut.any():
        most, hint = bounds(cost.cut_probability, 1.0)[1], what_moves(query.market)
        limit = f": the chance is below {percent(most)}, that is, {per_year(most, days)}" if most > 0 else ""
        text = f"It was not charged once for others on {cost.n_paths:,d} paths{limit}."
        return f"{text} {hint} to see it pay." if hint else text
    text = f"It pays for others with a chance of {chance(cost.cut_probability, days)}"
    given = float(cost.charge_given_cut.value)
    if given < 0:
        return f"{text}: it is closed early at a price better than the mark, a gain of {usd(-given)}."
    if given == 0:
        return f"{text}: it is closed early, at a price that costs it nothing against the mark."
    mean, part = usd(cost.expected_charge.value), percent(given / cost.notional)
    return f"{text}: {usd(given)} when it happens ({part} of the position), {mean} on average."


def said(cost: PositionCost) -> str:
    """Return the expected charge in words, also where none was seen or it is a gain."""
    if not cost.charge.any():
        return NONE_SEEN
    value = float(cost.expected_charge.value)
    return f"{usd(-value)} gained" if value < 0 else usd(value)


def numbers(result: CostResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence; all others stand in the table of figures."""
    mine, crash = result.mine, result.query.crash
    fall, rise = (said(result.after(move)) for move in (-crash, crash))
    is_seen = bool(mine.charge.any())
    worst = mine.expected_shortfall_95, mine.expected_shortfall_99
    margin = usd(own_loss(mine, result.query.leverage))
    return [
        ("Precise" if result.is_precise else "Draft", f"{mine.n_paths:,d} paths"),
        ("Own margin lost, at most, and charge", f"{margin} + {said(mine)}"),
        ("Expected charge", within(mine.expected_charge) if is_seen else NONE_SEEN),
        ("Break-even premium", basis_points(mine.break_even_premium.value) if is_seen else NONE_SEEN),
        ("Worst 5 % / 1 %", " / ".join(map(seen, worst)) if is_seen else NONE_SEEN),
        (f"Price {MINUS}{percent(crash, 0)} / +{percent(crash, 0)}", f"{fall} / {rise}"),
    ]


def figures(result: CostResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    mine, crash = result.mine, result.query.crash
    span, days = span_of(result.query.market.days), result.query.market.days
    price = "never" if _is_never(mine) else f"at {mine.liquidation_price:,.0f}"
    rows = [
        _chance("Chance of being liquidated", mine.liquidation_probability, f"the position itself, {price}", days),
        _chance("The same without impact", result.alone.liquidation_probability, "if no order moved the price", days),
        _chance("Chance of paying", mine.cut_probability, f"charged or closed early for others within {span}", days),
        _amount("Expected charge", mine, f"mean over {span}, paths without a charge included; below 0: a gain"),
        *_premiums(mine, span, days),
        *_when_charged(mine),
    ]
    for word, move in (("falls", -crash), ("rises", crash)):
        what = f"mean charge when that happens in the first eighth of {span}"
        rows.append(_amount(f"If the price {word} {percent(crash, 0)}", result.after(move), what))
    text = f"anybody is charged within {span}"
    return [*rows, _chance("Chance that the fund is too small", mine.shortfall_probability, text, days)]


def _premiums(mine: PositionCost, span: str, days: float) -> list[Row]:
    premium, scale = mine.break_even_premium, YEAR / days
    yearly = Estimated(premium.value * scale, premium.stderr * scale)
    what = f"of the position: what insuring it for {span} costs"
    text = "of the position, over a year"
    if mine.charge.any():
        return [row("Break-even premium", premium, basis_points, what), row("A year of it", yearly, percent, text)]
    most = charge_bounds(mine)[1] / mine.notional
    return [
        _unseen("Break-even premium", most, basis_points, what),
        _unseen("A year of it", most * scale, percent, text),
    ]


def _when_charged(mine: PositionCost) -> list[Row]:
    """Return the figures that say nothing where no path was charged."""
    if not mine.charge.any():
        return []
    return [
        amount_row("Charge when it happens", mine.charge_given_cut, "mean charge on the paths that have one"),
        row("Share of the expected gain", mine.share_of_gain, percent, "expected charge over expected profit"),
        amount_row("Mean of the worst 5 %", mine.expected_shortfall_95, "Expected Shortfall of the charge at 95 %"),
        amount_row("Mean of the worst 1 %", mine.expected_shortfall_99, "Expected Shortfall of the charge at 99 %"),
    ]


def _chance(name: str, value: Estimated, meaning: str, days: float) -> Row:
    return chance_row(name, value, f"{meaning}; {per_year(value.value, days)}")


def _amount(name: str, cost: PositionCost, meaning: str) -> Row:
    if cost.charge.any():
        return amount_row(name, cost.expected_charge, meaning)
    return _unseen(name, charge_bounds(cost)[1], usd, meaning)


def _unseen(name: str, most: float, write: Callable[[float], str], meaning: str) -> Row:
    text = f"{meaning}; the upper end of its chance times the largest profit, if no more than that is taken"
    limit = f"below {write(most)}" if most > 0 else "no path left a profit"
    return figure_row(name, NONE_SEEN, text, limit)


def _is_never(cost: PositionCost) -> bool:
    return cost.liquidation_price <= 0 or not np.isfinite(cost.liquidation_price)


def command(result: CostResult) -> str:
    """Return the command that gives the same figures; it reads the settings file of the market."""
    query = result.query
    words = f"python -m engine cost --scenario {file_name(market_scenario(query.market))}"
    words += f" --side {query.side_name} --size {abs(query.position.size):.12g} --leverage {query.leverage:g}"
    words += f" --entry {query.position.entry_price:.12g}" if query.gain else ""
    return f"{words} --crash {query.crash:g} --paths {result.mine.n_paths}"
