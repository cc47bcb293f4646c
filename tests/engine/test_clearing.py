"""Defaults on record: the waterfall gives the figures on record, and the order decides who pays."""

from __future__ import annotations

import pytest

from engine import (
    CLEARING_ORDERS,
    InputError,
    UnknownNameError,
    clearing_house_names,
    default_waterfall,
    load_clearing_house,
    ordered_layers,
    with_own_capital,
)


@pytest.mark.parametrize("name", clearing_house_names())
def test_the_order_on_record_gives_the_figures_on_record(name: str) -> None:
    house = load_clearing_house(name)
    done = default_waterfall(loss=house.loss, layers=ordered_layers(house, "recorded"))
    for figure in house.recorded:
        kind, _, layer = figure.key.partition(".")
        if layer:
            value = {"paid": done.by_layer, "rate": done.rate}[kind][layer]
            assert figure.low - 1e-6 <= value <= figure.high + 1e-6, figure.label


def test_who_stands_first_pays_first() -> None:
    house = with_own_capital(load_clearing_house("krx-2013"), 20e9)
    own = {
        order: default_waterfall(loss=house.loss, layers=ordered_layers(house, order)).by_layer[house.own]
        for order in CLEARING_ORDERS
    }
    assert own["own_first"] == 20e9
    assert own["members_first"] == own["recorded"] == 0.0
    assert own["side_by_side"] == pytest.approx(41.154e9 * 20 / 204.154)


def test_assessments_come_last() -> None:
    house = load_clearing_house("nasdaq-2018")
    done = default_waterfall(loss=400e6, layers=ordered_layers(house, "recorded", 1.0))
    assert done.by_layer == pytest.approx({"junior capital": 7e6, "default fund": 166e6, "assessments": 166e6})
    assert done.unallocated == pytest.approx(61e6)


def test_wrong_input_is_refused() -> None:
    house = load_clearing_house("nasdaq-2018")
    with pytest.raises(UnknownNameError, match="clearing_house must be one of krx-2013, nasdaq-2018"):
        load_clearing_house("calm")
    with pytest.raises(InputError, match="own_capital must be >= 0, was -1"):
        with_own_capital(house, -1.0)
    with pytest.raises(InputError, match=r"order must be one of .*assessment_cap must be finite"):
        ordered_layers(house, "first", float("nan"))
