"""Fund size on recorded days: needs against the engine's rows, funds that suffice, losses on record."""

from __future__ import annotations

import numpy as np
import pytest

from engine import hindcast, load_market
from tests.app.boards import boards, open_page, plain
from ui.fund import real_days
from ui.fund.charts import days


def test_recorded_days_say_which_fund_would_have_sufficed() -> None:
    """Needs against the engine's rows; a fund of the worst day's need leaves no winner charged, half of it does."""
    market = load_market("bybit", "NEW")
    rows = hindcast(market=market.changed(fund=1e4), since="2019-01-01").rows[0]
    needs = rows["paid"] / market.values["open_interest"] / 0.3  # of its fund the venue uses 30 % in 8 hours
    found = real_days.needs_of("bybit-new")
    np.testing.assert_allclose(found.needs, needs)
    largest = np.sort(needs)[::-1]
    assert [found.but(n) for n in (0, 1, 10)] == pytest.approx(largest[[0, 1, 10]])
    text = plain(real_days.headline(found))
    assert f"a fund of {100 * largest[0]:.1f} % of open interest" in text
    assert f"on every one of {needs.size} days" in text
    for share, is_enough in ((1.001, True), (0.3, False)):
        there = hindcast(market=market.changed(fund=share * largest[0]), since="2019-01-01")
        assert (there.winner_days == 0) == is_enough
    measures = dict(real_days.numbers(found))
    n_tail = needs.size * 0.05  # the mean of the worst 5 %, the last of them counted in part
    whole = int(n_tail)
    tail = (largest[:whole].sum() + (n_tail - whole) * largest[whole]) / n_tail
    assert plain(measures["ES 95 %, of open interest"]).startswith(f"{100 * tail:.1f} % (")
    chart = days.exceedance(found)
    curve = chart["traces"][0]
    assert curve["y"][-1] == pytest.approx(100 / needs.size)
    assert curve["x"][-1] == pytest.approx(100 * largest[0])
    middle = 40
    assert curve["y"][1 + middle] == pytest.approx(100 * (needs >= np.sort(needs[needs > 0])[middle]).mean())
    app = open_page("pages/fund_size.py")
    drawn = boards(app.selectbox(key="fund:market").set_value("bybit-new").run())
    shown = next(board for board in drawn if board["charts"][0]["id"] == "exceedance")
    assert shown["headline"] == real_days.headline(found)


def test_losses_on_record_stand_beside_the_need_of_the_day() -> None:
    found = real_days.needs_of("binance-btc")
    text = plain(real_days.headline(found))
    loss = 0.154 * found.market.values["fund"]
    assert f"15.4 % of it on 10 October 2025, {100 * loss:.1f} % of open interest instead of" in text
    assert found.lost_on("2025-10-10") < loss / 10
    assert "On record" not in real_days.headline(real_days.needs_of("hyperliquid-btc"))
