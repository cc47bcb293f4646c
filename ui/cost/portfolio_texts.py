"""The answer of a portfolio in words: legs taken, what is naked then, haircuts instead, what is assumed."""

from __future__ import annotations

import math

import numpy as np

from engine import POLICIES, PortfolioDays, Rate, RuleDays, load_venue_preset, venue_preset_names
from ui.cost.portfolio_answers import WILDEST, PortfolioResult, has_hits, venue_title
from ui.cost.real_answers import DAYS
from ui.cost.real_texts import counts, every, once_between, times_words
from ui.frame.formats import MINUS, SPACE, counted, date_words, percent, usd
from ui.frame.intervals import Row, figure_row

CAVEATS = """
- Every day starts anew: new books of traders whose past is the real hours before that day, the fund as it stands, the
  portfolio opened at the day's first prices with the profit so far that the table gives. A hedge that is lost is not
  bought back; what that costs is counted to the end of the day.
- Hours, not seconds: prices go through each hour's open, both extremes and close, all coins by the same clock.
- Cash is in dollars: collateral in coins, which falls as well, is not in it.
- The interval in brackets is chance: so many days could have been a few more or less. What is assumed of the markets
  is apart: its riskiest end.
- Prices are one venue's spot market, which already holds the liquidations of its time.
"""


def headline(result: PortfolioResult) -> str:
    """Return the answer: days with a leg taken, what that leaves and costs, haircuts instead, own liquidation."""
    query, found = result.query, result.found
    start = f"With moves {times_words(query.moves)}, on" if query.moves != 1.0 else "On"
    text = f"{start} {taken_words(found)} would {who(result)} have had a leg taken for others' bankruptcies."
    riskiest = found.riskiest
    if riskiest is not None and found.deleveraging.days("n_taken") == 0:
        text += f" {riskiest_words(riskiest)}"
    else:
        text += f" {left_words(found)}"
    return " ".join(part for part in (text, haircut_words(found), own_words(result)) if part)


def who(result: PortfolioResult) -> str:
    """Return the portfolio in words: your $1.0M long in ETH and $1.0M short in BTC on $250k of cash at Hyperliquid."""
    query = result.query
    legs = " and ".join(f"{usd(leg.usd)} {leg.side} in {leg.coin}" for leg in query.legs)
    margin = "" if len(query.legs) == 1 else (", all legs on it," if query.margin == "cross" else ", split by leg,")
    return f"your {legs} on {usd(query.cash)} of cash{margin} at {venue_title(query.venue)}"


def taken_words(found: PortfolioDays) -> str:
    """Return how many days have a leg taken, of how many, with the interval."""
    days, rate = found.deleveraging.days("n_taken"), found.deleveraging.rate("n_taken")
    span = f"{found.n_days:,d} days since {found.date[0].astype(object).year}"
    if not found.is_run.all():
        span += f" (a draft: the {int(found.is_run.sum())} wildest are run)"
    if days == 0:
        return f"none of {span}, less than once in {every(rate.high)},"
    return f"{days:,d} of {span}, once in {every(rate.value)} ({once_between(rate)}),"


def left_words(found: PortfolioDays) -> str:
    """Return what is naked on the days with a leg taken, what that costs until their ends, and the worst of them."""
    rule = found.deleveraging
    if rule.days("n_taken") == 0:
        return ""
    naked, cost = rule.mean_when("naked", "n_taken"), rule.mean_when("cost", "n_taken")
    worst, day = float(rule.rows["cost"][found.worst_day]), date_words(str(found.date[found.worst_day]))
    text = f"That leaves {usd(naked)} of it without its hedge on average; u" if naked > 0 else "U"
    text += f"ntil the end of the day this {cost_words(cost)} on average"
    most = usd(worst) if (worst >= 0) == (cost >= 0) else cost_words(worst)
    return f"{text}, and {most} on {day}, the worst." if rule.days("n_taken") > 1 else f"{text} ({day})."


def cost_words(cost: float) -> str:
    """Return a cost in words; below 0 it is a gain."""
    amount = usd(abs(cost))
    return f"costs {amount}" if cost >= 0 else f"gains {amount}"


def riskiest_words(riskiest: PortfolioDays) -> str:
    """Return what the riskiest end of what is assumed says, where nothing is taken at the recorded values."""
    days = riskiest.deleveraging.days("n_taken")
    if days == 0:
        return "Nor would one at the riskiest end of what is assumed."
    return f"At the riskiest end of what is assumed one is taken on {least(riskiest)}{days:,d}. {left_words(riskiest)}"


def least(found: PortfolioDays) -> str:
    """Return "at least " where calm days were not run."""
    return "" if found.is_run.all() else "at least "


def haircut_words(found: PortfolioDays) -> str:
    """Return what haircuts on profits would take instead, at the same values as what the sentence before spoke of."""
    at = found
    if not has_hits(found) and found.riskiest is not None and has_hits(found.riskiest):
        at = found.riskiest
    days = at.haircut.days("charge")
    where = " there" if at is not found else ""
    if days == 0:
        return f"Haircuts on profits instead would{where} have charged it on no day."
    mean, per_year = at.haircut.mean_when("charge", "charge"), at.haircut.per_year("charge")
    return (
        f"Haircuts on profits instead would{where} have charged it on {least(at)}{counted(days, 'day')}, "
        f"{usd(mean)} each on average ({usd(per_year)} a year), and taken no leg."
    )


def own_words(result: PortfolioResult) -> str:
    """Return on how many days it is itself liquidated."""
    rule = result.found.of_own
    days = rule.days("liquidated")
    whose = "A leg of it" if result.query.margin == "isolated" and len(result.query.legs) > 1 else "It"
    if days == 0:
        return f"{whose} would itself not have been liquidated on any of them."
    at = int(np.argmin(np.where(rule.rows["liquidated"] > 0, rule.rows["profit"], np.inf)))
    day = date_words(str(result.found.date[at]))
    worst = f", the worst of them {day}" if days > 1 else f", {day}"
    return f"{whose} would itself have been liquidated on {least(result.found)}{counted(days, 'day')}{worst}."


def record_words(result: PortfolioResult) -> str:
    """Return what is on record of bitcoin there."""
    record = result.record
    if record is None:
        return "nothing is on record of how often winners paid there"
    return f"on record, winners in BTC paid there on {record.winner_events:,d} of {record.exposure:,d} {record.unit}"


def numbers(result: PortfolioResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    found, riskiest = result.found, result.found.riskiest
    taken, cut, own = (
        found.deleveraging.rate("n_taken"),
        found.haircut.rate("charge"),
        found.of_own.rate("liquidated"),
    )
    rows = [
        (f"Draft, {WILDEST} wildest run" if result.is_draft else "All days", f"{found.n_days:,d} days"),
        ("A leg taken", f"{a_year(taken)} days a year"),
        ("Charged under haircuts", f"{a_year(cut)} days a year"),
        ("Liquidated itself", f"{a_year(own)} days a year"),
    ]
    if riskiest is not None:
        there = a_year(riskiest.deleveraging.rate("n_taken"))
        rows.insert(2, ("Taken, riskiest end", f"{least(riskiest)}{there} days a year"))
    return rows


def a_year(rate: Rate) -> str:
    """Return a rate per year with the upper end of its interval; of none seen the end alone."""
    if rate.value == 0.0:
        return f"0 (to {DAYS * rate.high:.2g})"
    return f"{DAYS * rate.value:.2g} ({DAYS * rate.low:.2g} to {DAYS * rate.high:.2g})"


def chart_words(result: PortfolioResult) -> str:
    """Return the line above the chart."""
    shown = result.shown
    taken, cut = shown.deleveraging.days("n_taken"), shown.haircut.days("charge")
    if taken == cut == 0:
        return "On none of the days is a leg taken, or a charge made under haircuts, at either end of what is assumed."
    where = "" if shown is result.found else "At the riskiest end of what is assumed: "
    cost = float(shown.deleveraging.rows["cost"].sum())
    charge = float(shown.haircut.rows["charge"].sum())
    text = f"taken on {counted(taken, 'day')}, which together {cost_words(cost)}; "
    text += f"charged under haircuts on {counted(cut, 'day')}, {usd(charge)} in all."
    return where + (text if where else text[0].upper() + text[1:])


def hover(shown: PortfolioDays, day: int) -> str:
    """Return a day's story."""
    moves = ", ".join(
        f"{leg.coin} {signed(float(np.expm1(move)))}"
        for leg, move in zip(shown.portfolio.legs, shown.move[:, day], strict=True)
    )
    adl, cut = shown.deleveraging.rows[day], shown.haircut.rows[day]
    text = f"{date_words(str(shown.date[day]))}: {moves}"
    if adl["n_taken"]:
        text += f"<br>{usd(adl['taken'])} of its legs taken, {usd(adl['naked'])} naked"
        text += f"<br>until the end that {cost_words(float(adl['cost']))}"
    if cut["charge"]:
        text += f"<br>under haircuts it pays {usd(cut['charge'])}"
    if shown.of_own.rows[day]["liquidated"]:
        text += "<br>it is itself liquidated"
    return text


def signed(move: float) -> str:
    """Return a move with its sign."""
    return f"{MINUS if move < 0 else '+'}{percent(abs(move))}"


def figures(result: PortfolioResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    found = result.found
    rows = [
        _days("Days with a leg taken", found.deleveraging, "n_taken", "closed early against a bankrupt position"),
        _days("Days charged under haircuts", found.haircut, "charge", f"under {POLICIES[found.haircut.policy].label}"),
        _days("Days liquidated itself", found.of_own, "liquidated", "a leg or the account, under the venue's own rule"),
        _days("Days on which anybody pays", found.of_own, "anybody", "any account of the venue in these coins"),
    ]
    for name, end in (("safest", found.safest), ("riskiest", found.riskiest)):
        if end is not None:
            rows.append(_days(f"Taken, {name} end", end.deleveraging, "n_taken", f"of the {name} values in the files"))
            rows.append(_days(f"Charged under haircuts, {name} end", end.haircut, "charge", "the same days"))
    adl, cut = result.shown.deleveraging, result.shown.haircut
    return [
        *rows,
        _mean("Taken", adl.mean_when("taken", "n_taken"), "mean of the days taken"),
        _mean("Left naked", adl.mean_when("naked", "n_taken"), "mean of the days taken"),
        _mean("Cost until the end", adl.mean_when("cost", "n_taken"), "mean of the days taken"),
        _mean("Charge", cut.mean_when("charge", "charge"), "mean of the days charged"),
    ]


def _mean(name: str, amount: float, meaning: str) -> Row:
    return figure_row(name, "none seen" if math.isnan(amount) else usd(amount), meaning)


def _days(name: str, rule: RuleDays, column: str, meaning: str) -> Row:
    return figure_row(name, f"{rule.days(column):,d}", meaning, counts(rule.rate(column), rule.rows.size))


def assumed(result: PortfolioResult) -> str:
    """Return what is assumed, for a list beside the answer."""
    query, found = result.query, result.found
    lines = []
    for one in found.markets:
        values = one.market.values
        depth = usd(values["depth"] * values["open_interest"])
        origin = "as its file has it" if one.is_recorded else "assumed: it lies to BTC there as at Binance"
        lines.append(
            f"{one.coin}: {usd(values['open_interest'])} open on each side, {depth} move it 1{SPACE}%, "
            f"median leverage {values['leverage']:.3g}x ({origin})"
        )
    lines.append(
        f"{percent(query.several, 0)} of the other positions are of accounts that hold all of these coins, and "
        f"{percent(query.hedged, 0)} of those accounts stand against {query.legs[0].coin} with the rest (assumed; "
        "nothing is on record); everybody else margins all legs together"
    )
    rule = POLICIES[found.of_own.policy].label
    lines.append(f"the venue's own rule is {rule}; the other kind is run on the same days, traders and prices")
    lines.append(margin_words(query.venue))
    lines.append(record_words(result))
    return "".join(f"- {line}.\n" for line in lines)


def margin_words(venue: str) -> str:
    """Return which margin an account has at the venue when nobody chooses, and who says so."""
    known = load_venue_preset(venue).margin if venue in venue_preset_names() else {}
    if "default" not in known:
        return "which margin an account has at first is not on record here"
    return f"an account there has {known['default']} margin unless it chooses another ({known['default_source']})"


def command(result: PortfolioResult) -> str:
    """Return the command that gives the same figures."""
    query = result.query
    words = f"python -m engine portfolio --venue {query.venue}"
    for leg in query.legs:
        words += f" --leg {leg.side},{leg.coin},{leg.usd:g}" + (f",{leg.gain:g}" if leg.gain else "")
    words += f" --cash {query.cash:g} --margin {query.margin} --since {result.found.date[0]}"
    words += f" --until {result.found.date[-1]}"
    changed = (("moves", query.moves, 1.0), ("several", query.several, 0.5), ("hedged", query.hedged, 0.5))
    for name, value, plain in changed:
        words += f" --{name} {value:g}" if value != plain else ""
    return words + (f" --wildest {WILDEST} --ends" if result.is_draft else "")
