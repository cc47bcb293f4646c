"""The laws in words: one table of how each is written, the sentence and the rows of a counterexample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine import LAW_TABLE, Case, Claim, Counterexample, Outcome, Policy, VenueNumbers, Verdict
from ui.frame.formats import count, counted

Row = dict[str, str]
NUMBERS = ("profit", "own money", "closed", "pays")
COUNTS = {  # head of a column, field of VenueNumbers
    "asked": "asked",
    "agree": "agree",
    "in part": "agree_in_part",
    "differ": "differ",
    "cannot be asked": "cannot_be_asked",
    "facts": "facts",
}
_CLAIMS = {
    Claim.PROFIT: "a profit of",
    Claim.EQUITY: "equity of",
    Claim.CASH: "deposits of",
    Claim.CONTRIBUTION: "a contribution of",
}


def number(value: float) -> str:
    """Return a small number with as many digits as it needs, at most three significant ones after a fraction."""
    if abs(value - round(value)) < 1e-9:
        return f"{round(value):,d}"
    return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.1f}"


def market(case: Case, policy: Policy) -> str:
    """Return what happened in a case, before anybody pays."""
    coins = counted_coins(case.bankrupt_size)
    if policy.family == "adl":
        return (
            f"A bankrupt long of {coins} is closed against the others at its bankruptcy price, {number(case.loss)} "
            "a coin above the mark."
        )
    return f"A bankrupt long of {coins} leaves a deficit of {number(case.deficit)}."


def counted_coins(size: float) -> str:
    """Return a size in coins: 1 coin, 2.5 coins."""
    return f"{number(size)} {'coin' if size == 1 else 'coins'}"


def rule_sentence(policy: Policy, verdicts: Mapping[str, Verdict]) -> str:
    """Return which laws a rule breaks, of how many."""
    broken = [LAW_TABLE[name].label for name, verdict in verdicts.items() if not verdict.is_kept]
    kept = len(verdicts) - len(broken)
    if not broken:
        return f"{policy.label} keeps all {kept} laws."
    last = f"{', '.join(broken[:-1])} and {broken[-1]}" if len(broken) > 1 else broken[0]
    return f"{policy.label} keeps {kept} of {len(verdicts)} laws and breaks {len(broken)}: {last}."


def kept_sentence(policy: Policy, law: str, verdict: Verdict) -> str:
    """Return what was tried, for a law that was kept."""
    if verdict.n_cases == 0:
        return "No market was generated that this law is about."
    claim = "The rule claims it" if law in policy.laws else "The rule does not claim it: other options may break it"
    return f"Kept in all {counted(verdict.n_cases, 'market')} that it was tried on: a search, not a proof. {claim}."


def breach_sentence(example: Counterexample) -> str:
    """Return what goes wrong in a counterexample, with its numbers."""
    return LAW_TEXTS[example.law.name].sentence(example)


def before_rows(example: Counterexample) -> list[Row]:
    """Return the traders and what each pays."""
    return _rows(example.policy, example.case, example.outcome)


def after_rows(example: Counterexample) -> list[Row]:
    """Return the same after the change that the law is about; nothing for a law without one."""
    if example.changed is None or example.after is None:
        return []
    return _rows(example.policy, example.changed, example.after)


def _rows(policy: Policy, case: Case, outcome: Outcome) -> list[Row]:
    rows = []
    for index, trader in enumerate(case.traders):
        side = "long" if trader.size > 0 else "short"
        row = {
            "trader": trader.name,
            "position": f"{counted_coins(abs(trader.size))} {side}" if trader.size else "none",
            "profit": number(trader.profit * case.unit),
            "own money": number(trader.collateral * case.unit),
        }
        if policy.family == "adl":
            row["closed"] = counted_coins(float(outcome.taken[index]))
        row["pays"] = number(float(outcome.charge[index]))
        rows.append(row)
    return rows


def _does(example: Counterexample, value: float) -> str:
    """Return what is done to a trader: "pays 3", or "has 3 coins closed"."""
    if example.policy.family == "adl":
        return f"has {counted_coins(value)} closed"
    return f"pays {number(value)}"


def _amount(example: Counterexample, value: float) -> str:
    return counted_coins(value) if example.policy.family == "adl" else number(value)


def _name(example: Counterexample, *, after: bool = False, who: int | None = None) -> str:
    case = example.changed if after and example.changed is not None else example.case
    return case.traders[example.breach.who if who is None else who].name


def _conserves(e: Counterexample) -> str:
    return f"{number(e.breach.first)} is raised or left open, but the loss is {number(e.breach.second)}."


def _within(e: Counterexample) -> str:
    return f"{_name(e)} {_does(e, e.breach.first)}, but its claim is {_amount(e, e.breach.second)}."


def _anonymous(e: Counterexample) -> str:
    name = _name(e, after=True)
    return f"Listed the other way round, {name} {_does(e, e.breach.second)} instead of {_amount(e, e.breach.first)}."


def _order(e: Counterexample) -> str:
    i, j = e.breach.who, e.breach.other
    claim_i, claim_j = float(e.outcome.claim[i]), float(e.outcome.claim[j])
    has = _CLAIMS.get(e.policy.claim, "an open position of") if e.policy.family != "adl" else "an open position of"
    a, b = _name(e, who=i), _name(e, who=j)
    stake = f"{a} has {has} {_amount(e, claim_i)} and {b} {_amount(e, claim_j)}"
    first, second = e.breach.first, e.breach.second
    if first < second - 1e-9:
        return f"{stake}, but {a} {_does(e, first)} and {b} {_amount(e, second)}."
    return f"{stake}, but {a} keeps {_amount(e, claim_i - first)} and {b} {_amount(e, claim_j - second)}."


def _split(e: Counterexample) -> str:
    whole = e.case.traders[0].name
    if e.breach.who == 0:
        return (
            f"With one account {whole} {_does(e, e.breach.first)}, with two half as large "
            f"{_amount(e, e.breach.second)} together."
        )
    return (
        f"When {whole} splits its account, {_name(e)} {_does(e, e.breach.second)} "
        f"instead of {_amount(e, e.breach.first)}."
    )


def _merge(e: Counterexample) -> str:
    a, b = e.case.traders[0].name, e.case.traders[1].name
    if e.breach.who == 0:
        return (
            f"Two accounts, {a} and {b}, {_does(e, e.breach.first).replace('pays', 'pay').replace('has', 'have')} "
            f"together; merged into one it is {_amount(e, e.breach.second)}."
        )
    return (
        f"When {a} and {b} become one account, {_name(e, after=True)} {_does(e, e.breach.second)} "
        f"instead of {_amount(e, e.breach.first)}."
    )


def _unit(e: Counterexample) -> str:
    return (
        f"With all money counted in thousands, {_name(e)} pays what was {number(e.breach.second)} "
        f"instead of {number(e.breach.first)}."
    )


def _monotone(e: Counterexample) -> str:
    larger = e.case.bankrupt_size + 1
    return (
        f"When the bankrupt position is {counted_coins(larger)} instead of {number(e.case.bankrupt_size)}, {_name(e)} "
        f"{_does(e, e.breach.second)} instead of {_amount(e, e.breach.first)}."
    )


def _spares(e: Counterexample) -> str:
    profit = e.case.traders[e.breach.who].profit
    has = "has no profit" if profit == 0 else f"has lost {number(-profit)}"
    return f"{_name(e)} {has} and still pays {number(e.breach.first)}."


def _hedged(e: Counterexample) -> str:
    assert e.changed is not None
    assert e.after is not None
    long, short = sorted(e.changed.traders[-2:], key=lambda leg: -leg.size)
    owner = e.case.traders[-1].name
    text = (
        f"{owner} also holds {counted_coins(abs(long.size))} on the other side, entered at the same price, so it "
        f"neither wins nor loses ({long.name} is long, {short.name} short)"
    )
    cost, taken = e.breach.first, e.after.taken[-2:]
    if e.policy.family == "adl":
        return f"{text}; of one side {_does(e, float(taken.sum()))[4:]}, and the other side stays open."
    return f"{text}, and still pays {number(cost)}."


@dataclass(frozen=True, slots=True)
class LawText:
    """How the page writes a law: its column's head, meaning and width (pixels), a breach, what `after` shows."""

    head: str
    short: str
    width: int
    sentence: Callable[[Counterexample], str]
    after: str = ""


LAW_TEXTS: Mapping[str, LawText] = {
    "conserves_money": LawText("Conserves", "raised and left open make up the loss", 78, _conserves),
    "within_claim": LawText("Claim", "nobody pays beyond its claim", 56, _within),
    "anonymous": LawText("Anonymous", "names and places do not matter", 88, _anonymous, "Listed the other way round"),
    "order_preserving": LawText("Order", "who has more pays more, keeps more", 57, _order),
    "split_proof": LawText("Split", "two accounts pay what one would", 54, _split, "With the account split in two"),
    "merge_proof": LawText("Merge", "one account pays what two would", 60, _merge, "With the two accounts merged"),
    "unit_free": LawText("Unit", "counting in thousands changes nothing", 52, _unit, "Counted in thousands"),
    "monotone": LawText("Monotone", "a larger loss lowers nobody's charge", 82, _monotone, "With one coin more"),
    "spares_losers": LawText("Losers", "who has no profit pays nothing", 62, _spares),
    "leaves_hedges_whole": LawText("Hedges", "equal longs and shorts stay whole", 66, _hedged, "With the hedge"),
}


def matrix_sentence(n_rules: int, n_laws: int, n_markets: int) -> str:
    """Return what the matrix shows."""
    return (
        f"{count(n_rules)} rules and {count(n_laws)} laws, each pair tried on up to {count(n_markets)} small markets "
        "of three or four traders: ✓ kept in all of them, ✗ broken. "
        "Choose a cell, or a rule and a law below, to see the smallest market that breaks it."
    )


def venues_sentence(rows: Sequence[VenueNumbers]) -> str:
    """Return how many of the venues' published examples the simulator was asked, and what came of it."""
    total = {name: sum(getattr(row, name) for row in rows) for name in ("vectors", *COUNTS.values(), "no_concept")}
    return (
        f"{counted(len(rows), 'source')} published {counted(total['vectors'], 'worked example')}. "
        f"{count(total['asked'])} were put to the simulator with that venue's settings: {count(total['agree'])} agree, "
        f"{count(total['agree_in_part'])} in everything that the model has, and {count(total['differ'])} differ. "
        f"{count(total['cannot_be_asked'] + total['no_concept'])} cannot be asked: the model lacks the input "
        f"({count(total['cannot_be_asked'])}) or the mechanism ({count(total['no_concept'])}). "
        f"{counted(total['facts'], 'is a constant', 'are constants')} of a document, which prove nothing."
    )


def venue_rows(rows: Sequence[VenueNumbers]) -> list[Row]:
    """Return a row for each venue: what was asked, and why an answer differs."""
    return [
        {"venue": row.venue}
        | {head: count(getattr(row, name)) for head, name in COUNTS.items()}
        | {"cannot be asked": count(row.cannot_be_asked + row.no_concept), "why it differs": row.note}
        for row in rows
    ]
