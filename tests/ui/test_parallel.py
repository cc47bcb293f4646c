"""Estimates of a draft at once: their order, their errors, and which venues get fewer paths."""

from __future__ import annotations

import time

import pytest

from engine import venue_preset_names
from ui.frame.parallel import each
from ui.settings import market
from ui.settings.market import Market, market_scenario, n_draft_paths, orders_of_a_position


def test_answers_come_in_the_order_of_the_questions() -> None:
    def late(item: int) -> int:
        time.sleep(0.01 if item < 2 else 0.0)  # the later ones are done first
        return item * item

    assert each(late, range(6)) == (0, 1, 4, 9, 16, 25)


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        each(lambda item: 1 / item, [1, 0])


def test_only_a_venue_of_many_small_orders_gets_fewer_paths() -> None:
    few = {venue for venue in venue_preset_names() if n_draft_paths(Market(venue=venue), 256) < 256}
    assert few == {"dydx-v4"}
    assert n_draft_paths(Market(venue="dydx-v4"), 1024) == 256


def test_orders_of_a_position_are_those_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    dydx = Market(venue="dydx-v4")
    venue = market_scenario(dydx).venue
    size, orders = 2.0 * market.OPEN_INTEREST / market.N_TRADERS / market.PRICE, 0
    while size > 0.0:
        left = size * (1.0 - venue.liquidation_fraction)
        size, orders = left if left > venue.min_size else 0.0, orders + 1
    assert orders_of_a_position(dydx) == orders == 81
    assert orders_of_a_position(Market(venue="okx")) == 1
