"""A fund in tiers: the same real days with and without it, who fills it by which key, and what it takes to hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import Book, Run, Venue, component_shortfall, recorded_days, simulate, track_record
from ui.frame.formats import counted, percent, usd
from ui.fund.answers import FundQuery, whole_study
from ui.settings.market import OPEN_INTEREST, PRICE

Floats = NDArray[np.float64]

TITLE = "A fund in tiers: who fills it, and whether it holds"
SINCE, UNTIL = "2020-03-01", "2020-04-15"
STEPS, MINUTES = 288, 5.0
YEAR = 365.0 * STEPS  # steps
N_PATHS = 256  # that component ES is read from
KEYS = {"size": "notional", "margin": "margin", "weight": "component ES", "record": "track record"}
FACTORS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # times the rates of the tiers
GROUPS = ((0.0, 5.0), (5.0, 10.0), (10.0, 20.0), (20.0, np.inf))  # leverage at entry
CAVEAT = (
    f"Bitcoin's days from {SINCE} to {UNTIL} in steps of five minutes, on the market above, the horizon left out: the "
    "same traders every morning with new margin, the fund of the evening before. Without tiers it is only drawn down. "
    f"Component ES is read from {N_PATHS} of the draft's paths; the record is of the days before."
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Tiers:
    """What became of a fund on d real days.

    Parameters
    ----------
    fund, bare : (d * steps + 1,)
        The balance with and without tiers, USD.
    short, bare_short : int
        Days on which it could not pay a deficit in full.
    paid_in : float
        What open positions paid, USD.
    shares : (4, groups)
        Each group's part of the contributions, a row for each of KEYS; 0 where nobody paid.
    chances : (factors,)
        Share of the days on which the fund is short, with the rates times each of FACTORS.
    """

    query: FundQuery
    n_days: int
    fund: Floats
    bare: Floats
    short: int
    bare_short: int
    paid_in: float
    shares: Floats
    chances: Floats


def venue_of(query: FundQuery, venue: Venue, key: str, factor: float = 1.0) -> Venue:
    """Return the venue with the tiers of a query, their rates per step; without any where the factor is 0."""
    if factor == 0.0:
        return venue
    rates = [factor * rate / YEAR for rate in (query.tier_rate, query.deep_rate)]
    tiers = tuple(zip((1.0, query.deep_level), rates, strict=True))
    return replace(venue, fund_target=query.fund_target * OPEN_INTEREST, fund_tiers=tiers, fund_key=key)


def chain(book: Book, days: tuple[Floats, Floats], venue: Venue, weight: Floats | None = None) -> list[Run]:
    """Return the days (closes, opens) one after the other: the fund goes on, and the record where it is paid by."""
    runs: list[Run] = []
    for prices, opens in zip(*days, strict=True):
        record = track_record(runs) if runs and venue.fund_key == "record" else None
        today = replace(book, contribution_weight=weight, track_record=record)
        fund = max(float(runs[-1].fund[-1]), 0.0) if runs else venue.fund
        runs.append(simulate(book=today, prices=prices, opens=opens, venue=replace(venue, fund=fund)))
    return runs


def is_short(run: Run) -> bool:
    """Tell whether the fund could not pay a deficit of a day in full."""
    return bool(run.deficit.sum() - run.fund_paid.sum() > 1e-9 * max(float(run.deficit.sum()), 1.0))


@lru_cache(maxsize=16)
def answer(query: FundQuery) -> Tiers:
    """Return the real days with the tiers of a query and without."""
    study = whole_study(replace(query.market, days=1.0), N_PATHS)
    book, venue = study.book, study.venue
    found = recorded_days(coin="BTC", since=SINCE, until=UNTIL, minutes_per_step=MINUTES)
    scale = PRICE / found.closes[:, :1]
    days = found.closes * scale, found.opens * scale
    weight = component_shortfall(study)

    def shared_by(key: str, factor: float = 1.0) -> list[Run]:
        return chain(book, days, venue_of(query, venue, key, factor), weight if key == "weight" else None)

    by_key = {key: shared_by(key) for key in KEYS}
    runs, bare = by_key[query.fund_key], chain(book, days, venue)
    known = {0.0: bare, 1.0: runs}
    short = [sum(map(is_short, known.get(factor) or shared_by(query.fund_key, factor))) for factor in FACTORS]
    return Tiers(
        query=query,
        n_days=len(runs),
        fund=_joined(runs),
        bare=_joined(bare),
        short=short[FACTORS.index(1.0)],
        bare_short=short[0],
        paid_in=sum(run.contributions for run in runs),
        shares=np.array([_by_group(book, told) for told in by_key.values()]),
        chances=np.array(short) / len(runs),
    )


def _joined(runs: list[Run]) -> Floats:
    return np.concatenate([runs[0].fund[:1], *(run.fund[1:] for run in runs)])


def _by_group(book: Book, runs: list[Run]) -> Floats:
    leverage = np.abs(book.size) * book.entry_price / book.collateral
    paid = np.sum([run.contribution for run in runs], axis=0)
    total = float(paid.sum())
    parts = [paid[(leverage >= low) & (leverage < high)].sum() for low, high in GROUPS]
    return np.array(parts) / total if total > 0.0 else np.zeros(len(GROUPS))


def group_names() -> list[str]:
    """Return the groups of traders as charts name them."""
    return [f"{low:.0f}x to {high:.0f}x" if np.isfinite(high) else f"from {low:.0f}x" for low, high in GROUPS]


def sentence(found: Tiers) -> str:
    """Return whether the fund holds with tiers and without, and who fills it."""
    query = found.query
    text = (
        f"On {counted(found.n_days, 'real day')} from {SINCE} to {UNTIL} the fund is short on {found.short} with tiers "
        f"and on {found.bare_short} without; it ends at {usd(found.fund[-1])} instead of {usd(found.bare[-1])}."
    )
    if found.paid_in <= 0:
        target = usd(query.fund_target * OPEN_INTEREST)
        return f"{text} Nobody pays in: it is never below its target, {target}."
    shares = found.shares[list(KEYS).index(query.fund_key)]
    most = int(np.argmax(shares))
    return (
        f"{text} Open positions pay in {usd(found.paid_in)}, shared by {KEYS[query.fund_key]}: traders at "
        f"{group_names()[most]} {percent(float(shares[most]), 0)} of it."
    )


def commands(query: FundQuery) -> str:
    """Return the command that says the same."""
    words = "from ui.fund.answers import FundQuery, Market; from ui.fund.tiers import answer, sentence"
    return f'python -c "{words}; print(sentence(answer({query!r})))"'
