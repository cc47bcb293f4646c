"""How large a fund has to be, in words: the sentence, the numbers, every figure with its interval, the command."""

from __future__ import annotations

from engine import Scenario, expected_shortfall, value_at_risk
from ui.frame.formats import money, percent
from ui.frame.intervals import Row, amount_row, basis_points, between, chance_row, row, within
from ui.fund.answers import FundResult, contribution, with_fund
from ui.settings.market import OPEN_INTEREST, market_scenario, short_title, span_of
from ui.settings.reproduce import file_name

LEVEL = 0.99
FEWEST = 3  # paths beyond the target that a fund for it has to be read from


def headline(result: FundResult) -> str:
    """Return the answer in a sentence."""
    query, needs = result.query, result.needs
    market = query.market
    chance = needs.chance(market.fund_money)
    text = (
        f"A fund of {money(market.fund_money, 'USD')} on {short_title(market.venue)} is too small within "
        f"{span_of(market.days)} with a chance of {percent(chance.value)} ({between(chance, 1.0)})."
    )
    if not needs.need.any():
        return f"{text} No path needed any fund: raise the volatility or the leverage, or lower the depth."
    target = f"{100 * query.target:.3g} %"
    if not has_size(result):
        return f"{text} For {target} there are too few paths: {needs.n_paths:,d} of them. Run it precisely."
    size = needs.size(query.target)
    need = f"{money(size.value, 'USD')} ({between(size)}), {percent(size.value / OPEN_INTEREST)} of open interest"
    if size.value <= market.fund_money:
        return f"{text} For a chance of {target} {need}, would be enough."
    return f"{text} To bring the chance down to {target} it takes {need}."


def has_size(result: FundResult) -> bool:
    """Progress whether there are enough paths to read the fund for the target from."""
    return result.needs.n_paths * result.query.target >= FEWEST


def numbers(result: FundResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    need = result.needs.need
    rate = contribution(result)
    return [
        ("Precise" if result.is_precise else "Draft", f"{result.needs.n_paths:,d} paths"),
        ("VaR 99 % of the need", within(value_at_risk(need, LEVEL))),
        ("ES 99 % of the need", within(expected_shortfall(need, LEVEL))),
        (
            f"Contribution to reach it in {result.query.build_days:.0f} days",
            basis_points(rate.reach.value),
        ),
        ("To hold it", basis_points(rate.hold.value)),
    ]


def figures(result: FundResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    query, needs = result.query, result.needs
    span, rate = span_of(query.market.days), contribution(result)
    rows = [
        chance_row(
            "Chance of a shortfall", needs.chance(query.market.fund_money), f"this fund is too small within {span}"
        )
    ]
    if has_size(result):
        rows.append(
            amount_row(f"Fund for {100 * query.target:.3g} %", needs.size(query.target), "smallest that is enough")
        )
    return [
        *rows,
        amount_row("VaR 99 %", value_at_risk(needs.need, LEVEL), "what 99 of 100 paths need at most"),
        amount_row("ES 99 %", expected_shortfall(needs.need, LEVEL), "mean need of the worst path in 100"),
        row(
            "Contribution to reach it", rate.reach, basis_points, f"of traded notional, for {query.build_days:.0f} days"
        ),
        row("Contribution to hold it", rate.hold, basis_points, "of traded notional, from then on"),
        chance_row("Chance that it is empty on the way", rate.probability_empty, "while it is being filled"),
    ]


def command(result: FundResult) -> str:
    """Return the command that gives the same needs; it reads the settings file of the market."""
    words = f"python -m engine size --scenario {file_name(scenario_of(result))} --target {result.query.target:g}"
    return f"{words} --level {LEVEL:g} --paths {result.needs.n_paths}"


def scenario_of(result: FundResult) -> Scenario:
    """Return the market with all that pays before traders in one fund."""
    return with_fund(market_scenario(result.query.market), result.query.market.fund_money, is_whole=True)
