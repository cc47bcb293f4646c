"""What every policy keeps over a whole run: `engine.simulate`, one contract, every policy, both contracts."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import engine
from tests.laws.trying import law
from tests.model import strategies
from tests.model.oracle import run_oracle
from tests.model.parity import CLOSE_CALL, money_in_run

TOLERANCE = 1e-9
POLICIES = list(engine.POLICIES)
SHARING = [name for name in POLICIES if name not in strategies.ADL]
# the others go by the position in the list, and say so: they have a seed for another one
UNORDERED = [name for name, policy in engine.POLICIES.items() if all(o.name != "seed" for o in policy.options)]
TIES = ("binance", "okx")  # scores that are the same for all who lose, or who need no margin: the index decides
Case = tuple[engine.Book, np.ndarray, engine.Venue, np.ndarray | None]


def simulate(case: Case, **changes: Any) -> Any:
    book, prices, venue, opens = case
    return engine.simulate(book=book, prices=prices, venue=replace(venue, **changes) if changes else venue, opens=opens)


def rebuilt(book: engine.Book, order: Any = slice(None), **changes: Any) -> engine.Book:
    """The same traders in another order, some columns replaced."""
    names = ("size", "entry_price", "collateral", "maintenance_rate", "maintenance_amount", "stop_price")
    columns = {name: getattr(book, name) for name in names} | changes
    return engine.Book(contract=book.contract, **{k: None if v is None else v[order] for k, v in columns.items()})


def assert_close(one: Any, other: Any, scale: float) -> None:
    np.testing.assert_allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE * scale)


def scale_of(case: Case, run: Any) -> float:
    return money_in_run(case[0], case[2], [*run.mark_low, *run.mark_high])


def assume_clear(case: Case) -> None:
    """Skip runs in which rounding decides what happens next."""
    assume(run_oracle(*case).closest > CLOSE_CALL)


def without_income(policy: str) -> st.SearchStrategy[Any]:
    """Venues whose fund has no income, so that what is empty stays empty."""
    options = {"floor": 0.0} if policy == "profit_prorata_floor" else {}
    fixed = {"liquidation_fee": 0.0, "residual_margin": "trader", "fund_peak_window": None, "policy_options": options}
    return strategies.cases(policy=policy, fund_position_limit=math.inf, **fixed)


every_policy = partial(law, POLICIES, strategies.cases, n=10)


@every_policy()
def test_every_deficit_is_paid_by_somebody(case: Case) -> None:
    """Layers, traders and the unfunded part add up to the deficits; each layer's payments to what it lost.

    Auto-deleveraging lets pass what a position lacks at another price than its own bankruptcy price; what it cannot
    place is unfunded without having been a deficit.
    """
    run, venue = simulate(case), case[2]
    scale = scale_of(case, run)
    by_layers = run.fund_paid.sum() + run.venue_paid.sum() + run.backstop_paid.sum()
    by_traders = run.charged.sum() - run.settlements["to_fund"].sum()
    unfunded = run.settlements["unfunded"].sum() if venue.policy in strategies.ADL else run.unfunded
    assert_close(by_layers + by_traders + unfunded, run.deficit.sum(), scale)
    assert_close(run.unfunded_in_step.sum(), run.unfunded, scale)
    assert_close(venue.venue_capital - run.venue_paid.sum(), run.venue_capital, scale)
    assert_close(venue.backstop - run.backstop_paid.sum(), run.backstop, scale)
    assert min(run.unfunded, run.venue_capital, run.backstop) >= 0


@law(POLICIES, without_income, n=10)
def test_no_layer_pays_before_the_one_above_is_exhausted(case: Case) -> None:
    """On a venue whose fund has no income, so that what is empty stays empty, but from a deleveraging in that step."""
    run, venue = simulate(case), case[2]
    tolerance = TOLERANCE * scale_of(case, run)
    below = run.venue_paid + run.backstop_paid + run.charged + run.unfunded_in_step
    fund_left = run.fund - (1 - venue.fund_max_drawdown) * venue.fund
    capital_left = venue.venue_capital - run.venue_paid.cumsum()
    backstop_left = venue.backstop - run.backstop_paid.cumsum()
    shared = run.charged + run.unfunded_in_step
    if venue.policy in strategies.ADL:  # decided before the order, with all the layers that are there
        shared = np.zeros_like(shared)
        below = run.venue_paid + run.backstop_paid
    has_income = np.diff(run.fund, prepend=venue.fund) + run.fund_paid > tolerance
    assert not has_income.any() or venue.policy in strategies.ADL
    assert (fund_left[(below > tolerance) & ~has_income] <= tolerance).all()
    assert (capital_left[(run.backstop_paid + shared) > tolerance] <= tolerance).all()
    assert (backstop_left[shared > tolerance] <= tolerance).all()


@every_policy()
def test_charges_stay_within_claims_and_equity(case: Case) -> None:
    """One step, one settlement: who was charged keeps equity >= 0, and gives up no more than its claim."""
    book, prices, venue, _ = case
    run = engine.simulate(book=book, prices=prices[[0, int(np.argmin(prices))]], venue=venue)
    tolerance = TOLERANCE * scale_of(case, run)
    assert (run.equity[run.charge > 0] >= -tolerance).all()
    if venue.policy in strategies.ADL:
        return
    assert (run.charge >= 0).all()
    assert (run.charge <= np.maximum(run.equity + run.charge, 0.0) + tolerance).all()
    if venue.policy not in strategies.FROM_EQUITY:
        assert (run.charge <= run.claim + tolerance).all()


@law(UNORDERED, partial(strategies.cases, copies=False), n=10, seed=st.integers(0, 1000))
def test_permuting_traders_permutes_the_outcome(case: Case, seed: int) -> None:
    assume_clear(case)
    book, prices, venue, opens = case
    assume(venue.policy_options.get("score") not in TIES)
    order = np.random.default_rng(seed).permutation(book.n_traders)
    run, moved = simulate(case), simulate((rebuilt(book, order), prices, venue, opens))
    scale = scale_of(case, run)
    np.testing.assert_array_equal(moved.liquidated_at, run.liquidated_at[order])
    assert_close(moved.charge, run.charge[order], scale)
    assert_close(moved.equity, run.equity[order], scale)
    assert_close([moved.unfunded, moved.fund[-1]], [run.unfunded, run.fund[-1]], scale)


MONEY = ("depth", "fund", "venue_capital", "vault")


@every_policy()
def test_changing_the_unit_of_money_scales_the_outcome(case: Case) -> None:
    """Dollars for cents: linear money scales with it; an inverse book keeps its coins and counts its contracts anew."""
    assume_clear(case)
    book, prices, venue, opens = case
    assume(venue.policy_options.get("score") != "binance")  # which has a collateral of 1 in it
    run = simulate(case)
    for unit in (1 / 64, 1000.0):
        inverse = book.contract == "inverse"
        stops = {} if book.stop_price is None else {"stop_price": book.stop_price * unit}
        columns = {"entry_price": book.entry_price * unit} | stops
        fields: dict[str, Any] = {"depth": venue.depth * unit}
        if inverse:
            columns["size"] = book.size * unit
            fields["min_size"] = venue.min_size * unit
        else:
            columns["collateral"] = book.collateral * unit
            if book.maintenance_amount is not None:
                columns["maintenance_amount"] = book.maintenance_amount * unit
            fields |= {name: getattr(venue, name) * unit for name in MONEY}
            fields["default_fund"] = tuple(x * unit for x in venue.default_fund)
            fields["brackets"] = tuple((floor * unit, rate, amount * unit) for floor, rate, amount in venue.brackets)
        gaps = None if opens is None else opens * unit
        other = simulate((rebuilt(book, **columns), prices * unit, replace(venue, **fields), gaps))
        money = 1.0 if inverse else unit
        np.testing.assert_array_equal(other.liquidated_at, run.liquidated_at)
        np.testing.assert_allclose(other.mark, run.mark * unit, rtol=TOLERANCE)
        for name in ("charge", "equity", "fund", "deficit"):
            assert_close(getattr(other, name) / money, getattr(run, name), scale_of(case, run))


@law(SHARING, strategies.cases, n=10, factor=st.sampled_from((1.0, 1.5, 10.0)))
def test_a_larger_fund_makes_nobody_pay_more(case: Case, factor: float) -> None:
    """One step and one settlement, so that the state is the same for both funds."""
    book, prices, venue, _ = case
    path = prices[[0, int(np.argmax(np.abs(np.log(prices / prices[0]))))]]
    small = engine.simulate(book=book, prices=path, venue=venue)
    fund = venue.fund * factor + small.deficit[1] / 2
    large = engine.simulate(book=book, prices=path, venue=replace(venue, fund=fund))
    tolerance = TOLERANCE * (scale_of(case, small) + large.fund[0])
    np.testing.assert_array_equal(small.mark, large.mark)
    assert (large.charge <= small.charge + tolerance).all()
    assert large.unfunded <= small.unfunded + tolerance


@every_policy()
def test_a_fund_that_pays_all_leaves_every_trader_alone(case: Case) -> None:
    run = simulate(case, fund=1e9 * scale_of(case, simulate(case)), fund_max_drawdown=1.0)
    assert (run.charge == 0).all()
    assert run.unfunded == 0
    assert run.venue_capital == case[2].venue_capital


@law(SHARING, partial(strategies.cases, settlement_interval=10_000), n=10)
def test_the_policy_does_not_change_the_path(case: Case) -> None:
    """Until a loss is shared, and here that is at the end, every policy sees the same marks and forced trades."""
    run, plain = simulate(case), simulate(case, policy="none", policy_options={})
    for name in ("prices", "mark", "impact", "deficit", "forced", "liquidated_at"):
        np.testing.assert_array_equal(getattr(run, name), getattr(plain, name), name)


@every_policy()
def test_a_run_changes_none_of_its_inputs_and_repeats(case: Case) -> None:
    book, prices, _, _ = case
    before = [book.size.copy(), book.entry_price.copy(), book.collateral.copy(), prices.copy()]
    one, two = simulate(case), simulate(case)
    for old, new in zip(before, [book.size, book.entry_price, book.collateral, prices], strict=True):
        np.testing.assert_array_equal(old, new)
    for name in ("mark", "fund", "equity", "charge", "liquidated_at"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), name)
