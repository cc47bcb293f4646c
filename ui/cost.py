"""What a position's chance of paying for others costs: settings in, chances and money with errors out, cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import POLICIES, Book, InputError, Position, Scenario, liquidation_price
from engine.montecarlo import estimate
from engine.position import make_place, place_position
from engine.risk import Estimated, expected_shortfall, mean, probability, ratio_of
from engine.scenario import scenario_book
from engine.scenario_estimates import model_of
from engine.venue_presets import venue_preset_names
from ui.formats import money, multiple, percent
from ui.market import PRICE, Market, market_scenario, short_title

Floats = NDArray[np.float64]
Tell = Callable[[int, int], None]

DRAFT, PRECISE = 256, 16_384  # paths
LEVERAGES = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 100.0)
MOVES = (-0.5, -0.35, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.35, 0.5)  # of the price, at the start of the horizon
CRASH = 0.2
ME = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A position in a market; `gain` is how far the price has already gone its way since entry.

    `crash` is the fall (and rise) that the page asks about; `move` is one that paths begin with (0: none).
    """

    market: Market = field(default_factory=Market)
    side: int = 1
    notional: float = 1e6
    leverage: float = 10.0
    gain: float = 0.0
    policy: str = ""
    crash: float = CRASH
    move: float = 0.0

    @property
    def position(self) -> Position:
        """The position, as the engine takes it."""
        entry = PRICE / (1.0 + self.side * self.gain)
        return Position(trader_id=ME, size=self.side * self.notional / PRICE, entry_price=entry, leverage=self.leverage)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Cost:
    """What an ask comes to: over the horizon, in USD; `losses` and `profits` are those of paths on which it was cut."""

    ask: Ask
    n_paths: int
    charge: Estimated
    chance: Estimated
    liquidated: Estimated
    shortfall: Estimated
    given: Estimated
    gain_share: Estimated
    tail95: Estimated
    tail99: Estimated
    losses: Floats
    profits: Floats
    liquidation: float
    is_lost: bool

    @property
    def premium(self) -> Estimated:
        """Expected charge as a share of the position: what an insurance against charges would have to cost."""
        return Estimated(self.charge.value / self.ask.notional, self.charge.stderr / self.ask.notional)

    @property
    def share_of_gain(self) -> float:
        """Expected charge over expected gain (profits only)."""
        return float(self.gain_share.value)


def scenario_of(ask: Ask) -> Scenario:
    """Return the scenario with the position in it; raises InputError for a position that cannot be."""
    scenario = market_scenario(ask.market, (ask.position,))
    if not ask.policy:
        return scenario
    venue = replace(scenario.venue, policy=ask.policy, policy_options={})
    return replace(scenario, venue=venue)


@lru_cache(maxsize=128)
def book_of(ask: Ask) -> Book:
    """Return the market's book with the position at its end.

    Where the position would be liquidated at once, which `place_position` refuses, it is drawn into the book, so that
    there is an answer all the same.
    """
    scenario, mine = market_scenario(ask.market), ask.position
    try:
        return place_position(
            book=scenario_book(scenario),
            venue=scenario.venue,
            side="long" if ask.side > 0 else "short",
            size=abs(mine.size),
            leverage=ask.leverage,
            entry_price=mine.entry_price,
        )
    except InputError:
        return scenario_book(scenario_of(ask))


@lru_cache(maxsize=1024)
def cost_of(ask: Ask, n_paths: int) -> Cost:
    """Return what an ask costs, computed once while it is among the latest."""
    return _measure(ask, n_paths, None)


def _measure(ask: Ask, n_paths: int, tell: Tell | None) -> Cost:
    scenario = scenario_of(ask)
    book = book_of(replace(plain(ask), policy="", move=0.0))
    me, model = book.n_traders - 1, model_of(scenario)
    if ask.move:
        place = make_place(
            book=book, venue=scenario.venue, model=model, n_paths=n_paths, seed=scenario.seed, n_threads=None
        )
        moved = place.after_move(ask.move)
        model, n_paths = moved.model, moved.n_paths
    result = estimate(
        book=book,
        venue=scenario.venue,
        model=model,
        n_paths=n_paths,
        seed=scenario.seed,
        watch=(me,),
        n_threads=1 if n_paths <= DRAFT else None,
        progress=tell,
    )
    mine = result.watched[:, 0]
    is_cut = mine["is_cut"] > 0
    liquidation = float(liquidation_price(book=book, venue=scenario.venue)[me])
    return Cost(
        ask=ask,
        n_paths=n_paths,
        charge=mean(mine["charge"]),
        chance=probability(is_cut),
        liquidated=probability(mine["forced_at"] >= 0),
        shortfall=result.shortfall_probability,
        given=mean(mine["charge"][is_cut]) if is_cut.any() else Estimated(0.0, 0.0),
        gain_share=_ratio(mine["charge"], np.maximum(mine["profit"], 0.0)),
        tail95=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.95),
        tail99=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.99),
        losses=mine["charge"][is_cut].copy(),
        profits=mine["profit"][is_cut].copy(),
        liquidation=liquidation,
        is_lost=liquidation >= PRICE if ask.side > 0 else liquidation <= PRICE,
    )


def _ratio(x: Floats, y: Floats) -> Estimated:
    return ratio_of(x.sum(), (x * x).sum(), y.sum(), (y * y).sum(), (x * y).sum())


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


def plain(ask: Ask) -> Ask:
    """Return the ask without what only `moves` depends on, so that its cost is found again."""
    return replace(ask, crash=CRASH)


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


def draft(ask: Ask) -> Answer:
    """Return the quick answer, without what follows when the hand lets go."""
    asks = asks_of(ask)
    return Answer(
        ask=ask,
        mine=cost_of(plain(ask), DRAFT),
        curve=tuple(cost_of(one, DRAFT) for _, one in asks["curve"]),
        moves=tuple(cost_of(one, DRAFT) for _, one in asks["moves"]),
    )


def settled(answer: Answer) -> Answer:
    """Return the answer with its rankings and with what one change would do."""
    if answer.venues:
        return answer
    ask = answer.ask
    changes = [Alternative(label=label, cost=cost_of(one, DRAFT)) for label, one in asks_of(ask)["changes"]]
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
        Alternative(label=label, cost=cost_of(one, DRAFT), is_mine=_is_mine(one, plain(ask)))
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
        found = _measure(
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
