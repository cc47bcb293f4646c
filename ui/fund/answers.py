"""How large a fund has to be: what paths need, the chance that a fund is too small, who causes and who pays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from engine import (
    ContributionRate,
    Estimated,
    Scenario,
    SystemicReport,
    contribution_rate,
    estimate,
    estimate_scenario,
    probability,
    scenario_book,
    size_fund,
    sweep,
    systemic_report,
    value_at_risk,
)
from ui.frame.parallel import each
from ui.settings.market import OPEN_INTEREST, Market, draft_paths, market_scenario

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

DRAFT, DRAFT_COLUMN = 1024, 256  # paths: of the market itself, of the other leverages
PRECISE, PRECISE_COLUMN, PRECISE_CELL = 32_768, 8192, 2048
LEVERAGES = (3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0)
SHARES = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)  # of open interest: rows of the heat map
TARGETS = (0.1, 0.01, 0.001)
CAUSES = 512  # paths that causes and payers are read from
HISTORIES = 1000
AMPLE = 100.0 * OPEN_INTEREST  # a fund that no path empties


@dataclass(frozen=True, slots=True, kw_only=True)
class FundQuery:
    """A market, the probability of a shortfall that is still acceptable, and how the fund is to be built."""

    market: Market = field(default_factory=Market)
    target: float = 0.01
    turnover: float = 2.0
    build_days: float = 180.0


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Needs:
    """What the fund of a market would have to hold at the start to pay in full, a value a path, USD."""

    market: Market
    need: Floats

    @property
    def n_paths(self) -> int:
        """How many paths."""
        return int(self.need.size)

    def chance(self, fund: float) -> Estimated:
        """Return the chance that a fund is too small."""
        return probability(self.need > fund)

    def size(self, target: float) -> Estimated:
        """Return the smallest fund whose chance of being too small is at most `target`."""
        return value_at_risk(self.need, 1.0 - target)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FundResult:
    """Everything that the page shows; `chance` (shares, leverages) is the heat map."""

    query: FundQuery
    needs: Needs
    columns: tuple[Needs, ...]
    chance: Floats
    payouts: Floats
    is_precise: bool = False


def with_fund(scenario: Scenario, fund: float, *, is_whole: bool = False) -> Scenario:
    """Return the scenario with all money that pays before traders in one fund, all of it to be used if `is_whole`."""
    venue = replace(scenario.venue, fund=fund, venue_capital=0.0, default_fund=(), assessment_cap=0.0, vault=0.0)
    return replace(scenario, venue=replace(venue, fund_max_drawdown=1.0) if is_whole else venue)


def measure(market: Market, n_paths: int, progress: Progress | None = None) -> Needs:
    """Return what each path of a market needs; where only a share of a fund may be used, the need over that share."""
    plain = market_scenario(market)
    scenario = with_fund(plain, 0.0, is_whole=True)
    sizes = size_fund(
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=scenario.path,
        n_paths=n_paths,
        seed=scenario.seed,
        n_threads=1 if n_paths <= DRAFT else None,
        progress=progress,
    )
    need = sizes.needs / max(plain.venue.fund_max_drawdown, 1e-6)
    return Needs(market=market, need=np.resize(need, n_paths))  # one path stands for all where nothing is random


@lru_cache(maxsize=64)
def payouts_of(market: Market, n_paths: int) -> Floats:
    """Return what a fund that always suffices loses on each path, less what it takes in, USD."""
    scenario = with_fund(market_scenario(market), AMPLE, is_whole=True)
    result = estimate_scenario(scenario, n_paths=n_paths, n_threads=1)
    return np.asarray(AMPLE - result.paths["fund"])


@lru_cache(maxsize=256)
def needs_of(market: Market, n_paths: int) -> Needs:
    """Return the needs of a market, computed once while it is among the latest."""
    return measure(replace(market, fund=0.0), n_paths)


def draft(query: FundQuery) -> FundResult:
    """Return the quick answer: every leverage once, the heat map from the same paths."""
    market = replace(query.market, fund=0.0)
    n_paths, n_column = draft_paths(market, DRAFT), draft_paths(market, DRAFT_COLUMN)
    rest = [leverage for leverage in LEVERAGES if leverage != market.leverage]
    queries = [(market, n_paths), *((replace(market, leverage=leverage), n_column) for leverage in reversed(rest))]
    calls = [partial(payouts_of, market, n_column), *(partial(needs_of, *one) for one in queries)]
    payouts, needs, *others = each(lambda call: call(), calls)
    found = {market.leverage: needs} | dict(zip(reversed(rest), others, strict=True))
    columns = tuple(found[leverage] for leverage in LEVERAGES)
    chance = np.array([[column.chance(share * OPEN_INTEREST).value for column in columns] for share in SHARES])
    return FundResult(query=query, needs=needs, columns=columns, chance=chance, payouts=payouts)


def precise(query: FundQuery, progress: Progress) -> FundResult:
    """Return the precise answer; the heat map is a sweep, every cell run with its own fund."""
    weights = (4, 6, 6)
    total = 1000 * sum(weights)

    def part(first: int, width: int, done: float) -> None:
        progress(round(1000 * (first + width * done)), total)

    market = replace(query.market, fund=0.0)
    needs = measure(market, PRECISE, lambda done, every: part(0, weights[0], done / every))
    columns = []
    for place, leverage in enumerate(LEVERAGES):
        start = place / len(LEVERAGES)
        column = measure(
            replace(market, leverage=leverage),
            PRECISE_COLUMN,
            lambda done, every, start=start: part(weights[0], weights[1], start + done / every / len(LEVERAGES)),  # type: ignore[misc]
        )
        columns.append(column)
    table = sweep(
        scenario=with_fund(market_scenario(market), 0.0),
        settings={"venue.fund": [share * OPEN_INTEREST for share in SHARES], "book.leverage": list(LEVERAGES)},
        n_paths=PRECISE_CELL,
        progress=lambda done, every: part(weights[0] + weights[1], weights[2], done / every),
    )
    chance = table["fund_depletion_probability"].to_numpy().reshape(len(SHARES), len(LEVERAGES))
    return FundResult(
        query=query,
        needs=needs,
        columns=tuple(columns),
        chance=chance,
        payouts=payouts_of(market, PRECISE_COLUMN),
        is_precise=True,
    )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CellPaths:
    """The fund over time in one cell of the heat map: quantiles (levels, points), and the worst few paths."""

    share: float
    leverage: float
    minutes: Floats
    levels: tuple[float, ...]
    band: Floats
    worst: Floats


@lru_cache(maxsize=64)
def cell_paths(market: Market, share: float, leverage: float) -> CellPaths:
    """Return how the fund of a cell moves on the paths of the draft."""
    scenario = with_fund(market_scenario(replace(market, fund=0.0, leverage=leverage)), share * OPEN_INTEREST)
    result = estimate(
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=scenario.path,
        n_paths=draft_paths(market, DRAFT_COLUMN),
        seed=scenario.seed,
        n_threads=1,
    )
    band = result.fund_band
    worst = np.argsort(result.paths["lowest_fund"], kind="stable")[:3]
    return CellPaths(
        share=share,
        leverage=leverage,
        minutes=band.steps * scenario.path.minutes_per_step,
        levels=band.levels,
        band=band.value,
        worst=result.fund_paths[worst],
    )


@lru_cache(maxsize=64)
def flows_of(market: Market) -> SystemicReport:
    """Return who causes and who pays, by leverage, on the first paths of the draft."""
    scenario = market_scenario(market)
    return systemic_report(
        book=scenario_book(scenario),
        venue=scenario.venue,
        model=scenario.path,
        n_paths=draft_paths(market, CAUSES),
        seed=scenario.seed,
        n_threads=1,
    )


def contribution(result: FundResult) -> ContributionRate:
    """Return what it takes per unit of traded notional to reach the fund that meets the target, and to hold it."""
    query = result.query
    return contribution_rate(
        net_payouts=result.payouts,
        traded_notional=query.turnover * OPEN_INTEREST * query.market.days,
        target_fund=result.needs.size(query.target).value,
        fund=query.market.fund_money,
        n_periods=max(round(query.build_days / query.market.days), 1),
        n_histories=HISTORIES,
    )
