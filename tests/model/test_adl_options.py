"""Prices and scores of auto-deleveraging by hand: what the replays and presets of OKX, Binance and Hyperliquid run on.

As in test_adl_cases: infinite depth, 5 % maintenance, entries at 100.
"""

from __future__ import annotations

import pytest

from tests.model.cases import LONG, RICH_SHORT, book, inverse, run


@pytest.mark.parametrize(
    ("price", "charge", "fund", "deficit"),
    [("bankruptcy", 50.0, 0.0, 0.0), ("mark", 0.0, 0.0, 50.0), ("previous_mark", 100.0, 50.0, 0.0)],
)
def test_price_of_a_deleveraging(price: str, charge: float, fund: float, deficit: float) -> None:
    """The mark goes 97, 95, 85; the long is bankrupt at 90. Closed at 95 it keeps 50, at 85 it lacks 50."""
    options = {"price": price}
    result = run(book(LONG, RICH_SHORT), [100.0, 97.0, 95.0, 85.0], policy="adl_queue", policy_options=options)
    assert result.charge == pytest.approx([0.0, charge])
    assert result.fund[3] == pytest.approx(fund)
    assert result.deficit[3] == result.unfunded == pytest.approx(deficit)


def test_blend_of_bankruptcy_price_and_mark() -> None:
    """At 2/3 of 90 and 1/3 of 85 = 88.33 the short gives up 33.3, and the long lacks 16.7, which a fund of 10 meets."""
    options = {"price": "blend"}
    venue = {"policy": "adl_prorata", "policy_options": options, "fund": 10.0}
    result = run(book(LONG, RICH_SHORT), [100.0, 85.0], **venue)
    assert result.charge == pytest.approx([0.0, 100 / 3])
    assert (result.fund[1], result.unfunded) == pytest.approx((0.0, 50 / 3 - 10))


def test_inverse_at_the_previous_mark() -> None:
    """A short bankrupt at 111.1, mark 125, closed at 108: it keeps 1 - 1000 (1/100 - 1/108) coin."""
    options = {"price": "previous_mark"}
    traders = inverse((-1000.0, 1.0), (1000.0, 5.0))
    venue = {"policy": "adl_queue", "policy_options": options, "maintenance_rate": 0.01}
    result = run(traders, [100.0, 108.0, 125.0], **venue)
    assert result.charge == pytest.approx([0.0, 1000 * (1 / 108 - 1 / 125)])
    assert result.fund[2] == pytest.approx(1 - 1000 * (1 / 100 - 1 / 108))


SHORTS = {
    "cheap": (-10.0, 900.0, 120.0),  # + 350 at 85, per cent 350/1200, equity 1250
    "levered": (-10.0, 100.0, 100.0),  # + 150, 150/1000, equity 250
    "small": (-2.0, 1.0, 110.0),  # + 50, 50/220, equity 51
}


@pytest.mark.parametrize(
    ("score", "order"),
    [
        # leverage at 85: 850/1250, 850/250, 170/51; maintenance 42.5, 42.5, 8.5
        ("bitmex", ("small", "levered", "cheap")),  # 0.758, 0.51, 0.198
        ("binance", ("small", "levered", "cheap")),  # 8.33, 0.255, 0.0132
        ("okx", ("small", "levered", "cheap")),  # 0.0379, 0.0255, 0.0099
        ("hyperliquid", ("small", "levered", "cheap")),  # 4.31, 4.0, 0.96
        ("hyperliquid_one", ("levered", "small", "cheap")),  # 2.89, 2.576, 0.482
    ],
)
def test_order_by_score(score: str, order: tuple[str, ...]) -> None:
    """Longs that need 1, then 3, then 11: whoever is first is closed first."""
    for need in (1.0, 3.0, 11.0):
        closed = dict.fromkeys(SHORTS, 0.0)
        left = need
        for name in order:
            closed[name] = min(-SHORTS[name][0], left)
            left -= closed[name]
        traders = book((need, 10.0 * need), *SHORTS.values())
        result = run(traders, [100.0, 85.0], policy="adl_queue", policy_options={"score": score})
        expected = [size + closed[name] for name, (size, _, _) in SHORTS.items()]
        assert result.size[1:] == pytest.approx(expected)


def test_order_follows_the_margin_when_nothing_else_moves() -> None:
    """Step 1 closes the third at scale 1; step 2 asks for 4 times the margin at the same mark, and forces the second.

    Binance scores at 85 of the fourth and fifth (both + 150, collateral 900, equity 1050; requirements 170 s and
    340 s - 100 s, no rate above 0.999): at s = 1 the fifth is first, 240 against 170; at s = 4 the fourth, 680 against
    849 - 400. The third is before them at s = 1: profit over 400, 170 over 550.
    The second's order would fill at 85 (1 - e^-0.2) / 0.2 = 77.0, below its bankruptcy price of 79.
    """
    traders = book(
        LONG,
        (10.0, 210.0),
        (-10.0, 400.0),
        (-10.0, 900.0),
        (-10.0, 900.0),
        maintenance_rate=[0.05, 0.05, 0.2, 0.2, 0.4],
        maintenance_amount=[0.0, 0.0, 0.0, 0.0, 100.0],
    )
    venue = {"policy": "adl_queue", "policy_options": {"score": "binance"}, "depth": 42.5, "dynamic_margin_cap": 4.0}
    result = run(traders, [100.0, 85.0, 85.0], **venue)
    assert result.liquidated_at == [1, 2, -1, -1, -1]
    assert result.size == [0.0, 0.0, 0.0, 0.0, -10.0]
    assert result.charge == pytest.approx([0.0, 0.0, 50.0, -60.0, 0.0])
