"""GMX v2: vectors to engine calls."""

from __future__ import annotations

from typing import Any

from tests.reference.venues import gmx
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "gmx"


def is_long(entry: dict[str, Any]) -> bool:
    return str(entry.get("side", "long")) == "long"


def capped_profit(inputs: Inputs) -> Outputs:
    """Traders of one side close in the order of the list; names are A, B, ... where none are given."""
    change, traders = inputs.need("price_change"), inputs.need("traders")
    names = [str(trader.get("name", chr(ord("A") + n))) for n, trader in enumerate(traders)]
    order = [names.index(name) for name in inputs.get_any("order", default=names)]
    profits = [traders[n]["size"] * change * (1 if is_long(traders[n]) else -1) for n in order]
    paid = gmx.close_in_order(
        profits=profits,
        pool_side=inputs.need("pool_per_side_usd", "pool_side_usd"),
        max_factor=inputs.need("max_pnl_factor_traders", "max_pnl_factor"),
        is_one_token=bool(inputs.get_any("same_token_both_sides", default=False)),
    )
    received = [traders[n].get("collateral", 0) + got for n, got in zip(order, paid, strict=True)]
    full = profits[0] if len(set(profits)) == 1 else profits
    return {"profit_paid": paid, "received": received, "full_profit_each": full, "full_profit": profits}


def pool_value(inputs: Inputs) -> Outputs:
    """After each close the pool has paid and the rest of the profit is pending, shared equally by the traders."""
    paid, pool = list(inputs.get_any("profit_paid", default=[])), inputs.need("pool_usd")
    pending, factor = sum(inputs.need("pending_pnl")), inputs.need("max_pnl_factor_withdrawals", "max_pnl_factor")
    tokens, values = inputs.get_any("lp_token_supply", default=pool), []
    for number in range(len(paid) + 1):
        left = pending * (1 - number / len(paid)) if paid else pending
        now = pool - sum(paid[:number])
        values.append(gmx.pool_value(pool=now, pending_profit=left, pool_side=now / 2, max_factor=factor))
    return {"pool_value": values, "lp_token_price": [value / tokens for value in values]}


def size_in_tokens(inputs: Inputs) -> float:
    return inputs.get_any("size_tokens", default=inputs.need("size_usd") / inputs.get_any("entry", default=1))


def adl_execution(inputs: Inputs) -> Outputs:
    profit = gmx.profit(
        size_usd=inputs.need("size_usd"),
        size_tokens=size_in_tokens(inputs),
        price=inputs.need("price", "index_price"),
        is_long=is_long(inputs),
    )
    done = gmx.deleverage(
        side_profit=profit,
        pool_side=inputs.need("pool_side_usd"),
        size_usd=inputs.need("size_usd"),
        close_usd=inputs.need("adl_size_usd"),
        max_factor=inputs.need("max_pnl_factor_for_adl"),
        min_factor=inputs.get_any("min_pnl_factor_after_adl", default=0),
    )
    return {
        "pnl": profit,
        "pnl_factor_before": done.factor_before,
        "pnl_factor_after": done.factor_after,
        "size_usd_after": done.size_left,
        "profit_paid": done.profit_paid,
        "accepted": done.is_accepted,
    }


def adl_trigger(inputs: Inputs) -> Outputs:
    """One price, or the results for a list of prices; a pool of the index token grows with the price."""
    prices = inputs.need("price", "prices", "index_price", "index_prices")
    results = [adl_at(inputs, price) for price in (prices if isinstance(prices, list) else [prices])]
    if not isinstance(prices, list):
        return results[0]
    return {name: [result[name] for result in results] for name in results[0]}


def adl_at(inputs: Inputs, price: float) -> Outputs:
    profit = gmx.profit(
        size_usd=inputs.need("size_usd"), size_tokens=size_in_tokens(inputs), price=price, is_long=is_long(inputs)
    )
    pool = inputs.get_any("pool_side_usd")
    if pool is None:
        is_index = inputs.get_any("pool_token_is_index", default=True)
        pool = inputs.need("pool_tokens") * (price if is_index else inputs.need("pool_token_price"))
    factor = gmx.profit_factor(side_profit=profit, pool_side=pool)
    enabled = gmx.is_deleveraging_enabled(factor=factor, max_factor=inputs.need("max_pnl_factor_for_adl"))
    return {
        "pnl": profit,
        "pool_side_usd": pool,
        "factor": factor,
        "pnl_factor": factor,
        "adl_enabled": enabled,
    }


def liquidation_check(inputs: Inputs) -> Outputs:
    price = inputs.get_any("collateral_price", default=1)
    profit = gmx.profit(
        size_usd=inputs.need("size_usd"),
        size_tokens=size_in_tokens(inputs),
        price=inputs.need("index_price", "price"),
        is_long=is_long(inputs),
    )
    collateral = inputs.get_any("collateral_usd")
    done = gmx.check_liquidation(
        collateral=inputs.need("collateral_tokens") * price if collateral is None else collateral,
        profit=profit,
        size_usd=inputs.need("size_usd"),
        fees=inputs.get_any("fees_usd", "fees", default=0),
        price_impact=inputs.get_any("price_impact_usd", "price_impact", default=0),
        min_collateral_factor=inputs.get_any("min_collateral_factor", default=0.01),
        min_collateral=inputs.get_any("min_collateral_usd", default=0),
    )
    returned = max(done.remaining, 0.0)
    return {
        "pnl": done.profit,
        "liquidatable": done.is_liquidatable,
        "remaining_collateral_usd": done.remaining,
        "collateral_returned_usd": returned,
        "collateral_returned_tokens": returned / price,
    }


def insolvent_close(inputs: Inputs) -> Outputs:
    profit = gmx.profit(
        size_usd=inputs.need("size_usd"),
        size_tokens=size_in_tokens(inputs),
        price=inputs.need("price", "index_price"),
        is_long=is_long(inputs),
    )
    done = gmx.close_insolvent(
        collateral=inputs.need("collateral_usd"), profit=profit, funding_due=inputs.need("funding_fee_due")
    )
    return {
        "pnl": profit,
        "normal_close": "succeeds" if done.can_close else "reverts (cannot pay costs)",
        "liquidation_trader_receives": done.trader_receives,
        "pool_usdc_after": inputs.get_any("pool_usdc", default=0) + done.pool_change,
        "pool_value_at_entry_price_after": inputs.get_any("pool_value", default=0) + done.pool_change,
        "funding_collected": done.funding_paid,
        "funding_uncollected": done.funding_unpaid,
    }


RULES: dict[str, Adapter] = {
    "profit_cap_lp_pool": capped_profit,
    "lp_pool_value_with_capped_pnl": pool_value,
    "adl_execution_partial": adl_execution,
    "adl_execution": adl_execution,
    "adl_trigger_pnl_factor": adl_trigger,
    "liquidation_check": liquidation_check,
    "lp_pool_insolvent_close": insolvent_close,
}
