"""Named cases of auto-deleveraging and of inverse contracts: kernel and oracle against arithmetic done by hand.

Unless a case says otherwise: market depth is infinite (no impact, so mark = reference and every fill is at the mark),
the maintenance rate is 5 %, every trader entered at 100, and what a solvent liquidation leaves goes to the fund.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.sharing.adl_selection import select_minimax
from tests.model.cases import LONG, NAN, RICH_LONG, RICH_SHORT, SHORT, book, inverse, run

# auto-deleveraging

ADL = {"policy": "adl_queue"}


def crowd(policy: str, n_traders: int) -> engine.Scenario:
    """10 October 2025 with so many traders, a third of whom the crash forces out."""
    scenario = engine.load_preset("hyperliquid-2025").scenario
    venue = replace(scenario.venue, policy=policy, policy_options={})
    return replace(scenario, venue=venue, book=replace(scenario.book, n_traders=n_traders))


def test_of_equal_ranks_the_lowest_number_comes_first() -> None:
    """Ten units against seven equal shorts of four: the first two whole, two of the third, nobody behind."""
    result = run(book(LONG, *[(-4.0, 40.0)] * 7), [100.0, 85.0], **ADL)
    assert result.size == pytest.approx([0.0, 0.0, 0.0, -2.0, -4.0, -4.0, -4.0, -4.0])


def test_adl_takes_winners_then_losers() -> None:
    """The long is bankrupt at 90, the mark is 85: each unit costs 5.

    Scores: the second (entry 100, c 40) profit 15 % x leverage 340 / 100; the third (98, c 60) 13.3 % x 255 / 99; the
    fourth lost 15 and comes last.
    """
    traders = book(LONG, (-4.0, 40.0), (-3.0, 60.0, 98.0), (-5.0, 100.0, 80.0))
    result = run(traders, [100.0, 85.0], **ADL)
    assert result.charge == pytest.approx([0.0, 20.0, 15.0, 15.0])
    assert result.size == pytest.approx([0.0, 0.0, 0.0, -2.0])
    assert result.wallet[:3] == pytest.approx([0.0, 40 + 60 - 20, 60 + 39 - 15])
    assert result.wallet[3] == pytest.approx(100 * 0.6 - 15 - 15)
    assert result.deficit == [0.0, 0.0]
    assert result.unfunded == 0.0


def test_adl_by_score_not_by_index() -> None:
    """Both shorts made 15 %, at leverage 340 / 100 and 340 / 460; the more levered one is taken, for 4 of the 4."""
    result = run(book((4.0, 40.0), (-4.0, 400.0), (-4.0, 40.0)), [100.0, 85.0], **ADL)
    assert result.size == [0.0, -4.0, 0.0]
    assert result.charge == pytest.approx([0.0, 0.0, 20.0])


def test_adl_of_a_short() -> None:
    """Bankrupt at 110, mark 115: 5 per unit from the long."""
    result = run(book(SHORT, RICH_LONG), [100.0, 115.0], **ADL)
    assert result.charge == pytest.approx([0.0, 50.0])
    assert result.wallet == pytest.approx([0.0, 500 + 150 - 50])


def test_adl_past_the_last_counterparty_is_unfunded() -> None:
    """4 of 10 find a counterparty; market makers take 6 at 85: 60 - 90 = -30."""
    result = run(book(LONG, (-4.0, 40.0)), [100.0, 85.0], **ADL)
    assert result.charge == pytest.approx([0.0, 20.0])
    assert result.unfunded == pytest.approx(30.0)
    assert result.deficit == [0.0, 0.0]


def test_adl_before_the_bankruptcy_price_is_a_gain() -> None:
    """The order would fill at 94 (1 - e^-0.1) / 0.1 = 89.45, below 90: nothing is sold.

    At 94 the counterparty closes at 90: it gains 4 per unit. Market makers take 6 with a surplus of 60 - 36 = 24.
    """
    result = run(book(LONG, (-4.0, 40.0)), [100.0, 94.0], depth=94.0, **ADL)
    assert result.mark[1] == 94.0
    assert result.charge == pytest.approx([0.0, -16.0])
    assert result.fund[1] == pytest.approx(24.0)
    assert result.unfunded == 0.0


def test_adl_waits_until_the_layers_cannot_pay() -> None:
    layers = {"fund": 20.0, "venue_capital": 20.0, "vault": 10.0}
    paid = run(book(LONG, RICH_SHORT), [100.0, 85.0], **layers, **ADL)
    assert paid.deficit[1] == pytest.approx(50.0)
    assert (paid.fund[1], paid.venue_capital, paid.backstop) == (0.0, 0.0, 0.0)
    assert paid.size[1] == -10.0
    short = run(book(LONG, RICH_SHORT), [100.0, 85.0], **(layers | {"vault": 9.0}), **ADL)
    assert (short.fund[1], short.venue_capital, short.backstop) == (20.0, 20.0, 9.0)
    assert short.size[1] == 0.0


def test_adl_never_takes_the_bankrupt() -> None:
    """The short entered at 70 has equity 100 - 150 < 0 at 85; it is forced out after the longs, on its own account."""
    result = run(book(LONG, (-10.0, 100.0, 70.0)), [100.0, 85.0], **ADL)
    assert result.charge == [0.0, 0.0]
    assert result.unfunded == pytest.approx(50.0 + 50.0)


def test_adl_stops_where_a_counterparty_has_no_equity_left() -> None:
    """Bankrupt at 90, mark 60: 30 per unit. The short from 61 has equity 10 + 10, so 20 / 30 of a unit is taken.

    Market makers take the other 9.333 at a loss of 30 each. The short, left without equity, is closed for nothing.
    """
    result = run(book(LONG, (-10.0, 10.0, 61.0)), [100.0, 60.0], **ADL)
    assert result.charge == pytest.approx([0.0, 20.0])
    assert result.equity[1] == pytest.approx(0.0, abs=1e-12)
    assert result.liquidated_at == [1, 1]
    assert result.unfunded == pytest.approx((10 - 20 / 30) * 30)


def test_adl_closes_the_whole_position_under_partial_liquidation() -> None:
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], liquidation_fraction=0.25, min_size=0.1, **ADL)
    assert result.size == [0.0, 0.0]
    assert result.charge == pytest.approx([0.0, 50.0])


def test_adl_of_a_stop() -> None:
    result = run(book(LONG, RICH_SHORT, stop_price=[97.0, NAN]), [100.0, 85.0], **ADL)
    assert result.charge == pytest.approx([0.0, 50.0])


def test_adl_pro_rata_to_size_spreads_again_what_a_limit_frees() -> None:
    """12 and 6 share 10 as 6.67 and 3.33, but the second has equity 4 + 6 for 2 at 5 each: the first gives 8."""
    result = run(book(LONG, (-12.0, 900.0), (-6.0, 4.0, 86.0)), [100.0, 85.0], policy="adl_prorata")
    assert result.charge == pytest.approx([0.0, 40.0, 10.0])
    assert result.size[1] == pytest.approx(-4.0)


def test_adl_down_to_one_leverage() -> None:
    """Equity 200 and 850 on 10 each at 85: what is left is worth L times it, 20 - 1050 L / 85 = 10, L = 0.8095."""
    result = run(book(LONG, (-10.0, 50.0), (-10.0, 700.0)), [100.0, 85.0], policy="adl_minimax_leverage")
    level = 850 / 1050
    assert result.size[1:] == pytest.approx([-200 * level / 85, -850 * level / 85])


def test_adl_of_accounts_that_thousands_of_closings_left_next_to_nothing() -> None:
    """Each default of thousands takes a part of every account; what is left of some is no longer a normal number."""
    result = engine.run_scenario(crowd("adl_minimax_leverage", 20_000))
    assert result.n_liquidated > 1_000
    assert abs(result.ledger.residual) < 1e-12


def test_adl_down_to_one_leverage_of_equity_next_to_nothing() -> None:
    """An account that cannot be measured against its equity is closed first, whole."""
    closed, ones, tiers = np.zeros(3), np.ones(3), np.zeros(3)
    equity = np.array([1.0, 5e-324, 4.0])
    taken = select_minimax(1.5, 6e4, ones, equity, ones, tiers, closed)
    assert taken == pytest.approx(1.5)
    assert closed == pytest.approx([0.5, 1.0, 0.0], abs=1e-9)


def test_a_log_that_would_not_fit_is_refused() -> None:
    """Pro rata deleveraging logs every account at every default: the square of the number of traders."""
    with pytest.raises(
        engine.InputError, match=r"at most 5,000,000 forced trades of 12,000 traders, was 'adl_prorata'"
    ):
        engine.run_scenario(crowd("adl_prorata", 12_000))


def test_adl_scan_takes_whoever_comes_first() -> None:
    """From account 0 on with seed 0, from account 2 on with seed 2; profit and leverage do not count."""
    traders = book(LONG, (-10.0, 900.0), (-10.0, 50.0))
    assert run(traders, [100.0, 85.0], policy="adl_scan").size == [0.0, 0.0, -10.0]
    assert run(traders, [100.0, 85.0], policy="adl_scan", policy_options={"seed": 2}).size == [0.0, -10.0, 0.0]


# inverse contracts: size in USD, money in coin


def test_inverse_short_is_bankrupt_and_the_long_gains() -> None:
    """At 125: short 1 - 1000 (0.01 - 0.008) = -1; long 5 + 2, of which 1 is charged."""
    result = run(inverse((-1000.0, 1.0), (1000.0, 5.0)), [100.0, 125.0])
    assert result.deficit == pytest.approx([0.0, 1.0])
    assert result.charge == pytest.approx([0.0, 1.0])
    assert result.equity == pytest.approx([0.0, 6.0])
    assert result.haircut_rate == pytest.approx([0.0, 0.5])


def test_inverse_long_is_bankrupt() -> None:
    """At 80: 1 - 1000 (0.0125 - 0.01) = -1.5; the fund of 0.5 coin, then the short's gain of 2.5."""
    result = run(inverse((1000.0, 1.0), (-1000.0, 5.0)), [100.0, 80.0], fund=0.5)
    assert result.deficit == pytest.approx([0.0, 1.5])
    assert result.charge == pytest.approx([0.0, 1.0])


def test_inverse_liquidation_prices() -> None:
    """Long 1.05 * 1000 / (1 + 10) = 95.4545; short 0.95 * 1000 / (10 - 1) = 105.5556."""
    traders = inverse((1000.0, 1.0), (-1000.0, 1.0))
    assert run(traders, [100.0, 95.46]).liquidated_at == [-1, -1]
    assert run(traders, [100.0, 95.45]).liquidated_at == [1, -1]
    assert run(traders, [100.0, 105.55]).liquidated_at == [-1, -1]
    assert run(traders, [100.0, 105.56]).liquidated_at == [-1, 1]


def test_inverse_short_without_leverage_is_never_liquidated() -> None:
    """Collateral 10 coin = 1000 / 100: equity 1000 / P > 0 at every price."""
    result = run(inverse((-1000.0, 10.0)), [100.0, 1e6])
    assert result.liquidated_at == [-1]
    assert result.equity == pytest.approx([0.001])


def test_inverse_impact() -> None:
    """1000 USD move 1 %: v = 0.01; the mean of -1/P on the way down from 95 is -(e^0.01 - 1) / (0.01 * 95)."""
    result = run(inverse((1000.0, 1.0)), [100.0, 95.0], depth=1000.0)
    fill = -(math.exp(0.01) - 1) / (0.01 * 95)
    assert result.fund[1] == pytest.approx(1 + 1000 * (fill + 0.01))
    assert result.mark[1] == pytest.approx(95 * math.exp(-0.01))


def test_inverse_adl() -> None:
    """The short is bankrupt where 1000 (0.01 - 1/P) = 1: 1/P = 0.009, P = 111.1; at 125 each USD costs 0.001 coin."""
    result = run(inverse((-1000.0, 1.0), (400.0, 5.0)), [100.0, 125.0], **ADL)
    assert result.charge == pytest.approx([0.0, 0.4])
    assert result.wallet == pytest.approx([0.0, 5 + 0.8 - 0.4])
    assert result.unfunded == pytest.approx(0.6)  # 600 at 125: 0.6 - 1.2
