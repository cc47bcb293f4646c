"""What the page asks about a position: the curve, a first move, changes, venues and rules; as a draft or precisely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine import POLICIES, PositionCost, load_venue_preset, venue_preset_names
from ui.cost.position import CostQuery, compute_cost, cost_of, plain
from ui.frame.apart import Progress
from ui.frame.formats import multiple, percent
from ui.frame.intervals import bounds, is_known
from ui.frame.parallel import each
from ui.settings.market import market_scenario, n_draft_paths, short_title

DRAFT, PRECISE = 256, 16_384  # paths
LEVERAGES = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 100.0)
MOVES = (-0.5, -0.35, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.35, 0.5)  # of the price, at the start of the horizon
ENDLESS = 1e6  # depth over open interest at which orders do not move the price
KINDS = {"exchange": "exchanges", "on-chain": "on-chain venues", "clearing house": "clearing houses"}
PAST = "of the past"  # rules no longer in force, or of networks that have closed


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Alternative:
    """The same question with one thing changed: what was changed, in words, what it then costs, and its kind."""

    label: str
    cost: PositionCost
    is_mine: bool = False
    kind: str = ""

    @property
    def charge_bounds(self) -> tuple[float, float]:
        """Interval of its expected charge."""
        return charge_bounds(self.cost)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CostResult:
    """Everything that the page shows about one query.

    `alone` is the position in a book so deep that nobody's forced orders move the price; `curve` has the position at
    each of LEVERAGES; `moves` are ordered by the move that the paths begin with.
    """

    query: CostQuery
    mine: PositionCost
    alone: PositionCost
    curve: tuple[PositionCost, ...]
    moves: tuple[PositionCost, ...]
    changes: tuple[Alternative, ...] = ()
    venues: tuple[Alternative, ...] = ()
    rules: tuple[Alternative, ...] = ()
    is_precise: bool = False

    def after(self, move: float) -> PositionCost:
        """Return what it comes to on paths that begin with a move."""
        return next(cost for cost in self.moves if cost.move == move)


def charge_bounds(cost: PositionCost) -> tuple[float, float]:
    """Return the 95 % interval of the expected charge.

    Where no path was charged it ends at the most that the charge can be: the upper end of its chance, times the
    largest profit that the position made on a path.
    """
    if is_known(cost.expected_charge):
        return bounds(cost.expected_charge)
    return 0.0, bounds(cost.cut_probability, 1.0)[1] * max(float(cost.profit.max()), 0.0)


def own_loss(cost: PositionCost, leverage: float) -> float:
    """Return the mean loss of the position's own margin, all of it counted as lost when it is liquidated, USD."""
    return float(cost.liquidation_probability.value) * cost.notional / leverage


def without_impact(query: CostQuery) -> CostQuery:
    """Return the query in a book so deep that forced orders do not move the price."""
    return replace(plain(query), market=replace(query.market, depth=ENDLESS))


def changed_queries(query: CostQuery) -> list[tuple[str, CostQuery]]:
    """Return what a trader could change, in words, and the query with it."""
    market = query.market
    lower, higher = max(query.leverage / 2, 1.0), min(query.leverage * 2, 125.0)
    other = "short" if query.side > 0 else "long"
    fund = max(2 * market.fund, 0.0025)
    return [
        *((f"leverage {multiple(x)}", replace(query, leverage=x)) for x in (lower, higher) if x != query.leverage),
        (f"the other side, {other}", replace(query, side=-query.side)),
        ("half the time", replace(query, market=replace(market, days=market.days / 2))),
        (f"a fund of {percent(fund)}", replace(query, market=replace(market, fund=fund))),
    ]


def queries_of(query: CostQuery) -> dict[str, list[tuple[str, CostQuery]]]:
    """Return every query that an answer needs, by part."""
    moves = sorted({*MOVES, -query.crash, query.crash})
    query = plain(query)
    here = replace(query, policy="")
    return {
        "curve": [("", replace(query, leverage=leverage)) for leverage in LEVERAGES],
        "moves": [("", replace(query, move=move)) for move in moves],
        "changes": changed_queries(query),
        "venues": [
            (short_title(venue), replace(here, market=replace(query.market, venue=venue)))
            for venue in venue_preset_names()
        ],
        "rules": [(policy.label, replace(query, policy=name)) for name, policy in POLICIES.items() if name != "none"],
    }


def draft_of(query: CostQuery) -> PositionCost:
    """Return what an query costs on the paths of a draft."""
    return cost_of(query, n_draft_paths(query.market, DRAFT))


def draft(query: CostQuery) -> CostResult:
    """Return the quick result, without what follows when the hand lets go."""
    queries = queries_of(query)
    curve, moves = ([one for _, one in queries[part]] for part in ("curve", "moves"))
    mine, alone, *found = each(draft_of, [plain(query), without_impact(query), *curve, *moves])
    cut = len(curve)
    return CostResult(query=query, mine=mine, alone=alone, curve=tuple(found[:cut]), moves=tuple(found[cut:]))


def with_rankings(result: CostResult) -> CostResult:
    """Return the answer with what one change would do, and the same under other rules."""
    if result.venues:
        return result
    return _ranked(result, draft_of)


def _ranked(result: CostResult, cost: Callable[[CostQuery], PositionCost]) -> CostResult:
    queries = queries_of(result.query)
    found = {
        part: tuple(_alternative(part, label, one, result.query, cost(one)) for label, one in queries[part])
        for part in ("changes", "venues", "rules")
    }
    return replace(result, **found)


def _alternative(part: str, label: str, one: CostQuery, query: CostQuery, cost: PositionCost) -> Alternative:
    own = market_scenario(query.market).venue.policy
    is_mine = one == plain(query) or (bool(one.policy) and not query.policy and one.policy == own)
    return Alternative(
        label=label, cost=cost, is_mine=is_mine, kind=kind_of(one.market.venue) if part == "venues" else ""
    )


def kind_of(venue: str) -> str:
    """Return which kind of venue it is, as the page groups them."""
    preset = load_venue_preset(venue)
    return PAST if preset.closed else KINDS[preset.kind]


def compared(
    rows: tuple[Alternative, ...], mine: PositionCost
) -> tuple[list[Alternative], list[Alternative], list[Alternative]]:
    """Return what surely costs less than mine, what cannot be told apart from it, and what surely costs more.

    Sure is where the intervals do not overlap; the order within each is the one given.
    """
    low, high = charge_bounds(mine)
    less = [each for each in rows if not each.is_mine and each.charge_bounds[1] < low]
    more = [each for each in rows if not each.is_mine and each.charge_bounds[0] > high]
    return less, [each for each in rows if each not in less and each not in more], more


def precise(query: CostQuery, progress: Progress) -> CostResult:
    """Return the precise result, telling how far it is after each of its estimates; what `progress` raises stops it."""
    queries = queries_of(query)
    total = 2 + sum(map(len, queries.values()))
    done = 0

    def one(each: CostQuery) -> PositionCost:
        nonlocal done
        found = compute_cost(
            each, PRECISE, lambda paths, all_paths: progress(round(1000 * (done + paths / all_paths)), 1000 * total)
        )
        done += 1
        return found

    mine, alone = one(plain(query)), one(without_impact(query))
    curve, moves = (tuple(one(each) for _, each in queries[part]) for part in ("curve", "moves"))
    return _ranked(CostResult(query=query, mine=mine, alone=alone, curve=curve, moves=moves, is_precise=True), one)
