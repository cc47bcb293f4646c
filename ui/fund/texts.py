"""How large a fund has to be, in words: the sentence, the numbers, every figure with its interval, the command."""

from __future__ import annotations

from ui.frame.formats import count, money, percent
from ui.frame.intervals import Row, amount_row, basis_points, between, chance_row, row, seen, within
from ui.fund.answers import FundResult, contribution, whole_scenario
from ui.settings.market import OPEN_INTEREST, short_title, span_of
from ui.settings.reproduce import file_name


def headline(result: FundResult) -> str:
    """Return the answer in a sentence."""
    query, sizes, market = result.query, result.sizes, result.query.market
    chance = sizes.shortfall_probability(market.fund_money)
    text = (
        f"A fund of {money(market.fund_money, 'USD')} on {short_title(market.venue)} is too small within "
        f"{span_of(market.days)} with a chance of {percent(chance.value)} ({between(chance, 1.0)})."
    )
    if not sizes.needs.any():
        return f"{text} No path needed any fund: raise the volatility or the leverage, or lower the depth."
    target = f"{100 * query.target:.3g} %"
    if not result.has_size:
        return f"{text} For {target} there are too few paths: {sizes.n_paths:,d} of them. Run it precisely."
    need = f"{money(result.size.value, 'USD')} ({between(result.size)}), "
    need += f"{percent(result.size.value / OPEN_INTEREST)} of open interest"
    if result.size.value <= market.fund_money:
        return f"{text} For a chance of {target} {need}, would be enough. {sampling(result)}".rstrip()
    return f"{text} To bring the chance down to {target} it takes {need}. {sampling(result)}".rstrip()


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
    return [
        ("Precise" if result.is_precise else "Draft", "exact" if sizes.is_exact else f"{sizes.n_paths:,d} paths"),
        ("VaR 99 % of the need", within(sizes.value_at_risk)),
        ("ES 99 % of the need", within(sizes.expected_shortfall)),
        (f"Contribution to reach it in {result.query.build_days:.0f} days", seen(rate.reach, basis_points)),
        ("To hold it", seen(rate.hold, basis_points)),
    ]


def figures(result: FundResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    query, sizes = result.query, result.sizes
    span, rate = span_of(query.market.days), contribution(result)
    chance = sizes.shortfall_probability(query.market.fund_money)
    rows = [chance_row("Chance of a shortfall", chance, f"this fund is too small within {span}")]
    if result.has_size:
        rows.append(amount_row(f"Fund for {100 * query.target:.3g} %", result.size, "smallest that is enough"))
    build = f"of traded notional, for {query.build_days:.0f} days"
    return [
        *rows,
        amount_row("VaR 99 %", sizes.value_at_risk, "what 99 of 100 paths need at most"),
        amount_row("ES 99 %", sizes.expected_shortfall, "mean need of the worst path in 100"),
        row("Contribution to reach it", rate.reach, basis_points, build),
        row("Contribution to hold it", rate.hold, basis_points, "of traded notional, from then on"),
        chance_row("Chance that it is empty on the way", rate.probability_empty, "while it is being filled"),
    ]


def command(result: FundResult) -> str:
    """Return the command that gives the same sizes; it reads the settings file of the market."""
    file = file_name(whole_scenario(result.query.market))
    words = f"python -m engine size --scenario {file} --target {result.query.target:g}"
    return f"{words} --level {result.sizes.level:g} --paths {result.sizes.n_paths}"
