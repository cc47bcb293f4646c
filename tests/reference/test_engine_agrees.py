"""The venues' own arithmetic against the engine, on drawn positions: the same number where both know a rule."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import Book, Venue, allocate, auto_deleverage, bankruptcy_price, equity, liquidation_price
from engine.errors import InputError
from engine.sharing.adl_selection import adl_score
from engine.sharing.policy_record import SCORES
from tests.reference.venues import drift, dydx_v4, mai, mango, perp, prices, scores
from tests.reference.venues import dydx_v4_deleveraging as adl
from tests.vectors.model.setup import account, book_of, closed_at

SIDES = st.sampled_from([1.0, -1.0])
MARK = 50_000.0


def close(expected: float) -> object:
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(
    side=SIDES,
    size=st.floats(0.01, 100.0),
    entry=st.floats(50.0, 200.0),
    mark=st.floats(50.0, 200.0),
    margin=st.floats(0.001, 3.0),
    rate=st.floats(0.001, 0.2),
)
def test_scores_are_the_venues_scores(
    side: float, size: float, entry: float, mark: float, margin: float, rate: float
) -> None:
    profit, notional = side * size * (mark - entry), size * mark
    account_value = margin * notional
    wallet, maintenance = account_value - profit, rate * notional
    assume(wallet >= 0)  # as the collateral of a position is
    zero = entry - side * wallet / size
    signed = side * size
    one = {"mark": mark, "entry": entry, "notional": notional, "account_value": account_value}
    expected = {
        "bitmex": scores.bitmex(mark_value=signed * mark, bankruptcy_value=signed * zero, entry_value=signed * entry),
        "binance": scores.binance(unrealized=profit, wallet=wallet, maintenance=maintenance),
        "okx": scores.okx(profit_share=profit / (size * entry), margin_ratio=account_value / maintenance),
        "hyperliquid": scores.hyperliquid(**one, is_long=side > 0),
        "hyperliquid_one": scores.hyperliquid(**one),
    }
    got = {n: adl_score(i, side, size, entry, wallet, mark, False, maintenance) for i, n in enumerate(SCORES)}
    assert got == {name: pytest.approx(score, rel=1e-7, abs=1e-9) for name, score in expected.items()}


@given(
    side=SIDES, leverage=st.integers(2, 1_000).map(lambda n: n / 10), rate=st.integers(0, 50).map(lambda n: n / 1_000)
)
def test_prices_are_binances_and_krakens_and_bybits_bankruptcy_price(side: float, leverage: float, rate: float) -> None:
    word, entry = ("long" if side > 0 else "short"), 8_000.0
    venue = Venue(depth=math.inf, maintenance_rate=rate)
    linear = Book(size=[side * 2.0], entry_price=[entry], collateral=[2.0 * entry / leverage])
    coin = 5_000.0 / entry / leverage
    inverse = Book(size=[side * 5_000.0], entry_price=[entry], collateral=[coin], contract="inverse")
    position = prices.Position(side * 2.0, entry, entry, rate, 0.0)
    assert liquidation_price(book=linear, venue=venue)[0] == close(
        prices.binance(wallet=2.0 * entry / leverage, position=position)
    )
    terms = {"side": word, "contracts": 5_000.0, "entry": entry, "margin_coin": coin}
    assert liquidation_price(book=inverse, venue=venue)[0] == close(
        prices.kraken_inverse(**terms, maintenance_rate=rate)
    )
    assert bankruptcy_price(book=inverse)[0] == close(prices.kraken_inverse(**terms))
    assert bankruptcy_price(book=inverse)[0] == close(prices.bybit_inverse(side=word, entry=entry, leverage=leverage))
    at_entry = replace(venue, maintenance_basis="entry")
    bybit = prices.bybit_inverse(side=word, entry=entry, leverage=leverage, maintenance_rate=rate)
    assert liquidation_price(book=inverse, venue=at_entry)[0] == close(bybit)


def test_binances_price_is_never_below_zero_and_counts_the_other_position() -> None:
    position = prices.Position(1.0, 100.0, 100.0, 0.004, 0.0)
    assert prices.binance(wallet=500.0, position=position) == 0.0  # a long that is never liquidated
    assert prices.binance(wallet=-500.0, position=position._replace(size=-1.0)) == 0.0  # a short that is lost already
    other = prices.Position(1.0, 50.0, 50.0, 0.08, 0.0)  # 4 of maintenance, no profit
    assert prices.binance(wallet=5.0, position=position, others=[other]) == pytest.approx(99.0 / 0.996)


@given(
    side=SIDES, worth=st.integers(-4_000, 4_000), better=st.integers(0, 300), rate=st.sampled_from([0.005, 0.015, 1.0])
)
def test_dydx_fund_gets_or_pays_what_its_arithmetic_says(side: float, worth: int, better: int, rate: float) -> None:
    cash, size = worth - side * MARK, side
    holder = dydx_v4.account(cash, {"BTC": size})
    quote = dydx_v4.bankruptcy_quote(
        holder=holder, market="BTC", size_delta=-size, prices={"BTC": MARK}, maintenance_rate=0.1
    )
    fill = MARK + side * better
    expected = dydx_v4.insurance_delta(fill_quote=size * fill, bankrupt_quote=quote, max_fee_rate=rate)
    venue = Venue(depth=math.inf, fund=1e6, liquidation_fee=rate, residual_margin="trader")
    run = closed_at(fill, [account(cash, size, fill)], venue)
    assert run.fund[-1] - run.fund[0] == pytest.approx(float(expected), abs=2e-6)  # one quantum each way
    assert float(bankruptcy_price(book=book_of([account(cash, size, MARK)]))[0]) == close(abs(float(quote)))


@given(hole=st.integers(-2_000, -1), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6), side=SIDES)
def test_dydx_scan_closes_the_same_sizes_at_the_same_price(hole: int, sizes: list[int], side: float) -> None:
    """Offsetting accounts hold their whole notional in equity: no collateral check stands in the way."""
    cash = hole - side * MARK
    market = adl.Market(name="BTC", prices={"BTC": MARK})
    closed, held = dydx_v4.account(cash, {"BTC": side}), [-side * size / 10 for size in sizes]
    offsets = [dydx_v4.account(abs(size) * MARK - size * MARK, {"BTC": size}) for size in held]
    done = adl.scan(closed=closed, offsets=offsets, market=market)
    book = book_of([account(float(offset.usdc), size, MARK) for offset, size in zip(offsets, held, strict=True)])
    at = float(bankruptcy_price(book=book_of([account(cash, side, MARK)]))[0])
    got = auto_deleverage(size=side, bankruptcy_price=at, mark=MARK, book=book, rule="scan")
    assert got.closed.tolist() == pytest.approx([float(fill) for fill in done.fills])
    assert got.unfilled == pytest.approx(float(done.remaining))
    paid = [float(a.usdc - b.usdc) for a, b in zip(done.offsets_after, offsets, strict=True)]
    assert [-side * closed * got.price for closed in got.closed] == pytest.approx(paid, abs=1e-4)
    after = equity(book=book, price=MARK) - got.charge
    risk = [float(market.risk(offset).net_collateral) for offset in done.offsets_after]
    assert after.tolist() == pytest.approx(risk, abs=1e-4)


@given(side=SIDES, hole=st.integers(0, 3_000), size=st.integers(1, 9), interest=st.integers(10, 20))
def test_mai_charges_the_other_side_the_same_per_contract(side: float, hole: int, size: int, interest: int) -> None:
    """An account below zero is closed whole: the liquidator's penalty is a worse price, the fund's part the fee."""
    mark, entry = 6_000.0, 6_000.0 + side * 1_000.0
    held = mai.Position(cash=1_000.0 * size - hole, size=side * size, entry=entry)
    assume(held.cash >= 0)
    done = mai.liquidate(
        position=held, price=mark, amount=float(size), rates=mai.Rates(), fund=0.0, counter_size=float(interest)
    )
    fill = mark * (1.0 - side * 0.005)
    others = (-side * interest, fill, 10.0 * fill * interest)
    venue = Venue(depth=math.inf, liquidation_fee=0.005, policy="open_interest_counter_side")
    run = closed_at(fill, [(side * size, entry, held.cash), others], venue)
    assert run.charge[1] / interest == close(done.social_loss_per_contract)
    assert run.fund[-1] == close(done.fund)


@given(loss=st.integers(1, 10**6), long=st.integers(1, 10**4), short=st.integers(1, 10**4))
def test_drift_charges_what_the_policy_charges_rounded_up(loss: int, long: int, short: int) -> None:
    per_base = float(drift.loss_per_base(loss=loss, open_interest_long=long, open_interest_short=short))
    done = allocate(policy="open_interest_both_sides", amount=loss, size=[long, -short])
    assert -1e-9 * per_base <= per_base - done.charge[0] / long <= 1.1e-9 + 1e-9 * per_base
    assert done.charge[1] / short == close(done.charge[0] / long)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_mangos_fee_differs_from_the_engines_as_the_preset_says(side: float) -> None:
    taken = mango.liquidate_base(base=side * 1_000, price=0.6, liquidation_fee=0.03, platform_fee=0.02)
    at_fill = closed_at(
        0.6 * (1 - side * 0.03),
        [(side * 1_000, 0.6, 60.0)],
        Venue(depth=math.inf, liquidation_fee=0.02, residual_margin="trader"),
    )
    assert (taken.platform_fee, at_fill.fund[-1]) == (12, close(12.0 * (1 - side * 0.03)))


@given(side=SIDES, tenths=st.integers(-200, 200), thousandths=st.integers(0, 100))
def test_perps_penalty_beyond_equity_is_bad_debt(side: float, tenths: int, thousandths: int) -> None:
    worth, rate = tenths / 10, thousandths / 1_000
    debt, _ = perp.settle_bad_debt(size=side, price=100, cash=worth - side * 100, penalty_rate=rate)
    venue = Venue(depth=math.inf, fund=1e6, liquidation_fee=rate, is_penalty_beyond_equity=True)
    run = closed_at(100.0, [account(worth - side * 100, side, 100.0)], venue)
    assert run.deficit.sum() == close(float(debt))


def test_venues_refuse_what_the_engine_leaves_unallocated() -> None:
    with pytest.raises(InputError, match=r"loss_per_contract\.total_size must be > 0"):
        mai.loss_per_contract(loss=5, total_size=0)
    with pytest.raises(InputError, match=r"loss_per_base\.open_interest must be > 0"):
        drift.loss_per_base(loss=5, open_interest_long=0, open_interest_short=0)
    assert allocate(policy="open_interest_both_sides", amount=5.0, size=[0.0]).unallocated == 5.0
