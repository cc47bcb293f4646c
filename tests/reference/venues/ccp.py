"""Clearing houses: the default waterfall, assessments, the sizes that European law asks for, and recovery tools.

Sources, read 2026-11-20: Regulation (EU) 648/2012, articles 42, 43 and 45; Delegated Regulation (EU) 153/2013, article
35 (https://www.legislation.gov.uk/eur/2013/153/chapter/IX); http://www.cmegroup.com/clearing/cme-clearing-overview/
safeguards.html (31 December 2016); https://www.eurexchange.com/ec-en/services/risk-management/default-waterfall/;
Nasdaq's statement of 13 September 2018 with Reuters' report of the fund (166 m EUR); ISDA 2013 on gains haircuts. The
10 % floor of the second own contribution (Regulation 2021/23, article 9(14)) was not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require
from tests.reference.venues.sharing import pro_rata

SITG_SHARE = 0.25
DEFAULT_FUND_FORMULA = "max(L1, L2+L3)"
DEFAULT_FUND_PLUS_OTHER_FORMULA = "L1+L2"
SITG_FORMULA = "0.25*K"
SITG_SPLIT_FORMULA = "0.25*K*F_j/sum(F)"
SECOND_SITG_FORMULA = "P*risk-based capital, 10%<=P<=25%, split by fund size"
CME_CONTRIBUTION_USD = {"base": 100_000_000, "irs": 150_000_000, "cds": 50_000_000}
EUREX_EUR_M = {
    "sitg": 143,
    "second_sitg": 57,
    "further_dedicated_amount_max": 300,
    "remaining_equity": 600,
    "letter_of_comfort": 600,
}
NASDAQ_2018 = {
    "member_fund_eur_m": 166,
    "replenish_business_days": 2,
    "temporary_junior_capital_sek_m": 200,
    "temporary_days": 90,
}


class Layers(NamedTuple):
    """What each layer paid, in order, and what was left over; money."""

    used: dict[str, float]
    unfunded: float


class Mutualized(NamedTuple):
    """What members paid: from contributions, then assessments, per member, and what was left over; money."""

    from_fund: list[float]
    assessed: list[float]
    unfunded: float


def waterfall(*, loss: float, layers: Mapping[str, float]) -> Layers:
    """Return what each layer pays, in the order given: min(what is left, what it has).

    Examples
    --------
    >>> waterfall(loss=114, layers={"junior capital": 7, "member fund": 166}).used
    {'junior capital': 7.0, 'member fund': 107.0}
    """
    require("waterfall", not_negative={"loss": loss, **dict(layers)})
    used, left = {}, float(loss)
    for name, capacity in layers.items():
        used[name] = min(left, float(capacity))
        left -= used[name]
    return Layers(used, left)


def mutualize(*, loss: float, contributions: Sequence[float], assessment_cap: float = 0.0) -> Mutualized:
    """Return what survivors pay: contributions pro rata, then assessments pro rata up to cap * contribution."""
    require("mutualize", not_negative={"loss": loss, "assessment_cap": assessment_cap})
    funds = list(contributions)
    first = pro_rata(amount=loss, caps=funds)
    rest = max(0.0, loss - sum(first))
    second = pro_rata(amount=rest, caps=[assessment_cap * fund for fund in funds])
    return Mutualized(first, second, max(0.0, rest - sum(second)))


def assessment_powers(*, fund: float, multiple: float) -> float:
    """Return the most that members can be assessed, multiple * fund: CME Base 2.75 for one default, 5.5 for several."""
    require("assessment_powers", not_negative={"fund": fund, "multiple": multiple})
    return fund * multiple


def liability_multiple(*, assessment_multiple: float) -> float:
    """Return a member's total liability per capped period in contributions: its contribution plus assessments."""
    return 1 + assessment_multiple


def default_fund_minimum(*, stressed_losses: Sequence[float]) -> tuple[float, float]:
    """Return (least default fund, least default fund with other resources) from stressed losses by member.

    Notes
    -----
    max(L1, L2 + L3) and L1 + L2, largest first (EMIR, articles 42(3) and 43(2)).
    """
    first, second, third = [*sorted(stressed_losses, reverse=True), 0.0, 0.0, 0.0][:3]
    return max(first, second + third), first + second


def own_contribution(*, capital: float, funds: Sequence[float], share: float = SITG_SHARE) -> list[float]:
    """Return the clearing house's own layer in each default fund: share * capital * F_j / sum(F)."""
    require("own_contribution", not_negative={"capital": capital}, fractions={"share": share})
    total = sum(funds)
    require("own_contribution", above_zero={"funds": total})
    return [share * capital * fund / total for fund in funds]


def second_contribution(*, risk_capital: float, funds: Sequence[float], percentage: float) -> list[float]:
    """Return the second own layer by fund; the percentage is held between 10 % and 25 % of risk-based capital."""
    return own_contribution(capital=risk_capital, funds=funds, share=min(max(percentage, 0.10), 0.25))


def cover(*, stressed_losses: Sequence[float], k: int = 2) -> float:
    """Return the sum of the k largest stressed losses: cover-k."""
    return sum(sorted(stressed_losses, reverse=True)[:k])


def gains_haircut(*, loss: float, gains: Sequence[float]) -> tuple[float, list[float]]:
    """Return (rate, charge per member) of a variation-margin gains haircut: min(1, R / sum of gains) of each gain."""
    require("gains_haircut", not_negative={"loss": loss})
    total = sum(max(0.0, gain) for gain in gains)
    return min(1.0, loss / total) if total > 0 else 0.0, pro_rata(amount=loss, caps=list(gains))


def tear_up(*, size: float, positions: Sequence[float]) -> list[float]:
    """Return the part of each opposite position that is torn up: size * |q_i| / sum |q_j|, at most the position."""
    return pro_rata(amount=size, caps=[abs(position) for position in positions])
