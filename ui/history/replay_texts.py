"""A replay in words: recorded beside computed, and what another rule or fund did to it."""

from __future__ import annotations

from collections.abc import Sequence

from engine import POLICIES, ClearingHouse, Preset, Recorded
from ui.charts.recorded import Row, amount
from ui.charts.run_view import RunView
from ui.frame.formats import MINUS, counted, money
from ui.history.answers import BOOKS, BUFFERS, WhatIf, buffer_of, compared, elsewhere, shares, spread
from ui.history.texts import COMPUTED, RECORDED

SAME = 1e-9
WHO = {
    "insurance fund": "the insurance fund",
    "venue": "the venue",
    "backstop": "the liquidity vault",
    "traders": "traders",
    "nobody": "nobody",
}


def compared_sentence(rows: Sequence[Row]) -> str:
    """Return how near a replay comes to the record, in words."""
    judged = [row for row in rows if row["within"]]
    near = [row for row in judged if row["within"] == "within"]
    if not judged:
        return "No figure of this replay is held to a tolerance."
    text = f"Of {counted(len(judged), 'figure')} held to a tolerance {len(near)} lie within it"
    outside = [f"{row['figure'].lower()} ({row['within']})" for row in judged if row["within"] != "within"]
    return f"{text}; not: {', '.join(outside)}." if outside else f"{text}."


def compared_rows(replay: Preset | ClearingHouse) -> list[Row]:
    """Return the rows with the marks that the page uses: what is recorded and what is computed."""
    return [
        {
            "figure": row["figure"],
            f"on record ({RECORDED})": f"{row['on record']}{'' if row['status'] == RECORDED else ', ' + row['status']}",
            f"replay ({COMPUTED})": f"{row['this run']}{_spread(replay, figure)}",
            "tolerance": row["tolerance"],
            "verdict": _verdict(row),
            "why this tolerance": row["why"],
            "source": row["source"],
        }
        for row, figure in zip(compared(replay), replay.recorded, strict=True)
    ]


def _spread(replay: Preset | ClearingHouse, figure: Recorded) -> str:
    """Return what other drawn books give, where they give something else."""
    if not isinstance(replay, Preset):
        return ""
    low, high = (amount(value, figure.unit) for value in spread(replay, figure.key))
    return "" if low == high else f"; {low} to {high} in {BOOKS} drawn books"


def elsewhere_sentence(preset: Preset, what_if: WhatIf) -> str:
    """Return what the same change does to traders in other drawn books."""
    gaps = list(dict.fromkeys(_change(gap, preset.currency) for gap in elsewhere(preset, what_if)))
    told = f"{gaps[0]} in both" if len(gaps) == 1 else " and ".join(gaps)
    return f"The same change in two more draws of traders and noise: traders bear {told}. Computed."


def _change(gap: float, currency: str) -> str:
    return _more(gap, currency) if money(abs(gap), currency) != money(0.0, currency) else "the same"


def _verdict(row: Row) -> str:
    if row["this run"] == "not computed":
        return "the model has no such figure"
    if not row["within"]:
        return "shown, not judged"
    return "the replay agrees" if row["within"] == "within" else f"the replay misses it: {row['within']}"


def changed_sentence(before: RunView, after: RunView, policy: str, fund: str) -> str:
    """Return what another rule and fund do to a replay: paired, so all of it is due to them."""
    preset = before.preset
    own = preset.scenario.venue.policy
    if after.scenario == before.scenario:
        return "Nothing is changed yet: choose another rule, or move the fund."
    what = [f"“{POLICIES[policy].label}” instead of “{POLICIES[own].label}”"] if policy != own else []
    if _fund(before) != _fund(after):
        name = BUFFERS[buffer_of(preset) or "fund"]
        what.append(f"{'an' if name[0] == 'i' else 'a'} {name} {fund}")
    then, now = shares(before), shares(after)
    moved = [
        f"{who(side, before, after)} bear{'' if side == 'traders' else 's'} "
        f"{_more(now[side] - then[side], before.currency)} "
        f"({money(now[side], before.currency)} "
        f"instead of {money(then[side], before.currency)})"
        for side in WHO
        if abs(now[side] - then[side]) > SAME * max(sum(then.values()), sum(now.values()))
    ]
    closed = _closed(before, after)
    if not moved and not closed:
        return f"With {' and '.join(what)} nobody bears more or less."
    return f"With {' and '.join(what)}: {'; '.join([*moved, *closed])}."


def who(side: str, *views: RunView) -> str:
    """Return who bears a part; without a fund in either run it is what the liquidated left."""
    if side == "insurance fund" and not any(view.summary.fund_start for view in views):
        return "margin left by the liquidated"
    return WHO[side]


def _fund(view: RunView) -> tuple[float, float]:
    return view.scenario.venue.fund, view.scenario.venue.vault


def _more(gap: float, currency: str) -> str:
    return f"{money(float(f'{abs(gap):.9g}'), currency)} {'more' if gap > 0 else 'less'}"  # a difference has rounding


def _closed(before: RunView, after: RunView) -> list[str]:
    """Return how much was closed early against the bankrupt, where that changes."""
    then, now = before.summary.deleveraged_notional, after.summary.deleveraged_notional
    if abs(now - then) <= SAME * max(now, then):
        return []
    currency = before.currency
    closed = f"{money(now, currency)} of positions are" if now else "no positions are"
    return [f"{closed} closed early instead of {money(then, currency) if then else 'none'}"]


def changed_rows(before: RunView, after: RunView) -> list[Row]:
    """Return the figures of both runs, with paired differences."""
    currency = before.currency
    pairs = [
        (f"Borne by {who(side, before, after)}" if side != "nobody" else "Unfunded", then, shares(after)[side])
        for side, then in shares(before).items()
    ]
    f, g = before.summary, after.summary
    pairs += [
        ("Deficit that arose", f.deficit, g.deficit),
        ("Positions closed early", f.deleveraged_notional, g.deleveraged_notional),
    ]
    rows = [_pair(name, then, now, currency) for name, then, now in pairs]
    hit = [f"{view.summary.n_payers:,d} of {view.summary.n_winners:,d}" for view in (before, after)]
    return [*rows, {"figure": "Winners who pay", "as it was": hit[0], "changed": hit[1], "difference": ""}]


def _pair(name: str, then: float, now: float, currency: str) -> Row:
    gap = 0.0 if abs(now - then) <= SAME * max(abs(now), abs(then)) else now - then
    text = "same" if gap == 0.0 else f"{'+' if gap > 0 else MINUS}{money(abs(gap), currency)}"
    return {"figure": name, "as it was": money(then, currency), "changed": money(now, currency), "difference": text}
