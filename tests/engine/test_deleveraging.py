"""Auto-deleveraging: scores, who is closed and how far, and one bankrupt position from outside the cascade."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.book import Book
from engine.errors import InputError
from engine.sharing import adl_selection
from engine.sharing.adl_selection import BINANCE, BITMEX, HYPERLIQUID, HYPERLIQUID_ONE, OKX, adl_score
from engine.sharing.deleveraging import auto_deleverage

Floats = NDArray[np.float64]
RULES = ("queue", "prorata", "minimax", "scan")


@st.composite
def accounts(draw: Any) -> dict[str, Floats]:
    """Sizes, capacities, tiers, scores with ties, and equities of 1..12 accounts, some of which cannot be taken."""
    rows = draw(st.lists(st.tuples(*(st.integers(0, 6) for _ in range(5))), min_size=1, max_size=12))
    size, part, tier, score, equity = np.array(rows, dtype=float).T
    size = 0.5 + size
    capacity = size * np.minimum(part / 3.0, 1.0)
    return {"size": size, "capacity": capacity, "tier": np.minimum(tier, 1.0), "score": score, "equity": equity + 0.25}


def take(rule: str, need: float, a: dict[str, Floats], unit: float = 2.0) -> Floats:
    """Size closed of each account; the total that the method returns is checked on the way."""
    closed = np.full(a["size"].size, np.nan)
    if rule == "queue":
        total = adl_selection.select_queue(need, a["capacity"], a["tier"], a["score"], closed)
    elif rule == "prorata":
        total = adl_selection.select_prorata(need, a["size"], a["capacity"], a["tier"], closed)
    elif rule == "minimax":
        total = adl_selection.select_minimax(need, unit, a["size"], a["equity"], a["capacity"], a["tier"], closed)
    else:
        total = adl_selection.select_scan(need, a["capacity"], 1 % a["size"].size, closed)
    assert total == pytest.approx(closed.sum(), rel=1e-12)
    return closed


@pytest.mark.parametrize("rule", RULES)
@given(a=accounts(), share=st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.99, 1.0, 1.4]))
def test_the_need_is_met_as_far_as_capacity_goes(rule: str, a: dict[str, Floats], share: float) -> None:
    need = share * a["capacity"].sum()
    closed = take(rule, need, a)
    assert closed.sum() == pytest.approx(min(need, a["capacity"].sum()), rel=1e-12)
    assert (closed >= 0).all()
    assert (closed <= a["capacity"]).all()
    if rule != "scan" and need <= a["capacity"][a["tier"] == 0].sum():
        assert not closed[a["tier"] == 1].any()


@given(a=accounts(), share=st.floats(0, 1.2))
def test_the_queue_is_the_sorted_list(a: dict[str, Floats], share: float) -> None:
    left = need = share * a["capacity"].sum()
    expected = np.zeros(a["size"].size)
    for j in sorted(range(a["size"].size), key=lambda j: (a["tier"][j], -a["score"][j], j)):
        expected[j] = min(a["capacity"][j], left)
        left -= expected[j]
    np.testing.assert_allclose(take("queue", need, a), expected, atol=1e-12)


@given(a=accounts(), share=st.floats(0.01, 0.99))
def test_minimax_leaves_the_leverage_that_a_bisection_finds(a: dict[str, Floats], share: float) -> None:
    profitable = a["tier"] == 0
    need = share * a["capacity"][profitable].sum()

    def cut(leverage: float) -> Floats:
        return np.where(profitable, np.clip(a["size"] - leverage * a["equity"] / 2.0, 0.0, a["capacity"]), 0.0)

    low, high = 0.0, 1e3
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if cut(middle).sum() > need else (low, middle)
    np.testing.assert_allclose(take("minimax", need, a), cut(high) if need else 0.0, atol=1e-10)


def test_minimax_levels_what_is_left_in_proportion_to_equity() -> None:
    """Leverages 5, 4, 2 and 1 (equity 10 each): closing 4 coins of the first two leaves both at 2.5."""
    a = {"size": np.array([50.0, 40.0, 20.0, 10.0]) / 10, "equity": np.full(4, 10.0), "tier": np.zeros(4)}
    closed = take("minimax", 4.0, {**a, "capacity": a["size"], "score": a["tier"]}, unit=10.0)
    np.testing.assert_allclose(closed, [2.5, 1.5, 0.0, 0.0], rtol=1e-13)


def test_pro_rata_takes_the_same_share() -> None:
    a = {"size": np.array([10.0, 30.0, 5.0]), "tier": np.array([0.0, 0.0, 1.0])}
    assert take("prorata", 20.0, {**a, "capacity": a["size"]}).tolist() == [5.0, 15.0, 0.0]
    assert take("prorata", 42.5, {**a, "capacity": a["size"]}).tolist() == [10.0, 30.0, 2.5]


def test_a_scan_goes_around_the_end_of_the_list() -> None:
    capacity, closed = np.array([5.0, 0.0, 4.0, 3.0]), np.empty(4)
    assert adl_selection.select_scan(9.0, capacity, 2, closed) == 9.0
    assert closed.tolist() == [2.0, 0.0, 4.0, 3.0]


def test_bitmex_queue_of_six() -> None:
    """bitmex.com/app/autoDeleveragingExamples (read 2026-11-20): a short of 20 closes accounts 2 and 5 by 10 each."""
    quantity, score = np.array([10.0, 10.0, 20.0, 30.0, 20.0, 10.0]), np.array([3.0, 6.0, 1.0, 4.0, 5.0, 2.0])
    closed = np.empty(6)
    assert adl_selection.select_queue(20.0, quantity, np.zeros(6), score, closed) == 20.0
    assert closed.tolist() == [0.0, 10.0, 0.0, 0.0, 10.0, 0.0]


def test_ties_go_to_the_lowest_index() -> None:
    closed = np.empty(5)
    adl_selection.select_queue(2.5, np.ones(5), np.zeros(5), np.array([1.0, 7.0, 7.0, 7.0, 1.0]), closed)
    assert closed.tolist() == [0.0, 1.0, 1.0, 0.5, 0.0]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_scores_by_hand(side: float) -> None:
    """Two coins from 100 to 110 (long) or 90 (short): profit 20, 10 % of entry; collateral 20, requirement 1."""
    mark = 100.0 + 10.0 * side
    leverage = 2 * mark / 40
    kwargs = (side, 2.0, 100.0, 20.0, mark, False, 1.0)
    assert adl_score(BITMEX, *kwargs) == pytest.approx(0.1 * leverage)
    assert adl_score(BINANCE, *kwargs) == pytest.approx(20 / 20 * 1 / 40)
    assert adl_score(OKX, *kwargs) == pytest.approx(0.1 / (40 / 1))
    assert adl_score(HYPERLIQUID, *kwargs) == pytest.approx((1.1 if side > 0 else 1 / 0.9) * leverage)
    assert adl_score(HYPERLIQUID_ONE, *kwargs) == pytest.approx((1.1 if side > 0 else 0.9) * leverage)


def test_scores_of_losers() -> None:
    """Two coins long from 100 to 95: loss 10, 5 % of entry; collateral 20, equity 10, leverage 19."""
    kwargs = (1.0, 2.0, 100.0, 20.0, 95.0, False, 1.0)
    assert adl_score(BITMEX, *kwargs) == pytest.approx(-0.05 / 19)
    assert adl_score(BINANCE, *kwargs) == 0.0
    assert adl_score(OKX, *kwargs) == pytest.approx(-0.05 * 10)
    assert adl_score(OKX, 1.0, 2.0, 100.0, 20.0, 95.0, False, 0.0) == -math.inf
    assert adl_score(BITMEX, 1.0, 2.0, 100.0, 20.0, 90.0, False, 1.0) == -math.inf


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_bitmex_score_of_an_inverse_position(side: float) -> None:
    """1,000 USD contracts from 100: profit s (1 - e/P) of entry value, leverage (1000/P) / equity."""
    mark = 100.0 * 1.25**side
    profit = side * 1000 * (1 / 100 - 1 / mark)
    expected = side * (1 - 100 / mark) * (1000 / mark) / (1.0 + profit)
    assert adl_score(BITMEX, side, 1000.0, 100.0, 1.0, mark, True, 0.0) == pytest.approx(expected)


def test_loss_follows_the_contracts_closed() -> None:
    """Robinson's example (x.com/danrobinson, 2025-12): 2 ETH short, deficit 1,500; the top long of 1 ETH loses 750."""
    book = Book(size=[1.0, 1.0], entry_price=[2000.0, 2500.0], collateral=[500.0, 2000.0])
    done = auto_deleverage(size=-2.0, bankruptcy_price=2250.0, mark=3000.0, book=book)
    assert done.order.tolist() == [0, 1]
    assert done.closed.tolist() == [1.0, 1.0]
    assert done.charge.tolist() == [750.0, 750.0]
    assert (done.unfilled, done.price) == (0.0, 2250.0)


@st.composite
def cases(draw: Any) -> dict[str, Any]:
    """A bankrupt position and a book of the same contract, at a mark of 100."""
    contract = draw(st.sampled_from(("linear", "inverse")))
    n, rng = draw(st.integers(1, 12)), np.random.default_rng(draw(st.integers(0, 10_000)))
    book = Book(
        size=rng.choice([-1.0, 1.0], n) * rng.integers(1, 9, n),
        entry_price=100 + rng.integers(-20, 20, n) + 0.25,
        collateral=rng.integers(0, 200, n) * (0.0001 if contract == "inverse" else 1.0),
        contract=contract,
    )
    size = draw(st.sampled_from((-1.0, 1.0))) * draw(st.integers(1, 40))
    return {"size": size, "bankruptcy_price": 100.0 + draw(st.integers(-9, 9)), "mark": 100.0, "book": book}


def read_plainly(size: float, bankruptcy_price: float, mark: float, book: Book) -> tuple[list[int], Floats]:
    """Rank order and size closed, account by account."""
    value = (lambda price: -1 / price) if book.is_inverse else (lambda price: price)
    side = math.copysign(1.0, size)
    unit = side * (value(bankruptcy_price) - value(mark))
    ranked, room = [], {}
    for j, (q, e, c) in enumerate(zip(book.size, book.entry_price, book.collateral, strict=True)):
        profit = q * (value(mark) - value(e))
        if q * side > 0 or c + profit <= 0:
            continue
        percent = profit / abs(q * value(e))
        leverage = abs(q * value(mark)) / (c + profit)
        ranked.append((profit <= 0, -(percent * leverage if percent > 0 else percent / leverage), j))
        room[j] = min(abs(q), (c + profit) / unit) if unit > 0 else abs(q)
    order = [j for _, _, j in sorted(ranked)]
    left, closed = abs(size), np.zeros(book.size.size)
    for j in order:
        closed[j] = min(room[j], left)
        left -= closed[j]
    return order, closed


@given(cases())
def test_the_queue_is_a_plain_reading_of_the_model(case: dict[str, Any]) -> None:
    done = auto_deleverage(**case)
    order, closed = read_plainly(**case)
    np.testing.assert_allclose(done.closed, closed, atol=1e-9)
    assert done.unfilled == pytest.approx(abs(case["size"]) - closed.sum(), abs=1e-9)
    score = done.score[done.order]
    assert sorted(done.order.tolist()) == sorted(order)
    np.testing.assert_allclose(score, done.score[order], rtol=1e-9)


@pytest.mark.parametrize("rule", RULES)
@given(case=cases())
def test_nobody_pays_more_than_its_equity(rule: str, case: dict[str, Any]) -> None:
    done = auto_deleverage(rule=rule, **case)
    book, side = case["book"], math.copysign(1.0, case["size"])
    own = np.sign(book.size) == side
    if book.is_inverse:
        equity = book.collateral + book.size * (1 / book.entry_price - 1 / 100.0)
    else:
        equity = book.collateral + book.size * (100.0 - book.entry_price)
    assert not done.closed[own | (equity <= 0)].any()
    assert (done.closed <= np.abs(book.size)).all()
    assert (done.charge <= np.maximum(equity, 0) * (1 + 1e-12)).all()
    assert done.closed.sum() + done.unfilled == pytest.approx(abs(case["size"]), rel=1e-12)


def test_one_trader_takes_all_or_leaves_the_rest() -> None:
    book = Book(size=[-3.0], entry_price=[120.0], collateral=[10.0])
    done = auto_deleverage(size=5.0, bankruptcy_price=101.0, mark=100.0, book=book)
    assert (done.closed.tolist(), done.charge.tolist(), done.unfilled) == ([3.0], [3.0], 2.0)


def test_no_counterparties_leaves_everything_unfilled() -> None:
    book = Book(size=[3.0, -1.0], entry_price=[90.0, 80.0], collateral=[10.0, 5.0])
    done = auto_deleverage(size=5.0, bankruptcy_price=101.0, mark=100.0, book=book)
    assert done.order.size == 0
    assert (done.closed.tolist(), done.charge.tolist(), done.unfilled) == ([0.0, 0.0], [0.0, 0.0], 5.0)


def test_profitable_accounts_come_before_losers_with_a_higher_score() -> None:
    """Hyperliquid ranks by leverage too, so a loser can outscore a winner: it still comes second."""
    book = Book(size=[-1.0, -1.0], entry_price=[99.0, 101.0], collateral=[3.0, 500.0])
    done = auto_deleverage(size=1.5, bankruptcy_price=100.0, mark=100.0, book=book, score="hyperliquid")
    assert done.score[0] > done.score[1]
    assert done.order.tolist() == [1, 0]
    assert done.closed.tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("price", "settled"), [("bankruptcy", 106.0), ("mark", 100.0), ("previous_mark", 103.0), ("blend", 104.0)]
)
def test_the_settlement_price_is_an_option(price: str, settled: float) -> None:
    book = Book(size=[-3.0], entry_price=[120.0], collateral=[10.0])
    done = auto_deleverage(size=2.0, bankruptcy_price=106.0, mark=100.0, previous_mark=103.0, book=book, price=price)
    assert done.price == pytest.approx(settled)
    assert done.charge.tolist() == pytest.approx([2.0 * (settled - 100.0)])


def test_a_mark_short_of_the_bankruptcy_price_is_a_gain_for_counterparties() -> None:
    book = Book(size=[-3.0], entry_price=[120.0], collateral=[10.0])
    done = auto_deleverage(size=2.0, bankruptcy_price=98.0, mark=100.0, book=book)
    assert done.charge.tolist() == [-4.0]


def test_an_inverse_position_settles_in_coin() -> None:
    book = Book(size=[1000.0], entry_price=[80.0], collateral=[1.0], contract="inverse")
    done = auto_deleverage(size=-500.0, bankruptcy_price=95.0, mark=100.0, book=book)
    assert done.price == pytest.approx(95.0)
    assert done.charge[0] == pytest.approx(-500 * (-1 / 95 + 1 / 100))


def test_a_scan_starts_at_the_seed() -> None:
    book = Book(size=[-1.0] * 4, entry_price=[120.0, 90.0, 130.0, 140.0], collateral=[50.0] * 4)
    done = auto_deleverage(size=2.0, bankruptcy_price=100.0, mark=100.0, book=book, rule="scan", seed=7)
    assert done.order.tolist() == [3, 0, 1, 2]
    assert done.closed.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_every_violation_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        auto_deleverage(
            size=0.0,
            bankruptcy_price=-1.0,
            mark=math.nan,
            book=None,  # type: ignore[arg-type]
            score="ftx",
            rule="auction",
            price="previous_mark",
            blend=2.0,
            seed=-1,
        )
    assert caught.value.fields == tuple(
        f"auto_deleverage.{name}"
        for name in ("size", "bankruptcy_price", "mark", "book", "score", "rule", "previous_mark", "blend", "seed")
    )
    assert "auto_deleverage.size must be not 0, was 0.0" in caught.value.violations
    assert "auto_deleverage.bankruptcy_price must be > 0, was -1.0" in caught.value.violations


def test_a_hundred_thousand_accounts() -> None:
    rng = np.random.default_rng(0)
    book = Book(
        size=rng.choice([-1.0, 1.0], 100_000) * rng.lognormal(0, 1, 100_000),
        entry_price=100 * np.exp(rng.normal(0, 0.1, 100_000)),
        collateral=rng.lognormal(3, 1, 100_000),
    )
    for rule in RULES:
        done = auto_deleverage(size=20_000.0, bankruptcy_price=101.0, mark=100.0, book=book, rule=rule)
        assert done.closed.sum() + done.unfilled == pytest.approx(20_000.0, rel=1e-12)


def test_a_score_without_a_formula_and_a_method_without_a_branch_are_errors() -> None:
    with pytest.raises(ValueError, match=r"no score of engine\.sharing\.adl_selection"):
        adl_score(HYPERLIQUID_ONE + 1, 1.0, 2.0, 100.0, 20.0, 110.0, False, 1.0)
    ones = np.ones(3)
    with pytest.raises(ValueError, match=r"no method of engine\.sharing\.adl_selection"):
        adl_selection.select(4, 1.0, 1.0, 0, ones, ones, ones, ones, ones, np.empty(3))


@pytest.mark.parametrize("rule", ["queue", "prorata", "minimax", "scan"])
def test_who_is_bankrupt_at_the_mark_is_never_taken(rule: str) -> None:
    """Equity 50 - 10 (100 - 80) = -150 of the first; closed at the mark, which costs nobody anything."""
    book = Book(size=[-10.0, -10.0], entry_price=[80.0, 110.0], collateral=[50.0, 50.0])
    done = auto_deleverage(size=4.0, bankruptcy_price=101.0, mark=100.0, book=book, rule=rule, price="mark")
    assert done.closed.tolist() == [0.0, 4.0]
    assert 0 not in done.order.tolist()


def test_the_score_of_a_small_collateral_counts_it_as_one() -> None:
    """Profit 10 over max(1, 0.5), times maintenance 0.5 % of 100 over an equity of 10.5."""
    book = Book(size=[-1.0], entry_price=[110.0], collateral=[0.5])
    done = auto_deleverage(size=1.0, bankruptcy_price=101.0, mark=100.0, book=book, score="binance")
    assert done.score[0] == pytest.approx(10.0 * 0.5 / 10.5)
