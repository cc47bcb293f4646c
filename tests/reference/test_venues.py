"""What the venues' own numbers do not cover: wrong input, empty books, conservation, and venues without vectors."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from tests.reference import venues
from tests.reference.venues import (
    binance,
    bitfinex,
    bitmex,
    bybit,
    ccp,
    crypto_com,
    derive,
    drift_fund,
    drift_perp,
    dydx_v1,
    dydx_v4,
    ftx,
    gmx,
    hyperliquid,
    injective,
    kraken,
    literature,
    mai,
    mango,
    okx,
    paradex,
    percolator,
    perp,
    synthetix,
    vega,
    vertex,
)
from tests.reference.venues import dydx_v4_deleveraging as dydx_adl

MODULES = sorted(module.name for module in pkgutil.iter_modules(venues.__path__))
MONEY = st.integers(0, 10**9)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"tests.reference.venues.{name}")).failed == 0


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("exact", "sharing")])
def test_every_venue_module_states_its_source_and_the_day_it_was_read(name: str) -> None:
    text = importlib.import_module(f"tests.reference.venues.{name}").__doc__ or ""
    assert "read 2026-11-20" in " ".join(text.split())


WRONG: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (bitmex.equalize, {"loss": -1.0, "profits": [10.0]}, "equalize.loss must be >= 0, was -1.0"),
    (vertex.socialize_perp, {"loss": 5, "open_interest": 0}, "socialize_perp.open_interest must be > 0, was 0.0"),
    (mai.loss_per_contract, {"loss": 5, "total_size": 0}, "loss_per_contract.total_size must be > 0, was 0.0"),
    (perp.repay, {"account_value": 100, "wallet": 10}, "repay.debt must be > 0, was -100.0"),
    (perp.surplus, {"capacity": 1, "threshold": 0, "free_collateral": 1}, "surplus.threshold must be > 0, was 0.0"),
    (bitfinex.haircut, {"rate": 36.067, "balances": [1.0]}, "haircut.rate must be >= 0 and <= 1, was 36.067"),
    (
        literature.awards,
        {"rule": "equal", "estate": 1.0, "claims": [1.0]},
        "awards.rule must be one of constrained_equal_awards, constrained_equal_losses, proportional, talmud, "
        "was 'equal'",
    ),
    (literature.awards, {"rule": "talmud", "estate": 1.0, "claims": [1.0, -2.0]}, "awards.claims[1] must be >= 0"),
    (vega.distribute, {"wins": [1, 2], "collected": 2, "network": 2}, "distribute.network must be a whole number >= 0"),
    (binance.quantile, {"rank": 4, "users": 3}, "quantile.rank must be a whole number >= 1 and <= 3, was 4"),
    (
        bybit.inverse_bankruptcy_price,
        {"side": "both", "entry": 1.0, "leverage": 2.0},
        "side must be long, short or a signed size other than 0, was 'both'",
    ),
    (
        drift_fund.loss_per_base,
        {"loss": 100, "open_interest_long": 0, "open_interest_short": 0},
        "loss_per_base.open_interest must be > 0, was 0.0",
    ),
    (
        bitmex.deleverage,
        {"sizes": [1.0, 2.0], "scores": [1.0], "amount": 1.0},
        "deleverage.scores must be as long as sizes (2), was '1 long'",
    ),
]


@pytest.mark.parametrize(("function", "arguments", "sentence"), WRONG)
def test_wrong_input_is_named_with_bound_and_value(
    function: Callable[..., Any], arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        function(**arguments)
    assert sentence in str(caught.value)


def test_every_wrong_field_is_reported_at_once() -> None:
    with pytest.raises(InputError, match=r"loss must be >= 0.*fund must be >= 0"):
        drift_fund.fund_payment(loss=-1, fund=-2)


@pytest.mark.parametrize("delta", [0.1, -0.2, 0])
def test_dydx_refuses_a_size_that_does_not_reduce_the_position(delta: float) -> None:
    holder = dydx_v4.account(-4501, {"BTC": 0.1})
    with pytest.raises(InputError, match=r"size_delta must be opposite to and at most the position 0\.1"):
        dydx_v4.bankruptcy_quote(
            holder=holder, market="BTC", size_delta=delta, prices={"BTC": 50000}, maintenance_rate=0.1
        )


def test_dydx_negative_account_without_positions_must_at_least_improve() -> None:
    bad, better = (dydx_v4.Risk(Fraction(value), Fraction(0), Fraction(0)) for value in (-2, -1))
    assert dydx_v4.transition(before=bad, after=better) is dydx_v4.Transition.SUCCESS
    assert dydx_v4.transition(before=better, after=bad) is dydx_v4.Transition.STILL_UNDERCOLLATERALIZED


@given(usdc=st.integers(40_000, 60_000), offset=st.integers(-60_000, 60_000), side=st.sampled_from([1, -1]))
def test_dydx_deleveraging_moves_money_and_creates_none(usdc: int, offset: int, side: int) -> None:
    market = dydx_adl.Market(name="BTC", prices={"BTC": 50_000})
    closed, other = dydx_v4.account(side * usdc, {"BTC": -side}), dydx_v4.account(offset, {"BTC": side * 2})
    done = dydx_adl.scan(closed=closed, offsets=[other], market=market)
    assert done.closed_after.usdc + done.offsets_after[0].usdc == closed.usdc + other.usdc
    assert done.remaining + sum(done.fills) == 1
    assert done.fills[0] == 0 or done.closed_after.usdc == 0


def test_dydx_fee_of_one_fill_pays_for_the_next_where_it_is_credited() -> None:
    market = dydx_adl.Market(name="BTC", prices={"BTC": 50_500})
    orders = [dydx_adl.Order(Fraction(50_498), Fraction(1, 4), 0), dydx_adl.Order(Fraction(50_500), Fraction(1), 0)]
    terms = {"closed": dydx_v4.account(50_499, {"BTC": -1}), "makers": [dydx_v4.account(50_000, {"BTC": 1})]}
    filled = {
        credited: dydx_adl.liquidate(
            **terms, orders=orders, market=market, insurance_balance=0.5, is_fee_credited=credited
        ).filled
        for credited in (True, False)
    }
    assert filled == {True: 1, False: Fraction(1, 4)}


@pytest.mark.parametrize(
    ("maker", "taker", "is_all", "outcome"),
    [
        ((-500, 10), (1500, -10), False, dydx_v1.Outcome.NOT_UNDERWATER),
        ((-600, 10), (500, 10), False, dydx_v1.Outcome.SAME_SIDE),
        ((-600, 10), (1500, -9), True, dydx_v1.Outcome.LESS_THAN_AMOUNT),
        ((-600, 10), (1500, -9), False, dydx_v1.Outcome.DONE),
    ],
)
def test_dydx_v1_says_why_it_does_not_deleverage(
    maker: tuple[int, int], taker: tuple[int, int], is_all: bool, outcome: dydx_v1.Outcome
) -> None:
    holders = dydx_v1.balance(*maker), dydx_v1.balance(*taker)
    done = dydx_v1.deleverage(maker=holders[0], taker=holders[1], price=50, amount=10, is_all_or_nothing=is_all, unit=1)
    assert done.outcome is outcome
    assert done.maker.margin + done.taker.margin == holders[0].margin + holders[1].margin


@given(loss=MONEY, fund=MONEY, pool=MONEY, longs=st.integers(1, 10**6), shorts=st.integers(0, 10**6))
def test_drift_layers_pay_the_whole_loss_and_charges_round_up(
    loss: int, fund: int, pool: int, longs: int, shorts: int
) -> None:
    done = drift_fund.resolve_perp(
        loss=loss, fund=fund, fee_pool=pool, open_interest_long=longs, open_interest_short=shorts
    )
    assert done.from_fund + done.from_fee_pool + done.social_loss == loss
    assert 0 <= done.per_base * (longs + shorts) - done.social_loss <= Fraction(longs + shorts, 10**9)
    assert done.from_fund == fund or done.from_fee_pool + done.social_loss == 0


def test_drift_fund_stops_at_the_markets_tier() -> None:
    paid = drift_fund.fund_payment(
        loss=150_000, fund=10**9, market_cap=drift_fund.TIER_CAP["C"], already_settled=20_000
    )
    assert paid == 80_000
    assert drift_fund.fund_payment(loss=5, fund=9, market_cap=drift_fund.TIER_CAP["isolated"]) == 0


def test_drift_deposits_cannot_lose_more_than_they_are() -> None:
    assert drift_fund.deposit_index_cut(loss=300, deposits=200, index=1.1) == Fraction(11, 10)


def test_drift_leaves_a_healthy_position_alone() -> None:
    market = drift_perp.PerpMarket(maintenance_rate=0.05, buffer=0.02)
    done = drift_perp.liquidate(market=market, base=1, quote=-100, deposit=50, price=100)
    assert (done.base, done.liquidator_base, done.is_over) == (1, 0, True)


def test_mango_without_open_interest_charges_nobody_and_says_so() -> None:
    done = mango.resolve_negative_profit(
        profit=-50, max_settle=0, settle_limit=0, needed=40, max_transfer=math.inf, vault=0, open_interest=0
    )
    assert (done.socialized, done.long_funding_delta, done.pnl_left) == (40, 0, -10)


@given(borrow=MONEY, vault=MONEY, asked=MONEY)
def test_mango_token_bankruptcy_pays_or_socializes_all_of_an_exhausted_vaults_loss(
    borrow: int, vault: int, asked: int
) -> None:
    done = mango.resolve_token(
        borrow=borrow, vault=vault, liability_price=20, insurance_price=2, liquidation_fee=0.02, max_transfer=asked
    )
    assert done.insurance_tokens <= vault
    assert done.repaid <= borrow
    if done.insurance_tokens == vault:
        assert done.repaid + done.socialized == borrow


@given(wins=st.lists(MONEY, min_size=1, max_size=8), share=st.integers(0, 100))
def test_vega_pays_out_all_that_was_collected_and_nobody_beyond_the_remainder(wins: list[int], share: int) -> None:
    collected = sum(wins) * share // 100
    paid = vega.distribute(wins=wins, collected=collected)
    assert sum(paid) == collected
    assert all(got <= win for got, win in zip(paid[:-1], wins[:-1], strict=True))


def test_vega_remainder_goes_to_the_network_party_when_it_claims() -> None:
    assert vega.distribute(wins=[3, 3, 3], collected=8, network=0) == [4, 2, 2]


def test_vega_collects_margin_then_general_then_insurance() -> None:
    assert vega.collect(loss=10, margin=4, general=3, insurance=2) == (4, 3, 2, 1)


def test_derive_dilutes_claims_only_when_cash_is_short() -> None:
    assert derive.withdrawal_rate(stable=80, claims=100) == 0.8
    assert derive.withdrawal_rate(stable=120, claims=100) == 1.0
    assert derive.claims_burned(withdrawal=8, stable=80, claims=100) == 10
    assert [derive.fund_fee_share(rate=rate, share=0.2) for rate in (0.8, 1.0)] == [1.0, 0.2]


def test_derive_insolvent_auction_is_paid_by_the_fund_and_minted_beyond_it() -> None:
    payout = derive.insolvent_payout(portion=0.5, mark_to_market=-100, maintenance_margin=-300, elapsed=15, duration=60)
    assert payout == 75
    assert derive.pay_insolvent_bid(payout=payout, fund=50) == (75, 50, 25)


@pytest.mark.parametrize("side", [1, -1])
def test_injective_cuts_winners_only_and_by_one_rate(side: int) -> None:
    settled, left = injective.settle(
        quantities=[side * 10, side * 5, -side * 15], entries=[100, 104, 100], price=100 + side * 10, deficit=40
    )
    profits = [one.profit_after / one.profit_before for one in settled[:2]]
    assert profits[0] == pytest.approx(profits[1])
    assert settled[2].profit_after == settled[2].profit_before
    assert left == 0
    assert sum(one.profit_before - one.profit_after for one in settled) == pytest.approx(40)


def test_injective_takes_the_rest_of_a_large_deficit_from_payouts() -> None:
    assert injective.cut_payouts(payouts=[150, 60], profits=[50, 0], deficit=130) == [50, 30]
    assert injective.fund_shares(deposit=10, total_shares=100, fund=50) == 20


def test_mai_v3_redeems_accounts_without_position_first() -> None:
    margins, has_position = [60.0, 40.0, 100.0], [False, False, True]
    assert mai.redeem(capital=50, margins=margins, has_position=has_position) == [30, 20, 0]
    assert mai.redeem(capital=150, margins=margins, has_position=has_position) == [60, 40, 50]
    assert mai.redeem(capital=900, margins=margins, has_position=has_position) == margins


def test_gmx_keeps_its_adl_bounds() -> None:
    terms = {"side_profit": 600_000, "pool_side": 5_000_000, "size_usd": 2_000_000, "max_factor": 0.1}
    assert not gmx.deleverage(**terms, close_usd=2_000_000, min_factor=0.02).is_accepted
    assert not gmx.deleverage(**{**terms, "max_factor": 0.12}, close_usd=1_000_000, min_factor=0.02).is_accepted
    assert gmx.capped_profit(own_profit=-5, side_profit=10, pool_side=1, max_factor=0) == -5


def test_gmx_solvent_close_pays_costs_and_the_rest_to_the_trader() -> None:
    done = gmx.close_insolvent(collateral=100, profit=-30, funding_due=50)
    assert (done.can_close, done.trader_receives, done.pool_change, done.funding_unpaid) == (True, 20, 30, 0)


def test_synthetix_liquidated_provider_leaves_debt_and_the_rest_of_its_collateral() -> None:
    assert synthetix.liquidate_provider(collateral=100, debt=80, reward=5) == (95, 80, 5)
    assert synthetix.window_capacity(
        maker_fee=0.007, taker_fee=0.003, skew_scale=1000, multiplier=1, window_seconds=10
    ) == pytest.approx(100)


def test_percolator_counts_insurance_once_in_the_corrected_reading() -> None:
    terms = {"principal": 1e6, "realized": 2e5, "warming": 1e5, "insurance": 2e5, "collateral": 5e5}
    assert percolator.crisis(**terms).equity_haircut == pytest.approx(7 / 12)
    assert percolator.crisis(**terms, is_insurance_counted_once=True).equity_haircut == pytest.approx(5 / 12)


@given(profits=st.lists(st.integers(0, 10**6), max_size=8), residual=st.integers(0, 10**6))
def test_percolator_never_pays_more_than_the_residual(profits: list[int], residual: int) -> None:
    total = sum(profits)
    paid = [percolator.paid_profit(profit=p, residual=residual, positive_profit=total) for p in profits]
    assert sum(paid) <= min(residual, total)


def test_percolator_lazy_deleveraging_rounds_charges_up_and_positions_down() -> None:
    assert percolator.lazy_deleveraging(deficit=10, closed=1, open_interest=3, scale=1000) == (3334, 666)


def test_paradex_picks_the_smallest_share_that_reaches_the_target() -> None:
    assert paradex.smallest_share(value=80, requirement=88.8, penalty_rate=0.5) == 0.4
    assert paradex.smallest_share(value=10, requirement=88.8, penalty_rate=0.7) == 1.0


def test_bitmex_score_ranks_losers_by_low_leverage() -> None:
    won = bitmex.deleveraging_score(mark_value=110, bankruptcy_value=90, entry_value=100)
    lost = bitmex.deleveraging_score(mark_value=90, bankruptcy_value=80, entry_value=100)
    assert (won, lost) == (pytest.approx(0.1 * 5.5), pytest.approx(-0.1 / 9))
    short = bitmex.deleveraging_score(mark_value=-90, bankruptcy_value=-110, entry_value=-100)
    assert short == pytest.approx(0.1 * 4.5)


def test_bitmex_fund_that_cannot_pay_calls_for_deleveraging() -> None:
    assert bitmex.fund_after_fills(fund=1, bankruptcy_price=99, fills=[97], size=1) == ([0.0], True)
    assert bitmex.fund_after_fills(fund=0, bankruptcy_price=101, fills=[100], size=2, is_long=False) == ([2.0], False)


def test_binance_short_is_liquidated_above_its_entry_and_scores_are_zero_in_loss() -> None:
    short = binance.Position(-1, 100, 100, 0.005, 0)
    price = binance.liquidation_price(wallet=10, position=short)
    assert 10 - (price - 100) == pytest.approx(price * 0.005)
    assert binance.deleveraging_score(unrealized=-5, wallet=10, maintenance=1) == 0
    assert binance.deleveraging_score(unrealized=5, wallet=10, maintenance=3) == pytest.approx(0.1)
    assert binance.maintenance_amounts(floors=[0, 50_000], rates=[0.004, 0.005]) == [0, pytest.approx(50)]


def test_bybit_triggers_without_balance_and_uses_the_mark_when_prices_are_apart() -> None:
    done = bybit.drawdown_trigger(pool_max=100, pnl_now=0, pnl_max=0, balance=0, is_own_pool=True)
    assert (done.is_triggered, done.absorbs) == (True, 0)
    assert [bybit.close_price(bankruptcy_price=b, mark=100) for b in (94, 95)] == [100, 95]
    assert bybit.linear_bankruptcy_price(side="short", size=2, entry=100, margin=20) == 110


def test_okx_claws_back_from_weekly_winners_and_triggers_on_drawdown() -> None:
    assert okx.clawback_rate(deficits=[800, 500, 200], fund=300, profits=[5000, 1000, -700]) == 0.2
    assert okx.clawback_rate(deficits=[100], fund=300, profits=[50]) == 0
    assert [okx.is_deleveraging_triggered(balance=b, peak=100) for b in (71, 70)] == [False, True]
    assert okx.rank_score(profit_share=0.5, margin_ratio=0.25) == 2
    assert okx.rank_score(profit_share=-0.5, margin_ratio=0.25) == -0.125


def test_kraken_assigns_by_capacity_then_unwinds() -> None:
    done = kraken.assign(size=10, capacities=[4, 2], counterparties=[3, 9])
    assert (done.assigned, done.unwound, done.left) == ([4, 2], [1, 3], 0)
    short = kraken.prices(
        side="short", contracts=1000, entry=8000, margin_coin=0.01, initial_rate=0.02, maintenance_rate=0.01
    )
    assert 8000 < short.liquidation_price < short.zero_equity_price
    assert 0.01 - (1000 / 8000 - 1000 / short.zero_equity_price) == pytest.approx(0)


def test_ftx_backstop_and_overflow() -> None:
    assert ftx.backstop(size=10, capacities=[4, 2], opposite_sizes=[30, 10]) == ([4, 2], [3, 1])
    assert ftx.auto_close_share(margin_fraction=0.015, auto_close_fraction=0.02) == pytest.approx(0.25)
    assert ftx.overflow_price(zero_price=90, mark=96) == pytest.approx(92)


def test_hyperliquid_index_rises_with_profit_on_both_sides() -> None:
    terms = {"notional": 10, "account_value": 5}
    long = hyperliquid.deleveraging_index(mark=110, entry=100, side="long", **terms)
    short = hyperliquid.deleveraging_index(mark=100, entry=110, side="short", **terms)
    assert long == short == pytest.approx(2.2)
    assert hyperliquid.tier_deductions(floors=[0, 1000], max_leverages=[50, 25]) == [0, pytest.approx(10)]


def test_crypto_com_floor_does_not_apply_without_a_loss_and_no_one_pays_beyond_profit() -> None:
    assert crypto_com.share_loss(loss=0, profits={"A": 100}, floor_rate=0.01).collected == 0
    done = crypto_com.share_loss(loss=500, profits={"A": 100, "B": -50})
    assert (done.charges, done.unpaid) == ({"A": 100, "B": 0}, 400)


def test_bitfinex_redeems_all_outstanding_tokens_pro_rata() -> None:
    paid, left = bitfinex.redeem(rate=0.011812, claims=[100, 300])
    assert paid[1] == pytest.approx(3 * paid[0])
    assert left == pytest.approx([98.8188, 296.4564])
    assert bitfinex.haircut_rate(loss=36.067, balances=[40, 60]) == pytest.approx(0.36067)


@given(losses=st.lists(st.integers(0, 1000), min_size=3, max_size=6))
def test_formula_texts_of_the_cover_rule_say_what_the_function_does(losses: list[int]) -> None:
    names = dict(zip(("L1", "L2", "L3"), sorted(losses, reverse=True), strict=False))
    texts = (ccp.DEFAULT_FUND_FORMULA, ccp.DEFAULT_FUND_PLUS_OTHER_FORMULA)
    said = tuple(eval(text, {"max": max, **names}) for text in texts)
    assert said == ccp.default_fund_minimum(stressed_losses=losses)


def test_formula_texts_of_the_own_contribution_say_what_the_function_does() -> None:
    funds = [30.0, 10.0]
    total = eval(ccp.SITG_FORMULA, {"K": 80})
    parts = [eval(ccp.SITG_SPLIT_FORMULA, {"K": 80, "F_j": fund, "sum": sum, "F": funds}) for fund in funds]
    assert ccp.own_contribution(capital=80, funds=funds) == parts == [15, 5]
    assert sum(parts) == total
    second = [ccp.second_contribution(risk_capital=100, funds=[1.0], percentage=p)[0] for p in (0.05, 0.2, 0.4)]
    assert second == [10, 20, 25]


def test_clearing_house_layers_and_tools() -> None:
    done = ccp.mutualize(loss=100, contributions=[30, 10], assessment_cap=1)
    assert (done.from_fund, done.assessed, done.unfunded) == ([30, 10], [30, 10], 20)
    assert ccp.gains_haircut(loss=6, gains=[10, -4, 2]) == (0.5, [5, 0, 1])
    assert ccp.tear_up(size=3, positions=[-4, 2]) == [2, 1]
    assert ccp.cover(stressed_losses=[3, 9, 5]) == 14


@given(claims=st.lists(MONEY, min_size=1, max_size=6), estate=MONEY)
def test_claims_rules_hand_out_the_estate_and_no_more_than_a_claim(claims: list[int], estate: int) -> None:
    for rule in literature.CLAIMS_RULES:
        awards = literature.awards(rule=rule, estate=estate, claims=claims)
        assert sum(awards) == pytest.approx(min(estate, sum(claims)), rel=1e-9, abs=1e-6)
        assert all(-1e-6 <= award <= claim + 1e-6 for award, claim in zip(awards, claims, strict=True))


def test_claims_rules_of_the_literature_differ_as_they_should() -> None:
    got = {r: literature.awards(rule=r, estate=200, claims=[100, 200, 300]) for r in literature.CLAIMS_RULES}
    assert got["constrained_equal_awards"] == pytest.approx([200 / 3] * 3)
    assert got["constrained_equal_losses"] == pytest.approx([0, 50, 150])
    assert got["talmud"] == pytest.approx([50, 75, 75])
    assert got["proportional"] == pytest.approx([100 / 3, 200 / 3, 100])


def test_shapley_of_equal_needs_is_equal_and_sums_to_the_largest() -> None:
    assert literature.shapley_of_largest(costs={"A": 6, "B": 6, "C": 0}) == {"A": 3, "B": 3, "C": 0}
