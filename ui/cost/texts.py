"""What a position's part in other people's losses costs, in words: the sentence, the numbers, figures, command."""

from __future__ import annotations

import numpy as np

from engine import Estimated, PositionCost
from ui.cost.answers import CostResult
from ui.frame.formats import MINUS, money, multiple, percent
from ui.frame.intervals import Row, amount_row, basis_points, between, bounds, chance_row, row, seen, within
from ui.settings.market import market_scenario, short_title, span_of
from ui.settings.reproduce import file_name

DAYS = 365.0


def headline(result: CostResult) -> str:
    """Return the answer in a sentence."""
    query, cost = result.query, result.mine
    where = f"Your {money(query.notional, 'USD')} {query.side_name} at {multiple(query.leverage)}"
    where += f" on {short_title(query.market.venue)}"
    span = span_of(query.market.days)
    if cost.is_lost:
        return f"{where} would be liquidated at once: its margin is below what the venue requires. Lower the leverage."
    if not cost.is_cut.any():
        _, most = bounds(cost.cut_probability)
        return (
            f"{where} was not charged once on {cost.n_paths:,d} paths over {span}: the chance is below "
            f"{percent(most)}. Raise the volatility or the leverage of the others, or lower the fund, to see it pay."
        )
    chance = f"{percent(cost.cut_probability.value)} ({between(cost.cut_probability, 1.0)})"
    text = f"{where} pays for others within {span} with a chance of {chance}"
    if cost.charge_given_cut.value <= 0:
        return f"{text}: it is closed early, at a price that costs it nothing against the mark."
    given, mean = (money(part.value, "USD") for part in (cost.charge_given_cut, cost.expected_charge))
    share = percent(cost.share_of_gain.value)
    return f"{text}: {given} when it happens, {mean} on average, {share} of what it can expect to win."


def numbers(result: CostResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence; all others stand in the table of figures."""
    mine, crash = result.mine, result.query.crash
    fall, rise = (seen(result.after(move).expected_charge) for move in (-crash, crash))
    tails = f"{seen(mine.expected_shortfall_95)} / {seen(mine.expected_shortfall_99)}"
    return [
        ("Precise" if result.is_precise else "Draft", f"{mine.n_paths:,d} paths"),
        ("Expected cost", within(mine.expected_charge)),
        ("Break-even premium", seen(mine.break_even_premium, basis_points)),
        ("Worst 5 % / 1 %", tails),
        (f"Price {MINUS}{percent(crash, 0)} / +{percent(crash, 0)}", f"{fall} / {rise}"),
        ("Liquidated", f"{percent(mine.liquidation_probability.value)} of paths"),
    ]


def figures(result: CostResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    mine, crash = result.mine, result.query.crash
    span, days = span_of(result.query.market.days), result.query.market.days
    yearly = Estimated(
        *(part * DAYS / days for part in (mine.break_even_premium.value, mine.break_even_premium.stderr))
    )
    rows = [
        chance_row("Chance of paying", mine.cut_probability, f"charged or closed early for others within {span}"),
        amount_row("Expected cost", mine.expected_charge, f"mean charge over {span}, paths without one included"),
        amount_row("Cost when it happens", mine.charge_given_cut, "mean charge on the paths that have one"),
        row(
            "Break-even premium",
            mine.break_even_premium,
            basis_points,
            f"of the position: what insuring it for {span} costs",
        ),
        row("A year of it", yearly, basis_points, "expected cost over a year, of the position"),
        row("Share of the expected gain", mine.share_of_gain, percent, "expected cost over expected profit"),
        amount_row("Mean of the worst 5 %", mine.expected_shortfall_95, "Expected Shortfall of the charge at 95 %"),
        amount_row("Mean of the worst 1 %", mine.expected_shortfall_99, "Expected Shortfall of the charge at 99 %"),
    ]
    for word, move in (("falls", -crash), ("rises", crash)):
        what = f"mean charge when that happens in the first eighth of {span}"
        rows.append(amount_row(f"If the price {word} {percent(crash, 0)}", result.after(move).expected_charge, what))
    price = "never" if _is_never(mine) else f"at {mine.liquidation_price:,.0f}"
    rows.append(chance_row("Chance of being liquidated", mine.liquidation_probability, f"the position itself, {price}"))
    rows.append(
        chance_row("Chance that the fund is too small", mine.shortfall_probability, f"anybody is charged within {span}")
    )
    return rows


def _is_never(cost: PositionCost) -> bool:
    return cost.liquidation_price <= 0 or not np.isfinite(cost.liquidation_price)


def command(result: CostResult) -> str:
    """Return the command that gives the same figures; it reads the settings file of the market."""
    query = result.query
    words = f"python -m engine cost --scenario {file_name(market_scenario(query.market))}"
    words += f" --side {query.side_name} --size {abs(query.position.size):.12g} --leverage {query.leverage:g}"
    words += f" --entry {query.position.entry_price:.12g}" if query.gain else ""
    return f"{words} --crash {query.crash:g} --paths {result.mine.n_paths}"
