"""10 October 2025 in all coins, in words: computed beside recorded, by rule, and what became of a hedge."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine import POLICIES, HedgeDay, OctoberRun, TradeKind, load_october, october_coins
from ui.frame.formats import counted, multiple, percent, signed
from ui.october.coins_answers import HAIRCUT, Day, by_rule, other_drawings
from ui.october.texts import usd

Row = dict[str, str]
COMPUTED, RECORDED = "computed", "recorded"


def clock(seconds: float) -> str:
    """Return a time of the day, UTC."""
    start = np.datetime64(october_coins()["start"], "s")
    text = str(start + np.timedelta64(int(seconds), "s"))[11:]
    return text.removesuffix(":00")


def headline(day: Day) -> str:
    """Return the day under the rule that is asked about, beside what is on record, and under haircuts."""
    event, run = load_october().event, day.closed
    charged = float(day.haircut.run.charge.sum())
    return (
        f"Replayed with accounts across eight coins, the day liquidates {usd(float(run.liquidated.sum()))} (recorded "
        f"{usd(event['liquidated'])}) and closes {usd(float(run.deleveraged.sum()))} of winners early (recorded "
        f"{usd(event['deleveraged'])}). That takes a leg of {run.hedges_broken:,d} of "
        f"{counted(int(run.is_hedged.sum()), 'hedged account')} and leaves {usd(run.naked)} of positions unhedged; a "
        f"haircut on account profit takes {usd(charged)} and no position."
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
    near = sum(0.5 <= value / recorded <= 2.0 for _, value, recorded in pairs)
    return (
        f"Within a factor of two of the record in {near} of {len(pairs)} coins that have one. Open interest was set in "
        "these proportions, so this is no test of them."
    )


def cost_sentence(day: Day) -> str:
    """Return who bore what, and why being closed early could pay."""
    closed, haircut = day.closed, day.haircut
    groups, parts = closed.groups(), []
    for name, group in groups.items():
        parts.append(f"{name} {_bore(closed.cost(group))}")
    total = sum(haircut.cost(group) for group in groups.values())
    return (
        f"By {clock(closed.seconds[-1])} UTC, closing early: {'; '.join(parts)}. Prices had come back, so most closed "
        f"positions would have earned less. Haircuts cost all together {usd(total)}."
    )


def _bore(amount: float) -> str:
    return f"lost {usd(amount)}" if amount >= 0 else f"were spared {usd(-amount)}"


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
        f"own, {multiple(own.leverage)}. {name}: {_told(day, run, run.hedge())} "
        f"A haircut on account profit: {_told(day, day.haircut, day.haircut.hedge())}"
    )


def _told(day: Day, run: OctoberRun, hedge: HedgeDay) -> str:
    parts = [_closing(run, hedge, kind) for kind in ("closed", "liquidated") if _rows(hedge, kind).size]
    paid = float(run.run.charge[run.own])
    end = float(hedge.equity[-1])
    if not parts:
        kept = f"both legs stay, and at {clock(run.seconds[-1])} you have {usd(end)}"
        return f"{kept}, {usd(paid)} of profit taken off." if paid >= 1.0 else f"{kept}."
    return f"{' '.join(parts)} At {clock(run.seconds[-1])} you have {usd(end)}."


def _rows(hedge: HedgeDay, kind: str) -> np.ndarray:
    is_closed = hedge.events["kind"] == TradeKind.COUNTERPARTY
    rows: np.ndarray = hedge.events[is_closed if kind == "closed" else ~is_closed]
    return rows


def _closing(run: OctoberRun, hedge: HedgeDay, kind: str) -> str:
    """Return a sentence about the closings of one kind."""
    rows = _rows(hedge, kind)
    when, legs = clock(run.seconds[int(rows["step"][0])]), dict.fromkeys(int(market) for market in rows["market"])
    names = " and ".join(run.coins[market] for market in legs)
    worth = float(np.abs(rows["size"] * rows["mark_before"]).sum())
    if kind == "liquidated":
        alone = "what was left, " if _rows(hedge, "closed").size else ""
        return f"At {when} {alone}your {names} is liquidated, {usd(worth)} at the mark."
    market = next(iter(legs))
    side = "short" if rows["size"][0] < 0 else "long"
    step = int(rows["step"][-1])
    left = hedge.exposure[step]
    entry = float(run.run.book.entry_price[rows["position"][0]])
    profit = float((rows["size"] * (rows["fill"] - entry)).sum())
    outcome = f"a profit of {usd(profit)} is paid out" if profit >= 0 else f"a loss of {usd(-profit)} is booked"
    naked = f"from then on you stand {usd(abs(left))} {'long' if left > 0 else 'short'} without a hedge."
    low = float(hedge.equity[step:].min())
    worst = f" At the worst mark you have {usd(low)}." if low < hedge.equity[step] * 0.98 and low > 0 else ""
    taken = f"{usd(worth)} of your {run.coins[market]} {side} is closed for a bankrupt account"
    return f"at {when} {taken}, {outcome}, and {naked}{worst}"


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
    share = event["accounts"] / event["open_accounts"]
    rows = [
        ("Liquidated", usd(event["liquidated"]), *_computed(day, usd, lambda one: one.liquidated.sum())),
        ("Winners closed early", usd(event["deleveraged"]), *_computed(day, usd, lambda one: one.deleveraged.sum())),
        (
            "Accounts closed early, of all",
            percent(share),
            *_computed(day, percent, lambda one: one.accounts_deleveraged / one.run.equity.size),
        ),
        (
            "Ten accounts' share of it",
            percent(event["top_10"]),
            *_computed(day, percent, lambda one: one.concentration(10)),
        ),
        (
            "Closings that took a position whole",
            percent(event["closed_whole"]),
            *_computed(day, percent, lambda one: one.closed_whole),
        ),
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
    names = ("", f"on record ({RECORDED})", f"this replay ({COMPUTED})", "five drawings of accounts")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _computed(day: Day, form: Callable[[float], str], value: Callable[[OctoberRun], float]) -> tuple[str, str]:
    """Return a figure of the replay, and the least and the most of it with other drawn accounts."""
    others = [float(value(run)) for run in other_drawings(day.question)]
    known = [each for each in others if not math.isnan(each)]
    own = float(value(day.closed))
    span = f"{form(min(known))} to {form(max(known))}" if known else "none"
    return "none" if math.isnan(own) else form(own), span


def rule_rows(day: Day) -> list[Row]:
    """Return a row for each order of liquidation and kind of rule."""
    return [_rule_row(order, policy, run) for (order, policy), run in by_rule(day.question).items()]


def _rule_row(order: str, policy: str, run: OctoberRun) -> Row:
    groups = {f"cost, {name}": usd(run.cost(group)) for name, group in run.groups().items()}
    return {
        "liquidated first": order.replace("_", " "),
        "rule": "haircut" if policy == HAIRCUT else "closed early",
        "liquidated": usd(float(run.liquidated.sum())),
        "closed early": usd(float(run.deleveraged.sum())),
        "charged": usd(float(run.run.charge.sum())),
        "hedges broken": f"{run.hedges_broken:,d}",
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
    "Hedges broken: hedged accounts that were not liquidated and of which a leg was closed early. Left unhedged: "
    "by how much the sum of an account's signed positions grew at each such closing.",
    "Cost: charges and, for who was closed early, what the closed positions would have earned to 22:00. Below "
    "zero: being closed early paid, since prices came back within the hour. It is not what the account felt at the "
    "low.",
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
    "Start at 21:10 and 10 % of depth left were chosen with the record in view: forced trades on record begin at "
    "21:15. So the totals are no test of the model; what the rules do differently from each other is what to look "
    "at.",
    "Depth in quiet times: 2.9 % of open interest for 1 % in BTC and ETH (what the vault's unwinding of ether cost "
    "in March 2025), 2 % elsewhere; half of an impact is gone after ten minutes; a mark two thirds reference.",
    "Maintenance margin half of the initial margin at the largest leverage: 1.25 % in BTC; 2, 2.5 and 5 % elsewhere.",
    "No fund and no vault: an account below zero is closed against winners at once. Haircuts are taken once, at "
    "the end.",
    "Prices are those of other venues and contain what forced selling did to them on the day; the replay's own "
    "comes on top.",
)
