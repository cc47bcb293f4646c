"""How large a fund has to be: what paths need, the chance that a fund is too small, who causes and who pays."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import (
    ContributionRate,
    Estimated,
    FundSizes,
    Scenario,
    Study,
    SystemicReport,
    contribution_rate,
    estimate_scenario,
    is_rare,
    size_fund,
    study_of,
    sweep,
    systemic_report,
)
from ui.frame.apart import Progress
from ui.frame.parallel import each
from ui.settings.market import OPEN_INTEREST, Market, market_scenario, n_draft_paths

Floats = NDArray[np.float64]

DRAFT, DRAFT_COLUMN = 1024, 256  # paths: of the market itself, of the other leverages
PRECISE, PRECISE_COLUMN, PRECISE_CELL = 32_768, 8192, 2048
LEVERAGES = (3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0)
SHARES = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)  # of open interest: rows of the heat map
TARGETS = (0.1, 0.01, 0.001)
FEWEST = 3  # paths beyond the target that a fund for it has to be read from
CAUSES = 512  # paths that causes and payers are read from
HISTORIES = 1000
AMPLE = 100.0 * OPEN_INTEREST  # a fund that no path empties


@dataclass(frozen=True, slots=True, kw_only=True)
class FundQuery:
    """A market, the probability of a shortfall that is still acceptable, and how the fund is to be built.

    In tiers: its target, a share of open interest, the rates a year that open positions pay while it is below, and
    below `deep_level` of it, and what those contributions are shared by.
    """

    market: Market = field(default_factory=Market)
    target: float = 0.01
    turnover: float = 2.0
    build_days: float = 180.0
    fund_target: float = 0.01
    deep_level: float = 0.5
    tier_rate: float = 0.1
    deep_rate: float = 0.5
    fund_key: str = "size"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FundResult:
    """Everything that the page shows.

    Parameters
    ----------
    sizes : FundSizes
        Of the market itself; `columns` has those of each of LEVERAGES.
    chance : (shares, leverages)
        The heat map.
    payouts : (n,)
        What a fund that always suffices loses on each path, USD.
    calmer : FundSizes or None
        At half the volatility; `liquidated` is the share of the traders forced out there, and here.
    rare : FundSizes or None
        By importance sampling, where the target is too rare for the plain paths; `why_not_rare` says why there is none
        although there should be.
    """

    query: FundQuery
    sizes: FundSizes
    columns: tuple[FundSizes, ...]
    chance: Floats
    payouts: Floats
    calmer: FundSizes | None = None
    liquidated: tuple[float, float] = (0.0, 0.0)
    rare: FundSizes | None = None
    why_not_rare: str = ""
    is_precise: bool = False

    @property
    def has_size(self) -> bool:
        """Whether there are enough paths to read the fund for the target from."""
        return self.rare is not None or self.sizes.is_exact or self.sizes.n_paths * self.query.target >= FEWEST

    @property
    def size(self) -> Estimated:
        """The smallest fund that meets the target."""
        return (self.rare or self.sizes).size(self.query.target)


def with_fund(scenario: Scenario, fund: float, *, is_whole: bool = False) -> Scenario:
    """Return the scenario with all money that pays before traders in one fund, all of it to be used if `is_whole`."""
    venue = replace(scenario.venue, fund=fund, venue_capital=0.0, default_fund=(), assessment_cap=0.0, vault=0.0)
    return replace(
        scenario, venue=replace(venue, fund_max_drawdown=1.0, fund_position_limit=math.inf) if is_whole else venue
    )


def usable_share(market: Market) -> float:
    """Return the share of its fund that a venue may use."""
    return max(market_scenario(market).venue.fund_max_drawdown, 1e-6)


def with_whole_fund(market: Market) -> Scenario:
    """Return the market with one fund that may be used whole: as much of its own as may be used."""
    return with_fund(market_scenario(market), market.fund_money * usable_share(market), is_whole=True)


def whole_study(market: Market, n_paths: int) -> Study:
    """Return the study of `with_whole_fund`; drafts run on one thread each."""
    return study_of(with_whole_fund(market), n_paths=n_paths, n_threads=1 if n_paths <= DRAFT else None)


def compute_sizes(market: Market, n_paths: int, progress: Progress | None = None) -> FundSizes:
    """Return what each path of a market needs; where only a share of a fund may be used, the need over that share."""
    return size_fund(whole_study(market, n_paths), progress=progress).of_usable_share(usable_share(market))


@lru_cache(maxsize=64)
def sure_fund(market: Market, n_paths: int) -> tuple[Floats, float]:
    """Return what a fund that always suffices loses on each path, less what it takes in, and who is forced out.

    USD, and the mean share of the traders.
    """
    scenario = with_fund(market_scenario(market), AMPLE, is_whole=True)
    result = estimate_scenario(scenario, n_paths=n_paths, n_threads=1)
    return np.asarray(AMPLE - result.paths["fund"]), float(result.liquidated_share.value)


def calmer(market: Market) -> Market:
    """Return the market at half the volatility."""
    return replace(market, volatility=0.5 * market.volatility)


@lru_cache(maxsize=256)
def sizes_of(market: Market, n_paths: int) -> FundSizes:
    """Return the fund sizes of a market, computed once while it is among the latest."""
    return compute_sizes(replace(market, fund=0.0), n_paths)


def draft(query: FundQuery) -> FundResult:
    """Return the quick answer: every leverage once, the heat map from the same paths."""
    market = replace(query.market, fund=0.0)
    n_paths, n_column = n_draft_paths(market, DRAFT), n_draft_paths(market, DRAFT_COLUMN)
    rest = [leverage for leverage in LEVERAGES if leverage != market.leverage]
    queries = [(market, n_paths), *((replace(market, leverage=leverage), n_column) for leverage in reversed(rest))]
    half = calmer(market)
    calls: list[Callable[[], Any]] = [partial(sure_fund, market, n_column), partial(sure_fund, half, n_column)]
    calls += [partial(sizes_of, half, n_column), *(partial(sizes_of, *one) for one in queries)]
    (payouts, out), (_, out_half), half_sizes, sizes, *others = each(lambda call: call(), calls)
    found = {market.leverage: sizes} | dict(zip(reversed(rest), others, strict=True))
    columns = tuple(found[leverage] for leverage in LEVERAGES)
    chance = np.array(
        [[column.shortfall_probability(share * OPEN_INTEREST).value for column in columns] for share in SHARES]
    )
    return FundResult(
        query=query,
        sizes=sizes,
        columns=columns,
        chance=chance,
        payouts=payouts,
        calmer=half_sizes,
        liquidated=(out_half, out),
    )


def precise(query: FundQuery, progress: Progress) -> FundResult:
    """Return the precise answer; the heat map is a sweep, every cell run with its own fund."""
    weights = (4, 6, 6)
    total = 1000 * sum(weights)

    def part(place: int) -> Progress:
        first, width = sum(weights[:place]), weights[place]
        return lambda done, every: progress(round(1000 * (first + width * done / every)), total)

    market = replace(query.market, fund=0.0)
    sizes = compute_sizes(market, PRECISE, part(0))
    rare, why_not_rare = rare_sizes(query, lambda _done, _every: part(0)(1, 1))  # so that it can be stopped
    columns = precise_columns(market, part(1))
    (payouts, out), half = sure_fund(market, PRECISE_COLUMN), calmer(market)
    table = sweep(
        scenario=with_fund(market_scenario(market), 0.0),
        settings={"venue.fund": [share * OPEN_INTEREST for share in SHARES], "book.leverage": list(LEVERAGES)},
        n_paths=PRECISE_CELL,
        progress=part(2),
    )
    return FundResult(
        query=query,
        sizes=sizes,
        columns=columns,
        chance=table["fund_depletion_probability"].to_numpy().reshape(len(SHARES), len(LEVERAGES)),
        payouts=payouts,
        calmer=compute_sizes(half, PRECISE_COLUMN),
        liquidated=(sure_fund(half, DRAFT_COLUMN)[1], out),
        rare=rare,
        why_not_rare=why_not_rare,
        is_precise=True,
    )


def precise_columns(market: Market, progress: Progress) -> tuple[FundSizes, ...]:
    """Return the sizes at every leverage."""
    total = PRECISE_COLUMN * len(LEVERAGES)

    def column(place: int) -> FundSizes:
        before = place * PRECISE_COLUMN
        other = replace(market, leverage=LEVERAGES[place])
        return compute_sizes(other, PRECISE_COLUMN, lambda done, _: progress(before + done, total))

    return tuple(column(place) for place in range(len(LEVERAGES)))


def rare_sizes(query: FundQuery, progress: Progress | None = None) -> tuple[FundSizes | None, str]:
    """Return the sizes by importance sampling where plain paths cannot show the target, or why there are none."""
    study = whole_study(query.market, PRECISE)
    if not is_rare(study, query.target):
        return None, ""
    found = size_fund(study, target=query.target, importance="when_rare", progress=progress)
    is_plain = found.importance is None
    return None if is_plain else found.of_usable_share(usable_share(query.market)), found.refused


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CellPaths:
    """The fund over time in one cell of the heat map: quantiles (levels, points), and the worst few paths.

    `usable_share` is the part of the fund that may be lost before the venue deleverages.
    """

    share: float
    usable_share: float
    leverage: float
    minutes: Floats
    levels: tuple[float, ...]
    band: Floats
    worst: Floats


@lru_cache(maxsize=64)
def cell_paths(market: Market, share: float, leverage: float) -> CellPaths:
    """Return how the fund of a cell moves on the paths of the draft."""
    scenario = with_fund(market_scenario(replace(market, fund=0.0, leverage=leverage)), share * OPEN_INTEREST)
    result = estimate_scenario(scenario, n_paths=n_draft_paths(market, DRAFT_COLUMN), n_threads=1)
    band = result.fund_band
    worst = np.argsort(result.paths["lowest_fund"], kind="stable")[:3]
    return CellPaths(
        share=share,
        usable_share=usable_share(market),
        leverage=leverage,
        minutes=band.steps * scenario.path.minutes_per_step,
        levels=band.levels,
        band=band.value,
        worst=result.fund_paths[worst],
    )


@lru_cache(maxsize=64)
def causes_of(market: Market) -> SystemicReport:
    """Return who causes and who pays, by leverage, on the first paths of the draft."""
    scenario = market_scenario(market)
    return systemic_report(study_of(scenario, n_paths=n_draft_paths(market, CAUSES), n_threads=1))


def contribution(result: FundResult) -> ContributionRate:
    """Return what it takes per unit of traded notional to reach the fund that meets the target, and to hold it."""
    query = result.query
    return contribution_rate(
        net_payouts=result.payouts,
        traded_notional=query.turnover * OPEN_INTEREST * query.market.days,
        target_fund=result.size.value,
        fund=query.market.fund_money,
        n_periods=max(round(query.build_days / query.market.days), 1),
        n_histories=HISTORIES,
    )
