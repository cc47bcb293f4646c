"""Claims rules, cost games and risk measures of the literature, on small plain lists.

Sources, read 2026-11-20: Aumann and Maschler 1985 with the examples at
https://studylib.net/doc/18259845/how-the-talmud-divides-an-estate-among-creditors-1;
https://en.wikipedia.org/wiki/Airport_problem; https://en.wikipedia.org/wiki/Expected_shortfall; Duffie's slides for the
BIS 2015; the queue in contracts, GitHub debate of 10 October 2025.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from engine.errors import Checker
from tests.reference.venues.exact import exact, require, require_same_length
from tests.reference.venues.sharing import largest_first_shares, pro_rata, talmud_shares

CLAIMS_RULES = ("proportional", "constrained_equal_awards", "constrained_equal_losses", "talmud")


def awards(*, rule: str, estate: float, claims: Sequence[float]) -> list[float]:
    """Return what each claimant gets of an estate that may not cover all claims.

    Parameters
    ----------
    rule : str
        One of CLAIMS_RULES.
    estate : float
        Money, >= 0; what exceeds the claims is not handed out.
    claims : sequence of float
        Money, >= 0.

    Examples
    --------
    >>> awards(rule="talmud", estate=300, claims=[100, 200, 300])
    [50.0, 100.0, 150.0]
    """
    check = Checker("awards")
    check.choice("rule", rule, CLAIMS_RULES)
    check.number("estate", estate, least=0)
    for number, claim in enumerate(claims):
        check.number(f"claims[{number}]", claim, least=0)
    check.raise_if_any()
    due = [float(claim) for claim in claims]
    loss = max(0.0, sum(due) - estate)
    if rule == "proportional":
        return pro_rata(amount=min(estate, sum(due)), caps=due)
    if rule == "talmud":
        return talmud_shares(amount=estate, claims=due)
    if rule == "constrained_equal_awards":
        lost = largest_first_shares(amount=loss, claims=due)
    else:
        lost = pro_rata(amount=loss, caps=due, weights=[1.0] * len(due))
    return [claim - part for claim, part in zip(due, lost, strict=True)]


def shapley_of_largest(*, costs: Mapping[str, float]) -> dict[str, float]:
    """Return the Shapley value of the airport game, where a group costs as much as its largest member.

    Notes
    -----
    Each step up the sorted costs is shared equally by all who need it: a fund sized by the largest single need.

    Examples
    --------
    >>> shapley_of_largest(costs={"A": 8, "B": 11, "C": 13, "D": 18})
    {'A': 2.0, 'B': 3.0, 'C': 4.0, 'D': 9.0}
    """
    shares, paid, below = dict.fromkeys(costs, 0.0), Fraction(0), Fraction(0)
    order = sorted(costs, key=lambda name: costs[name])
    for number, name in enumerate(order):
        require("shapley_of_largest", not_negative={name: costs[name]})
        paid += (exact(costs[name]) - below) / (len(order) - number)
        below = exact(costs[name])
        shares[name] = float(paid)
    return shares


def expected_shortfall(*, probabilities: Sequence[float], profits: Sequence[float], tail: float) -> float:
    """Return the mean loss (positive) of the worst `tail` of the mass, with a fraction of the state at its edge.

    Parameters
    ----------
    probabilities, profits : sequence of float
        Of each state; probabilities >= 0 summing to 1.
    tail : float
        Lower-tail mass, in (0, 1].
    """
    require_same_length("expected_shortfall", probabilities=list(probabilities), profits=list(profits))
    require("expected_shortfall", above_zero={"tail": tail}, fractions={"tail": tail})
    left, total = exact(tail), Fraction(0)
    for profit, mass in sorted(zip(profits, probabilities, strict=True)):
        used = min(left, exact(mass))
        total += used * exact(profit)
        left -= used
    return float(-total / (exact(tail) - left))


def multilateral_net(*, bilateral: Sequence[tuple[str, str, float]]) -> dict[str, float]:
    """Return each party's net claim after netting everything through one hub, signed: + is owed, - owes.

    `bilateral` holds (payer, receiver, amount); parties come in the order in which they appear.
    """
    net: dict[str, float] = {}
    for payer, receiver, amount in bilateral:
        net[payer] = net.get(payer, 0.0) - amount
        net[receiver] = net.get(receiver, 0.0) + amount
    return net
