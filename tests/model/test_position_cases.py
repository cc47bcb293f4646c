"""Named cases, one per state of a position or of the market: kernel and oracle against arithmetic done by hand.

Unless a case says otherwise: market depth is infinite (no impact, so mark = reference and every fill is at the mark),
the maintenance rate is 5 %, every trader entered at 100, and what a solvent liquidation leaves goes to the fund.
"""

from __future__ import annotations

import math

import pytest

import engine
from tests.model.cases import LONG, NAN, RICH_LONG, RICH_SHORT, SHORT, book, inverse, move, run, venue

# one position


def test_nothing_happens() -> None:
    result = run(book(LONG, SHORT), [100.0, 99.0, 101.0], fund=7.0)
    assert result.mark == [100.0, 99.0, 101.0]
    assert result.equity == pytest.approx([110.0, 90.0])
    assert (result.fund, result.deficit) == ([7.0] * 3, [0.0] * 3)
    assert result.liquidated_at == [-1, -1]


def test_book_is_only_marked_at_the_first_price() -> None:
    """A trader who is bankrupt at F_0 already is forced out at t = 1, not at t = 0."""
    result = run(book(LONG), [80.0, 80.0])  # E = 100 - 10 * 20 = -100
    assert result.liquidated_at == [1]
    assert result.deficit == pytest.approx([0.0, 100.0])


def test_solvent_long_margin_to_fund() -> None:
    result = run(book(LONG), [100.0, 94.0], fund=5.0, liquidation_fee=0.01)
    # E = 100 - 60 = 40; fee 1 % of 940 = 9.4, the other 30.6 too
    assert result.fund == pytest.approx([5.0, 45.0])
    assert result.equity == [0.0]


def test_solvent_long_margin_to_trader() -> None:
    result = run(book(LONG), [100.0, 94.0], liquidation_fee=0.01, residual_margin="trader")
    assert result.fund == pytest.approx([0.0, 9.4])
    assert result.wallet == pytest.approx([30.6])


def test_fee_takes_no_more_than_is_left() -> None:
    result = run(book(LONG), [100.0, 90.5], liquidation_fee=0.01, residual_margin="trader")
    # E = 100 - 95 = 5 < 9.05
    assert result.fund == pytest.approx([0.0, 5.0])
    assert result.wallet == [0.0]


def test_solvent_short() -> None:
    result = run(book(SHORT), [100.0, 106.0])  # E = 100 - 60
    assert result.fund == pytest.approx([0.0, 40.0])
    assert result.liquidated_at == [1]


def test_bankrupt_long_paid_by_fund() -> None:
    result = run(book(LONG), [100.0, 85.0], fund=80.0)  # E = 100 - 150 = -50
    assert result.deficit == pytest.approx([0.0, 50.0])
    assert result.fund == pytest.approx([80.0, 30.0])
    assert result.unfunded == 0.0


def test_bankrupt_short_paid_by_fund() -> None:
    result = run(book(SHORT), [100.0, 112.0], fund=80.0)  # E = 100 - 120 = -20
    assert result.deficit == pytest.approx([0.0, 20.0])
    assert result.fund == pytest.approx([80.0, 60.0])


def test_trigger_is_reached_at_equality() -> None:
    """P <= trigger for longs, P >= trigger for shorts, to ten digits; what lies beyond leaves the position open."""
    stops = book(RICH_LONG, RICH_SHORT, stop_price=[97.0, 103.0])
    assert run(stops, [100.0, 97.0]).liquidated_at == [1, -1]
    assert run(stops, [100.0, 103.0]).liquidated_at == [-1, 1]
    assert run(stops, [100.0, 97.0 * (1.0 + 1e-9)]).liquidated_at == [-1, -1]
    assert run(stops, [100.0, 103.0 * (1.0 - 1e-9)]).liquidated_at == [-1, -1]
    assert run(stops, [100.0, math.nextafter(97, 98)]).liquidated_at == [1, -1]  # a tie: engine.ties
    assert run(stops, [100.0, math.nextafter(103, 102)]).liquidated_at == [-1, 1]


def test_long_without_leverage_is_never_liquidated() -> None:
    result = run(book((10.0, 1000.0)), [100.0, 0.01])  # liquidation price (1000 - 1000) / 9.5 = 0
    assert result.liquidated_at == [-1]
    assert result.equity == pytest.approx([0.1])


def test_no_collateral_left() -> None:
    """Equity 0 is below any requirement: out at t = 1, and at an unchanged price it leaves nothing and owes nothing."""
    result = run(book((10.0, 0.0), (-10.0, 0.0)), [100.0, 100.0])
    assert result.liquidated_at == [1, 1]
    assert result.deficit == [0.0, 0.0]


def test_maintenance_amount_of_a_bracket() -> None:
    """Long with a = 10: (1000 - 100 - 10) / 9.5 = 93.684, so 94 does not reach it."""
    assert run(book(LONG, maintenance_amount=[10.0]), [100.0, 94.0]).liquidated_at == [-1]
    assert run(book(LONG, maintenance_amount=[10.0]), [100.0, 93.6]).liquidated_at == [1]
    assert run(book(SHORT, maintenance_amount=[10.0]), [100.0, 105.0]).liquidated_at == [-1]  # 1110 / 10.5 = 105.714
    assert run(book(SHORT, maintenance_amount=[10.0]), [100.0, 105.8]).liquidated_at == [1]


def test_bracket_holds_the_notional_of_the_moment() -> None:
    """From 500 on 10 % less 25: (1000 - 100 - 25) / 9 = 97.22. A table of 25 % from 980 on: 975 there, 5 % below it."""
    table = ((0.0, 0.05, 0.0), (500.0, 0.10, 25.0), (2000.0, 0.2, 225.0))
    assert run(book(LONG), [100.0, 97.5], brackets=table).liquidated_at == [-1]
    assert run(book(LONG), [100.0, 97.0], brackets=table).liquidated_at == [1]
    steep = ((0.0, 0.05, 0.0), (980.0, 0.25, 196.0))  # at entry 25 % - 196 = 54; 5 % at 947.4 is met first
    assert run(book(LONG), [100.0, 94.8], brackets=steep).liquidated_at == [-1]
    assert run(book(LONG), [100.0, 94.7], brackets=steep).liquidated_at == [1]


def test_own_rate_beats_the_venue() -> None:
    assert run(book(LONG, maintenance_rate=[0.0]), [100.0, 91.0]).liquidated_at == [-1]


# stops


def test_solvent_stop_returns_all_margin_and_pays_no_fee() -> None:
    result = run(book(LONG, stop_price=[97.0]), [100.0, 96.0], liquidation_fee=0.01)  # E = 100 - 40
    assert result.wallet == pytest.approx([60.0])
    assert result.fund == [0.0, 0.0]
    assert result.liquidated_at == [1]


def test_stop_of_a_short() -> None:
    result = run(book(SHORT, stop_price=[103.0]), [100.0, 104.0])
    assert result.wallet == pytest.approx([60.0])


def test_bankrupt_stop() -> None:
    """A gap through the stop and the bankruptcy price leaves a deficit like any other order."""
    result = run(book(LONG, stop_price=[97.0]), [100.0, 85.0], fund=20.0)
    assert result.deficit == pytest.approx([0.0, 50.0])
    assert result.unfunded == pytest.approx(30.0)


def test_stop_behind_the_liquidation_price_never_acts() -> None:
    result = run(book(LONG, stop_price=[93.0]), [100.0, 94.0])
    assert result.fund == pytest.approx([0.0, 40.0])  # a liquidation: what is left goes to the fund


def test_stop_closes_all_under_partial_liquidation() -> None:
    result = run(book(LONG, stop_price=[97.0]), [100.0, 96.0], liquidation_fraction=0.25, min_size=0.1)
    assert result.size == [0.0]
    assert result.wallet == pytest.approx([60.0])


# partial liquidation


def test_partial_liquidation_stops_when_the_trigger_has_moved() -> None:
    """At 93.5 < 93.684: half is closed, its loss of 32.5 is paid; (500 - 67.5 - 10) / 4.75 = 88.95: healthy again."""
    result = run(book(LONG, maintenance_amount=[10.0]), [100.0, 93.5], liquidation_fraction=0.5)
    assert result.size == [5.0]
    assert result.collateral == pytest.approx([67.5])
    assert result.fund == pytest.approx([0.0, 0.0])


def test_partial_liquidation_walks_the_book_twice() -> None:
    """At 90.9 half is closed: E = 9 >= 5 % of 454.5 is not met, and the rest goes because 2.5 <= min_size."""
    result = run(book(LONG), [100.0, 90.9], liquidation_fraction=0.5, min_size=3.0, depth=1e4)
    first = 0.01 * 5 * 90.9 / 1e4
    second = 0.01 * 5 * 90.9 * math.exp(-first) / 1e4
    assert result.mark[1] == pytest.approx(90.9 * math.exp(-first - second), rel=1e-12)
    assert result.size == [0.0]


def test_partial_liquidation_restores_the_margin() -> None:
    """Bug of old: E = 47 on 947 lacks 0.35; one order of a tenth leaves E = 47 >= 0.05 * 9 * 94.7 = 42.6 on 9."""
    result = run(book(LONG), [100.0, 94.7, 94.7, 100.0], liquidation_fraction=0.1)
    assert result.size == pytest.approx([9.0])
    assert result.equity == pytest.approx([94.7])
    assert result.deficit == [0.0] * 4


@pytest.mark.parametrize(("notional", "rate", "left"), [(1500.0, 0.8, 1250.0), (3000.0, 0.5, 2000.0)])
def test_partial_liquidation_ends_where_equity_meets_the_requirement(notional: float, rate: float, left: float) -> None:
    """E = 1,000 at a still price carries 1,000 / m of notional: the last order ends within one part below it."""
    traders = book((notional / 100, 1000.0), maintenance_rate=[rate])
    result = run(traders, [100.0, 100.0], liquidation_fraction=0.01)
    assert left * 0.99 < result.size[0] * 100 <= left
    assert result.equity == pytest.approx([1000.0])


def test_partial_liquidation_pays_its_fee_out_of_the_margin() -> None:
    """A tenth at 94.7: fee 1 % of 94.7; the margin of 100 pays the loss of 5.3 and the fee."""
    result = run(book(LONG), [100.0, 94.7], liquidation_fraction=0.1, liquidation_fee=0.01)
    assert result.fund == pytest.approx([0.0, 0.947])
    assert result.collateral == pytest.approx([100 - 5.3 - 0.947])


def test_a_penalty_beyond_the_margin_of_a_part_closes_the_rest_at_once() -> None:
    """Nine tenths at 94: the fee of 0.9 * 940 leaves 100 - 54 - 846 < 0; the rest is bankrupt, and out: 1 * 94 more."""
    penalty = {"liquidation_fee": 1.0, "is_penalty_beyond_equity": True, "liquidation_fraction": 0.9}
    result = run(book(LONG), [100.0, 94.0], **penalty)
    assert result.size == [0.0]
    assert result.deficit == pytest.approx([0.0, 940 + 60 - 100])
    coins = run(inverse((1000.0, 1.0)), [100.0, 94.0], **penalty)
    assert coins.size == [0.0]
    assert coins.deficit[1] == pytest.approx(1000 / 94 + 1000 * (1 / 94 - 1 / 100) - 1)
    above = run(book(SHORT), [100.0, 106.0], **(penalty | {"liquidation_fee": 1.0}))
    assert above.size == [0.0]
    assert above.deficit == pytest.approx([0.0, 1060 + 60 - 100])


def test_what_is_bankrupt_at_the_mark_is_closed_whole() -> None:
    result = run(book(LONG), [100.0, 85.0], liquidation_fraction=0.1)
    assert result.size == [0.0]
    assert result.deficit == pytest.approx([0.0, 50.0])


# bracket tables

BTCUSDT = engine.load_venue_preset("binance").brackets


@pytest.mark.parametrize(
    ("notional", "leverage", "price"),
    [(1e8, 2.0, 50.886), (1e8, 1.2, 16.873), (-4.5e8, 1.5, 152.94), (-2e8, 1.2, 173.25)],
)
def test_a_bracket_is_read_at_the_present_notional(notional: float, leverage: float, price: float) -> None:
    """100M at 2x: E = 50M + 50.886M - 100M = 886,270 = 2 % of 50.886M less 131,450; others by bisection."""
    traders = book((notional / 100, abs(notional) / leverage))
    table = venue(brackets=BTCUSDT)
    assert engine.liquidation_price(book=traders, venue=table)[0] == pytest.approx(price, abs=0.005)


def test_a_bracket_makes_no_deficit_on_a_smooth_fall() -> None:
    traders = book((1e6, 5e7), (-1e6, 1e8))
    result = move(traders, [100.0 - 0.5 * t for t in range(111)], brackets=BTCUSDT)
    assert result.deficit == [0.0] * 111
    assert result.liquidated_at == [99, -1]  # from 51 to 50.5 through 50.886


def test_a_bracket_on_the_page_that_names_the_price() -> None:
    """100M at 2x from 60,000 is liquidated at 30,531."""
    traders = engine.Book(size=[1e8 / 6e4], entry_price=[6e4], collateral=[5e7])
    price = engine.liquidation_price(book=traders, venue=venue(brackets=BTCUSDT))[0]
    assert price == pytest.approx(30_531, abs=1)


def test_amounts_that_do_not_join_the_rows_are_refused() -> None:
    with pytest.raises(engine.InputError, match=r"brackets\[1\]\.amount must be 25, which joins it"):
        venue(brackets=((0.0, 0.05, 0.0), (500.0, 0.10, 20.0)))
    with pytest.raises(engine.InputError, match=r"brackets\[1\]\.rate must be >= 0.05"):
        venue(brackets=((0.0, 0.05, 0.0), (500.0, 0.01, 0.0)))
    assert venue(brackets=((0.0, 0.05, None), (500.0, 0.10, None), (2000.0, 0.2, None))).brackets == (
        *((0.0, 0.05, 0.0), (500.0, 0.10, 25.0), (2000.0, 0.2, 225.0)),
    )


def test_dynamic_margin_multiplies_the_amount() -> None:
    """Requirement 2 (0.1 N - 25): (1000 - 200 - 50) / (10 * 0.8) = 93.75; at scale 1 (1000 - 200 - 25) / 9 = 86.1."""
    table = ((0.0, 0.05, 0.0), (500.0, 0.10, 25.0))
    options = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.0001, "brackets": table}
    traders = book((10.0, 200.0))
    assert run(traders, [100.0, 99.0, 93.8], dynamic_margin_cap=2.0, **options).liquidated_at == [-1]
    assert run(traders, [100.0, 99.0, 93.7], dynamic_margin_cap=2.0, **options).liquidated_at == [2]


# steps that move without a gap


def test_a_move_forces_out_at_the_trigger_and_a_gap_beyond_it() -> None:
    """A long with its trigger at 94.737 and bankruptcy at 90 falls to 85: E = 100 - 52.63 on the way, -50 by a gap."""
    moved, jumped = move(book(LONG), [100.0, 85.0]), move(book(LONG), [100.0, 85.0], [100.0, 85.0])
    assert moved.deficit == [0.0, 0.0]
    assert moved.fund[1] == pytest.approx(100 - 10 * (100 - 900 / 9.5))
    assert jumped.deficit == pytest.approx([0.0, 50.0])


def test_a_gap_is_not_a_move() -> None:
    """From 100 the step opens at 92, below the trigger: E = 20 there; the move on to 85 finds nobody."""
    result = move(book(LONG), [100.0, 85.0], [math.nan, 92.0])
    assert result.fund[1] == pytest.approx(20.0)
    assert (result.mark_low[1], result.mark_high[1]) == (85.0, 92.0)


def test_a_bounce_within_a_step_forces_out_both_sides() -> None:
    """The step opens at 94 and closes at 106: the long at the opening, the short at 104.762 on the way up."""
    result = move(book(LONG, SHORT), [100.0, 106.0], [100.0, 94.0])
    assert result.liquidated_at == [1, 1]
    assert result.fund[1] == pytest.approx(40 + 100 - 10 * (1100 / 10.5 - 100))


def test_forced_selling_on_the_way_leaves_the_next_less_far_to_fall() -> None:
    """940 USD move 1 %: the first long goes at 94.737; its selling takes the mark to 93.8, past the second's 94.211."""
    result = move(book(LONG, (10.0, 105.0)), [100.0, 94.5], depth=10 * 900 / 9.5)
    assert result.liquidated_at == [1, 1]
    assert result.mark_low[1] == result.mark[1]
    assert result.mark[1] == pytest.approx(94.5 * math.exp(-0.01 - 0.01 * math.exp(-0.01)))


def test_nobody_is_forced_out_on_the_way_while_trading_is_halted() -> None:
    """The first order (1 %) would break the band of 0.5 %: the halt ends the step at its close."""
    result = move(book(LONG, LONG), [100.0, 94.0, 90.5], depth=940.0, price_band=0.005, halt_steps=1)
    assert result.liquidated_at == [-1, -1]
    assert result.mark == [100.0, 94.0, 90.5]


# the order book


def test_impact_moves_mark_and_fill() -> None:
    """940 USD against a depth of 940 per cent: v = 0.01."""
    result = run(book(LONG), [100.0, 94.0, 94.0], depth=940.0)
    fill = 94 * (1 - math.exp(-0.01)) / 0.01  # 93.5316
    assert result.fund[1] == pytest.approx(100 + 10 * (fill - 100))
    assert result.mark == pytest.approx([100.0, 94 * math.exp(-0.01), 94 * math.exp(-0.01)])


def test_impact_of_a_buy() -> None:
    result = run(book(SHORT), [100.0, 106.0], depth=1060.0)
    fill = 106 * (math.exp(0.01) - 1) / 0.01
    assert result.fund[1] == pytest.approx(100 - 10 * (fill - 100))
    assert result.mark[1] == pytest.approx(106 * math.exp(0.01))


def test_impact_halves_in_a_half_life() -> None:
    result = run(book(LONG), [100.0, 94.0, 94.0, 94.0], depth=940.0, impact_half_life=1.0)
    assert result.mark[2:] == pytest.approx([94 * math.exp(-0.005), 94 * math.exp(-0.0025)])


def test_one_order_moves_the_price_by_at_most_one() -> None:
    """Depth next to nothing: v = 1, fill 94 (1 - 1/e), E = 100 + 10 (59.419 - 100) < 0."""
    result = run(book(LONG), [100.0, 94.0], depth=1e-9)
    fill = 94 * (1 - math.exp(-1))
    assert result.deficit[1] == pytest.approx(-(100 + 10 * (fill - 100)))
    assert result.mark[1] == pytest.approx(94 * math.exp(-1))


def test_displacement_stays_within_three() -> None:
    result = run(book(*[LONG] * 5), [100.0, 94.0], depth=1e-9)
    assert result.mark[1] == pytest.approx(94 * math.exp(-3))


def test_thinning_divides_the_depth() -> None:
    """The second of two longs meets depth 940 / (1 + 0.5 * 100 * 0.01) = 626.67: v = 0.01 * 940 e^-0.01 / 626.67."""
    result = run(book(LONG, LONG), [100.0, 94.0], depth=940.0, thinning=0.5)
    assert result.mark[1] == pytest.approx(94 * math.exp(-0.01 - 0.015 * math.exp(-0.01)))


def test_forced_selling_takes_others_along() -> None:
    """The second long is triggered at (1000 - 106) / 9.5 = 94.105: below the reference, above the mark 94.5 e^-0.01."""
    alone = run(book((10.0, 106.0)), [100.0, 94.5], depth=945.0)
    both = run(book(LONG, (10.0, 106.0)), [100.0, 94.5], depth=945.0)
    assert alone.liquidated_at == [-1]
    assert both.liquidated_at == [1, 1]


def test_index_mark_does_not_follow_the_book() -> None:
    """Marked at the reference the second long stays; fills still walk the book."""
    result = run(book(LONG, (10.0, 106.0)), [100.0, 94.5], depth=945.0, index_weight=1.0)
    assert result.liquidated_at == [1, -1]
    assert result.mark == [100.0, 94.5]
    fill = 94.5 * (1 - math.exp(-0.01)) / 0.01
    assert result.fund[1] == pytest.approx(100 + 10 * (fill - 100))


def test_equal_triggers_go_in_order_of_the_book() -> None:
    """The band of 1.5 % lets one order of 1 % pass: it is the first of the two equal longs."""
    result = run(book(RICH_SHORT, LONG, LONG), [100.0, 94.0], depth=940.0, price_band=0.015)
    assert result.liquidated_at == [-1, 1, -1]


# halts


def test_price_band_halts_and_reopens() -> None:
    """The second order would bring x from -0.01 to -0.02: halt in steps 1 to 3; at step 4 x is -0.01 / 8, it passes."""
    result = run(
        book(LONG, LONG), [100.0] + [94.0] * 5, depth=940.0, price_band=0.015, halt_steps=2, impact_half_life=1.0
    )
    assert result.liquidated_at == [1, 4]
    assert result.halted == [False, True, True, True, False, False]
    assert result.mark[3] == pytest.approx(94 * math.exp(-0.0025))


def test_halt_stops_the_other_side_too() -> None:
    """A short with a stop at 93 would be triggered by the mark, but the long's order hit the band first."""
    traders = book(LONG, (-10.0, 500.0), stop_price=[NAN, 93.0])
    assert run(traders, [100.0, 94.0]).liquidated_at == [1, 1]
    assert run(traders, [100.0, 94.0], depth=940.0, price_band=0.005).liquidated_at == [-1, -1]


def test_closed_at_reopening_under_water() -> None:
    """While trading was halted the reference fell to 80: E = 100 - 200 less the walk of 1 % at 80 (v = 0.0085106)."""
    result = run(book(LONG, LONG), [100.0, 94.0, 80.0], depth=940.0, price_band=0.015, impact_half_life=0.1)
    v = 0.01 * 800 / 940 * math.exp(-0.01 * 2**-10)
    fill = 80 * math.exp(-0.01 * 2**-10) * (1 - math.exp(-v)) / v
    assert result.liquidated_at == [1, 2]
    assert result.deficit[2] == pytest.approx(-(100 + 10 * (fill - 100)))


# dynamic margin


def test_dynamic_margin_doubles_the_rate() -> None:
    """After a move of -4 % against 1 % per step the multiplier is at its cap 2: (1000 - 100) / (10 * 0.9) = 100."""
    options = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.01}
    assert run(book(LONG), [100.0, 96.0, 96.0], **options).liquidated_at == [-1]
    assert run(book(LONG), [100.0, 96.0, 96.0], dynamic_margin_cap=2.0, **options).liquidated_at == [2]


def test_dynamic_margin_between_one_and_the_cap() -> None:
    """r = ln 0.98, sigma^2 = (0.0001 + r^2) / 2, ratio 1.59396: (1000 - 100) / (10 (1 - 0.0796980)) = 97.794."""
    options = {"dynamic_margin_half_life": 1.0, "reference_volatility": 0.01, "dynamic_margin_cap": 4.0}
    assert run(book(LONG), [100.0, 98.0, 97.8], **options).liquidated_at == [-1]
    assert run(book(LONG), [100.0, 98.0, 97.7], **options).liquidated_at == [2]
