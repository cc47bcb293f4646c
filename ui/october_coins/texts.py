"""10 October 2025 in all coins, in words: computed beside recorded, by rule, what became of a hedge; the command."""

from __future__ import annotations

import math
from collections.abc import Callable
from shlex import join

import numpy as np

from engine import POLICIES, HedgeDay, OctoberQuestion, OctoberRun, TradeKind, load_october, october_coins
from ui.frame.formats import counted, multiple, percent, signed
from ui.frame.formats import usd_as_printed as usd
from ui.october_coins.answers import HAIRCUT, Day, by_rule, other_drawings, own_drawings

Row = dict[str, str]
NOT_COUNTED = "In how many drawings of the other accounts it comes to this is counted when you let go."


def clock(seconds: float) -> str:
    """Return a time of the day, UTC."""
    start = np.datetime64(october_coins()["start"], "s")
    text = str(start + np.timedelta64(int(seconds), "s"))[11:]
    return text.removesuffix(":00")


def headline(day: Day) -> str:
    """Return the day under the rule that is asked about, beside what is on record, and under haircuts."""
    event, run = load_october().event, day.closed
    charged = float(day.haircut.run.charge.sum())
    hedged = int(run.is_hedged.sum())
    then = ""
    if run.broken_then_forced:
        then = f"; {run.broken_then_forced:,d} of them are liquidated afterwards"
        then += f", {day.spared:,d} of whom are not under a haircut" if day.spared else ""
    return (
        f"Replayed with accounts across eight coins, the day liquidates {usd(float(run.liquidated.sum()))} (recorded "
        f"{usd(event['liquidated'])}) and closes {usd(float(run.deleveraged.sum()))} of winners early (recorded "
        f"{usd(event['deleveraged'])}). That takes a leg of {run.hedges_broken:,d} of "
        f"{counted(hedged, 'hedged account')}{then}. A haircut on account profit takes {usd(charged)} and no position."
    )


def numbers(day: Day) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    run = day.closed
    return [
        ("Liquidated", usd(float(run.liquidated.sum()))),
        ("Closed early", usd(float(run.deleveraged.sum()))),
        ("Hedges broken", f"{run.hedges_broken:,d}"),
        ("Left unhedged", usd(run.naked)),
        ("Haircuts instead", usd(float(day.haircut.run.charge.sum()))),
    ]


def prices_sentence() -> str:
    """Return what is recorded and what is assumed of the prices."""
    rows = october_coins()["coin"]
    assumed = [row["name"] for row in rows if row["status"] == "assumed"]
    return (
        "Vermilion circle: the low; blue diamond: at 22:00. Before this replay's own forced sales. Open, assumed: "
        f"{' and '.join(assumed)}; the others are recorded, on other venues."
    )


def coins_sentence(day: Day) -> str:
    """Return how the split by coin compares with the record."""
    known = october_coins()["coin"]
    pairs = [
        (row["name"], float(value), row["deleveraged"])
        for row, value in zip(known, day.closed.deleveraged, strict=True)
        if "deleveraged" in row
    ]
    totals = [float(run.deleveraged.sum()) for run in other_drawings(day.question)]
    near = sum(0.5 <= value / recorded <= 2.0 for _, value, recorded in pairs)
    return (
        f"Within a factor of two of the record in {near} of {len(pairs)} coins that have one; open interest was set in "
        f"these proportions, so this is no test. Other drawings of accounts: {usd(min(totals))} to {usd(max(totals))} "
        "in all."
    )


def results_sentence(day: Day) -> str:
    """Return what each group made of the day under both kinds of rule."""
    groups, parts = day.closed.groups(), []
    for name, group in groups.items():
        closed, haircut = day.closed.result(group), day.haircut.result(group)
        parts.append(f"{name} {usd(closed)} instead of {usd(haircut)}")
    return f"Gain or loss by {clock(day.closed.seconds[-1])}, closed early instead of a haircut: {'; '.join(parts)}."


def naked_sentence(day: Day) -> str:
    """Return what the order of liquidation changes."""
    runs = [run for (_, policy), run in by_rule(day.question).items() if policy != HAIRCUT]
    return (
        f"Exposure that closing early left: {usd(min(run.naked for run in runs))} to "
        f"{usd(max(run.naked for run in runs))}, by what is liquidated first. Under haircuts it is $0 in every order."
    )


def story(day: Day) -> str:
    """Return what became of the hedge of one's own under both rules."""
    own, run = day.question.own, day.closed
    name = POLICIES[day.question.policy].label
    return (
        f"You are long {usd(own.notional)} of {own.long} and short as much {own.short} with {usd(run.cash)} of your "
        f"own, {multiple(own.leverage)}. {name}: {_told(run, run.hedge())} "
        f"A haircut on account profit: {_told(day.haircut, day.haircut.hedge())}"
    )


def how_sure(day: Day) -> str:
    """Return how often the hedge of one's own has the same fate when other accounts are drawn around it."""
    hedges = [run.hedge().events for run in own_drawings(day.question)]
    taken = sum(bool((events["kind"] == TradeKind.COUNTERPARTY).any()) for events in hedges)
    forced = sum(bool((events["kind"] != TradeKind.COUNTERPARTY).any()) for events in hedges)
    return (
        f"Who stands beside you in the line is drawn. In {counted(len(hedges), 'drawing')} of the other accounts a leg "
        f"of yours is closed for a bankrupt account in {taken}, and a leg is liquidated in {forced}."
    )


def _told(run: OctoberRun, hedge: HedgeDay) -> str:
    """Return an account's day: what was closed early, what was liquidated, what it has at the end."""
    is_closed = hedge.events["kind"] == TradeKind.COUNTERPARTY
    closed, forced = hedge.events[is_closed], hedge.events[~is_closed]
    paid, end = float(run.run.charge[run.own]), f"at {clock(run.seconds[-1])} you have {usd(float(hedge.equity[-1]))}"
    if not hedge.events.size:
        return f"both legs stay, and {end}{f', {usd(paid)} of profit taken off' if paid >= 1.0 else ''}."
    parts = [_closings(run, hedge, closed)] if closed.size else []
    if forced.size:
        names = [run.coins[market] for market in dict.fromkeys(forced["market"].tolist())]
        worth = float(np.abs(forced["size"] * forced["mark_before"]).sum())
        what = f"your {' and '.join(names)} {'is' if len(names) == 1 else 'are'} liquidated, {usd(worth)} at the mark"
        rest = "what is left, " if closed.size else ""
        parts.append(f"at {clock(run.seconds[int(forced['step'][0])])} {rest}{what}")
    return f"{'; '.join([*parts, end])}."


def _closings(run: OctoberRun, hedge: HedgeDay, rows: np.ndarray) -> str:
    """Return which legs were closed early, leg by leg, and what was left then."""
    parts = []
    for market in dict.fromkeys(rows["market"].tolist()):
        leg = rows[rows["market"] == market]
        worth = float(np.abs(leg["size"] * leg["mark_before"]).sum())
        gain = float((leg["size"] * (leg["fill"] - run.run.book.entry_price[leg["position"]])).sum())
        outcome = f"a profit of {usd(gain)} paid out" if gain >= 0 else f"a loss of {usd(-gain)} booked"
        side = "short" if leg["size"][0] < 0 else "long"
        when = clock(run.seconds[int(leg["step"][0])])
        parts.append(
            f"at {when} {usd(worth)} of your {run.coins[market]} {side} is closed for a bankrupt account, {outcome}"
        )
    step = int(rows["step"][-1])
    if np.abs(hedge.legs[:, step]).max() < 0.01 * np.abs(hedge.legs[:, 0]).max():
        return f"{', and '.join(parts)}; no leg is left"
    left, low = float(hedge.exposure[step]), float(hedge.equity[step:].min())
    parts.append(f"from then on you stand {usd(abs(left))} {'long' if left > 0 else 'short'} without a hedge")
    worst = f", with {usd(low)} at the worst mark" if 0.0 < low < 0.98 * hedge.equity[step] else ""
    return f"{', and '.join(parts)}{worst}"


def equity_sentence(day: Day) -> str:
    """Return the own account's lowest and last equity under both rules."""
    closed, haircut = day.closed.hedge().equity, day.haircut.hedge().equity
    return (
        f"Closed early: {usd(float(closed.min()))} at the worst mark, {usd(float(closed[-1]))} at the end. Haircut: "
        f"{usd(float(haircut.min()))} and {usd(float(haircut[-1]))}."
    )


def exposure_sentence(day: Day) -> str:
    """Return the largest one-sided exposure of the own account under both rules."""
    closed, haircut = (float(np.abs(run.hedge().exposure).max()) for run in (day.closed, day.haircut))
    return (
        f"Long and short together, at most {usd(closed)} off balance when closed early, {usd(haircut)} under a haircut."
    )


def record_rows(day: Day) -> list[Row]:
    """Return what is on record beside what the replay gives, and beside what other drawn accounts give."""
    event, waves, run = load_october().event, load_october().waves, day.closed
    first = run.first_deleveraging_seconds
    share, whole = event["accounts"] / event["open_accounts"], event["closed_whole"]
    rows = [
        _beside(day, "Liquidated", event["liquidated"], usd, lambda one: one.liquidated.sum()),
        _beside(day, "Winners closed early", event["deleveraged"], usd, lambda one: one.deleveraged.sum()),
        _beside(day, "Accounts closed early, of all", share, percent, _closed_share),
        _beside(day, "Ten accounts' share of it", event["top_10"], percent, lambda one: one.concentration(10)),
        _beside(day, "Closings that took a position whole", whole, percent, lambda one: one.closed_whole),
        (
            "First one closed after the first liquidation",
            f"{event['first_deleveraging_seconds']:.1f} s",
            "within one step of 30 s" if first == 0.0 else "none" if math.isnan(first) else f"{first:.0f} s",
            "",
        ),
        ("Waves", f"{waves['with_deficit']:.0f} with an account in deficit", f"{run.waves}, in steps of 30 s", ""),
        (
            "Closed for the venue's own liquidator vaults",
            percent(event["by_vaults"], 0),
            "not modeled: each account below zero is passed on by itself",
            "",
        ),
        ("Unfunded", "zero, by the venue's statement", usd(run.run.unfunded), ""),
    ]
    names = ("", "on record (recorded)", "this replay (computed)", "five drawings of accounts")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _closed_share(run: OctoberRun) -> float:
    return run.accounts_deleveraged / run.run.equity.size


def _beside(
    day: Day, name: str, recorded: float, form: Callable[[float], str], value: Callable[[OctoberRun], float]
) -> tuple[str, ...]:
    """Return a figure on record, that of the replay, and the least and the most of it with other drawn accounts."""
    others = [float(value(run)) for run in other_drawings(day.question)]
    known = [each for each in others if not math.isnan(each)]
    own = float(value(day.closed))
    span = f"{form(min(known))} to {form(max(known))}" if known else "none"
    return name, form(recorded), "none" if math.isnan(own) else form(own), span


def rule_rows(day: Day) -> list[Row]:
    """Return a row for each order of liquidation and kind of rule."""
    return [_rule_row(order, policy, run) for (order, policy), run in by_rule(day.question).items()]


def _rule_row(order: str, policy: str, run: OctoberRun) -> Row:
    groups = {f"result, {name}": usd(run.result(group)) for name, group in run.groups().items()}
    return {
        "liquidated first": order.replace("_", " "),
        "rule": "haircut" if policy == HAIRCUT else "closed early",
        "liquidated": usd(float(run.liquidated.sum())),
        "closed early": usd(float(run.deleveraged.sum())),
        "charged": usd(float(run.run.charge.sum())),
        "hedges broken": f"{run.hedges_broken:,d} ({run.broken_then_forced:,d})",
        "left unhedged": usd(run.naked),
        "unfunded": usd(run.run.unfunded),
        **groups,
    }


def coin_rows(day: Day) -> list[Row]:
    """Return what is known of each coin, and what the replay did in it."""
    run, rows = day.closed, []
    for k, coin in enumerate(october_coins()["coin"]):
        path = run.run.prices[k]
        rows.append(
            {
                "coin": coin["name"],
                "price": coin["status"],
                "largest fall": percent(float(1.0 - path.min() / path[0])),
                "at the end": signed(float(path[-1] / path[0] - 1.0)),
                "mark at its low": signed(float(run.run.mark_low[k].min() / path[0] - 1.0)),
                "open interest (assumed)": usd(float(run.open_interest[k])),
                "liquidated": usd(float(run.liquidated[k])),
                "closed early": usd(float(run.deleveraged[k])),
                "on record": usd(coin["deleveraged"]) if "deleveraged" in coin else "in the rest",
                "note": coin["note"],
            }
        )
    return rows


MEANING = (
    "Hedges broken: accounts that began as a hedge and had a leg closed early before anything was forced out of "
    "them. In brackets: who was liquidated then. Left unhedged: by how much the sum of an account's signed "
    "positions grew at each such closing.",
    "Result: what a group's equity gained from 21:10 to 22:00, charges taken off. Prices came back within the "
    "hour, so who was closed near the low and kept a long leg gained by it, and who was liquidated on the way down "
    "did not see that.",
    "Deleveraging goes by rank as the venue's documents say, leverage x profit, at the mark before. An account's "
    "leverage counts, not its hedge: a hedge's equity does not grow with the winning leg, so at equal leverage it "
    "ranks above a plain winner.",
)
ASSUMED = (
    "The accounts: 5,000 drawn ones for 437,723, in one to five coins, hedges among them; all enter at the price "
    "of 21:10. Their leverage is such that positions are 5.5 times equity together, as $14bn on each side stood on "
    "$5.1bn.",
    "Open interest by coin: $14bn in proportion to what was closed early on record. DOGE, AVAX and XTZ stand for "
    "157 coins.",
    "Start at 21:10 and 10 % of depth left were chosen with the record in view, on drawing 1: forced trades on "
    "record begin at 21:15. So the totals are no test of the model; what the rules do differently from each other "
    "is what to look at.",
    "Depth in quiet times: 2.9 % of open interest for 1 % in BTC and ETH (what the vault's unwinding of ether cost "
    "in March 2025), 2 % elsewhere; half of an impact is gone after ten minutes; a mark two thirds reference.",
    "Maintenance margin half of the initial margin at the largest leverage: 1.25 % in BTC; 2, 2.5 and 5 % elsewhere.",
    "No fund and no vault: an account below zero is closed against winners at once. Haircuts are taken once, at "
    "the end.",
    "Prices are those of other venues and contain what forced selling did to them on the day; the replay's own "
    "comes on top.",
)


def command(question: OctoberQuestion) -> str:
    """Return the command that gives the same figures."""
    plain, words = OctoberQuestion(), []
    for name in ("order", "policy", "depth", "hedged_share", "seed"):
        value = getattr(question, name)
        if value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", f"{value:.10g}" if isinstance(value, float) else str(value)]
    own = question.own
    words += ["--long", own.long, "--short", own.short, "--leverage", f"{own.leverage:.10g}"]
    return join(["python", "-m", "engine", "october", *words])
