"""10 October 2025 in words: why no single figure is the loss, the repeated account, the waves left out, the rules."""

from __future__ import annotations

import numpy as np

from engine import WAVE_RULES, LossMeasure, Waves, WaveTotals, load_october, load_waves, path_length, regret_bound
from ui.frame.formats import percent, signed
from ui.frame.formats import usd_as_printed as usd

Row = dict[str, str]
RECORDED, COMPUTED = "recorded", "computed"
WORDS = {3: "Three", 4: "Four", 5: "Five"}
FROZEN = 1e-9  # relative difference within which two deficits are one value
SHORT = {"queue": "queue", "pro_rata": "pro rata", "integer_pro_rata": "integer", "mirror_descent": "mirror descent"}
UNKNOWN = (
    "The accounts behind the waves: the published extract has sums by wave, so a rule of one's own cannot be run on "
    "them. What each rule raised is the paper's figure, and its measures are computed here.",
    "Eight of the sixteen waves with a deficit, and the coins after \"N\" in the list of shocks: not in the extract.",
    "What a position would have cost without deleveraging: nobody traded at that price, every haircut is against a "
    "price that was assumed.",
    "The hedge that is left to an account after one leg was closed: the extract has no accounts across coins.",
)  # fmt: skip


def span(measure: LossMeasure) -> str:
    """Return a measure's values: one, or the least to the largest."""
    low, high = min(measure.values), max(measure.values)
    return usd(low) if low == high else f"{usd(low)} to {usd(high)}"


def headline() -> str:
    """Return what happened, and that no single figure is the loss."""
    record = load_october()
    event, least = record.event, min(min(each.values) for each in record.measures)
    most = max(max(each.values) for each in record.measures)
    return (
        f"In eleven minutes on Hyperliquid {usd(event['deleveraged'])} of positions were closed against "
        f"{event['accounts']:,.0f} accounts, which realized {usd(event['realized_profit'])} of profit by it. What was "
        f"lost? {WORDS[len(record.measures)]} measures of the same minutes give {usd(least)} to {usd(most)}, "
        f"{most / least:.0f} times as much, and none of them is the loss."
    )


def numbers() -> list[tuple[str, str]]:
    """Return the numbers below the sentence; all recorded."""
    event = load_october().event
    return [
        ("Liquidated", usd(event["liquidated"])),
        ("Closed against winners", usd(event["deleveraged"])),
        ("Accounts deleveraged", f"{event['accounts']:,.0f}"),
        ("First one closed after", f"{event['first_deleveraging_seconds']:.1f} s"),
        ("Top 10 accounts", percent(event["top_10"])),
    ]


def measures_sentence() -> str:
    """Return how far the measures lie apart."""
    deficits = next(each for each in load_october().measures if each.key == "deficit")
    return (
        f"One paper's three versions alone give deficits of {span(deficits)}. A diamond is a printed figure, all "
        "recorded; the axis is logarithmic."
    )


def measure_rows() -> list[Row]:
    """Return a row for each measure: figure, what it is, what moves it, why it is not the loss."""
    return [
        {
            "measure": each.title,
            f"figure ({RECORDED})": ", ".join(
                f"{usd(value)}{f' ({label})' if label else ''}"
                for value, label in zip(each.values, each.labels, strict=True)
            ),
            "what it is": each.what,
            "what moves it": each.moves,
            "why it is not the loss": each.why_not,
        }
        for each in load_october().measures
    ]


def frozen(waves: Waves) -> np.ndarray:
    """Return in which waves the repeated account's value stands, (n_waves,)."""
    value = waves.largest_deficit[np.argmax(waves.largest_deficit)]
    return np.isclose(waves.largest_deficit, value, rtol=FROZEN)


def repeated_sentence() -> str:
    """Return what one account makes of the sum of deficits."""
    waves, record = load_waves(), load_october().waves
    is_frozen, total = frozen(waves), float(waves.deficit.sum())
    value = float(waves.largest_deficit.max())
    rest = total - value * int(is_frozen.sum())
    return (
        f"All but {usd(rest)} of the {usd(total)} in {waves.wave.size} waves of the extract is one account of "
        f"{usd(value)}, counted in {int(is_frozen.sum())} of them; counted once the sum is {usd(rest + value)}. In all "
        f"{record['with_deficit']:.0f} waves it is counted {record['repeated_in']:.0f} times, "
        f"{percent(record['repeated_share'], 0)} of the total."
    )


def left_out() -> dict[str, float]:
    """Return the shares of the deleveraged notional: in the waves with a deficit, in the largest other, in the rest."""
    record = load_october()
    held, largest = record.waves["share_of_notional"], record.waves["largest_left_out"] / record.event["deleveraged"]
    return {"16 waves with a deficit": held, "the largest wave, at 21:17:06": largest, "all others": 1 - held - largest}


def left_out_sentence() -> str:
    """Return which waves no measure looks at."""
    shares, waves = left_out(), load_october().waves
    held, largest, _ = shares.values()
    return (
        f"Haircut, overshoot and version 3's deficit are sums over {waves['with_deficit']:.0f} waves with a deficit: "
        f"{percent(held)} of what was closed. The largest single wave ({usd(waves['largest_left_out'])}, "
        f"{percent(largest)}) is not among them: its positions were closed, and these three do not say what that cost."
    )


def rules_sentence() -> str:
    """Return how near each rule came to what was needed, over the waves of the extract."""
    waves = load_waves()
    totals = {rule: waves.totals(rule) for rule in WAVE_RULES}
    needed = float(waves.needed.sum())
    queue = totals["queue"]
    return (
        f"Needed in these {waves.wave.size} waves: {usd(needed)}. The queue raised {usd(queue.raised)}: "
        f"{usd(queue.overshoot)} too much in some waves and {usd(queue.undershoot)} too little in others. Pro rata "
        f"raises what is needed; in whole contracts {usd(totals['integer_pro_rata'].undershoot)} are missing, with "
        f"mirror descent {usd(totals['mirror_descent'].undershoot)}."
    )


def horizon_sentence() -> str:
    """Return what half a second does to the same fills."""
    waves = load_waves()
    at_once, later, needed = waves.raised["queue"].sum(), waves.raised_later.sum(), waves.needed.sum()
    return (
        f"The same fills, marked half a second later, cost winners {usd(later)} instead of {usd(at_once)} "
        f"({signed(later / at_once - 1)}), and {usd(later - needed)} instead of {usd(at_once - needed)} more than was "
        "needed: the horizon is part of the measure."
    )


def rule_rows() -> list[Row]:
    """Return a row for each rule: what it raised (recorded), and the measures of it (computed)."""
    waves = load_waves()
    return [_rule_row(name, waves.totals(rule)) for rule, name in WAVE_RULES.items()]


def _rule_row(name: str, totals: WaveTotals) -> Row:
    return {
        "rule": name,
        f"raised ({RECORDED})": usd(totals.raised),
        f"overshoot ({COMPUTED})": usd(totals.overshoot),
        f"missing ({COMPUTED})": usd(totals.undershoot),
        f"tracking error ({COMPUTED})": usd(totals.tracking),
        f"unfairness ({COMPUTED})": usd(totals.fairness),
        "largest share of an account": percent(totals.largest_share),
    }


DEFINITIONS = (
    "Needed, B: the budget that closes the bankrupt positions of a wave. Raised, H: what the accounts would have had "
    "more at the mark.",
    "Overshoot: sum of max(H - B, 0). Missing: sum of max(B - H, 0). Tracking error: their sum, |H - B|.",
    "Unfairness: sum of B |m - m_ref|; m is the largest share of its equity that an account gave in the wave, m_ref "
    "that of the best rule in whole contracts.",
    "PTSR: the largest profit left over the deficit of the wave; PMR: the same over its largest single deficit. Tables "
    "elsewhere divide by what is still missing, which is another figure.",
)


def learning_sentence() -> str:
    """Return how much a rule that learns from wave to wave can lose against hindsight."""
    waves = load_waves()
    bound = regret_bound(waves.severity, waves.deficit)
    tracking = waves.totals("mirror_descent").tracking
    return (
        f"What was needed went from {percent(waves.severity.min())} to {percent(waves.severity.max())} of a wave's "
        f"deficit: a path of {path_length(waves.severity):.2f} from wave to wave. A rule that knows only the waves "
        f"before is promised to do at most {usd(bound)} worse than hindsight; mirror descent missed the need by "
        f"{usd(tracking)}. The repeated account is in that promise as well, so it says little."
    )


def wave_rows() -> list[Row]:
    """Return a row for each wave of the extract and rule."""
    waves, rows = load_waves(), []
    for k, number in enumerate(waves.wave):
        row = {
            "wave": f"{number}",
            "at (UTC)": waves.time[k],
            "needed": usd(waves.needed[k]),
            "deficit": usd(waves.deficit[k]),
        }
        for rule, name in SHORT.items():
            row[f"raised, {name}"] = usd(waves.raised[rule][k])
        left = waves.largest_left["queue"][k]
        row["PTSR, queue"] = _ratio(left / waves.deficit[k])
        row["PMR, queue"] = _ratio(left / waves.largest_deficit[k])
        rows.append(row)
    return rows


def _ratio(value: float) -> str:
    return "not on record" if np.isnan(value) else f"{value:.2f}"


def shocks_sentence() -> str:
    """Return what the queue raised over all shocks of the coins in the extract."""
    found = load_waves().shock_totals()
    return (
        f"Of {found.shocks} shocks in {len(set(load_waves().coin))} coins only {found.with_deficit} had a deficit, "
        f"{usd(found.deficit)} in all. The queue closed positions with {usd(found.raised)} of profit, "
        f"{found.raised / found.deficit:.0f} times as much, and still left {usd(found.residual)} open where a coin's "
        "winners had too little. Closing a position ends all of its profit, needed or not, and its owner is paid: that "
        "is what the first measure counts."
    )


def coin_rows(most: int = 12) -> list[Row]:
    """Return the coins with the largest overshoot."""
    waves = load_waves()
    found = {coin: waves.shock_totals(coin) for coin in dict.fromkeys(waves.coin)}
    largest = sorted(found, key=lambda coin: -found[coin].overshoot)[:most]
    return [
        {
            "coin": coin,
            "shocks": f"{found[coin].shocks}",
            "deficit": usd(found[coin].deficit),
            "profits at hand": usd(found[coin].capacity),
            f"profit of closed positions ({RECORDED})": usd(found[coin].raised),
            f"overshoot ({COMPUTED})": usd(found[coin].overshoot),
        }
        for coin in largest
    ]


def meaning() -> str:
    """Return what follows from all this."""
    return (
        "So no figure here is the loss. The first counts profits that were paid out, the second holds what somebody "
        "had to pay, the third moves with a clock, the fourth counts one account many times. The second, the third and "
        "the sum of version 3 leave out the largest wave. Show the measure with every number, and hold a model to none "
        "of the deficits."
    )
