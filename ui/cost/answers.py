"""What a page asks about one position: the curve, a first move, changes, venues and rules; as a draft or precisely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine import POLICIES, venue_preset_names
from ui.cost.measure import Ask, Cost, Tell, cost_of, measure, plain
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
    cost: Cost
    is_mine: bool = False


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Answer:
    """Everything that the page shows about one ask; `moves` are ordered by the move that the paths begin with."""

    ask: Ask
    mine: Cost
    curve: tuple[Cost, ...]
    moves: tuple[Cost, ...]
    changes: tuple[Alternative, ...] = ()
    venues: tuple[Alternative, ...] = ()
    rules: tuple[Alternative, ...] = ()
    is_precise: bool = False

    def after(self, move: float) -> Cost:
        """Return what it comes to on paths that begin with a move."""
        return next(cost for cost in self.moves if cost.ask.move == move)


def changed_asks(ask: Ask) -> list[tuple[str, Ask]]:
    """Return what a trader could change, in words, and the ask with it."""
    market = ask.market
    changes = [
        (f"leverage {multiple(ask.leverage / 2)}", replace(ask, leverage=max(ask.leverage / 2, 1.0))),
        (f"leverage {multiple(ask.leverage * 2)}", replace(ask, leverage=min(ask.leverage * 2, 125.0))),
        (f"half the size ({money(ask.notional / 2, 'USD')})", replace(ask, notional=ask.notional / 2)),
        ("the other side, short" if ask.side > 0 else "the other side, long", replace(ask, side=-ask.side)),
        ("half the time", replace(ask, market=replace(market, days=market.days / 2))),
    ]
    fund = max(2 * market.fund, 0.0025)
    changes.append((f"a fund of {percent(fund)}", replace(ask, market=replace(market, fund=fund))))
    return changes


def asks_of(ask: Ask) -> dict[str, list[tuple[str, Ask]]]:
    """Return every ask that an answer needs, by part."""
    moves = sorted({*MOVES, -ask.crash, ask.crash})
    ask = plain(ask)
    here = replace(ask, policy="")
    return {
        "curve": [("", replace(ask, leverage=leverage)) for leverage in LEVERAGES],
        "moves": [("", replace(ask, move=move)) for move in moves],
        "changes": changed_asks(ask),
        "venues": [
            (short_title(venue), replace(here, market=replace(ask.market, venue=venue)))
            for venue in venue_preset_names()
        ],
        "rules": [(policy.label, replace(ask, policy=name)) for name, policy in POLICIES.items() if name != "none"],
    }


def draft_of(ask: Ask) -> Cost:
    """Return what an ask costs on the paths of a draft."""
    return cost_of(ask, draft_paths(ask.market, DRAFT))


def draft(ask: Ask) -> Answer:
    """Return the quick answer, without what follows when the hand lets go."""
    asks = asks_of(ask)
    curve, moves = ([one for _, one in asks[part]] for part in ("curve", "moves"))
    mine, *found = each(draft_of, [plain(ask), *curve, *moves])
    return Answer(ask=ask, mine=mine, curve=tuple(found[: len(curve)]), moves=tuple(found[len(curve) :]))


def settled(answer: Answer) -> Answer:
    """Return the answer with its rankings and with what one change would do."""
    if answer.venues:
        return answer
    ask = answer.ask
    changes = [Alternative(label=label, cost=draft_of(one)) for label, one in asks_of(ask)["changes"]]
    venues, rules = ranking(ask, "venues"), ranking(ask, "rules")
    return replace(answer, changes=(*changes, *cheapest_venue(venues)), venues=venues, rules=rules)


def cheapest_venue(venues: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Return the cheapest other venue as a change, nothing where the own is as cheap."""
    best, own = venues[0], next((each for each in venues if each.is_mine), venues[0])
    if best.cost.charge.value >= own.cost.charge.value:
        return ()
    return (Alternative(label=f"moving to {best.label}", cost=best.cost),)


def ranking(ask: Ask, part: str) -> tuple[Alternative, ...]:
    """Return the same position at every venue, or under every rule, cheapest first."""
    found = [
        Alternative(label=label, cost=draft_of(one), is_mine=_is_mine(one, plain(ask)))
        for label, one in asks_of(ask)[part]
    ]
    return tuple(sorted(found, key=lambda each: (each.cost.charge.value, each.label)))


def _is_mine(one: Ask, ask: Ask) -> bool:
    own = market_scenario(ask.market).venue.policy
    return one == ask or (bool(one.policy) and not ask.policy and one.policy == own)


def precise(ask: Ask, tell: Tell) -> Answer:
    """Return the precise answer, telling how far it is after each of its estimates; what `tell` raises stops it."""
    asks = asks_of(ask)
    parts = ["curve", "moves", "changes", "venues", "rules"]
    total = 1 + sum(len(asks[part]) for part in parts)
    done = 0

    def one(each: Ask) -> Cost:
        nonlocal done
        found = measure(
            each, PRECISE, lambda paths, all_paths: tell(round(1000 * (done + paths / all_paths)), 1000 * total)
        )
        done += 1
        return found

    mine = one(plain(ask))
    found = {
        part: tuple(
            Alternative(label=label, cost=one(each), is_mine=_is_mine(each, plain(ask))) for label, each in asks[part]
        )
        for part in parts
    }
    ranked = {
        part: tuple(sorted(found[part], key=lambda each: (each.cost.charge.value, each.label)))
        for part in ("venues", "rules")
    }
    curve, moves = (tuple(each.cost for each in found[part]) for part in ("curve", "moves"))
    changes = (*found["changes"], *cheapest_venue(ranked["venues"]))
    return Answer(ask=ask, mine=mine, curve=curve, moves=moves, changes=changes, **ranked, is_precise=True)
