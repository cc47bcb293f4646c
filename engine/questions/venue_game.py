"""The venue game: what a risk manager's settings make of a season of real days, and a score of three."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from engine.book import Book
from engine.drawing.book_settings import INITIAL_OVER_MAINTENANCE
from engine.errors import Checker, UnknownNameError
from engine.kernel.state import Floats
from engine.questions.fairness import WhoPays, profit_before_charges, who_pays
from engine.questions.game_seasons import DAYS, LEVERAGE, N_TRADERS, STEP_MINUTES, WANTED, GameSeason
from engine.simulation import Run, simulate
from engine.venue import Venue

GAME_RULES = ("profit_prorata", "equal_awards", "open_interest_both_sides", "capped_prorata", "adl_queue", "none")
STEPS_A_DAY = round(1440 / STEP_MINUTES)
ALL = 2.0 * WANTED  # USD: what both sides want to hold


class GameFacts(NamedTuple):
    """What the game assumes, and its scale; shares are of all that traders want to hold, but for the depth's.

    `depth` (of what a side wants to hold) moves the price 1 %; `half_life` of impact and `halt`, after the price band
    was reached, in minutes; `fee_scares`: this share of traders stays away for each basis point a day. `unfunded_worst`
    and the two worst haircuts leave no point; `open_points` and `fee_points`, with `fees_best`, make revenue, of which
    a fund as large as all that is wanted takes `fund_cost` points.
    """

    n_traders: int = N_TRADERS
    wanted: float = ALL
    leverage: float = LEVERAGE
    days: int = DAYS
    depth: float = 0.01
    half_life: float = 5.0
    index_weight: float = 2.0 / 3.0
    halt: float = 60.0
    fee_scares: float = 0.04
    unfunded_worst: float = 0.01
    largest_worst: float = 0.1
    mean_worst: float = 0.05
    open_points: float = 80.0
    fee_points: float = 20.0
    fees_best: float = 0.003
    fund_cost: float = 1000.0


GAME = GameFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class GamePolicy:
    """What the player sets for a season.

    Parameters
    ----------
    maintenance_rate : float
        Maintenance margin, a fraction of notional.
    leverage_cap : float
        Largest leverage; 0.8 / maintenance_rate bounds it too.
    fund_fee : float
        What open positions pay into the fund a day, a fraction of notional.
    fund : float
        What is in the fund at the start, a fraction of all that traders want to hold.
    price_band : float
        Largest log displacement of the venue's book before forced trading halts for an hour; infinity: none.
    rule : str
        How a loss is shared that the fund could not pay, one of GAME_RULES.

    Raises
    ------
    InputError
        With one sentence per violation.
    """

    maintenance_rate: float = 0.01
    leverage_cap: float = 50.0
    fund_fee: float = 0.0
    fund: float = 0.0
    price_band: float = math.inf
    rule: str = GAME_RULES[0]

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("policy")
        check.number("maintenance_rate", self.maintenance_rate, above=0, most=0.5)
        check.number("leverage_cap", self.leverage_cap, least=1, most=1000)
        check.number("fund_fee", self.fund_fee, least=0, most=0.01)
        check.number("fund", self.fund, least=0, most=1)
        check.number("price_band", self.price_band, above=0, infinite=True)
        check.raise_if_any()
        check.choice("rule", self.rule, GAME_RULES)
        check.raise_if_any(UnknownNameError)

    @property
    def most_leverage(self) -> float:
        """The largest leverage that the cap and the maintenance margin allow."""
        return min(self.leverage_cap, 1.0 / (INITIAL_OVER_MAINTENANCE * self.maintenance_rate))


@dataclass(frozen=True, eq=False, kw_only=True)
class PlayedSeason:
    """What became of a season under a policy. Shares are of all that traders wanted to hold, money is in USD.

    The three scores and `points`, their mean, are on one scale from 0 to 100; `game_scores` has the formula.
    """

    season: GameSeason
    policy: GamePolicy
    run: Run

    @cached_property
    def figures(self) -> WhoPays:
        """Who paid how much."""
        return who_pays(self.run)

    @property
    def came(self) -> float:
        """Share of the wanted open interest that came at the start."""
        return float(np.abs(self.run.book.size).sum()) / ALL

    @property
    def kept(self) -> float:
        """Share of the wanted open interest that is still open at the end."""
        return float(self.run.open_size.sum()) / ALL

    @property
    def under_water(self) -> float:
        """Money that open positions have lost beyond their margin at the end, which nobody has paid yet."""
        return float(np.maximum(-self.run.equity, 0.0).sum())

    @property
    def unfunded(self) -> float:
        """Money that nobody has paid: deficits without a payer, and what is under water."""
        return self.run.unfunded + self.under_water

    @property
    def mean_haircut(self) -> float:
        """What winners were charged, a share of what they had won together."""
        profit = profit_before_charges(self.run)
        is_winner = profit > 0.0
        won = float(profit[is_winner].sum())
        return float(np.maximum(self.run.charge[is_winner], 0.0).sum()) / won if won > 0.0 else 0.0

    @property
    def fees(self) -> float:
        """Money that open positions paid into the fund."""
        return self.run.contributions

    @cached_property
    def scores(self) -> tuple[float, float, float]:
        """Solvency, fairness and revenue."""
        gini = self.figures.gini
        return game_scores(
            unfunded=self.unfunded / ALL,
            largest_haircut=self.figures.largest_haircut,
            mean_haircut=self.mean_haircut,
            gini=0.0 if math.isnan(gini) else gini,
            open_interest=self.kept,
            fees=self.fees / ALL,
            fund=self.policy.fund,
        )

    @property
    def points(self) -> float:
        """Mean of the three scores."""
        return sum(self.scores) / 3.0


def game_scores(
    *,
    unfunded: float,
    largest_haircut: float,
    mean_haircut: float,
    gini: float,
    open_interest: float,
    fees: float,
    fund: float,
) -> tuple[float, float, float]:
    """Return solvency, fairness and revenue, each from 0 to 100.

    Parameters
    ----------
    unfunded, open_interest, fees, fund : float
        Shares of all that traders want to hold: what nobody paid, what is open at the end, what went into the fund,
        what was in it at the start.
    largest_haircut, mean_haircut : float
        Shares of winners' profit.
    gini : float
        Of the charges, 0 without any.

    Notes
    -----
    solvency = 100 (1 - min(1, unfunded / 1 %)); fairness = 100 (1 - (min(1, largest / 10 %) + min(1, mean / 5 %)
    + gini) / 3); revenue = 80 open interest + 20 min(1, fees / 0.3 %) - 10 for each 1 % of fund, at least 0.

    Examples
    --------
    >>> game_scores(unfunded=0.005, largest_haircut=0.1, mean_haircut=0.05, gini=0.4, open_interest=0.5, fees=0.003,
    ...             fund=0.01)
    (50.0, 20.0, 50.0)
    """
    solvency = 100.0 * (1.0 - min(1.0, unfunded / GAME.unfunded_worst))
    worst = min(1.0, largest_haircut / GAME.largest_worst) + min(1.0, mean_haircut / GAME.mean_worst) + gini
    fairness = 100.0 * (1.0 - worst / 3.0)
    revenue = (
        GAME.open_points * open_interest + GAME.fee_points * min(1.0, fees / GAME.fees_best) - GAME.fund_cost * fund
    )
    return tuple(round(score, 9) for score in (solvency, fairness, max(0.0, revenue)))  # type: ignore[return-value]


def coming(season: GameSeason, policy: GamePolicy) -> tuple[Floats, Floats]:
    """Return what comes to a venue of what traders want: notional (USD, signed) and margin (USD), both (n,).

    Notes
    -----
    Assumed: a trader brings the margin that the position wanted would have had, and holds as much as that margin may
    hold; of a fee of f basis points a day 1 - exp(-0.04 f) of everybody's position stays away.
    """
    stays = math.exp(-GAME.fee_scares * 1e4 * policy.fund_fee)
    margin = stays * np.abs(season.notional) / season.leverage
    held = np.minimum(season.leverage, policy.most_leverage)
    return np.sign(season.notional) * margin * held, margin


def play_season(season: GameSeason, policy: GamePolicy) -> PlayedSeason:
    """Return what becomes of a season under a policy.

    Notes
    -----
    Everybody enters at the first price. Margin left by a liquidation goes back to its trader; the fund has what it had
    at the start and the fee. Losses are shared at the end of each day, and everything begins anew with each season.
    Depth is 1 % of what a side wants to hold for each 1 % of price, the half-life of impact five minutes, the mark two
    thirds index: assumed, as is a halt of an hour after the price band.

    Examples
    --------
    >>> from engine.questions.game_seasons import game_seasons
    >>> calm = next(season for season in game_seasons(1) if season.kind == "calm")
    >>> play_season(calm, GamePolicy()).unfunded
    0.0
    """
    size, margin = coming(season, policy)
    book = Book(size=size, entry_price=np.ones(size.size), collateral=margin)
    run = simulate(book=book, prices=season.closes, opens=season.opens, venue=_venue(policy))
    return PlayedSeason(season=season, policy=policy, run=run)


def _venue(policy: GamePolicy) -> Venue:
    tiers: dict[str, Any] = {}
    if policy.fund_fee > 0.0:  # a target that is never reached: the fee is always due
        tiers = {"fund_target": 1e3 * ALL, "fund_tiers": ((1.0, policy.fund_fee / STEPS_A_DAY),)}
    return Venue(
        maintenance_rate=policy.maintenance_rate,
        residual_margin="trader",
        depth=GAME.depth * WANTED,
        impact_half_life=GAME.half_life / STEP_MINUTES,
        index_weight=GAME.index_weight,
        price_band=policy.price_band,
        halt_steps=round(GAME.halt / STEP_MINUTES) if policy.price_band < math.inf else 0,
        fund=policy.fund * ALL,
        policy=policy.rule,
        settlement_interval=STEPS_A_DAY,
        **tiers,
    )
