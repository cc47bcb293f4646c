"""MAI, Drift, Mango, Perp, Percolator, Binance, Bybit, Kraken: what the venues' arithmetic answers to their vectors."""

from __future__ import annotations

from typing import Any

from tests.reference import answers_dydx
from tests.reference.venues import drift, mai, mango, percolator, perp, prices
from tests.reference.venues.exact import CENT, DOLLAR, HALF_DOLLAR, exact, nearest_to
from tests.vectors.reading import Adapter, Inputs, Outputs, signed_size


def mai_rates(inputs: Inputs) -> mai.Rates:
    return mai.Rates(initial=inputs.get_any("imr", default=0.1))


def mai_position(inputs: Inputs) -> mai.Position:
    return mai.Position(
        cash=inputs.get_any("cash", default=0),
        size=signed_size(inputs),
        entry=inputs["entry"],
        social_loss=inputs.get_any("social_loss_change", "social_loss_per_contract", default=0),
        funding=inputs.get_any("funding_accum_change", default=0),
    )


def mai_social_loss(inputs: Inputs) -> Outputs:
    loss = mai.loss_per_contract(loss=inputs["loss"], total_size=inputs["paying_side_total_size"])
    return {"social_loss_per_contract": loss}


def mai_amount(inputs: Inputs) -> Outputs:
    amount = mai.liquidation_amount(position=mai_position(inputs), price=inputs["mark"], rates=mai_rates(inputs))
    return {"amount": amount}


def mai_liquidate(inputs: Inputs) -> Outputs:
    """One or several liquidations in a row; without amounts, of what restores initial margin.

    The venue's tests give the liquidator the same deposit as the account.
    """
    held, price, terms = mai_position(inputs), inputs["mark"], mai_rates(inputs)
    fund, earned, taken, losses = 0.0, 0.0, 0.0, [0.0]
    for amount in inputs.get_any("amounts", default=[None]):
        size = mai.liquidation_amount(position=held, price=price, rates=terms) if amount is None else amount
        counter = inputs["counter_open_interest"]
        done = mai.liquidate(position=held, price=price, amount=size, rates=terms, fund=fund, counter_size=counter)
        held, fund = held._replace(cash=done.cash, size=done.size), done.fund
        earned, taken = earned + done.liquidator_penalty, taken + size
        losses.append(losses[-1] + done.social_loss_per_contract)
    return {
        "amount": taken,
        "social_loss_per_contract": losses[-1],
        "social_loss_after_each": losses[1:],
        "liquidator_deposit_after": inputs["cash"] + earned,
        "insurance_fund_after": fund,
        "size_after": abs(held.size),
        "cash_after": held.cash,
    }


def mai_profit(inputs: Inputs) -> Outputs:
    return {"pnl": mai.profit(mai_position(inputs), inputs["mark"])}


def drift_social_loss(inputs: Inputs) -> Outputs:
    holders = inputs.get_any("holders", default=[])
    loss = abs(inputs.get_any("loss", "bankrupt_quote"))
    sides = [sum(max(sign * holder["base"], 0) for holder in holders) for sign in (1, -1)]
    per_base = drift.loss_per_base(
        loss=loss,
        open_interest_long=inputs.get_any("open_interest_long", default=sides[0]),
        open_interest_short=inputs.get_any("open_interest_short", default=sides[1]),
    )
    return {
        "loss_per_base_unit": per_base,
        "per_base_loss": per_base,
        "social_loss": loss,
        "cum_funding_long_delta": per_base,
        "cum_funding_short_delta": -per_base,
        "holders_after": [{**h, "quote": h["quote"] - per_base * abs(exact(h["base"]))} for h in holders],
        "bankrupt_quote_after": 0,
    }


def drift_deposits(inputs: Inputs) -> Outputs:
    return {
        "index_delta": drift.deposit_index_cut(
            loss=inputs["loss"], deposits=inputs["total_deposits"], index=inputs["index"]
        )
    }


def mango_base(inputs: Inputs) -> Outputs:
    done = mango.liquidate_base(
        base=inputs["lots"] * inputs["base_per_lot"],
        price=inputs["oracle_price"],
        liquidation_fee=inputs["liq_fee"],
        platform_fee=inputs["platform_fee"],
    )
    return {
        "liqor_pays": -done.liquidator_quote,
        "liqee_receives": done.account_quote,
        "platform_fee": done.platform_fee,
    }


def perp_bad_debt(inputs: Inputs) -> Outputs:
    proceeds, fee = exact(0), exact(0)
    if other := inputs.get_any("extra_collateral"):
        proceeds, fee = perp.collateral_sale(
            amount=other["amount"],
            price=other["price"],
            discount=other["liquidation_discount"],
            fund_cut=other["insurance_cut"],
        )
    debt, fund = perp.settle_bad_debt(
        size=inputs["size"],
        price=inputs["index_price"],
        cash=exact(inputs["deposit"]) + exact(inputs["open_notional"]) + proceeds,
        penalty_rate=inputs["liquidation_penalty"],
        fund_share=inputs["insurance_share_of_penalty"],
        collateral_fee=fee,
    )
    return {"bad_debt": debt, "collateral_fee_to_insurance": fee, "insurance_value_after": fund}


def percolator_crisis(inputs: Inputs) -> Outputs:
    done = percolator.crisis(
        principal=inputs["principal"],
        realized=inputs["realized_pnl"],
        warming=inputs["warming_pnl"],
        insurance=inputs["insurance"],
        collateral=inputs["collateral"],
    )
    return dict(done._asdict())


def bybit(inputs: Inputs) -> Outputs:
    terms: dict[str, Any] = {"side": inputs["side"], "entry": inputs["entry"], "leverage": inputs["leverage"]}
    bankrupt = prices.bybit_inverse(**terms)
    liquidation = prices.bybit_inverse(**terms, maintenance_rate=0.005)
    return {
        "bankruptcy_price_raw": bankrupt,
        "bankruptcy_price_tick": nearest_to(bankrupt, HALF_DOLLAR),
        "liquidation_price": nearest_to(liquidation, HALF_DOLLAR),
    }


def kraken(inputs: Inputs) -> Outputs:
    contracts, entry = inputs["contracts"], inputs["entry"]
    terms: dict[str, Any] = {"side": inputs["side"], "contracts": contracts, "entry": entry}
    terms["margin_coin"] = inputs["margin_btc"]
    value = contracts / entry
    liquidation = prices.kraken_inverse(**terms, maintenance_rate=inputs["mm_rate"])
    return {
        "value_btc": value,
        "im_btc": inputs["im_rate"] * value,
        "mm_btc_at_entry": inputs["mm_rate"] * value,
        "liquidation_price": nearest_to(liquidation, DOLLAR),
        "limit_price_zero_equity": nearest_to(prices.kraken_inverse(**terms), DOLLAR),
    }


def bracketed(entry: dict[str, Any]) -> prices.Position:
    mark = entry.get("mark", entry["entry"])
    return prices.Position(signed_size(Inputs(entry)), entry["entry"], mark, entry["mmr"], entry["maint_amount"])


def binance_cross(inputs: Inputs) -> Outputs:
    positions, target = inputs["positions"], inputs["target"]
    price = prices.binance(
        wallet=inputs["wallet_balance"],
        position=next(bracketed(entry) for entry in positions if entry["symbol"] == target),
        others=[bracketed(entry) for entry in positions if entry["symbol"] != target],
    )
    return {"liquidation_price": nearest_to(price, CENT)}


def binance_isolated(inputs: Inputs) -> Outputs:
    found = [prices.binance(wallet=inputs["wallet_balance"], position=bracketed(case)) for case in inputs["cases"]]
    return {"liquidation_price": [nearest_to(price, CENT) for price in found]}


RULES: dict[tuple[str, str], Adapter] = {
    **answers_dydx.RULES,
    ("mai_v2", "oi_socialization_counter_side"): mai_social_loss,
    ("mai_v2", "liquidation_amount_to_restore_im"): mai_amount,
    ("mai_v2", "insurance_then_counter_side_social"): mai_liquidate,
    ("mai_v2", "pnl_with_social_loss"): mai_profit,
    ("drift_v2", "oi_socialization_both_sides"): drift_social_loss,
    ("drift_v2", "deposit_index_haircut"): drift_deposits,
    ("mango_v4", "liquidate_position_transfer"): mango_base,
    ("perp_v2", "insurance_absorbs_bad_debt"): perp_bad_debt,
    ("percolator", "crisis_waterfall_warming_insurance_equity"): percolator_crisis,
    ("bybit_bankruptcy_inverse_long", "bankruptcy_price_inverse"): bybit,
    ("kraken_epp_inverse", "liquidation_and_bankruptcy_price_inverse"): kraken,
    ("binance_cross_liq_eth", "liquidation_price_cross_tiered"): binance_cross,
    ("binance_isolated_liq_pair", "liquidation_price_isolated_tiered"): binance_isolated,
}
