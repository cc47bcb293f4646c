"""The answer in a sentence, and the four numbers below it: computed from a run, in plain words."""

from __future__ import annotations

from engine import rule_flows
from ui.cascade.notes import fund_note, hint, positions_note
from ui.charts.rule_words import backstop_name, charges, outcome_words
from ui.charts.run_summary import Excursion
from ui.charts.run_view import RunView
from ui.frame.formats import SPACE, count, counted, duration, money, percent, points, signed
from ui.settings.words import coin_of

SMALL = 5e-4  # share of the price below which a move is not worth a number
NOTABLE = 5e-3  # share of a price, or of a fund, from which on a difference is worth a number
MOSTLY = 0.5  # of the largest distance from the reference: with more of it left at the low, the low tells all
SAME = 1e-6  # rates this close are one rate


def headline(view: RunView) -> str:
    """Return what happened: how far the price fell and why, who was wiped out, and who paid for it."""
    parts = (
        *(_moved(view), _forced_out(view), _in_order(view), _closed_early(view), _paid_in(view)),
        *(positions_note(view), fund_note(view)),
    )
    return " ".join(part for part in parts if part)


def numbers(view: RunView) -> list[tuple[str, str]]:
    """Return the four numbers of the headline as (name, value)."""
    f = view.summary
    move = signed(-f.move if f.is_fall else f.move)
    if f.forced_move >= SMALL:
        move += f", {points(f.forced_move)} points forced"
    elif abs(f.gap) >= NOTABLE:
        move += f", forced {percent(abs(f.gap))} at most"
    return [
        ("Price" if f.move else "Price, unmoved", move),
        (
            "Wiped out" if f.n_wiped == f.n_liquidated and f.deficit > 0 else "Liquidated",
            f"{count(f.n_liquidated)} of {count(f.n_traders)}",
        ),
        ("Deficit, and who paid most", _deficit(view)),
        ("Winners lost", _lost(lost_share(view))),
    ]


def payers(view: RunView) -> list[tuple[str, str, float]]:
    """Return who paid the deficit, in order: name in a sentence, name in a number, amount; nobody is last."""
    f = view.summary
    backstop = backstop_name(view.scenario.venue)
    fund = ("the fund", "fund") if f.fund_start > 0 else ("margin left by other liquidated accounts", "margin left")
    return [
        (*fund, f.fund_paid),
        ("the venue", "venue", f.venue_paid),
        (f"the {backstop}", backstop.removeprefix("liquidity "), f.backstop_paid),
        ("winners" if not f.n_losers_charged else "traders",) * 2 + (f.charged,),
        ("nobody", "nobody", f.unfunded),
    ]


def _deficit(view: RunView) -> str:
    f = view.summary
    if f.deficit <= 0:
        return "none"
    _, name, most = max(payers(view), key=lambda row: row[2])
    return f"{money(f.deficit, view.currency)}, {name} {percent(most / f.deficit, 0)}"


def _lost(share: float) -> str:
    """Return what winners lost; being closed early at a good price can leave them with more."""
    if share <= -SMALL:
        return f"nothing, they gained {percent(-share)}"
    return "more than their profit" if share > 1.0 + SAME else f"{percent(max(share, 0.0))} of their profit"


def lost_share(view: RunView) -> float:
    """Return what all winners together lost, as a share of all their profits."""
    won = view.winners
    total = float(won.profit.sum())
    return float((won.rate * won.profit).sum()) / total if total > 0 else 0.0


def _moved(view: RunView) -> str:
    f, coin = view.summary, coin_of(view.preset.name)
    if f.move < SMALL:
        return f"{coin} did not move."
    if f.is_both_ways:
        first, then = sorted((f.fall, f.rise), key=lambda side: side.step)
        beyond = "below" if then.is_fall else "above"
        text = f"{coin} {_verb(first)} {percent(first.move)}{_of_it(first)}, then {_verb(then)} to"
        return f"{text} {percent(then.move)} {beyond} its start{_of_it(then)}."
    return f"{coin} {_verb(f.largest)} {percent(f.move)}{_forced_part(view)}."


def _verb(side: Excursion) -> str:
    return "fell" if side.is_fall else "rose"


def _trade(is_fall: bool) -> str:
    return "selling" if is_fall else "buying"


def _of_it(side: Excursion) -> str:
    return f" ({points(side.forced)} points of it forced {_trade(side.is_fall)})" if side.forced >= SMALL else ""


def _forced_part(view: RunView) -> str:
    """Say how much of the largest move was forced: over the whole run, and what was left of it at the low."""
    f = view.summary
    trade, beyond = _trade(f.is_fall), "less" if f.is_fall else "more"
    if f.n_liquidated == 0:
        return ""
    is_same_way = f.gap < 0 if f.is_fall else f.gap > 0
    tells_all = not is_same_way or abs(f.gap) < NOTABLE or f.forced_move >= MOSTLY * abs(f.gap)
    if f.forced_move >= SMALL and tells_all:
        return f", of which {points(f.forced_move)} points came from forced {trade}"
    if abs(f.gap) >= NOTABLE:
        return f": {forced_apart(view)}{_left_at_the_end(view) if is_same_way else ''}"
    if f.slippage >= NOTABLE:
        how = "sales got" if f.is_fall else "purchases paid"
        return f"; forced {how} {percent(f.slippage)} {beyond} than the market price on average"
    return f", none of it from forced {trade}"


def forced_apart(view: RunView) -> str:
    """Return the largest distance that forced trades put between mark and reference: "forced selling took it ..."."""
    f = view.summary
    length = duration(max(f.gap_steps, 1) * view.minutes_per_step)
    within = length.replace("1 ", "a ", 1) if length == "1 minute" else length.replace(" ", SPACE)
    beyond = "below" if f.gap < 0 else "above"
    return f"forced {_trade(f.gap < 0)} took it {percent(abs(f.gap))} {beyond} the reference within {within}"


def _left_at_the_end(view: RunView) -> str:
    f = view.summary
    where = "low" if f.is_fall else "high"
    if f.forced_move < SMALL:
        return f", and nothing of that was left at the {where}"
    return f", {points(f.forced_move)} points at the {where}"


def _forced_out(view: RunView) -> str:
    f = view.summary
    if f.n_liquidated == 0:
        return f"Nobody was liquidated, so nobody pays. {hint(view)}".strip()
    who = f"{count(f.n_liquidated)} of {counted(f.n_traders, 'trader')} {_were(f.n_liquidated)}"
    if f.n_liquidated == f.n_traders > 1:
        who = f"All {count(f.n_traders)} traders were"
    if f.deficit <= 0:
        if f.n_deleveraged:
            return f"{who} liquidated and left no deficit."
        whose = "their" if f.n_liquidated > 1 else "its"
        done = f"{who} liquidated before {whose} collateral was gone"
        return f"{done}: no deficit, nobody pays. {hint(view)}".strip()
    who += " wiped out" if f.n_wiped == f.n_liquidated else " liquidated"
    return f"{who} and left a deficit of {money(f.deficit, view.currency)}: {_join(_payers(view))}."


def _payers(view: RunView) -> list[str]:
    f, currency = view.summary, view.currency
    parts = []
    for name, _, paid in payers(view)[:3]:
        held = _beyond_held(view) if paid == f.fund_paid else ""
        if paid >= f.deficit * (1 - 1e-9):
            return [f"{name} paid all of it{held}"]
        if paid > 0:
            parts.append(f"{name}{'' if parts else ' paid'} {money(paid, currency)}{held}")
    if f.charged > 0 and f.n_payers:
        parts.append(_winners_paid(view))
    if f.n_losers_charged and f.charged > 0:
        parts.append(f"{counted(f.n_losers_charged, 'trader')} without profit paid too")
    if f.unfunded > 1e-9 * f.deficit:
        parts.append(f"nobody paid {'it' if not parts else money(f.unfunded, currency)}")
    return parts


def _beyond_held(view: RunView) -> str:
    """Explain a fund that pays more than it had at the start."""
    f = view.summary
    if f.fund_paid <= f.fund_start * (1 + NOTABLE):
        return ""
    came = "came in" if f.contributed > 0 else "the liquidated left"
    if f.fund_start > 0:
        return f" ({money(f.fund_start, view.currency)} that it held, and what {came} meanwhile)"
    return " (the fund is empty)" if view.preset.scenario.venue.fund > 0 else " (this venue has no fund)"


def _winners_paid(view: RunView) -> str:
    f = view.summary
    if f.n_payers == f.n_winners and f.highest_rate - f.lowest_rate <= SAME:
        return f"every winner lost {percent(f.rate)} of its profit"
    who = "every winner" if f.n_payers == f.n_winners else f"{count(f.n_payers)} of {counted(f.n_winners, 'winner')}"
    if f.highest_rate > 1.0 + SAME:  # policies that reach beyond profit
        least = f"{percent(f.lowest_rate)} of {'its' if who[0] == 'e' else 'their'} profit"
        return f"{who} lost at least {least}" if f.lowest_rate < 1.0 else f"{who} lost more than the whole profit"
    least, most = percent(f.lowest_rate), percent(f.highest_rate)
    span = f"between {least} and {most}" if least != most else most
    return f"{who} lost {span} of {'their' if who[0].isdigit() and f.n_payers > 1 else 'its'} profit"


def _in_order(view: RunView) -> str:
    """Say what each rule of a list took, and which were passed over."""
    rules = view.scenario.venue.rules
    parts = []
    for place, flow in enumerate(rule_flows(view.run) if len(rules) > 1 else (), 1):
        if flow.came > 0.0 and charges(rules[place - 1]):
            often = outcome_words(flow)
            taken = f"took {money(flow.charged - flow.to_fund, view.currency)}{f' ({often})' if often else ''}"
            parts.append(f"rule {place} {taken if flow.n_met else 'was passed over'}")
    return f"Of {len(rules)} rules in order {_join(parts)}." if parts else ""


def _paid_in(view: RunView) -> str:
    """Say what open positions paid into the fund."""
    paid = view.summary.contributed
    return f"Open positions paid {money(paid, view.currency)} into the fund." if paid > 0 else ""


def _closed_early(view: RunView) -> str:
    f = view.summary
    if not f.n_deleveraged:
        return ""
    amount, owners = money(f.deleveraged_notional, view.currency), counted(f.n_deleveraged, "other position")
    text = f"To close the bankrupt, {amount} of {owners} {_were(f.n_deleveraged)} closed early"
    another = " another" if f.deficit > 0 else ""
    if f.deleveraged_loss <= 0:
        return f"{text}, at a price no worse than the mark."
    if f.deleveraged_gain > 0:
        lost, won = money(f.deleveraged_loss, view.currency), money(f.deleveraged_gain, view.currency)
        return f"{text}, which cost some of their owners{another} {lost} and gave others {won}."
    return f"{text}, which cost their owners{another} {money(f.deleveraged_loss, view.currency)}."


def _join(parts: list[str]) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 2 else f"{parts[0]}, and {parts[1]}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
