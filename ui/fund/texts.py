"""How large a fund has to be, in words: the sentence, the numbers, figures with intervals, command, caveats."""

from __future__ import annotations

from dataclasses import replace

from engine import Estimated
from ui.frame.formats import count, percent, usd
from ui.frame.intervals import Row, amount_row, basis_points, between, bounds, chance_row, row, seen, within
from ui.fund.answers import (
    DRAFT,
    DRAFT_COLUMN,
    FEWEST,
    PRECISE,
    PRECISE_CELL,
    PRECISE_COLUMN,
    FundResult,
    contribution,
    usable_share,
    with_whole_fund,
)
from ui.settings.market import OPEN_INTEREST, Market, short_title, span_of
from ui.settings.market_words import per_year, what_moves
from ui.settings.reproduce import file_name

CAVEATS = f"""
- The fund here is all the money that pays before any trader does: at a clearing house members' and house's money
  together; assessments, vaults and other backstops behind it are left out.
- What a path needs does not depend on the fund that it meets: curve and lines of equal risk
  come from the same paths. The heat map of the precise run is a sweep in which every cell runs with its own fund.
- Draft: {DRAFT:,d} paths, {DRAFT_COLUMN} for each other leverage, a quarter of them where a position is closed by
  many small orders. Precise: {PRECISE:,d}, {PRECISE_COLUMN:,d}, and {PRECISE_CELL:,d} in each cell of the heat map.
  The cell's own paths and the causes come from the draft's paths.
- Who causes: the deficits of a trader's own forced trades; who pays gave to each cause in proportion.
"""


def headline(result: FundResult) -> str:
    """Return the answer in sentences."""
    query, sizes, market = result.query, result.sizes, result.query.market
    chance = sizes.shortfall_probability(market.fund_money)
    text = f"A fund of {usd(market.fund_money)} on {short_title(market.venue)} is too small within "
    text += f"{span_of(market.days)} with a chance of {percent(chance.value)}"
    text += f" ({between(chance, 1.0)})" if chance.stderr > 0 else ""
    text += f", {per_year(chance.value, market.days)}." if chance.value > 0 else "."
    parts = [text, drawdown(market)]
    target = f"{100 * query.target:.3g} %"
    if not sizes.needs.any():
        hint = what_moves(replace(market, fund=0.0))  # what a path needs does not depend on the fund
        parts.append(f"No path needed any fund{f': {hint[0].lower()}{hint[1:]}' if hint else ''}.")
    elif not result.has_size:
        parts.append(f"For {target} there are too few paths: {sizes.n_paths:,d} of them. Run it precisely.")
    elif sizes.shortfall_probability(0.0).value <= query.target:
        parts.append(f"Even without one the chance would be at most {target}.")
    else:
        enough = result.size.value <= market.fund_money
        need = f"{amount(result.size)}, {of_open_interest(float(result.size.value))}"
        parts.append(
            f"For a chance of {target} {need}, would be enough."
            if enough
            else f"To bring the chance down to {target} it takes {need}."
        )
        parts += [sampling(result), calmer_words(result)]
    return " ".join(filter(None, parts))


def amount(value: Estimated) -> str:
    """Return an amount with its interval, which is left out where its ends are written like the amount."""
    ends = {usd(end) for end in bounds(value)}
    text = usd(value.value)
    return text if ends == {text} else f"{text} ({between(value)})"


def of_open_interest(size: float) -> str:
    """Return a fund beside open interest: 7.1 % of it, or 16 times it where a percentage would not be read."""
    share = size / OPEN_INTEREST
    if share > 2.0:
        return f"{share:,.{1 if share < 10 else 0}f} times the open interest"
    return f"{percent(share)} of open interest" if share >= 5e-5 else "less than 0.01 % of open interest"


def drawdown(market: Market) -> str:
    """Return which part of the fund the venue may use before it deleverages; empty where that is all of it."""
    share = usable_share(market)
    if share >= 1.0:
        return ""
    return (
        f"Deleveraging starts when the fund has lost {percent(share, 0)} of its peak, here "
        f"{usd(share * market.fund_money)}; that counts as too small, though the rest stays in it."
    )


def calmer_words(result: FundResult) -> str:
    """Return that half the volatility needs no smaller fund, and who is then still there; empty if it needs less."""
    if result.calmer is None or result.calmer.n_paths * result.query.target < FEWEST or not result.has_size:
        return ""
    there, here = result.calmer.size(result.query.target), result.size
    if there.value < here.value:
        return ""
    volatility, (before, now) = result.query.market.volatility, result.liquidated
    text = f"Half the volatility, {percent(0.5 * volatility, 0)}, would not make it smaller on these paths "
    text += f"({usd(there.value)})"
    if now <= before:
        return f"{text}."
    return (
        f"{text}: there {percent(before)} of traders are forced out on the way instead of {percent(now)}, so more weak "
        "positions are still open when the price jumps."
    )


def sampling(result: FundResult) -> str:
    """Return how the fund for a rare target was found; nothing where plain paths were enough."""
    if result.rare is None or result.rare.importance is None:
        if not result.why_not_rare:
            return ""
        return f"From plain paths alone, for importance sampling refused ({result.why_not_rare})."
    report = result.rare.importance
    return (
        f"Found by importance sampling: {count(report.n_hits)} of {count(result.rare.n_paths)} tilted paths need it, "
        f"an effective sample of {count(round(report.effective_hits))}; of plain paths "
        f"{count(round(result.query.target * result.rare.n_paths))} would."
    )


def numbers(result: FundResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    sizes, rate = result.sizes, contribution(result)
    few = "" if result.has_size else "too few paths"
    return [
        ("Precise" if result.is_precise else "Draft", "exact" if sizes.is_exact else f"{sizes.n_paths:,d} paths"),
        ("VaR 99 % of the need", within(sizes.value_at_risk)),
        ("ES 99 % of the need", within(sizes.expected_shortfall)),
        (f"Contribution to reach it in {result.query.build_days:.0f} days", few or seen(rate.reach, of_turnover)),
        ("To hold it", few or seen(rate.hold, of_turnover)),
    ]


def of_turnover(share: float) -> str:
    """Return a contribution in basis points of what is traded, as a percentage from 1 % on."""
    return basis_points(share) if abs(share) < 0.01 else percent(share)


def figures(result: FundResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    query, sizes = result.query, result.sizes
    span, rate = span_of(query.market.days), contribution(result)
    chance = sizes.shortfall_probability(query.market.fund_money)
    often = per_year(chance.value, query.market.days)
    rows = [chance_row("Chance of a shortfall", chance, f"this fund is too small within {span}; {often}")]
    if result.has_size:
        rows.append(amount_row(f"Fund for {100 * query.target:.3g} %", result.size, "smallest that is enough"))
    rows += [
        amount_row("VaR 99 %", sizes.value_at_risk, "what 99 of 100 paths need at most"),
        amount_row("ES 99 %", sizes.expected_shortfall, "mean need of the worst path in 100"),
    ]
    if not result.has_size:
        return rows
    build = f"of traded notional, for {query.build_days:.0f} days"
    return [
        *rows,
        row("Contribution to reach it", rate.reach, of_turnover, build),
        row("Contribution to hold it", rate.hold, of_turnover, "of traded notional, from then on"),
        chance_row("Chance that it is empty on the way", rate.probability_empty, "while it is being filled"),
    ]


def command(result: FundResult) -> str:
    """Return the command that gives the same sizes; it reads the settings file of the market."""
    file = file_name(with_whole_fund(result.query.market))
    words = f"python -m engine size --scenario {file} --target {result.query.target:g}"
    return f"{words} --level {result.sizes.level:g} --paths {result.sizes.n_paths}"
