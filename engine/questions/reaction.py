"""Moral hazard, stylized: traders who choose their leverage knowing who pays when they go bankrupt.

A model to think with, not a forecast: nobody's tastes are known, prices do not react to who trades, and every trader
knows the chances that the simulation gives. What it shows is a direction: what sharing losses does to the leverage that
pays, to the fund and to haircuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.book import Book
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.groups import entry_leverage
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate_study
from engine.montecarlo.study import Study
from engine.streams import Stream, stream
from engine.venue import Venue

SETTLED = 0.03  # relative distance of every group from its best answer
ROUNDS_AT_FULL_STEP = 4  # later steps shrink, so that answers that chase one another settle on their mean
PROBE_SHARE = 1e-6  # of the book's mean collateral: too small to move anything
CAVEAT = (
    "A stylized model: leverage is chosen from a menu by expected profit and a penalty on risk, all traders know the "
    "simulated chances, and prices do not react to who trades. It shows a direction, not a forecast."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageGroup:
    """Traders who choose alike.

    Parameters
    ----------
    name : str
    share : float
        Of the collateral in the book, > 0; shares are scaled to sum to 1.
    leverage : float
        At the start, > 0.
    edge : float
        Gain over the horizon that they expect from the price, as a fraction of their notional.
    risk_aversion : float
        Penalty on half the squared leverage times the variance of the price over the horizon, >= 0.
    """

    name: str
    share: float
    leverage: float
    edge: float = 0.01
    risk_aversion: float = 1.0

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker(f"group {self.name!r}")
        check.number("share", self.share, above=0)
        check.number("leverage", self.leverage, above=0)
        check.number("edge", self.edge, least=-1, most=1)
        check.number("risk_aversion", self.risk_aversion, least=0)
        check.raise_if_any()


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Equilibrium:
    """Leverage that no group wants to change, and what it does to fund and haircuts.

    Parameters
    ----------
    names : (g,)
    leverage_before, leverage : (g,)
        Of each group at the start, and at the fixed point.
    path : (rounds + 1, g)
        Leverage from round to round.
    is_settled : bool
        No group's leverage is more than 3 % from its best answer. Answers can jump, for a little more leverage of one
        group can set off a cascade; then there may be no fixed point, and the last mean is what is given.
    haircut_before, haircut : Estimated
        Expected money charged to traders per path.
    shortfall_before, shortfall : Estimated
        Probability of a shortfall.
    fund_before, fund : Estimated
        Expected balance of the fund at the end.
    deficit_before, deficit : Estimated
        Expected deficits.
    caveat : str
        To be shown with it.
    """

    names: tuple[str, ...]
    leverage_before: Floats
    leverage: Floats
    path: Floats
    is_settled: bool
    haircut_before: Estimated
    haircut: Estimated
    shortfall_before: Estimated
    shortfall: Estimated
    fund_before: Estimated
    fund: Estimated
    deficit_before: Estimated
    deficit: Estimated
    caveat: str = CAVEAT


def reaction_groups(study: Study, *, edge: float = 0.01) -> tuple[LeverageGroup, ...]:
    """Return three groups of equal collateral, at half, once and twice the book's median leverage.

    Each is as averse to risk as makes its leverage the best one where nobody pays for others: edge / (L var), var the
    variance of the log price over the horizon. So what moves them is what sharing losses and liquidations cost.

    Raises
    ------
    InputError
        For a price that does not move, or a book without leverage.
    """
    leverage = float(np.median(entry_leverage(study.book)))
    check = Checker()
    check.number("path.volatility", study.model.volatility, above=0)
    check.number("book.leverage", leverage, above=0)
    check.raise_if_any()
    variance = study.model.step_volatility**2 * study.model.n_steps
    return tuple(
        LeverageGroup(name=name, share=1.0, leverage=own, edge=edge, risk_aversion=edge / (own * variance))
        for name, own in (("careful", 0.5 * leverage), ("typical", leverage), ("bold", 2.0 * leverage))
    )


def leverage_equilibrium(
    study: Study,
    *,
    groups: Sequence[LeverageGroup] | None = None,
    menu: Sequence[float] = (1, 2, 3, 5, 8, 12, 18, 25, 35, 50, 75, 100),
    damping: float = 0.5,
    temperature: float = 0.005,
    most_rounds: int = 20,
) -> Equilibrium:
    """Return the fixed point of groups that choose leverage given what it costs at everybody's choice.

    Parameters
    ----------
    study : Study
        The book's traders keep side, entry price and collateral, and are dealt to the groups at random by their shares
        of the collateral; sizes follow from the leverage. A few hundred paths are enough.
    groups : sequence of LeverageGroup or None
        None: `reaction_groups`.
    menu : sequence of leverages
        What can be chosen; those that the maintenance margin does not allow are left out.
    damping : float
        Share of the way to the best answer taken in a round, 0 < damping <= 1; after four rounds it shrinks.
    temperature : float
        Choices are spread over the menu by exp(utility / temperature), > 0; utility is a fraction of collateral.
    most_rounds : int
        >= 1.

    Notes
    -----
    Utility of leverage L per unit of collateral: L edge + E[profit after charges] / collateral
    - risk_aversion / 2 L^2 var, var the variance of the log price over the horizon. The expectation is that of probe
    positions of either side in the same book, too small to matter; it holds losses limited to the collateral, fees,
    and the charges shared among winners.

    Examples
    --------
    >>> import engine
    >>> book = engine.draw_book(model=engine.BookModel(n_traders=50, entry_price=100.0), seed=1)
    >>> path = engine.PathModel(volatility=1.5, n_steps=24)
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=1e7), model=path, n_paths=50)
    >>> leverage_equilibrium(study, most_rounds=2).names
    ('careful', 'typical', 'bold')
    """
    groups = reaction_groups(study) if groups is None else groups
    allowed = _check(groups, menu, study.venue, damping, temperature, most_rounds)
    member = _deal(study.book, groups, study.seed)
    variance = study.model.step_volatility**2 * study.model.n_steps
    leverage = np.array([float(group.leverage) for group in groups])
    path, is_settled = [leverage], False
    first, gain = _round(study, leverage[member], allowed)
    last = first
    for done in range(most_rounds):
        answer = np.array([_answer(group, allowed, gain, variance, temperature) for group in groups])
        is_settled = bool((np.abs(answer - leverage) <= SETTLED * leverage).all())
        if is_settled:
            break
        leverage = leverage + damping * min(1.0, ROUNDS_AT_FULL_STEP / (done + 1)) * (answer - leverage)
        path.append(leverage)
        last, gain = _round(study, leverage[member], allowed)
    return Equilibrium(
        names=tuple(group.name for group in groups),
        leverage_before=path[0],
        leverage=leverage,
        path=np.array(path),
        is_settled=is_settled,
        haircut_before=first.expected_charged,
        haircut=last.expected_charged,
        shortfall_before=first.shortfall_probability,
        shortfall=last.shortfall_probability,
        fund_before=first.expected_fund,
        fund=last.expected_fund,
        deficit_before=first.expected_deficit,
        deficit=last.expected_deficit,
    )


def _round(study: Study, leverage: Floats, menu: Floats) -> tuple[Estimate, Floats]:
    """Return the estimate of the book at these leverages, and what a probe at each leverage on the menu gains."""
    book = _with_probes(study.book, leverage, menu, study.start)
    est = estimate_study(study.with_book(book))
    return est, _probe_gain(est, book, menu.size)


def _check(
    groups: Sequence[LeverageGroup],
    menu: Sequence[float],
    venue: Venue,
    damping: float,
    temperature: float,
    most_rounds: int,
) -> Floats:
    check = Checker()
    if not groups:
        check.add("groups", "at least one", groups)
    for place, leverage in enumerate(menu):
        check.number(f"menu[{place}]", leverage, above=0)
    check.number("damping", damping, above=0, most=1)
    check.number("temperature", temperature, above=0)
    check.whole("most_rounds", most_rounds, least=1, most=1000)
    check.raise_if_any()
    limit = 0.8 / venue.maintenance_rate if venue.maintenance_rate > 0 else np.inf
    allowed = np.array([float(leverage) for leverage in menu if leverage <= limit])
    if allowed.size == 0:
        check.add("menu", f"at least one leverage <= 0.8 / maintenance_rate = {limit:g}", menu)
    for group in groups:
        check.number(f"groups.{group.name}.leverage", group.leverage, most=limit)
    check.raise_if_any()
    return allowed


def _deal(book: Book, groups: Sequence[LeverageGroup], seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return each trader's group: in a drawn order, filled up by shares of the collateral."""
    order = stream(seed, Stream.RESAMPLING, 1).permutation(book.n_traders)
    paid = np.cumsum(book.collateral[order])
    bounds = np.cumsum([group.share for group in groups]) / sum(group.share for group in groups)
    member = np.empty(book.n_traders, dtype=np.int64)
    member[order] = np.minimum(
        np.searchsorted(bounds, (paid - 0.5 * book.collateral[order]) / paid[-1]), len(groups) - 1
    )
    return member


def _with_probes(book: Book, leverage: Floats, menu: Floats, price: float) -> Book:
    """Return the book at these leverages, with a long and a short probe for every leverage on the menu."""
    probe = PROBE_SHARE * float(book.collateral.mean())
    collateral = np.concatenate([book.collateral, np.full(2 * menu.size, probe)])
    entry = np.concatenate([book.entry_price, np.full(2 * menu.size, price)])
    wanted = np.concatenate([leverage, menu, menu])
    side = np.concatenate([np.sign(book.size), np.ones(menu.size), -np.ones(menu.size)])
    size = side * wanted * collateral * (entry if book.is_inverse else 1.0 / entry)
    return Book(size=size, entry_price=entry, collateral=collateral, contract=book.contract)


def _probe_gain(est: Estimate, book: Book, n_menu: int) -> Floats:
    """Return the probes' expected profit after charges over their collateral, mean of both sides, (n_menu,)."""
    gain = est.traders.profit_after.value[-2 * n_menu :] / book.collateral[-2 * n_menu :]
    return np.asarray(0.5 * (gain[:n_menu] + gain[n_menu:]))


def _answer(group: LeverageGroup, menu: Floats, gain: Floats, variance: float, temperature: float) -> float:
    utility = menu * group.edge + gain - 0.5 * group.risk_aversion * menu**2 * variance
    weight = np.exp((utility - utility.max()) / temperature)
    return float(weight @ menu / weight.sum())
