"""Contagion: how coins moved together, books of accounts in both margins, the matrix, broken hedges, the command."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine import Book, Contagion, InputError, UnknownNameError, Venue, coin_fall, contagion
from engine.questions.contagion import contagion_market, falls_of
from tests.commands import answer, denial
from tests.conservation import assert_account_run_conserves
from tests.refusals import refused

SMALL = Contagion(n_accounts=300)
ISOLATED = replace(SMALL, is_cross=False)


def test_betas_and_correlations_are_those_of_the_same_hours() -> None:
    """Against numpy's own covariance over hours that both coins have, one by one."""
    moves = engine.measure_coins(("BTC", "SOL"), "2024-01-01")
    since = np.datetime64("2024-01-01", "s").astype(np.int64)
    prices = [engine.recorded_prices(coin) for coin in ("BTC", "SOL")]
    first, second = ({t: math.log(p) for t, p in zip(x.start, x.close, strict=True) if t >= since} for x in prices)
    hours = [t for t in first if t in second and t - 3600 in first and t - 3600 in second]
    pairs = np.array([(first[t] - first[t - 3600], second[t] - second[t - 3600]) for t in hours])
    covariance = np.cov(pairs.T, bias=True)
    assert moves.n_hours == len(hours)
    assert moves.beta == pytest.approx([1.0, covariance[0, 1] / covariance[0, 0]])
    assert moves.correlation[0, 1] == pytest.approx(np.corrcoef(pairs.T)[0, 1]) == moves.mean_correlation
    assert moves.volatility[1] == pytest.approx(math.sqrt(covariance[1, 1] * 8760))
    explained = covariance[0, 1] ** 2 / covariance[0, 0]
    assert moves.residual_volatility == pytest.approx([0.0, math.sqrt((covariance[1, 1] - explained) * 8760)], abs=1e-9)


def test_a_crash_is_followed_by_correlation_times_the_ratio_of_volatilities() -> None:
    """SOL to a half with 0.5: BTC's log moves by 0.5 x (its volatility / SOL's) x ln 0.5; a common fall by betas."""
    moves = engine.measure_coins(engine.CONTAGION_COINS)
    question = replace(SMALL, crash=0.5, correlation=0.5)
    fall = falls_of(question, moves, "SOL")
    assert fall[2] == pytest.approx(0.5)
    assert fall[0] == pytest.approx(1.0 - 0.5 ** (0.5 * moves.volatility[0] / moves.volatility[2]))
    assert falls_of(replace(question, correlation=0.0), moves, "SOL")[[0, 1, 3, 4]].max() == 0.0
    common = falls_of(replace(question, common_fall=0.2, own_falls=(0.0, 0.1, 0.0, 0.0, 0.0)), moves, "")
    assert common[0] == pytest.approx(0.2)
    assert common[1] == pytest.approx(1.0 - 0.8 ** moves.beta[1] * 0.9)


def test_both_margins_have_the_same_positions_and_the_same_money() -> None:
    cross, isolated = contagion_market(SMALL), contagion_market(ISOLATED)
    np.testing.assert_array_equal(cross.book.size, isolated.book.size)
    assert cross.book.cash is not None
    own = np.bincount(cross.traders.trader, isolated.book.collateral)
    np.testing.assert_allclose(own, cross.book.cash)
    leverage = cross.traders.gross / cross.book.cash
    assert np.median(leverage) == pytest.approx(SMALL.leverage, rel=0.1)
    assert leverage.max() <= 40.0 + 1e-9
    target = [engine.load_market("binance", coin).values["open_interest"] for coin in SMALL.coins]
    np.testing.assert_allclose(cross.open_interest, target, rtol=0.2)


def test_hedged_traders_hold_as_much_long_as_short() -> None:
    traders = contagion_market(SMALL).traders
    net = np.bincount(traders.trader, traders.notional)
    assert traders.is_hedged.sum() > 30
    np.testing.assert_allclose(net[traders.is_hedged], 0.0, atol=1e-6)
    assert np.abs(net[~traders.is_hedged]).min() > 0.0


def test_in_isolated_margin_a_crash_stays_in_its_coin_and_in_cross_margin_it_leaps() -> None:
    alone, together = contagion(ISOLATED), contagion(SMALL)
    assert np.count_nonzero(alone.liquidated - np.diag(np.diag(alone.liquidated))) == 0
    assert np.diag(alone.liquidated).min() > 0.0
    across = together.liquidated - np.diag(np.diag(together.liquidated))
    assert across[0, 1] > 1e6
    assert across[1, 0] > 1e6
    for k, fall in enumerate(together.falls):
        assert_account_run_conserves(fall.run)
        assert fall.coin == SMALL.coins[k]
        np.testing.assert_allclose(together.liquidated[:, k], fall.liquidated - together.base.liquidated)
    assert together.falls[2].deficit < alone.falls[2].deficit


def test_the_matrix_leaves_out_what_falls_without_the_crash() -> None:
    """No crash and a common fall: the base has all of it, and nothing is beyond."""
    found = contagion(replace(SMALL, crash=0.0, common_fall=0.3))
    assert found.base.liquidated.min() > 0.0
    np.testing.assert_array_equal(found.liquidated, 0.0)


def test_one_coin_is_the_same_in_both_margins() -> None:
    one = replace(SMALL, coins=("ETH",))
    cross, isolated = coin_fall(one, "ETH"), coin_fall(replace(one, is_cross=False), "ETH")
    np.testing.assert_allclose(cross.liquidated, isolated.liquidated)
    assert cross.deficit == pytest.approx(isolated.deficit)
    assert cross.traders_hit == isolated.traders_hit > 0
    assert cross.strangers_hit == 0


def test_the_ladder_of_isolated_longs_is_that_of_their_liquidation_prices() -> None:
    """Entered at the price with margin c of notional n, at a rate m: liquidated at (1 - c / n) / (1 - m) of it."""
    fall = coin_fall(ISOLATED, "SOL")
    traders, book = fall.market.traders, fall.market.book
    is_long = (traders.market == 2) & (traders.notional > 0)
    share = book.collateral[is_long] / traders.notional[is_long]
    depth = 1.0 - (1.0 - share) / (1.0 - book.maintenance_rate[is_long])
    weight = traders.notional[is_long]
    depths = np.array([0.05, 0.21, 0.4, 0.8])
    expected = [weight[depth <= each].sum() / weight.sum() for each in depths]
    np.testing.assert_allclose(engine.coin_ladder(fall, depths)[2], expected)


def test_deleveraging_leaves_the_other_leg_of_a_hedge_as_by_hand() -> None:
    """A: 10 ETH long and 10 BTC short at 100. B: 10 BTC long with 50. BTC gaps to 90, B is at -50, A's short goes.

    N of A is 1,000 - 900 before and 1,000 after: 900 naked. B's own liquidation in isolated margin breaks nothing.
    """
    book = Book(
        size=[10.0, -10.0, 10.0],
        entry_price=[100.0, 100.0, 100.0],
        account=[0, 0, 1],
        market=[1, 0, 0],
        cash=[2000.0, 50.0],
        maintenance_rate=[0.01, 0.01, 0.01],
    )
    venue = Venue(markets=({"depth": math.inf}, {"depth": math.inf}), policy="adl_queue", piece=math.inf)
    run = engine.simulate(book=book, prices=[[100.0, 90.0], [100.0, 100.0]], venue=venue)
    trader = np.array([0, 0, 1])
    np.testing.assert_allclose(engine.naked_exposure(run, trader), [900.0, 0.0])
    np.testing.assert_allclose(run.naked, [900.0, 0.0])


def test_a_leg_liquidated_in_isolated_margin_leaves_the_other_one_as_by_hand() -> None:
    """10 ETH long with 50, 10 BTC short with 500: ETH at 94 closes the long; 1,000 short are left, 60 were before."""
    book = Book(
        size=[10.0, -10.0],
        entry_price=[100.0, 100.0],
        market=[1, 0],
        collateral=[50.0, 500.0],
        maintenance_rate=[0.01, 0.01],
    )
    venue = Venue(markets=({"depth": math.inf}, {"depth": math.inf}), fund=1e3, piece=math.inf)
    run = engine.simulate(book=book, prices=[[100.0, 100.0], [100.0, 94.0]], venue=venue)
    assert isinstance(run, engine.AccountRun)
    one = np.zeros(2, np.int64)
    np.testing.assert_allclose(engine.naked_exposure(run, one, (0,)), [1000.0 - 60.0])
    np.testing.assert_allclose(engine.naked_exposure(run, one), [0.0])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"coins": ("BTC", "BTC")}, "coins must be different ones of BTC, DOGE, ETH, SOL, XTZ"),
        ({"coins": ("BTC", "HYPE")}, "coins must be different ones of"),
        ({"coins": ()}, "coins must be different ones of"),
        ({"crash": 1.0}, "crash must be >= 0 and <= 0.95, was 1.0"),
        ({"correlation": -0.1}, "correlation must be >= 0 and <= 1, was -0.1"),
        ({"own_falls": (0.1,)}, "own_falls must be none or 5, one for each coin"),
        ({"own_falls": (0.0, 0.0, 2.0, 0.0, 0.0)}, "own_falls[2] must be"),
        ({"policy": "nobody"}, "policy must be one of"),
        ({"order": "first"}, "order must be one of"),
        ({"hours": 0.0}, "hours must be > 0"),
        ({"n_accounts": 0}, "n_accounts must be"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(changes: dict[str, object], sentence: str) -> None:
    assert sentence in refused(Contagion, **changes)


def test_a_coin_or_a_time_without_prices_is_refused() -> None:
    with pytest.raises(InputError, match="coin must be one of"):
        coin_fall(SMALL, "HYPE")
    with pytest.raises(UnknownNameError):
        engine.measure_coins(("BTC", "HYPE"))
    with pytest.raises(InputError, match="since must be a date"):
        engine.measure_coins(("BTC", "ETH"), "yesterday")
    with pytest.raises(InputError, match="have hours in common"):
        engine.measure_coins(("BTC", "ETH"), "2031-01-01")


def test_the_command_prints_the_same_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    printed = answer(capsys, "contagion", "--accounts", "300", "--coin", "ETH", "--isolated")
    found = contagion(ISOLATED)
    np.testing.assert_allclose([printed["liquidated"][coin] for coin in ISOLATED.coins], found.liquidated)
    assert printed["isolated"]["deficit"] == pytest.approx(found.falls[1].deficit)
    assert printed["cross"]["deficit"] == pytest.approx(coin_fall(SMALL, "ETH").deficit)
    assert "--own must be COIN=X" in denial(capsys, "contagion", "--own", "SOL")
