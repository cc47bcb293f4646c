"""The answer in a sentence, and the four numbers below it: computed from a run, in plain words."""

from __future__ import annotations

from ui.charts.run_view import RunView
from ui.frame.formats import count, counted, money, percent, points, signed
from ui.settings.words import coin_of

SMALL = 5e-4  # share of the price below which a move is not worth a number
NOTABLE = 5e-3  # mean distance of fills from the mark that is worth a number
TRY = "Raise leverage or volatility, or deepen the crash, to see a deficit."
SAME = 1e-6  # rates this close are one rate


def headline(view: RunView) -> str:
    """Return what happened: how far the price fell and why, who was wiped out, and who paid for it."""
    return " ".join(part for part in (_moved(view), _forced_out(view), _closed_early(view)) if part)


def numbers(view: RunView) -> list[tuple[str, str]]:
    """Return the four numbers of the headline as (name, value)."""
    f = view.summary
    move = signed(-f.move if f.is_fall else f.move)
    if f.forced_move >= SMALL:
        move += f", {points(f.forced_move)} points forced"
    if f.deficit > 0:
        fund = f"{money(f.fund_paid, view.currency)} of {money(f.deficit, view.currency)}"
    else:
        fund = "no deficit"
    return [
        ("Price" if f.own_move or f.forced_move else "Price, unmoved", move),
        (
            "Wiped out" if f.n_wiped == f.n_liquidated and f.deficit > 0 else "Liquidated",
            f"{count(f.n_liquidated)} of {count(f.n_traders)}",
        ),
        ("The fund paid", fund),
        ("Winners lost", _lost(lost_share(view))),
    ]


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
    verb, trade, beyond = ("fell", "selling", "below") if f.is_fall else ("rose", "buying", "above")
    text = f"{coin} {verb} {percent(f.move)}"
    if f.n_liquidated == 0:
        return f"{text}."
    if f.forced_move >= SMALL:
        return f"{text}, of which {points(f.forced_move)} points came from forced {trade}."
    if f.slippage >= NOTABLE:
        filled = f"were filled {percent(f.slippage)} {beyond} it on average"
        return f"{text}; forced orders did not move the mark, but {filled}."
    return f"{text}, none of it from forced {trade}."


def _forced_out(view: RunView) -> str:
    f = view.summary
    if f.n_liquidated == 0:
        return f"Nobody was liquidated, so nobody pays. {TRY}"
    is_all = f.n_wiped == f.n_liquidated
    who = f"{count(f.n_liquidated)} of {counted(f.n_traders, 'trader')} {_were(f.n_liquidated)}"
    if f.n_liquidated == f.n_traders > 1:
        who = f"All {count(f.n_traders)} traders were"
    if f.deficit <= 0:
        done = (
            "liquidated before their collateral was gone"
            if f.n_liquidated > 1
            else "liquidated before its collateral was gone"
        )
        if f.n_deleveraged:
            return f"{who} liquidated and left no deficit."
        return f"{who} {done}: no deficit, nobody pays. {TRY}"
    if is_all:
        who += " wiped out"
    else:
        who += f" liquidated ({count(f.n_wiped)} with nothing left)"
    return f"{who} and left a deficit of {money(f.deficit, view.currency)}: {_join(_payers(view))}."


def _payers(view: RunView) -> list[str]:
    f, currency = view.summary, view.currency
    parts = []
    layers = (
        ("the fund", f.fund_paid),
        (words_for_venue(view), f.venue_paid),
        (words_for_backstop(view), f.backstop_paid),
    )
    for name, paid in layers:
        if paid >= f.deficit * (1 - 1e-9):
            return [f"{name} paid all of it"]
        if paid > 0:
            parts.append(f"{name}{'' if parts else ' paid'} {money(paid, currency)}")
    if f.charged > 0 and f.n_payers:
        parts.append(_winners_paid(view))
    if f.n_losers_charged and f.charged > 0:
        parts.append(f"{counted(f.n_losers_charged, 'trader')} without profit paid too")
    if f.unfunded > 1e-9 * f.deficit:
        parts.append(f"nobody paid {'it' if not parts else money(f.unfunded, currency)}")
    return parts


def _winners_paid(view: RunView) -> str:
    f = view.summary
    if f.n_payers == f.n_winners and f.highest_rate - f.lowest_rate <= SAME:
        return f"every winner lost {percent(f.rate)} of its profit"
    who = "every winner" if f.n_payers == f.n_winners else f"{count(f.n_payers)} of {counted(f.n_winners, 'winner')}"
    if f.highest_rate > 1.0 + SAME:  # policies that reach beyond profit
        least = f"{percent(f.lowest_rate)} of {'its' if who[0] == 'e' else 'their'} profit"
        return f"{who} lost at least {least}" if f.lowest_rate < 1.0 else f"{who} lost more than the whole profit"
    span = f"between {percent(f.lowest_rate)} and {percent(f.highest_rate)}" if f.n_payers > 1 else percent(f.rate)
    return f"{who} lost {span} of {'their' if who[0].isdigit() and f.n_payers > 1 else 'its'} profit"


def _closed_early(view: RunView) -> str:
    f = view.summary
    if not f.n_deleveraged:
        return ""
    amount, owners = money(f.deleveraged_notional, view.currency), counted(f.n_deleveraged, "other position")
    text = f"To close the bankrupt, {amount} of {owners} {_were(f.n_deleveraged)} closed early"
    if f.deleveraged_charge > 0:
        return f"{text}, which cost their owners {money(f.deleveraged_charge, view.currency)}."
    return f"{text}, at a price no worse than the mark."


def words_for_venue(_view: RunView) -> str:
    """What the venue's own money is called in a sentence."""
    return "the venue"


def words_for_backstop(view: RunView) -> str:
    """What stands behind the fund: a vault of liquidity providers, or members' contributions."""
    return "the liquidity vault" if view.scenario.venue.vault > 0 else "the default fund"


def _join(parts: list[str]) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}" if len(parts) > 2 else f"{parts[0]}, and {parts[1]}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
