"""Generated markets of accounts, every option drawn, and the comparison of kernel and oracle on them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

import engine
from tests.model.oracle_accounts import AccountOracleRun

RELATIVE = 1e-9
CLOSE_CALL = 5e-10  # see tests.model.parity
POLICIES = tuple(engine.POLICIES)
MONEY = (
    *("fund", "deficit", "equity", "wallet", "collateral", "charge", "claim", "naked", "adl_closed", "adl_cost"),
    *("unfunded", "venue_capital", "backstop"),
)
Case = tuple[engine.Book, np.ndarray, engine.Venue, np.ndarray | None]


def draw_case(seed: int, **fixed: Any) -> Case:
    """A book of accounts and isolated positions in one to four markets, paths, a venue and openings."""
    rng = np.random.default_rng(seed)
    n_markets = int(rng.integers(1, 5))
    start = np.exp(rng.uniform(0, 7, n_markets))
    contract = "inverse" if rng.random() < 0.25 else "linear"
    book = draw_book(rng, start, contract)
    n_steps = int(rng.integers(3, 14))
    moves = rng.normal(0, rng.choice([0.004, 0.02, 0.05]), (n_markets, n_steps))
    moves += rng.choice([0, 1, 1]) * rng.normal(0, 0.02, n_steps)
    crash = rng.choice([-0.5, -0.2, 0.0, 0.3])
    moves[:, rng.integers(0, n_steps)] += crash * rng.uniform(0.3, 1.0, n_markets)
    prices = start[:, None] * np.exp(np.hstack((np.zeros((n_markets, 1)), np.cumsum(moves, axis=1))))
    opens = None
    if rng.random() < 0.3:
        opens = np.hstack((prices[:, :1], prices[:, :-1])) * np.exp(rng.normal(0, 0.03, prices.shape))
    venue = engine.Venue(**(draw_venue(rng, book, start, contract) | fixed))
    return book, prices, venue, opens


def draw_book(rng: np.random.Generator, start: np.ndarray, contract: str) -> engine.Book:
    n_markets, n_accounts, n_isolated = start.size, int(rng.integers(1, 14)), int(rng.choice([0, 0, 3, 8]))
    account, market = [], []
    for a in range(n_accounts):
        held = rng.permutation(n_markets)[: rng.integers(0, n_markets + 1)]
        account += [a] * held.size
        market += held.tolist()
    account += [-1] * n_isolated
    market += rng.integers(0, n_markets, n_isolated).tolist()
    if not account:
        account, market = [0], [0]
    owner, of = np.array(account), np.array(market)
    n = owner.size
    mixed = rng.permutation(n)
    owner, of = owner[mixed], of[mixed]
    usd = np.exp(rng.normal(6, 1.2, n))
    entry = start[of] * np.exp(rng.normal(0, 0.05, n))
    side = rng.choice([1.0, -1.0], n)
    size = side * (usd if contract == "inverse" else usd / entry)
    money = usd / (entry if contract == "inverse" else 1.0)
    gross = np.bincount(owner[owner >= 0], money[owner >= 0], n_accounts)
    leverage = rng.choice([1.0, 3.0, 8.0, 20.0, 60.0], n_accounts) * rng.uniform(0.8, 1.2, n_accounts)
    cash = gross / leverage + np.where(gross == 0, rng.uniform(0, 100) * (rng.random(n_accounts) < 0.5), 0.0)
    collateral = np.where(owner < 0, money / rng.uniform(2, 40, n), 0.0)
    more: dict[str, Any] = {}
    if rng.random() < 0.7:
        more["maintenance_rate"] = rng.choice([0.0, 0.005, 0.02, 0.05], n) + rng.uniform(0, 1e-3, n)
    if rng.random() < 0.3:
        more["maintenance_amount"] = rng.choice([0.0, 0.0, 0.001, 0.004], n) * money
    if rng.random() < 0.4:
        distance = rng.uniform(-0.03, 0.3, n)
        stop = entry * (1 - side * distance)
        more["stop_price"] = np.where(rng.random(n) < 0.5, stop, np.nan)
    return engine.Book(
        size=size,
        entry_price=entry,
        collateral=collateral if n_isolated else None,
        account=owner,
        market=of,
        cash=cash,
        contract=contract,
        **more,
    )


def draw_venue(rng: np.random.Generator, book: engine.Book, start: np.ndarray, contract: str) -> dict[str, Any]:
    """Settings of a venue, depth and layers in proportion to the money in the book."""
    of = book.accounts.market
    usd = np.abs(book.size) if contract == "inverse" else np.abs(book.size) * start[of]
    money = float((usd / (start[of] if contract == "inverse" else 1.0)).sum())

    def one(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    markets = []
    for k in range(start.size):
        law = one("square_root", "linear")
        markets.append(
            {
                "name": f"M{k}",
                "depth": one(1e-4, 0.01, 0.1, 1.0, math.inf) * float(usd.sum()),
                "impact": law,
                "thinning": one(0.0, 0.1) if law == "linear" else 0.0,
                "impact_half_life": one(1.0, 10.0, math.inf),
                "depth_floor": one(1.0, 1.0, 0.3),
                "index_weight": one(0.0, 0.0, 0.5, 1.0),
                "maintenance_rate": one(None, 0.01),
                "min_size": one(0.0, 0.1) * float(np.abs(book.size).mean()),
                "price_band": one(math.inf, math.inf, 0.02, 0.1),
                "halt_steps": one(0, 1, 3),
            }
        )
    policy = one(*POLICIES)
    return {
        "markets": markets,
        "maintenance_rate": one(0.0, 0.005, 0.03),
        "maintenance_basis": one("mark", "mark", "mark", "entry"),
        "liquidation_fee": one(0.0, 0.001, 0.05),
        "residual_margin": one("fund", "trader"),
        "liquidation_fraction": one(1.0, 1.0, 0.2, 0.5),
        "liquidation_order": one(*engine.LIQUIDATION_ORDERS),
        "liquidation_seed": one(0, 7),
        "liquidation_target": one(1.0, 1.0, 1.3, 4.0),
        "piece": one(math.inf, 0.005, 0.03),
        "fund": one(0.0, 0.0, 1e-4, 0.01) * money,
        "fund_max_drawdown": one(1.0, 1.0, 0.4),
        "fund_peak_window": one(None, None, 0, 3),
        "venue_capital": one(0.0, 0.0, 0.001) * money,
        "default_fund": one((), (0.001 * money, 0.0002 * money)),
        "vault": one(0.0, 0.002 * money),
        "policy": policy,
        "policy_options": options_of(one, policy),
        "profit_base": one("entry", "settlement"),
        "settlement_interval": one(1, 1, 4),
        "dynamic_margin_cap": one(1.0, 1.0, 1.0, 3.0),
        "reference_volatility": one(0.002, 0.02),
        "fund_position_limit": one(math.inf, math.inf, 0.3, 5.0),
        "fund_position_half_life": one(0.2, 3.0, math.inf),
    }


def draw_assets(seed: int, case: Case) -> tuple[Case, dict[str, np.ndarray]]:
    """The same market where accounts hold up to two assets, and the prices of those; often none."""
    book, prices, venue, opens = case
    rng = np.random.default_rng([seed, 1])
    n_assets = int(rng.choice([0, 0, 1, 2]))
    if not n_assets or not book.accounts or not book.accounts.cash.size:
        return case, {}
    m, n_marks = book.accounts.cash.size, prices.shape[1]
    start = np.exp(rng.uniform(-2, 5, n_assets))
    moves = rng.normal(0, rng.choice([0.0, 0.01, 0.05]), (n_assets, n_marks))
    falls = rng.choice([0.0, 0.0, -0.3, -0.9], n_assets)
    moves[np.arange(n_assets), rng.integers(1, n_marks, n_assets)] += falls
    moves[:, 0] = 0.0
    paths = {"asset_prices": start[:, None] * np.exp(np.cumsum(moves, axis=1))}
    if rng.random() < 0.3:
        closes = paths["asset_prices"]
        paths["asset_opens"] = np.hstack((closes[:, :1], closes[:, :-1])) * np.exp(rng.normal(0, 0.02, closes.shape))
    share = rng.choice([0.0, 0.3, 1.0, 1.0], (m, n_assets)) * rng.uniform(0.8, 1.2, (m, n_assets))
    is_kept = rng.random(m) < 0.3
    money = np.maximum(book.accounts.cash, 1e-3 * float(book.accounts.cash.mean()))
    laws = rng.choice(["square_root", "linear"], n_assets)
    assets = [
        {
            "name": f"A{j}",
            "haircut": float(rng.choice([0.0, 0.05, 0.5, 1.0])),
            "depth": float(rng.choice([0.01, 0.3, 3.0, math.inf])) * float((share[:, j] * money).sum() + 1.0),
            "impact": str(law),
            "thinning": float(rng.choice([0.0, 0.1])) if law == "linear" else 0.0,
            "impact_half_life": float(rng.choice([1.0, 10.0, math.inf])),
            "index_weight": float(rng.choice([0.0, 0.0, 0.5, 1.0])),
        }
        for j, law in enumerate(laws)
    ]
    cash = np.where(is_kept, book.accounts.cash, rng.choice([0.0, 0.2]) * book.accounts.cash)
    held = replace(book, units=share * money[:, None] / start, cash=cash)
    return (held, prices, replace(venue, assets=assets), opens), paths


def options_of(one: Any, policy: str) -> dict[str, Any]:
    """Options of a policy, some left at their defaults."""
    options = {}
    for option in engine.POLICIES[policy].options:
        if option.choices:
            value = one(None, *(choice for choice in option.choices if choice != "random"))
        elif option.name in ("profit", "leverage", "notional", "kappa", "floor", "pool_cap", "blend"):
            value = one(None, 0.3, 1.0)
        else:
            value = None
        if value is not None:
            options[option.name] = value
    return options


def money_in(case: Case, run: AccountOracleRun) -> float:
    """Scale of the money that moves."""
    book, _, venue, _ = case
    lows = np.array([min(row) for row in run.mark])[book.accounts.market]
    highs = np.array([max(row) for row in run.mark])[book.accounts.market]
    per_unit = 1 / lows + 1 / book.entry_price if book.contract == "inverse" else highs + book.entry_price
    layers = venue.fund + venue.venue_capital + venue.vault + sum(venue.default_fund) * (1 + venue.assessment_cap)
    own = book.accounts.cash.sum() + book.collateral.sum()
    if book.units is not None:
        own += (book.units @ np.array([max(row) for row in run.asset_mark])).sum()
    return float(own + np.abs(book.size) @ per_unit + layers)


def assert_same(kernel: Any, oracle: AccountOracleRun, scale: float) -> None:
    """Everything to 1e-9: marks relative, money relative to itself or to 1e-3 of the money in the run."""
    np.testing.assert_array_equal(kernel.liquidated_at, oracle.liquidated_at, "liquidated_at")
    np.testing.assert_allclose(kernel.mark, oracle.mark, rtol=RELATIVE, atol=0, err_msg="mark")
    for name in MONEY:
        ours, theirs = getattr(kernel, name), getattr(oracle, name)
        np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=1e-3 * RELATIVE * scale, err_msg=name)
    makers = kernel.ledger.market_makers
    np.testing.assert_allclose(makers, oracle.market_maker, rtol=RELATIVE, atol=1e-3 * RELATIVE * scale)
    np.testing.assert_allclose(kernel.asset_mark, np.reshape(oracle.asset_mark, kernel.asset_mark.shape), rtol=RELATIVE)
    held = np.maximum(kernel.ledger.opening_units, 1e-300)
    np.testing.assert_allclose(kernel.units / held, np.array(oracle.units) / held, rtol=RELATIVE, atol=1e-3 * RELATIVE)
    units = float(np.abs(kernel.book.size).sum())
    np.testing.assert_allclose(kernel.size, oracle.size, rtol=RELATIVE, atol=1e-3 * RELATIVE * units, err_msg="size")
    assert abs(kernel.ledger.residual) < RELATIVE
