"""Named cases, one per state of a layer, a policy or a contract: kernel and oracle against arithmetic done by hand.

Unless a case says otherwise: market depth is infinite (no impact, so mark = reference and every fill is at the mark),
the maintenance rate is 5 %, every trader entered at 100, and what a solvent liquidation leaves goes to the fund.
"""

from __future__ import annotations

import math

import pytest

import engine
from tests.model.cases import LONG, NAN, RICH_SHORT, SHORT, book, run

# layers


def test_every_layer_pays_in_order() -> None:
    """50 = fund 10 + capital 5 + contributions 2 * 4 + assessments 0.5 * 8 + vault 7 + winner 16."""
    layers = {"fund": 10.0, "venue_capital": 5.0, "default_fund": (4.0, 4.0), "assessment_cap": 0.5, "vault": 7.0}
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], **layers)
    assert result.fund[1] == 0.0
    assert (result.venue_capital, result.backstop) == (0.0, 0.0)
    assert result.charge == pytest.approx([0.0, 16.0])


def test_layer_below_is_untouched_while_one_above_can_pay() -> None:
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], fund=48.0, venue_capital=5.0, vault=7.0)
    assert result.fund[1] == 0.0
    assert result.venue_capital == pytest.approx(3.0)
    assert result.backstop == 7.0
    assert result.charge == [0.0, 0.0]


def test_fund_stops_at_its_drawdown_limit() -> None:
    """It may lose 30 % of its peak of 100 (the start): 30 of the 50."""
    result = run(book(LONG), [100.0, 85.0], fund=100.0, fund_max_drawdown=0.3)
    assert result.fund == pytest.approx([100.0, 70.0])
    assert result.unfunded == pytest.approx(20.0)


def test_drawdown_limit_forgets_an_old_peak() -> None:
    """Peak of the whole run: 100, and nothing is left to pay at step 3. Over 1 step: 70, so the fund pays 21 more."""
    traders = book(LONG, (10.0, 50.0, 80.0))  # the second is bankrupt at 75: E = 50 - 100 = -50 at 70
    path = [100.0, 85.0, 85.0, 70.0]
    assert run(traders, path, fund=100.0, fund_max_drawdown=0.3).fund == pytest.approx([100.0, 70.0, 70.0, 70.0])
    short = run(traders, path, fund=100.0, fund_max_drawdown=0.3, fund_peak_window=1)
    assert short.fund == pytest.approx([100.0, 70.0, 70.0, 49.0])
    at_once = run(traders, [100.0, 85.0, 70.0], fund=100.0, fund_max_drawdown=0.3, fund_peak_window=1)
    assert at_once.fund == pytest.approx([100.0, 70.0, 49.0])  # the peak of the last step is 70 already


ADL = {"policy": "adl_queue", "policy_options": {"price": "bankruptcy"}}


@pytest.mark.parametrize(("limit", "pays"), [(8.49, False), (8.51, True)])
def test_deleveraging_replaces_an_order_larger_than_the_fund_may_take_over(limit: float, pays: bool) -> None:
    """Ten sold at 85 are worth 850, 8.5 times the fund of 100, which could pay the 50 that they lack.

    Beyond the limit the short is closed at the bankruptcy price of 90.
    """
    found = run(book(LONG, RICH_SHORT), [100.0, 85.0], **ADL, fund=100.0, fund_position_limit=limit)
    assert found.fund[1] == pytest.approx(50.0 if pays else 100.0)
    assert found.size[1] == (-10.0 if pays else 0.0)


def test_limit_on_positions_decides_nothing_where_nobody_is_deleveraged() -> None:
    found = run(book(LONG, RICH_SHORT), [100.0, 85.0], fund=100.0, fund_position_limit=0.1)
    assert (found.fund[1], sum(found.charge)) == (pytest.approx(50.0), 0.0)


def test_what_the_fund_has_taken_over_counts_until_it_is_worked_off() -> None:
    """850 at step 1 and 700 at step 3, of a fund of 100, then 50: 1,550 together where nothing is worked off.

    With a half-life of one step 0.7213 of what comes in a step is left at its end, (1 - 1/2) / ln 2: 613.1 of the 850,
    153.3 of them two steps later, and 504.9 of the 700: 658.2 together, less than the 700 alone.
    """
    traders = book(LONG, (10.0, 250.0, 100.0), (-20.0, 1000.0))  # the second is bankrupt at 75 and lacks 50 at 70
    path = [100.0, 85.0, 85.0, 70.0]

    def closed(limit: float, half_life: float) -> float:
        found = run(traders, path, **ADL, fund=100.0, fund_position_limit=limit, fund_position_half_life=half_life)
        assert found.fund[1] == pytest.approx(50.0)
        return 20.0 + found.size[2]

    assert closed(30.9, math.inf) == 10.0  # 1,550 of 1,545
    assert closed(31.1, math.inf) == 0.0
    assert closed(13.9, 1.0) == 10.0  # 700 alone is more than 695
    assert closed(14.1, 1.0) == 0.0  # 658.2 together and 700 alone, of 705


def test_longs_and_shorts_that_the_fund_has_taken_over_are_netted() -> None:
    """A long of 850, then a short of 1,150 are 300 short, and 2,000 in all; the fund of 50 may hold 1,200."""
    found = run(book(LONG, SHORT), [100.0, 85.0, 115.0], **ADL, fund=100.0, fund_position_limit=24.0)
    assert found.fund == pytest.approx([100.0, 50.0, 0.0])


def test_fund_income_pays_a_later_deficit_of_the_same_step() -> None:
    """The first long (trigger 94.737, bankrupt at 90) is bankrupt at 89 with -10; but a richer one came before it."""
    rich = (10.0, 150.0)  # with a rate of 10 %: (1000 - 150) / 9 = 94.444, E = 150 - 110 = 40 at 89
    traders = book((10.0, 100.0), rich, maintenance_rate=[0.03, 0.1])  # the first: 900 / 9.7 = 92.78
    result = run(traders, [100.0, 89.0])
    assert result.fund == pytest.approx([0.0, 30.0])
    assert result.unfunded == 0.0


# sharing


def test_winner_is_haircut() -> None:
    """Deficit 50, fund 20, so 30 of the winner's profit of 150."""
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], fund=20.0)
    assert result.charge == pytest.approx([0.0, 30.0])
    assert result.haircut_rate == pytest.approx([0.0, 0.2])
    assert result.equity == pytest.approx([0.0, 620.0])


def test_charge_moves_a_liquidation_price() -> None:
    """The charge of 30 brings the short's liquidation price from 1500 / 10.5 = 142.86 to 1470 / 10.5 = 140 < 141."""
    charged = run(book(LONG, RICH_SHORT), [100.0, 85.0, 141.0], fund=20.0)
    spared = run(book(LONG, RICH_SHORT), [100.0, 85.0, 141.0], fund=50.0)
    assert charged.liquidated_at == [1, 2]
    assert spared.liquidated_at == [1, -1]
    assert charged.fund[2] == pytest.approx(470 - 410)


def test_wallet_pays_before_collateral() -> None:
    """The short from 106 was stopped out at 98 with 500 + 80 in its wallet; the deficit takes 30 of the 80."""
    traders = book(LONG, (-10.0, 500.0, 106.0), stop_price=[NAN, 97.5])
    result = run(traders, [100.0, 98.0, 98.0, 85.0], fund=20.0)
    assert result.liquidated_at == [3, 1]
    assert result.wallet == pytest.approx([0.0, 500 + 80 - 30])


def test_winners_who_cannot_pay_all_leave_it_unfunded() -> None:
    """The other side entered at 86: profit 10 at 85, deficit 50."""
    result = run(book(LONG, (-10.0, 500.0, 86.0)), [100.0, 85.0])
    assert result.charge == pytest.approx([0.0, 10.0])
    assert result.haircut_rate == pytest.approx([0.0, 1.0])
    assert result.unfunded == pytest.approx(40.0)


def test_nothing_is_shared_under_none() -> None:
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], policy="none")
    assert result.unfunded == pytest.approx(50.0)
    assert result.charge == [0.0, 0.0]


def test_cap_on_the_rate() -> None:
    """At most 0.2 of 150."""
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], policy="capped_prorata", policy_options={"kappa": 0.2})
    assert result.charge == pytest.approx([0.0, 30.0])
    assert result.unfunded == pytest.approx(20.0)


THREE = ((10.0, 100.0), (-10.0, 500.0), (-2.0, 10.0, 90.0), (4.0, 220.0))
# At 85 the first is bankrupt by 50 and flat. The others: profit 150, 10, -60; equity 650, 20, 160; cash 500, 10, 220.


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("profit_prorata", [0, 50 * 150 / 160, 50 * 10 / 160, 0]),
        ("profit_prorata_floor", [0, 50 * 150 / 160, 50 * 10 / 160, 0]),  # far above the floor of 1 %
        ("lp_pool", [0, 50 * 150 / 160, 50 * 10 / 160, 0]),  # no pool
        ("equal_losses", [0, 40, 10, 0]),  # 25 each, but the second winner has 10 only
        ("equal_awards", [0, 50, 0, 0]),  # the first is left with 100, still more than the second
        ("talmud", [0, 45, 5, 0]),  # equal up to half of each claim: 5 from the second
        ("risk_weighted", [0, 40, 10, 0]),  # 150 * 850 / 650 = 196 and 10 * 170 / 20 = 85: 15 of 50, but it has 10 only
        ("equity_prorata", [0, 50 * 650 / 830, 50 * 20 / 830, 50 * 160 / 830]),
        ("deposit_prorata", [0, 50 * 500 / 730, 50 * 10 / 730, 50 * 220 / 730]),
        ("open_interest_both_sides", [0, 50 * 10 / 16, 50 * 2 / 16, 50 * 4 / 16]),  # the bankrupt is flat
        ("open_interest_counter_side", [0, 50 * 10 / 12, 50 * 2 / 12, 0]),  # the bankrupt was long
        ("first_come", [0, 0, 0, 50]),  # the last in line
        ("redemption_tiers", [0, 50 * 650 / 830, 50 * 20 / 830, 50 * 160 / 830]),  # all of them hold positions
    ],
)
def test_who_pays(policy: str, expected: list[float]) -> None:
    result = run(book(*THREE), [100.0, 85.0], policy=policy)
    assert result.charge == pytest.approx(expected)
    assert result.unfunded == pytest.approx(0.0, abs=1e-12)


def test_those_without_a_position_are_redeemed_first() -> None:
    """The stopped-out short has 600 in its wallet and pays nothing while the two position holders have equity."""
    traders = book(LONG, (-10.0, 500.0), (-2.0, 10.0, 90.0), (4.0, 65.0), stop_price=[NAN, 88.0, NAN, NAN])
    result = run(traders, [100.0, 89.0], policy="redemption_tiers", maintenance_rate=0.0)
    # at 89 the first two go: E = -10 and 610; the equity of the others is 12 and 21
    assert result.wallet[1] == pytest.approx(610.0)
    assert result.charge == pytest.approx([0.0, 0.0, 10 * 12 / 33, 10 * 21 / 33])


def test_no_default_fund_no_charge_for_traders() -> None:
    result = run(book(*THREE), [100.0, 85.0], policy="default_fund", default_fund=(4.0, 8.0), assessment_cap=1.0)
    assert result.charge == [0.0] * 4
    assert result.backstop == 0.0
    assert result.unfunded == pytest.approx(50.0 - 24.0)


def test_floor_rate_feeds_the_fund() -> None:
    """40 % of the profits of 150 and 10 is 64 for a deficit of 50: 14 go to the fund."""
    options = {"policy": "profit_prorata_floor", "policy_options": {"floor": 0.4}}
    result = run(book(*THREE), [100.0, 85.0], **options)
    assert result.charge == pytest.approx([0.0, 60.0, 4.0, 0.0])
    assert result.fund[1] == pytest.approx(14.0)


def test_floor_rate_is_no_target() -> None:
    """A winner who cannot pay its floor rate is not paid for by the others: there is no deficit left to share."""
    shared = engine.allocate(
        policy="profit_prorata_floor", amount=1.0, profit=[100.0, 50.0], equity=[1000.0, 0.0], options={"floor": 0.1}
    )
    assert shared.charge.tolist() == pytest.approx([10.0, 0.0])
    assert shared.surplus == pytest.approx(9.0)


def test_pool_pays_up_to_its_cap_then_winners() -> None:
    """30 % of a pool of 100, then 20 of the winner."""
    options = {"policy": "lp_pool", "policy_options": {"pool_cap": 0.3}, "vault": 100.0}
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], **options)
    assert result.backstop == pytest.approx(70.0)
    assert result.charge == pytest.approx([0.0, 20.0])


def test_overdraft_comes_after_the_other_layers() -> None:
    """50 = fund 10 + capital 15 + 25 that the fund goes into debt for."""
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], policy="fund_overdraft", fund=10.0, venue_capital=15.0)
    assert result.venue_capital == 0.0
    assert result.fund[1] == pytest.approx(-25.0)
    assert result.unfunded == 0.0


def test_overdraft_is_repaid_out_of_later_income() -> None:
    """The second long is closed at 80 with 10 of its margin left."""
    result = run(book(LONG, (10.0, 210.0)), [100.0, 85.0, 80.0], policy="fund_overdraft")
    assert result.fund == pytest.approx([0.0, -50.0, -40.0])


def test_open_interest_gone_leaves_it_unfunded() -> None:
    """Both longs are flat when the loss is shared: nobody holds a position."""
    result = run(book(LONG, LONG), [100.0, 85.0], policy="open_interest_both_sides")
    assert result.unfunded == pytest.approx(100.0)


def test_a_loss_waits_for_its_settlement() -> None:
    """The long falls at step 1; the short's profit at step 2, when it is shared, is 100, not 150."""
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0, 90.0], settlement_interval=2)
    assert result.charge == pytest.approx([0.0, 50.0])
    assert result.haircut_rate == pytest.approx([0.0, 0.5])


def test_the_last_step_settles() -> None:
    result = run(book(LONG, RICH_SHORT), [100.0, 100.0, 85.0], settlement_interval=50)
    assert result.charge == pytest.approx([0.0, 50.0])


def test_settled_profit_is_out_of_reach() -> None:
    """Only the gain since the last settlement counts: 150 by step 1, then 30 more by step 2."""
    traders = book(LONG, RICH_SHORT, (10.0, 50.0, 88.0))  # the third is bankrupt at 83
    path = [100.0, 85.0, 82.0]
    settled = run(traders, path, profit_base="settlement", maintenance_rate=0.0)
    # step 1: 50 of 150. Step 2: the third: -10; the gain since step 1 is 30.
    assert settled.charge == pytest.approx([0.0, 60.0, 0.0])
    assert settled.claim[1] == pytest.approx(150 + 30)
    entry = run(traders, path, maintenance_rate=0.0)
    assert entry.claim[1] == pytest.approx(180.0)  # 130 at step 2 + 50 paid before
    longer = {"maintenance_rate": 0.0, "settlement_interval": 2}
    still = run(traders, [100.0, 85.0, 85.0, 82.0, 84.0], profit_base="settlement", **longer)
    # settlements at 2 and 4: the deficit of 10 at step 3 meets a gain of 10 between 85 and 84
    assert still.charge == pytest.approx([0.0, 60.0, 0.0])
    assert still.claim[1] == pytest.approx(150 + 10)


def test_haircut_rate_is_measured_against_the_profit_before_charges() -> None:
    """Equity is charged beyond profit: the short from 86 pays 50 * 510 / 530 at 85 and the rest at 82, 60 in all.

    Its profit before charges is 10, then 40 (after charges it is negative then), so the rate is 60 / 40.
    """
    traders = book(LONG, (-10.0, 500.0, 86.0), (10.0, 50.0, 88.0))  # the third, bankrupt at 83, pays 50 * 20 / 530
    result = run(traders, [100.0, 85.0, 82.0], policy="equity_prorata", maintenance_rate=0.0)
    assert result.charge == pytest.approx([0.0, 60.0, 50 * 20 / 530])
    assert result.claim == pytest.approx([0.0, 40.0, 0.0])
    assert result.haircut_rate == pytest.approx([0.0, 1.5, 0.0])


def test_risk_weighted_by_the_leverage_of_what_is_left_of_a_position() -> None:
    """At 105.5 half of the second short is closed, (1000 + 100 + 5) / 10.5 = 105.24: its margin pays the loss of 27.5.

    At 85 the long lacks 50; the second short has made 75 - 27.5 = 47.5 with a position of 425 on 72.5 + 75, the first
    75 with 425 on 175.
    """
    traders = book((-5.0, 100.0), (-10.0, 100.0), LONG, maintenance_amount=[0.0, 5.0, 0.0])
    rule = {"policy": "risk_weighted", "residual_margin": "trader", "liquidation_fraction": 0.5, "min_size": 1.0}
    result = run(traders, [100.0, 105.5, 85.0], **rule)
    first, second = 47.5 * 425 / 147.5, 75 * 425 / 175
    assert result.size == pytest.approx([-5.0, -5.0, 0.0])
    assert result.deficit[2] == pytest.approx(50.0)
    assert result.charge[:2] == pytest.approx([50 * second / (first + second), 50 * first / (first + second)])
