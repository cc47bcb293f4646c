"""What a position's chance of paying for others costs: settings in, chances and money with errors out, cached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import POLICIES, Position, Scenario, liquidation_price
from engine.montecarlo import estimate
from engine.risk import Estimated, expected_shortfall, mean, probability
from engine.scenario import scenario_book
from engine.venue_presets import venue_preset_names
from ui.formats import money, multiple, percent
from ui.market import PRICE, Market, market_scenario, short_title

Floats = NDArray[np.float64]
Tell = Callable[[int, int], None]

DRAFT, PRECISE = 256, 16_384  # paths
LEVERAGES = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 100.0)
ME = "me"
DAYS = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A position in a market; `gain` is how far the price has already gone its way since entry."""

    market: Market = field(default_factory=Market)
    side: int = 1
    notional: float = 1e6
    leverage: float = 10.0
    gain: float = 0.0
    policy: str = ""

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
    gain: Estimated
    tail95: Estimated
    tail99: Estimated
    losses: Floats
    profits: Floats
    liquidation: float
    is_lost: bool

    @property
    def basis_points(self) -> float:
        """Expected charge in basis points of notional per year."""
        return 1e4 * self.charge.value / self.ask.notional * DAYS / self.ask.market.days

    @property
    def share_of_gain(self) -> float:
        """Expected charge over expected gain (profits only); 0 without any."""
        return self.charge.value / self.gain.value if self.gain.value > 0 else 0.0


def scenario_of(ask: Ask) -> Scenario:
    """Return the scenario with the position in it; raises InputError for a position that cannot be."""
    scenario = market_scenario(ask.market, (ask.position,))
    if not ask.policy:
        return scenario
    venue = replace(scenario.venue, policy=ask.policy, policy_options={})
    return replace(scenario, venue=venue)


@lru_cache(maxsize=1024)
def cost_of(ask: Ask, n_paths: int) -> Cost:
    """Return what an ask costs, computed once while it is among the latest."""
    return _measure(ask, n_paths, None)


def _measure(ask: Ask, n_paths: int, tell: Tell | None) -> Cost:
    scenario = scenario_of(ask)
    book = scenario_book(scenario)
    me = book.n_traders - 1
    result = estimate(
        book=book,
        venue=scenario.venue,
        model=scenario.path,
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
        gain=mean(np.maximum(mine["profit"], 0.0)),
        tail95=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.95),
        tail99=expected_shortfall(np.maximum(mine["charge"], 0.0), 0.99),
        losses=mine["charge"][is_cut].copy(),
        profits=mine["profit"][is_cut].copy(),
        liquidation=liquidation,
        is_lost=liquidation >= PRICE if ask.side > 0 else liquidation <= PRICE,
    )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Alternative:
    """The same question with one thing changed: what was changed, in words, and what it then costs."""

    label: str
    cost: Cost
    is_mine: bool = False


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Answer:
    """Everything that the page shows about one ask."""

    mine: Cost
    curve: tuple[Cost, ...]
    changes: tuple[Alternative, ...]
    venues: tuple[Alternative, ...] = ()
    rules: tuple[Alternative, ...] = ()
    is_precise: bool = False


def changed_asks(ask: Ask) -> list[tuple[str, Ask]]:
    """Return what a trader could change, in words, and the ask with it."""
    market = ask.market
    changes = [
        (f"leverage {multiple(ask.leverage / 2)}", replace(ask, leverage=max(ask.leverage / 2, 1.0))),
        (f"leverage {multiple(ask.leverage * 2)}", replace(ask, leverage=min(ask.leverage * 2, 125.0))),
        (f"half the size, {money(ask.notional / 2, 'USD')}", replace(ask, notional=ask.notional / 2)),
        ("the other side, short" if ask.side > 0 else "the other side, long", replace(ask, side=-ask.side)),
        ("half the time", replace(ask, market=replace(market, days=market.days / 2))),
    ]
    fund = max(2 * market.fund, 0.0025)
    changes.append((f"a fund of {percent(fund)}", replace(ask, market=replace(market, fund=fund))))
    return changes


def asks_of(ask: Ask) -> dict[str, list[tuple[str, Ask]]]:
    """Return every ask that an answer needs, by part."""
    here = replace(ask, policy="")
    return {
        "curve": [("", replace(ask, leverage=leverage)) for leverage in LEVERAGES],
        "changes": changed_asks(ask),
        "venues": [
            (short_title(venue), replace(here, market=replace(ask.market, venue=venue)))
            for venue in venue_preset_names()
        ],
        "rules": [(policy.label, replace(ask, policy=name)) for name, policy in POLICIES.items() if name != "none"],
    }


def draft(ask: Ask) -> Answer:
    """Return the quick answer, the two rankings left out."""
    asks = asks_of(ask)
    return Answer(
        mine=cost_of(ask, DRAFT),
        curve=tuple(cost_of(one, DRAFT) for _, one in asks["curve"]),
        changes=tuple(Alternative(label=label, cost=cost_of(one, DRAFT)) for label, one in asks["changes"]),
    )


def ranking(ask: Ask, part: str) -> tuple[Alternative, ...]:
    """Return the same position at every venue, or under every rule, cheapest first."""
    found = [
        Alternative(label=label, cost=cost_of(one, DRAFT), is_mine=_is_mine(one, ask))
        for label, one in asks_of(ask)[part]
    ]
    return tuple(sorted(found, key=lambda each: (each.cost.charge.value, each.label)))


def _is_mine(one: Ask, ask: Ask) -> bool:
    own = market_scenario(ask.market).venue.policy
    return one == ask or (bool(one.policy) and not ask.policy and one.policy == own)


def precise(ask: Ask, tell: Tell) -> Answer:
    """Return the precise answer, telling how far it is after each of its estimates; what `tell` raises stops it."""
    asks = asks_of(ask)
    parts = ["curve", "changes", "venues", "rules"]
    total = 1 + sum(len(asks[part]) for part in parts)
    done = 0

    def one(each: Ask) -> Cost:
        nonlocal done
        found = _measure(
            each, PRECISE, lambda paths, all_paths: tell(round(1000 * (done + paths / all_paths)), 1000 * total)
        )
        done += 1
        return found

    mine = one(ask)
    found = {
        part: tuple(Alternative(label=label, cost=one(each), is_mine=_is_mine(each, ask)) for label, each in asks[part])
        for part in parts
    }
    ranked = {
        part: tuple(sorted(found[part], key=lambda each: (each.cost.charge.value, each.label)))
        for part in ("venues", "rules")
    }
    curve = tuple(each.cost for each in found["curve"])
    return Answer(mine=mine, curve=curve, changes=found["changes"], **ranked, is_precise=True)


def headline(cost: Cost) -> str:
    """Return the answer in a sentence."""
    ask = cost.ask
    side = "long" if ask.side > 0 else "short"
    where = f"Your {money(ask.notional, 'USD')} {side} at {multiple(ask.leverage)} on {short_title(ask.market.venue)}"
    span = days_of(ask.market.days)
    if cost.is_lost:
        return f"{where} would be liquidated at once: its margin is below what the venue requires. Lower the leverage."
    if not cost.losses.size:
        most = 3.0 / cost.n_paths
        return (
            f"{where} was not cut once on {cost.n_paths:,d} paths over {span}: the chance is below {percent(most)}. "
            "Raise the volatility or the leverage of the others, or lower the fund, to see it pay."
        )
    low, high = bounds(cost.chance, 1.0)
    chance = f"{percent(cost.chance.value)} chance ({percent(low)} to {percent(high)})"
    text = f"{where} has a {chance} of paying for others within {span}"
    if cost.given.value <= 0:
        return f"{text}: it is closed early, at a price that costs it nothing against the mark."
    return (
        f"{text}: {money(cost.given.value, 'USD')} when it happens, {money(cost.charge.value, 'USD')} on average, "
        f"{percent(cost.share_of_gain)} of what it can expect to win."
    )


def numbers(cost: Cost) -> list[tuple[str, str]]:
    """Return the four numbers below the sentence."""
    low, high = bounds(cost.charge)
    plus = f"{money(low, 'USD')} to {money(high, 'USD')}"
    never = cost.liquidation <= 0 or not np.isfinite(cost.liquidation)
    return [
        ("Expected cost, 95 % interval", plus if cost.losses.size else "none seen"),
        ("A year of it", f"{cost.basis_points:,.{0 if abs(cost.basis_points) >= 100 else 1}f} bp of the position"),
        ("Mean of the worst 5 % / 1 %", f"{money(cost.tail95.value, 'USD')} / {money(cost.tail99.value, 'USD')}"),
        (
            "Liquidated",
            "never" if never else f"{percent(cost.liquidated.value)} of paths, at {cost.liquidation:,.0f}",
        ),
    ]


def bounds(value: Estimated, most: float = np.inf) -> tuple[float, float]:
    """Return the 95 % interval of what cannot be below 0, unless it is (a gain)."""
    low, high = value.interval()
    return (max(float(low), 0.0) if value.value >= 0 else float(low)), min(float(high), most)


def days_of(days: float) -> str:
    """Return a horizon in words."""
    hours = days * 24.0
    return f"{hours:.0f} hours" if hours < 24 else "a day" if days == 1 else f"{days:g} days"
