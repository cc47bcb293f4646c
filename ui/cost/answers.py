"""What the page asks about a position: the curve, a first move, changes, venues and rules; as a draft or precisely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine import POLICIES, PositionCost, venue_preset_names
from ui.cost.position import CostQuery, Progress, compute_cost, cost_of, plain
from ui.frame.formats import money, multiple, percent
from ui.frame.parallel import each
from ui.settings.market import draft_paths, market_scenario, short_title

DRAFT, PRECISE = 256, 16_384  # paths
LEVERAGES = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 100.0)
MOVES = (-0.5, -0.35, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.35, 0.5)  # of the price, at the start of the horizon


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Alternative:
    """The same question with one thing changed: what was changed, in words, and what it then costs."""

    label: str
    cost: PositionCost
    is_mine: bool = False


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CostResult:
    """Everything that the page shows about one query.

    `curve` has the position at each of LEVERAGES; `moves` are ordered by the move that the paths begin with.
    """

    query: CostQuery
    mine: PositionCost
    curve: tuple[PositionCost, ...]
    moves: tuple[PositionCost, ...]
    changes: tuple[Alternative, ...] = ()
    venues: tuple[Alternative, ...] = ()
    rules: tuple[Alternative, ...] = ()
    is_precise: bool = False

    def after(self, move: float) -> PositionCost:
        """Return what it comes to on paths that begin with a move."""
        return next(cost for cost in self.moves if cost.move == move)


def changed_queries(query: CostQuery) -> list[tuple[str, CostQuery]]:
    """Return what a trader could change, in words, and the query with it."""
    market = query.market
    changes = [
        (f"leverage {multiple(query.leverage / 2)}", replace(query, leverage=max(query.leverage / 2, 1.0))),
        (f"leverage {multiple(query.leverage * 2)}", replace(query, leverage=min(query.leverage * 2, 125.0))),
        (f"half the size ({money(query.notional / 2, 'USD')})", replace(query, notional=query.notional / 2)),
        ("the other side, short" if query.side > 0 else "the other side, long", replace(query, side=-query.side)),
        ("half the time", replace(query, market=replace(market, days=market.days / 2))),
    ]
    fund = max(2 * market.fund, 0.0025)
    changes.append((f"a fund of {percent(fund)}", replace(query, market=replace(market, fund=fund))))
    return changes


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
    return cost_of(query, draft_paths(query.market, DRAFT))


def draft(query: CostQuery) -> CostResult:
    """Return the quick result, without what follows when the hand lets go."""
    queries = queries_of(query)
    curve, moves = ([one for _, one in queries[part]] for part in ("curve", "moves"))
    mine, *found = each(draft_of, [plain(query), *curve, *moves])
    return CostResult(query=query, mine=mine, curve=tuple(found[: len(curve)]), moves=tuple(found[len(curve) :]))


def with_rankings(result: CostResult) -> CostResult:
    """Return the answer with its rankings and with what one change would do."""
    if result.venues:
        return result
    query = result.query
    changes = [Alternative(label=label, cost=draft_of(one)) for label, one in queries_of(query)["changes"]]
    venues, rules = ranking(query, "venues"), ranking(query, "rules")
    return replace(result, changes=(*changes, *cheapest_venue(venues)), venues=venues, rules=rules)


def cheapest_venue(venues: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Return the cheapest other venue as a change, nothing where the own is as cheap."""
    best, own = venues[0], next((each for each in venues if each.is_mine), venues[0])
    if best.cost.expected_charge.value >= own.cost.expected_charge.value:
        return ()
    return (Alternative(label=f"moving to {best.label}", cost=best.cost),)


def ranking(query: CostQuery, part: str) -> tuple[Alternative, ...]:
    """Return the same position at every venue, or under every rule, cheapest first."""
    found = [
        Alternative(label=label, cost=draft_of(one), is_mine=_is_mine(one, plain(query)))
        for label, one in queries_of(query)[part]
    ]
    return tuple(sorted(found, key=lambda each: (each.cost.expected_charge.value, each.label)))


def _is_mine(one: CostQuery, query: CostQuery) -> bool:
    own = market_scenario(query.market).venue.policy
    return one == query or (bool(one.policy) and not query.policy and one.policy == own)


def precise(query: CostQuery, progress: Progress) -> CostResult:
    """Return the precise result, telling how far it is after each of its estimates; what `progress` raises stops it."""
    queries = queries_of(query)
    parts = ["curve", "moves", "changes", "venues", "rules"]
    total = 1 + sum(len(queries[part]) for part in parts)
    done = 0

    def one(each: CostQuery) -> PositionCost:
        nonlocal done
        found = compute_cost(
            each, PRECISE, lambda paths, all_paths: progress(round(1000 * (done + paths / all_paths)), 1000 * total)
        )
        done += 1
        return found

    mine = one(plain(query))
    found = {
        part: tuple(
            Alternative(label=label, cost=one(each), is_mine=_is_mine(each, plain(query)))
            for label, each in queries[part]
        )
        for part in parts
    }
    ranked = {
        part: tuple(sorted(found[part], key=lambda each: (each.cost.expected_charge.value, each.label)))
        for part in ("venues", "rules")
    }
    curve, moves = (tuple(each.cost for each in found[part]) for part in ("curve", "moves"))
    changes = (*found["changes"], *cheapest_venue(ranked["venues"]))
    return CostResult(query=query, mine=mine, curve=curve, moves=moves, changes=changes, **ranked, is_precise=True)
