"""Synthetix and Perpetual Protocol: vectors to engine calls."""

from __future__ import annotations

from tests.reference.venues import perp, synthetix
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = ""


def liquidation_window(inputs: Inputs) -> Outputs:
    """Capacity used before is a list of times, each with the whole capacity, or of [time, amount]."""
    capacity, names = inputs.get_any("window_capacity"), list(inputs.need("positions"))
    if capacity is None:
        capacity = synthetix.window_capacity(
            maker_fee=inputs.need("maker_fee"),
            taker_fee=inputs.need("taker_fee"),
            skew_scale=inputs.need("skew_scale"),
            multiplier=inputs.get_any("multiplier", default=1),
            window_seconds=inputs.need("window_seconds"),
        )
    calls = [c if isinstance(c, dict) else {"t": c} for c in inputs.need("calls")]
    used = [tuple(u) if isinstance(u, list) else (u, capacity) for u in inputs.get_any("used_at", default=[])]
    after = synthetix.liquidate_in_window(
        capacity=capacity,
        window_seconds=inputs.need("window_seconds"),
        used=used,
        sizes={name: abs(size) for name, size in inputs["positions"].items()},
        calls=[(call["t"], call.get("who", names[0])) for call in calls],
    )
    return {
        "window_capacity": capacity,
        "size_after_each": after,
        "size_after": [next(iter(a.values())) for a in after],
    }


def minimum_credit(inputs: Inputs) -> Outputs:
    positions = [(p["size"], p["price"], p["locked_oi_ratio"]) for p in inputs.get_any("positions", default=[])]
    credit = synthetix.minimum_credit(
        positions=positions, margin=inputs.get_any("trader_collateral", "margin", default=0)
    )
    return {"min_credit": credit}


def provider_liquidation(inputs: Inputs) -> Outputs:
    done = synthetix.liquidate_provider(
        collateral=inputs.need("collateral", "account_collateral"),
        debt=inputs.need("debt", "account_debt"),
        reward=inputs.get_any("reward", "liquidation_reward", default=0),
    )
    return {"collateral_to_others": done.collateral_to_others, "debt_to_others": done.debt_to_others}


def vault_liquidation(inputs: Inputs) -> Outputs:
    collateral, debt, paid = inputs.need("vault_collateral"), inputs.need("vault_debt"), inputs.need("paid")
    sold = synthetix.liquidate_vault(collateral=collateral, debt=debt, paid=paid)
    left = debt - min(paid, debt)
    is_same = abs((collateral - sold) * debt - collateral * left) <= 1e-9 * collateral * debt
    return {
        "collateral_sold": sold,
        "collateral_after": collateral - sold,
        "debt_after": left,
        "ratio_after_equals_before": is_same,
    }


def available_margin(inputs: Inputs) -> Outputs:
    terms, count = inputs.get_any("maint_params", default={}), len(inputs.need("sizes"))
    params = [
        synthetix.Params(
            skew_scale=inputs["skew_scale"][n],
            initial_fraction=terms.get("initial_margin_fraction", [0] * count)[n],
            minimum_ratio=terms.get("min_initial_ratio", [0] * count)[n],
            maintenance_scalar=terms.get("maint_scalar", 1),
            minimum_margin=terms.get("min_position_margin", [0] * count)[n],
        )
        for n in range(count)
    ]
    entries = [
        synthetix.fill_price(price=price, size=size, skew=0.0, skew_scale=scale)
        for price, size, scale in zip(inputs["open_prices"], inputs["sizes"], inputs["skew_scale"], strict=True)
    ]
    state = synthetix.account_margin(
        collateral=inputs.need("margin"),
        sizes=inputs["sizes"],
        entries=entries,
        prices=inputs.get_any("prices", default=inputs["open_prices"]),
        params=params,
        liquidation_reward=inputs.get_any("liquidation_reward", default=0),
    )
    return {
        "market_pnls": state.profits,
        "available_margin": round(state.available, 9),
        "maintenance_margin": state.maintenance,
        "liquidatable": state.is_liquidatable,
    }


def bad_debt(inputs: Inputs) -> Outputs:
    other = inputs.get_any("extra_collateral")
    proceeds, fee = exact(0), exact(0)
    if other:
        proceeds, fee = perp.collateral_sale(
            amount=other["amount"],
            price=other["price"],
            discount=other.get("liquidation_discount", 0),
            fund_cut=other.get("insurance_cut", 0),
        )
    done = perp.settle_bad_debt(
        size=inputs.need("size"),
        price=inputs.need("index_price", "price"),
        deposit=inputs.need("deposit"),
        open_notional=inputs.need("open_notional"),
        penalty_rate=inputs.get_any("liquidation_penalty", default=0.025),
        fund_share=inputs.get_any("insurance_share_of_penalty", default=0.5),
        proceeds=proceeds,
        collateral_fee=fee,
    )
    return {
        "bad_debt": done.bad_debt,
        "penalty": done.penalty,
        "liquidation_penalty": done.penalty,
        "collateral_fee_to_insurance": done.collateral_fee,
        "insurance_value_after": done.fund_value,
        "insurance_after": done.fund_value,
        "insurance_balance_after": -done.bad_debt + done.collateral_fee,
    }


def fund_capacity(inputs: Inputs) -> Outputs:
    return {
        "capacity": perp.fund_capacity(
            account_value=inputs.get_any("fund_account_value", default=0),
            wallet=inputs.get_any("wallet_balance", default=0),
        )
    }


def fund_repay(inputs: Inputs) -> Outputs:
    repaid, left = perp.repay(
        account_value=inputs.need("fund_account_value"), wallet=inputs.get_any("wallet_balance", default=0)
    )
    return {"repaid": repaid, "wallet_left": left, "reverts": False, "error": None}


def fund_surplus(inputs: Inputs) -> Outputs:
    surplus = perp.surplus(
        capacity=fund_capacity(inputs)["capacity"],
        threshold=inputs.need("threshold"),
        free_collateral=inputs.get_any("free_collateral", default=0),
    )
    return {"surplus_distributed": surplus, "reverts": surplus == 0}


def partial_close(inputs: Inputs) -> Outputs:
    done = perp.close_partly_v1(
        size=inputs.need("size"),
        fraction=inputs.get_any("fraction", default=1),
        price=inputs.need("spot_price", "price"),
        margin=inputs.need("margin"),
        open_notional=inputs.need("open_notional"),
        is_backstop=bool(inputs.get_any("backstop", "is_backstop", default=False)),
    )
    return {
        "margin_after_close_no_slippage": done.margin,
        "bad_debt_exact": done.bad_debt,
        "bad_debt": done.bad_debt,
        "action": "close" if done.is_allowed else "revert",
    }


RULES: dict[str, Adapter] = {
    "max_liquidation_window": liquidation_window,
    "market_minimum_credit": minimum_credit,
    "lp_account_liquidation": provider_liquidation,
    "lp_vault_partial_liquidation": vault_liquidation,
    "multi_market_available_margin": available_margin,
    "insurance_absorbs_bad_debt": bad_debt,
    "insurance_capacity_definition": fund_capacity,
    "insurance_repay_from_wallet": fund_repay,
    "insurance_surplus_distribution": fund_surplus,
    "bad_debt_partial_close": partial_close,
}
