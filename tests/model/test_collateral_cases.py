"""Collateral in assets: books whose outcome is worked by hand, and what must hold of any."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from tests.model.account_cases import draw_assets, draw_case

DEEP = {"depth": math.inf}
ONE = {"haircut": 0.1, "depth": math.inf}


def run(**given: Any) -> engine.AccountRun:
    """A long of one coin at 100 with 60 units of an asset, in deep markets, what is left the trader's."""
    columns: dict[str, Any] = {"size": [1.0], "entry_price": [100.0], "account": [0], "cash": [0.0], "units": [[60.0]]}
    columns |= {"maintenance_rate": [0.01]} | given.pop("columns", {})
    names = ("prices", "opens", "asset_prices", "asset_opens")
    paths: dict[str, Any] = {"prices": [100.0, 40.0], "asset_prices": [[1.0, 1.0]]}
    paths |= {name: given.pop(name) for name in names if name in given}
    plain = {"markets": (DEEP,), "assets": (ONE,), "residual_margin": "trader", "policy": "none", "piece": math.inf}
    made = engine.simulate(book=engine.Book(**columns), venue=engine.Venue(**(plain | given)), **paths)
    assert isinstance(made, engine.AccountRun)
    return made


def sales(made: engine.AccountRun) -> np.ndarray:
    return made.events[made.events["kind"] == engine.TradeKind.COLLATERAL]


def test_collateral_is_sold_for_what_the_last_order_leaves_owing_and_no_further() -> None:
    """60 x 0.9 - 60 <= 0.4 is a trigger; 60 owed are 60 units at 1, and of 70 units 10 are left."""
    assert run().units.tolist() == [[0.0]]
    some = run(columns={"units": [[70.0]]}, asset_prices=[[1.0, 0.9]])
    assert some.units[0, 0] == pytest.approx(70 - 60 / 0.9)
    assert some.equity[0] == pytest.approx(70 * 0.9 - 60)
    assert some.collateral.tolist() == [0.0]
    assert some.deficit.tolist() == [0.0, 0.0]


def test_assets_are_sold_in_their_order() -> None:
    """40 of the first bring 20; the 40 that are still owed are 20 units of the second at 2."""
    made = run(
        columns={"units": [[40.0, 30.0]]}, assets=(ONE | {"haircut": 1.0}, ONE), asset_prices=[[1.0, 0.5], [2.0, 2.0]]
    )
    assert made.units.tolist() == [[0.0, 10.0]]
    assert sales(made)["realized"].tolist() == [20.0, 40.0]
    assert made.ledger.bought_units.tolist() == [40.0, 20.0]


def test_the_fund_keeps_what_all_collateral_brings_but_not_of_a_stop() -> None:
    """70 units bring 70, of which 60 are owed: 10 for the fund; a stop at 45 gives back what is not needed."""
    kept = run(columns={"units": [[65.0]]}, residual_margin="fund")
    assert (kept.units[0, 0], kept.fund[-1]) == (0.0, pytest.approx(5.0))
    stop = {"units": [[100.0]], "stop_price": [45.0]}
    stopped = run(columns=stop, residual_margin="fund")
    assert (stopped.units[0, 0], stopped.fund[-1]) == (pytest.approx(40.0), 0.0)


def test_a_last_order_s_fee_comes_from_the_equity_with_collateral_in_it() -> None:
    """70 x 1 - 60 = 10 of equity; the fee of 1 % on 40 is paid by selling 60.4 units."""
    made = run(columns={"units": [[66.0]]}, liquidation_fee=0.01)
    assert made.fund[-1] == pytest.approx(0.4)
    assert made.units[0, 0] == pytest.approx(5.6)


@pytest.mark.parametrize("law", ["linear", "square_root"])
def test_a_walk_is_as_long_as_what_is_owed(law: str) -> None:
    """Half the depth: 1 - exp(-v) = 0.01 x 60 / 120. Beyond the depth the square-root law moves less than the line."""
    book = {"haircut": 0.5, "impact": law}
    near = run(columns={"units": [[90.0]]}, assets=(book | {"depth": 120.0},))
    v = -math.log1p(-0.005)
    assert near.units[0, 0] == pytest.approx(90 - v * 120 / 0.01, rel=1e-12)
    assert near.asset_mark[0, 1] == pytest.approx(math.exp(-v), rel=1e-12)
    far = run(columns={"units": [[90.0]]}, assets=(book | {"depth": 2.0},))
    sold = sales(far)
    assert sold["realized"].tolist() == [pytest.approx(60.0)]
    flow = sold["size"][0] / 2.0
    x = -0.01 * flow if law == "linear" else -0.01 * (2 * math.sqrt(flow) - 1)
    assert far.asset_mark[0, 1] == pytest.approx(math.exp(x), rel=1e-9)


def test_a_sale_moves_the_mark_that_margins_others() -> None:
    """Account 0 sells 60 units into a thin book; account 1 has 0.63 against 0.6 before that, and less after it."""
    columns = {
        "size": [1.0, 1.0],
        "entry_price": [100.0, 40.0],
        "account": [0, 1],
        "market": [0, 1],
        "cash": [0.0, 0.0],
        "units": [[65.0], [0.7]],
        "maintenance_rate": [0.01, 0.015],
    }
    given = {"markets": (DEEP, DEEP), "prices": [[100.0, 40.0], [40.0, 40.0]]}
    assert run(columns=columns, **given).liquidated_at.tolist() == [1, -1]
    thin = run(columns=columns, assets=(ONE | {"depth": 10.0, "impact": "linear"},), **given)
    assert thin.asset_mark[0, 1] < 0.6 / (0.9 * 0.7)
    assert thin.liquidated_at.tolist() == [1, 1]


def test_a_deposit_that_is_charged_beyond_cash_is_sold_when_the_settlement_is_over() -> None:
    """Deposits share the hole of 10: 200 of 250 are the idle account's, of which 4 are cash; it sells units for 4."""
    columns = {
        "size": [1.0, 1.0],
        "entry_price": [100.0, 100.0],
        "account": [0, 1],
        "market": [0, 1],
        "cash": [50.0, 50.0, 4.0],
        "units": [[0.0], [0.0], [196.0]],
    }
    made = run(
        columns=columns | {"maintenance_rate": [0.01, 0.01]},
        markets=(DEEP, DEEP),
        prices=[[100.0, 40.0], [100.0, 100.0]],
        policy="deposit_prorata",
    )
    assert made.deficit.tolist() == [0.0, pytest.approx(10.0)]
    assert made.charge.tolist() == [0.0, pytest.approx(2.0), pytest.approx(8.0)]
    assert made.collateral.tolist() == [0.0, pytest.approx(48.0), 0.0]
    assert made.units[2, 0] == pytest.approx(192.0)
    assert made.claim.tolist() == [0.0, 0.0, 0.0]  # sold collateral is no profit


def test_a_counterparty_that_is_left_owing_repays_when_the_turn_is_over() -> None:
    """Short of account 1 is closed at the bankrupt price 190 where it stands at 150: it owes 30 more than its cash."""
    columns = {
        "size": [1.0, -1.0],
        "entry_price": [200.0, 160.0],
        "account": [0, 1],
        "cash": [10.0, 0.0],
        "units": [[0.0], [80.0]],
        "maintenance_rate": [0.01, 0.01],
    }
    made = run(columns=columns, prices=[200.0, 150.0], policy="adl_queue", asset_prices=[[1.0, 0.5]])
    assert made.charge.tolist() == [0.0, pytest.approx(40.0)]
    assert made.collateral.tolist() == [0.0, 0.0]
    assert made.units[1, 0] == pytest.approx(80 - 30 / 0.5)
    assert sales(made)["account"].tolist() == [1]


def test_a_deleveraged_account_sells_its_collateral_first() -> None:
    """Equity 30 - 50 = -20 after 30 units are sold: the short pays 20, closing at 170."""
    columns = {
        "size": [1.0, -1.0],
        "entry_price": [200.0, 200.0],
        "account": [0, 1],
        "cash": [0.0, 100.0],
        "units": [[30.0], [0.0]],
        "maintenance_rate": [0.01, 0.01],
    }
    made = run(columns=columns, prices=[200.0, 150.0], policy="adl_queue")
    assert made.charge.tolist() == [0.0, pytest.approx(20.0)]
    assert made.units.tolist() == [[0.0], [0.0]]
    assert made.equity.tolist() == [0.0, pytest.approx(130.0)]


def test_what_is_missing_after_the_last_settlement_is_unfunded() -> None:
    """The idle account is charged 9 at the marks, and its thin book brings less: nobody is left to share that with."""
    columns = {"size": [1.0], "entry_price": [100.0], "account": [0], "cash": [50.0, 0.0], "units": [[0.0], [9.0]]}
    thin = (ONE | {"depth": 0.01, "impact": "linear"},)
    made = run(columns=columns, policy="deposit_prorata", assets=thin)
    proceeds = 9 * (1 - math.exp(-1))
    assert made.charge.tolist() == [0.0, pytest.approx(9.0)]
    assert made.deficit[1] == pytest.approx(10.0 + 9.0 - proceeds)
    assert made.unfunded == pytest.approx(1.0 + 9.0 - proceeds)


def test_small_pieces_find_the_asset_s_mark_that_triggers() -> None:
    """54 U - 50 = 0.5: U = 0.935, met within a piece of a fall to 0.5, while the contract's mark stays at 50."""
    made = run(prices=[100.0, 50.0, 50.0], asset_prices=[[1.0, 1.0, 0.5]], piece=0.001)
    assert made.liquidated_at.tolist() == [2]
    order = made.events[made.events["kind"] == engine.TradeKind.LIQUIDATION]
    (sale,) = sales(made)
    assert order["fill"].tolist() == [50.0]
    assert 50.5 / 54 * (1 - 0.001) <= sale["fill"] <= 50.5 / 54
    margin = engine.account_margin(book=made.book, venue=made.venue, marks=[50.0], asset_marks=[1.0])
    assert margin.asset_trigger_price.tolist() == [[pytest.approx(50.5 / 54)]]


def test_an_asset_may_open_with_a_gap() -> None:
    """Closed at 0.5 while it opens the next step at 0.9 again, though it ended it where it was."""
    path = {"prices": [100.0, 60.0, 60.0], "asset_prices": [[1.0, 1.0, 1.0]], "piece": 0.01}
    assert run(**path).liquidated_at.tolist() == [-1]
    assert run(**path, asset_opens=[[1.0, 1.0, 0.5]]).liquidated_at.tolist() == [2]


# laws


SEEDS = [seed for seed in range(1000, 1060) if draw_assets(seed, draw_case(seed))[1]]
PLAIN = {"liquidation_fraction": 1.0, "liquidation_fee": 0.0, "policy": "none", "policy_options": {}}


def changed(seed: int, *, columns: dict[str, Any] | None = None, **settings: Any) -> tuple[Any, ...]:
    """A generated market with assets, settings of the venue and columns of the book replaced; and its run."""
    (book, prices, venue, opens), paths = draw_assets(seed, draw_case(seed))
    paths |= {name: settings.pop(name) for name in ("asset_prices", "asset_opens") if name in settings}
    venue, book = replace(venue, **settings), replace(book, **(columns or {}))
    made = engine.simulate(book=book, prices=prices, venue=venue, opens=opens, **paths)
    assert isinstance(made, engine.AccountRun)
    return made, paths


@pytest.mark.parametrize("seed", SEEDS)
def test_with_haircuts_of_one_collateral_moves_no_trigger_and_still_pays(seed: int) -> None:
    """Forced out as without it; a deficit is smaller by what it brings."""
    (_, _, venue, _), _ = draw_assets(seed, draw_case(seed))
    given = PLAIN | {"assets": tuple(replace(one, haircut=1.0) for one in venue.assets), "residual_margin": "trader"}
    made, _ = changed(seed, **given)
    without, _ = changed(seed, columns={"units": None}, **given)
    assert made.liquidated_at.tolist() == without.liquidated_at.tolist()
    np.testing.assert_array_equal(made.size, without.size)
    np.testing.assert_array_equal(made.mark, without.mark)
    brought = sales(made)["realized"].sum()
    assert made.deficit.sum() == pytest.approx(without.deficit.sum() - brought, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_assets_do_not_matter_to_who_never_owes(seed: int) -> None:
    """Haircuts of one, two paths of the assets: the same cash, and all units, of accounts that end with cash."""
    (_, _, venue, _), paths = draw_assets(seed, draw_case(seed))
    given = PLAIN | {"assets": tuple(replace(one, haircut=1.0) for one in venue.assets), "residual_margin": "trader"}
    given["piece"] = math.inf  # a step's number of pieces is that of the widest move
    one, _ = changed(seed, **given)
    swapped = paths["asset_prices"][:, ::-1] * 1.7
    other, _ = changed(seed, **given, asset_prices=np.ascontiguousarray(swapped), asset_opens=None)
    opening = one.book.accounts.units_of(one.units.shape[1])
    owes = (one.units < opening).any(axis=1)
    np.testing.assert_array_equal(one.collateral[~owes], other.collateral[~owes])
    np.testing.assert_array_equal(other.units[~owes], opening[~owes])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_unit_of_an_asset_is_only_a_unit(seed: int) -> None:
    """A quarter of the price, four times the units; powers of two, so bit for bit."""
    one, paths = changed(seed)
    cheaper = {name: prices / 4.0 for name, prices in paths.items()}
    other, _ = changed(seed, columns={"units": 4.0 * one.book.units}, **cheaper)
    assert other.equity.tolist() == one.equity.tolist()
    assert other.charge.tolist() == one.charge.tolist()
    assert (other.units / 4.0).tolist() == one.units.tolist()


def test_an_asset_that_nobody_holds_changes_nothing() -> None:
    book, prices, venue, opens = draw_case(7)
    plain = engine.simulate(book=book, prices=prices, venue=venue, opens=opens)
    asset = replace(venue, assets=(engine.Asset(haircut=0.1, depth=1.0),))
    still = np.ones((1, prices.shape[1]))
    beside = engine.simulate(book=book, prices=prices, venue=asset, opens=opens, asset_prices=still)
    for name in ("equity", "charge", "collateral", "mark", "fund", "claim", "size", "naked"):
        np.testing.assert_array_equal(getattr(beside, name), getattr(plain, name), err_msg=name)
