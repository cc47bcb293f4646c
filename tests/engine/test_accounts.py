"""Accounts in several markets: what is refused and how it is said, what is defined at the edges, laws that hold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from tests.model.account_cases import draw_case
from tests.refusals import refused

PLAIN = {"depth": math.inf}
TWO = engine.Venue(markets=(PLAIN, PLAIN), maintenance_rate=0.01)


def book(**changes: Any) -> engine.Book:
    given: dict[str, Any] = {
        "size": [1.0, -1.0, 2.0],
        "entry_price": [100.0, 10.0, 10.0],
        "account": [0, 0, 1],
        "market": [0, 1, 1],
        "cash": [20.0, 5.0],
    }
    return engine.Book(**(given | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"market": [0, 0, 1]}, "book.account[1] must be of at most one position a market, as position 0 is"),
        ({"account": [0, 0, 2]}, "book.account[2] must be < 2, the length of cash, was 2"),
        ({"account": [0, 0, -2]}, "book.account[2] must be a whole number >= -1, was -2"),
        ({"account": [0, 0, 0.5]}, "book.account[2] must be a whole number, was 0.5"),
        ({"account": [0, 0]}, "book.account must be of length 3 like size, was 'shape (2,)'"),
        ({"market": [0, 1, -1]}, "book.market[2] must be a whole number >= 0, was -1"),
        ({"market": ["BTC", "ETH", "ETH"]}, "book.market must be an array of whole numbers, was ['BTC', 'ETH', 'ETH']"),
        ({"cash": None}, "book.account[0] must be -1 without cash, was 0"),
        ({"cash": [20.0, -5.0]}, "book.cash[1] must be finite and >= 0, was -5.0"),
        ({"cash": [[20.0, 5.0]]}, "book.cash must be an array of one dimension, was (1, 2)"),
        (
            {"collateral": [0.0, 3.0, 0.0]},
            "book.collateral[1] must be 0 for a position of an account, whose cash is in `cash`, was 3.0",
        ),
        ({"account": [0, 0, -1]}, "book.collateral must be an array of numbers, was None"),
    ],
)
def test_a_book_that_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(book, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"depth": 1e6}, "venue.depth must be left out beside markets, each of which has its own, was 1000000.0"),
        ({"markets": ({"depth": 0.0}, PLAIN)}, "venue.markets[0].depth must be > 0, was 0.0"),
        ({"markets": ({"deep": 1.0}, PLAIN)}, "venue.markets[0] must be made of name, depth"),
        ({"markets": "BTC"}, "venue.markets must be a sequence of VenueMarket, or of mappings of its fields"),
        (
            {"markets": (PLAIN | {"name": "BTC"}, PLAIN | {"name": "BTC"})},
            "venue.markets must be of different names, was ['BTC', 'BTC']",
        ),
        ({"liquidation_order": "largest"}, "venue.liquidation_order must be one of largest_loss"),
        ({"liquidation_target": 0.9}, "venue.liquidation_target must be >= 1 and <= 1e+06, was 0.9"),
        ({"piece": 0.0}, "venue.piece must be >= 1e-05, was 0.0"),
        ({"liquidation_seed": -1}, "venue.liquidation_seed must be a whole number >= 0, was -1"),
    ],
)
def test_a_venue_that_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refused(engine.Venue, **({"markets": (PLAIN, PLAIN)} | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prices": [100.0, 90.0]}, "prices must be an array of shape (2, n_steps + 1), a row for each market"),
        ({"prices": [[100.0, 90.0]]}, "prices must be an array of shape (2, n_steps + 1)"),
        ({"prices": [[100.0, 90.0], [10.0, -1.0]]}, "prices[1][1] must be finite and > 0, was -1.0"),
        ({"opens": [[100.0, 90.0]]}, "opens must be an array of shape (2, 2) like prices"),
        ({"venue": engine.Venue(depth=1e6)}, "book.market[1] must be < 1, the number of the venue's markets, was 1"),
        (
            {
                "venue": engine.Venue(markets=(PLAIN, PLAIN), piece=1e-5),
                "prices": [[1.0, *[1e9, 1.0] * 10], [1.0] * 21],
            },
            "venue.piece must be >= ",
        ),
    ],
)
def test_a_run_that_cannot_be_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {"book": book(), "prices": [[100.0, 90.0], [10.0, 11.0]], "venue": TWO}
    assert sentence in refused(engine.simulate, **(given | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_rules": (engine.OffsetRule(policy="profit_prorata"),)},
        {"fund_tiers": ((1.0, 1e-6),), "fund_target": 10.0},
        {"fund_payout": "pro_rata"},
        {"is_penalty_beyond_equity": True},
        {"policy": "capped_prorata", "policy_options": {"kappa": engine.Follow(0.4, low=0.1, high=0.9)}},
        {"maintenance_scale": engine.Follow(1.0, low=1.0, high=2.0)},
    ],
)
def test_what_accounts_do_not_know_yet_is_refused_by_its_name(changes: dict[str, Any]) -> None:
    venue = engine.Venue(markets=(PLAIN, PLAIN), **changes)
    said = refused(engine.simulate, book=book(), prices=[[100.0, 90.0], [10.0, 11.0]], venue=venue)
    assert "does not know yet" in said
    assert any(f"venue.{name}" in said for name in changes)


def test_questions_about_isolated_positions_refuse_accounts() -> None:
    flat, model = engine.Venue(depth=1e6), engine.PathModel(n_steps=2, initial_price=100.0)
    for ask in (
        lambda: engine.equity(book=book(), price=100.0),
        lambda: engine.bankruptcy_price(book=book()),
        lambda: engine.liquidation_price(book=book(), venue=flat),
        lambda: engine.estimate(book=book(), venue=flat, model=model, n_paths=2, seed=0),
        lambda: engine.auto_deleverage(size=1.0, bankruptcy_price=90.0, mark=80.0, book=book()),
    ):
        assert "isolated positions in one market alone" in refused(ask)


def run(**changes: Any) -> engine.AccountRun:
    given: dict[str, Any] = {"book": book(), "prices": [[100.0, 90.0], [10.0, 11.0]], "venue": TWO}
    made = engine.simulate(**(given | changes))
    assert isinstance(made, engine.AccountRun)
    return made


def test_an_account_without_positions_keeps_its_cash_and_may_be_charged() -> None:
    """Account 1 is a claim under deposits pro rata, none under profit; its number is skipped by every position."""
    idle = book(account=[0, 0, 2], cash=[1.0, 50.0, 1000.0])
    for policy, charge in (("profit_prorata", 0.0), ("deposit_prorata", 10.0 * 50 / (50 + 998))):
        venue = engine.Venue(markets=(PLAIN, PLAIN), policy=policy, residual_margin="trader", piece=math.inf)
        made = run(book=idle, venue=venue, prices=[[100.0, 90.0], [10.0, 9.0]])
        assert made.liquidated_at.tolist() == [1, -1, -1]
        assert made.deficit[1] == pytest.approx(8.0)  # 1 - 10 + 1
        assert made.charge[1] == pytest.approx(charge * 8 / 10 * 1048 / 1050, rel=1e-3)


def test_no_cash_at_all() -> None:
    """An account with nothing is triggered by its requirement: closed at the opening, it has lost nothing yet."""
    made = run(book=book(cash=[0.0, 0.0]), prices=[[100.0, 99.0], [10.0, 10.0]])
    assert made.liquidated_at.tolist() == [1, 1]
    assert made.deficit.tolist() == [0.0, 0.0]
    assert abs(made.ledger.residual) < 1e-12


def test_one_market_takes_a_path_of_one_dimension() -> None:
    single = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], account=[0, 1], cash=[10.0, 10.0])
    flat = engine.Venue(depth=math.inf)
    one = run(book=single, prices=[100.0, 95.0], venue=flat)
    two = run(book=single, prices=[[100.0, 95.0]], venue=engine.Venue(markets=(PLAIN,)), opens=[100.0, 100.0])
    assert one.mark.shape == (1, 2)
    assert one.equity.tolist() == two.equity.tolist() == [5.0, 15.0]


def test_isolated_positions_in_several_markets_are_accounts_behind_those_of_cash() -> None:
    mixed = book(account=[-1, 0, -1], cash=[7.0], collateral=[30.0, 0.0, 40.0])
    made = run(book=mixed, prices=[[100.0, 99.0], [10.0, 10.0]])
    assert made.owner.tolist() == [1, 0, 2]
    assert made.equity.tolist() == [7.0, 29.0, 40.0]
    assert made.profit.tolist() == [0.0, -1.0, 0.0]


def test_a_market_s_own_margin_rate_goes_before_the_venue_s() -> None:
    venue = engine.Venue(markets=(PLAIN | {"maintenance_rate": 0.5}, PLAIN), maintenance_rate=0.1)
    margin = engine.account_margin(book=book(), venue=venue, marks=[100.0, 10.0])
    assert margin.requirement.tolist() == [51.0, 2.0]
    assert margin.is_triggered.tolist() == [True, False]


def test_marks_of_another_shape_are_refused() -> None:
    said = refused(engine.account_margin, book=book(), venue=TWO, marks=[100.0])
    assert "marks must be of shape (2,), one for each market of the venue" in said


# laws


def changed(case: Any, **changes: Any) -> engine.AccountRun:
    """A generated market with columns of its book replaced."""
    old, prices, venue, opens = case
    given = {"book": replace(old, **changes.pop("columns", {})), "prices": prices, "venue": venue}
    return run(**(given | {"opens": opens} | changes))


SEEDS = range(1000, 1030)


@pytest.mark.parametrize("seed", SEEDS)
def test_renaming_accounts_permutes_what_becomes_of_them(seed: int) -> None:
    """Reversed accounts, but for rules that are about an order."""
    case = draw_case(seed, policy="equal_losses", policy_options={}, liquidation_order="pro_rata")
    columns = case[0].accounts
    m = columns.cash.size
    account = np.where(columns.account < 0, -1, m - 1 - columns.account)
    one, other = changed(case), changed(case, columns={"account": account, "cash": columns.cash[::-1]})
    np.testing.assert_allclose(other.charge[:m], one.charge[:m][::-1], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(other.size, one.size, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_market_s_unit_of_size_is_only_a_unit(seed: int) -> None:
    """A coin split in four: four times the size at a quarter of the price; powers of two, so bit for bit."""
    case = draw_case(seed)
    old, prices, venue, opens = case
    if old.contract == "inverse":
        return
    is_split = old.accounts.market == 0
    by_row = np.where(np.arange(len(prices)) == 0, 0.25, 1.0)[:, None]
    times = np.where(is_split, 4.0, 1.0)
    columns: dict[str, Any] = {"size": old.size * times, "entry_price": old.entry_price / times}
    if old.stop_price is not None:
        columns["stop_price"] = old.stop_price / times
    markets = (replace(venue.markets[0], min_size=4.0 * venue.markets[0].min_size), *venue.markets[1:])
    split_opens = None if opens is None else opens * by_row
    other = changed(
        case, columns=columns, prices=prices * by_row, opens=split_opens, venue=replace(venue, markets=markets)
    )
    one = changed(case)
    assert other.equity.tolist() == one.equity.tolist()
    assert other.charge.tolist() == one.charge.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_charge_is_more_than_a_claim_and_all_are_what_was_shared(seed: int) -> None:
    made = changed(draw_case(seed, policy="capped_prorata", policy_options={"kappa": 0.5}, profit_base="entry"))
    assert (made.charge >= 0).all()
    assert (made.charge <= made.claim * (1 + 1e-9) + 1e-9).all()
    paid = made.fund_paid + made.venue_paid + made.backstop_paid + made.charged + made.unfunded_in_step
    assert paid.sum() == pytest.approx(made.deficit.sum(), rel=1e-9, abs=1e-9)
    assert made.charge.sum() == pytest.approx(made.charged.sum(), rel=1e-9, abs=1e-9)
