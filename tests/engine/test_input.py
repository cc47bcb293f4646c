"""Bad input is named with field, bound and value, all at once; extreme input gives a defined result, never a NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import engine
from tests.refusals import refused

NAN, INF = math.nan, math.inf
GOOD_BOOK = {"size": [10.0, -10.0], "entry_price": [100.0, 100.0], "collateral": [100.0, 100.0]}
GOOD_PATH = [100.0, 90.0, 110.0]


def book(**changes: Any) -> engine.Book:
    return engine.Book(**(GOOD_BOOK | changes))


def venue(**changes: Any) -> engine.Venue:
    return engine.Venue(**({"depth": 1e6} | changes))


def assert_defined(run: Any) -> None:
    """Not one NaN, and no infinity, in anything that a run reports."""
    of_each = ("mark", "fund", "deficit", "equity", "charge", "wallet", "collateral", "size", "claim", "haircut_rate")
    for name in (*of_each, "unfunded", "venue_capital", "backstop"):
        assert np.isfinite(getattr(run, name)).all(), name
    assert run.mark.min() > 0


# the book

BAD_BOOKS = [
    ({"size": [10.0, 0.0]}, ("size[1]", "not 0", "0.0")),
    ({"size": [NAN, 1.0]}, ("size[0]", "finite", "nan")),
    ({"size": [INF, 1.0]}, ("size[0]", "finite", "inf")),
    ({"entry_price": [100.0, 0.0]}, ("entry_price[1]", "> 0", "0.0")),
    ({"entry_price": [-5.0, 100.0]}, ("entry_price[0]", "> 0", "-5.0")),
    ({"entry_price": [NAN, 100.0]}, ("entry_price[0]", "finite", "nan")),
    ({"entry_price": [INF, 100.0]}, ("entry_price[0]", "finite", "inf")),
    ({"collateral": [1.0, -0.5]}, ("collateral[1]", ">= 0", "-0.5")),
    ({"collateral": [NAN, 1.0]}, ("collateral[0]", "finite", "nan")),
    ({"collateral": [INF, 1.0]}, ("collateral[0]", "finite", "inf")),
    ({"maintenance_rate": [0.1, -0.1]}, ("maintenance_rate[1]", ">= 0", "-0.1")),
    ({"maintenance_rate": [0.1, 1.0]}, ("maintenance_rate[1]", "< 1", "1.0")),
    ({"maintenance_rate": [NAN, 0.1]}, ("maintenance_rate[0]", "finite", "nan")),
    ({"maintenance_amount": [0.0, -1.0]}, ("maintenance_amount[1]", ">= 0", "-1.0")),
    ({"maintenance_amount": [INF, 0.0]}, ("maintenance_amount[0]", "finite", "inf")),
    ({"stop_price": [NAN, 0.0]}, ("stop_price[1]", "> 0", "0.0")),
    ({"stop_price": [INF, 1.0]}, ("stop_price[0]", "finite", "inf")),
    ({"contract": "quanto"}, ("contract", "linear", "quanto")),
    ({"collateral": [1.0]}, ("collateral", "2", "1")),
    ({"stop_price": [1.0, 2.0, 3.0]}, ("stop_price", "2", "3")),
    ({"trader_id": ["a"]}, ("trader_id", "2", "1")),
    ({"size": [[1.0, -1.0]]}, ("size", "one dimension", "(1, 2)")),
    ({"size": ["ten", "two"]}, ("size", "numbers", "ten")),
    ({"size": []}, ("size", "at least one", "[]")),
]


@pytest.mark.parametrize(("changes", "words"), BAD_BOOKS, ids=[f"{w[0]}-{w[2]}" for _, w in BAD_BOOKS])
def test_book_names_field_bound_and_value(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    message = refused(book, **changes)
    assert message.startswith("book.")
    assert all(word in message for word in words), message


def test_book_lists_every_violation() -> None:
    message = refused(
        engine.Book,
        size=[0.0],
        entry_price=[-1.0],
        collateral=[NAN],
        maintenance_rate=[2.0],
        stop_price=[0.0],
        contract="x",
    )
    for field in ("size[0]", "entry_price[0]", "collateral[0]", "maintenance_rate[0]", "stop_price[0]", "contract"):
        assert f"book.{field} must be" in message, field


def test_book_copies_its_input_and_is_read_only() -> None:
    size = np.array([1.0, -1.0])
    made = book(size=size)
    size[0] = 7.0
    assert made.size[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        made.size[0] = 2.0


# the venue

BAD_NUMBERS = {
    "maintenance_rate": (-0.001, 1.0, NAN, INF),
    "liquidation_fee": (-0.001, 1.001, NAN, INF),
    "liquidation_fraction": (0.0, -0.5, 1.001, NAN),
    "min_size": (-1.0, NAN, INF),
    "depth": (0.0, -1.0, NAN, -INF),
    "impact_half_life": (0.0, -1.0, NAN),
    "thinning": (-0.1, NAN, INF),
    "index_weight": (-0.1, 1.1, NAN),
    "price_band": (0.0, -0.1, NAN),
    "halt_steps": (-1, 1.5, NAN),
    "fund": (-1.0, NAN, INF),
    "fund_max_drawdown": (-0.1, 1.1, NAN),
    "fund_peak_window": (-1, 2.5),
    "venue_capital": (-1.0, NAN, INF),
    "assessment_cap": (-1.0, NAN, INF),
    "vault": (-1.0, NAN, INF),
    "settlement_interval": (0, -1, 1.5, NAN),
    "dynamic_margin_cap": (0.5, NAN, INF),
    **dict.fromkeys(("fund_position_limit", "fund_position_half_life", "dynamic_margin_half_life"), (0.0, NAN)),
    "reference_volatility": (0.0, -0.1, NAN),
}
CASES = [(field, value) for field, values in BAD_NUMBERS.items() for value in values]


@pytest.mark.parametrize(("field", "value"), CASES)
def test_venue_names_field_bound_and_value(field: str, value: float) -> None:
    message = refused(venue, **{field: value})
    assert f"venue.{field} must be " in message
    assert f"was {value!r}" in message


@pytest.mark.parametrize("field", [*BAD_NUMBERS, "policy", "residual_margin", "profit_base"])
def test_venue_refuses_what_is_no_number_or_name(field: str) -> None:
    message = refused(venue, **{field: "much"})
    assert f"venue.{field} must be " in message
    assert "'much'" in message


def test_venue_lists_every_violation() -> None:
    message = refused(venue, depth=-1.0, fund=NAN, policy="robin_hood", residual_margin="me", settlement_interval=0)
    for field in ("depth", "fund", "policy", "residual_margin", "settlement_interval"):
        assert f"venue.{field} must be" in message, field


def test_depth_has_no_default() -> None:
    with pytest.raises(TypeError, match="depth"):
        engine.Venue()


def test_unknown_policy_is_an_error_never_a_fallback() -> None:
    assert "robin_hood" in refused(venue, policy="robin_hood")
    with pytest.raises(engine.EngineError, match="robin_hood"):
        engine.allocate(policy="robin_hood", amount=1.0, profit=np.ones(2), equity=np.ones(2))


def test_unknown_option_of_a_policy() -> None:
    assert "kapa" in refused(venue, policy="capped_prorata", policy_options={"kapa": 0.4})
    assert "kappa" in refused(venue, policy="profit_prorata", policy_options={"kappa": 0.4})


@pytest.mark.parametrize("value", [-0.1, NAN, INF, "half"])
def test_option_out_of_bounds(value: Any) -> None:
    message = refused(venue, policy="capped_prorata", policy_options={"kappa": value})
    assert "kappa" in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("brackets", "word"),
    [
        (((0.0, -0.1, 0.0),), "brackets[0].rate"),
        (((0.0, 1.0, 0.0),), "brackets[0].rate"),
        (((0.0, 0.1, 0.0), (0.0, 0.2, 0.0)), "brackets[1].floor"),
        (((0.0, 0.1, NAN),), "brackets[0].amount"),
        (((-1.0, 0.1, 0.0),), "brackets[0].floor"),
    ],
)
def test_bad_brackets(brackets: Any, word: str) -> None:
    assert f"venue.{word} must be" in refused(venue, brackets=brackets)


@pytest.mark.parametrize("brackets", [((0.0, 0.1),), (1.0, 2.0), "steep", 5])
def test_bracket_rows_have_three_numbers(brackets: Any) -> None:
    assert "brackets" in refused(venue, brackets=brackets)


@pytest.mark.parametrize("members", [(1.0, -2.0), (NAN,), ("x",), 5.0])
def test_bad_default_fund(members: Any) -> None:
    assert "default_fund" in refused(venue, default_fund=members)


# prices

BAD_PATHS = [
    ([100.0, 0.0], ("prices[1]", "> 0", "0.0")),
    ([100.0, -1.0], ("prices[1]", "> 0", "-1.0")),
    ([NAN, 100.0], ("prices[0]", "nan")),
    ([100.0, INF], ("prices[1]", "inf")),
    ([], ("prices", "at least one")),
    ([[100.0, 90.0]], ("prices", "one dimension")),
    (["a", "b"], ("prices",)),
    (None, ("prices",)),
]


@pytest.mark.parametrize(("path", "words"), BAD_PATHS, ids=[str(path) for path, _ in BAD_PATHS])
def test_prices_name_field_bound_and_value(path: Any, words: tuple[str, ...]) -> None:
    message = refused(engine.simulate, book=book(), prices=path, venue=venue())
    assert all(word in message for word in words), message


def test_things_that_are_no_book_and_no_venue() -> None:
    message = refused(engine.simulate, book=GOOD_BOOK, prices=GOOD_PATH, venue="bitmex")
    assert "book" in message
    assert "venue" in message


# extreme but allowed: a defined result


def simulate(book_: engine.Book, path: Any = GOOD_PATH, **options: Any) -> Any:
    run = engine.simulate(book=book_, prices=path, venue=venue(**options))
    assert_defined(run)
    return run


def test_path_of_one_point() -> None:
    run = simulate(book(), [100.0])
    assert run.mark.tolist() == [100.0]
    assert run.liquidated_at.tolist() == [-1, -1]
    assert run.equity.tolist() == [100.0, 100.0]


def test_whole_numbers_are_prices_and_sizes() -> None:
    traders = engine.Book(size=[1, -1], entry_price=[100, 100], collateral=[5, 5])
    assert simulate(traders, [100, 90], depth=INF).mark[1] == 90.0


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("policy", sorted(engine.POLICIES))
def test_one_sided_book(side: int, contract: str, policy: str) -> None:
    traders = engine.Book(size=[side * 10.0] * 3, entry_price=[100.0] * 3, collateral=[0.01] * 3, contract=contract)
    run = simulate(traders, [100.0, 50.0, 200.0], policy=policy)
    assert (run.liquidated_at > 0).all()
    if contract == "linear":  # nobody is left to pay: at 50 or 200 all of it is unfunded, or the fund's debt
        assert run.unfunded > 0 or run.fund[-1] < 0


@pytest.mark.parametrize("policy", sorted(engine.POLICIES))
@pytest.mark.parametrize("contract", ["linear", "inverse"])
def test_depth_so_thin_that_one_order_moves_everything(contract: str, policy: str) -> None:
    traders = engine.Book(size=[9, 1, -2, -8], entry_price=[100] * 4, collateral=[0.02, 5, 0.3, 2], contract=contract)
    for thinning in (0.0, 1e9):
        run = simulate(traders, [100, 93, 100, 107], depth=1e-300, thinning=thinning, policy=policy, impact="linear")
        assert run.mark.min() >= 93 * math.exp(-3) * (1 - 1e-12)
        assert run.mark.max() <= 107 * math.exp(3) * (1 + 1e-12)


@pytest.mark.parametrize("policy", sorted(engine.POLICIES))
def test_extreme_prices_and_depths(policy: str) -> None:
    """Whoever the first move is against is out in it, but for a short in coins, who owes 10 / 100 coin of its 100."""
    for contract in ("linear", "inverse"):
        for depth in (1e-300, 1.0, 1e300, INF):
            for path in ([100.0, 1e-6, 1e6], [100.0, 1e15], [100.0, 1e-15, 100.0]):
                run = simulate(book(contract=contract), path, depth=depth, policy=policy)
                loser = 0 if path[1] < 100 else 1
                assert run.liquidated_at[loser] == (-1 if contract == "inverse" and loser == 1 else 1)
                assert (np.abs(np.log(run.mark / path)) <= 3 + 1e-12).all()
                assert depth != INF or (run.mark == path).all()


@pytest.mark.parametrize("fraction", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("policy", ["profit_prorata", "adl_queue"])
def test_partial_liquidation_without_a_minimum_ends(fraction: float, policy: str) -> None:
    """What stays open can carry itself: its equity meets the requirement at the last mark."""
    traders = book()
    run = simulate(traders, [100.0, 85.0, 120.0], liquidation_fraction=fraction, policy=policy)
    assert run.n_liquidated == 2
    left = np.abs(run.size) * run.mark[-1]
    assert (left < 0.1 * np.abs(traders.size) * run.mark[-1]).all()
    margin = run.collateral + run.size * (run.mark[-1] - traders.entry_price)
    assert (margin >= 0.999999 * run.venue.maintenance_rate * left).all()


def test_fund_of_zero() -> None:
    run = simulate(book(), [100.0, 80.0], fund=0.0)
    assert run.fund[0] == 0.0
    assert run.charge[1] == pytest.approx(run.deficit[1])


def test_no_collateral_anywhere() -> None:
    run = simulate(book(collateral=[0.0, 0.0]), [100.0, 90.0])
    assert run.liquidated_at[0] == 1


def test_everybody_bankrupt_at_the_start() -> None:
    run = simulate(book(entry_price=[200.0, 50.0]), [100.0, 100.0])
    assert (run.liquidated_at == 1).all()
    assert run.unfunded == pytest.approx(900.0 + 400.0, rel=1e-2)


def test_margin_multiplied_beyond_the_notional() -> None:
    """A rate of 50 % or 60 % at a multiplier of 2 asks for 99.9 % of the notional, no more and no division by zero.

    At 50 the long has 400 of 500 left, the short 1400: the long has to go when the multiplier comes, a step later.
    """
    for rate in (0.5, 0.6):
        run = simulate(
            book(maintenance_rate=[rate, rate], collateral=[900.0, 900.0]),
            [100.0, 50.0, 50.0, 50.0],
            dynamic_margin_cap=2.0,
            reference_volatility=1e-6,
        )
        assert run.liquidated_at.tolist() == [2, -1]
        assert run.fund[-1] == pytest.approx(400.0, rel=1e-4)


def test_tiny_and_huge_units() -> None:
    for unit in (1e-9, 1e12):
        traders = engine.Book(size=[10 * unit, -10 * unit], entry_price=[100] * 2, collateral=[100 * unit, 500 * unit])
        run = engine.simulate(book=traders, prices=[100.0, 85.0], opens=[100.0, 85.0], venue=venue(depth=INF))
        assert run.charge[1] == pytest.approx(50 * unit)
