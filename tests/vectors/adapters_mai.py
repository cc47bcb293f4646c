"""MCDEX MAI v2: vectors to engine calls."""

from __future__ import annotations

from tests.reference.venues import mai
from tests.vectors.reading import Adapter, Inputs, Outputs, one_or_all, signed_size

VENUE = "mai"


def rates(inputs: Inputs) -> mai.Rates:
    return mai.Rates(
        initial=inputs.get_any("imr", default=0.1),
        liquidator=inputs.get_any("liq_penalty", default=0.005),
        fund=inputs.get_any("fund_penalty", default=0.005),
    )


def position(inputs: Inputs) -> mai.Position:
    size = signed_size(inputs)
    if "side" not in inputs and inputs.get("counter_side") == "long":
        size = -abs(size)
    return mai.Position(
        cash=inputs.get_any("cash", default=0),
        size=size,
        entry=inputs.get_any("entry", default=0),
        social_loss=inputs.get_any("social_loss_change", "social_loss_per_contract", default=0),
        funding=inputs.get_any("funding_accum_change", default=0),
    )


def social_loss(inputs: Inputs) -> Outputs:
    loss = mai.loss_per_contract(
        loss=inputs.need("loss"),
        total_size=inputs.need("paying_side_total_size", "total_size", "counter_open_interest"),
    )
    return {"social_loss_per_contract": loss}


def liquidation_amount(inputs: Inputs) -> Outputs:
    if inputs.number("size", "qty") == 0:
        return {"amount": 0}
    return {"amount": mai.liquidation_amount(position=position(inputs), price=inputs.need("mark"), rates=rates(inputs))}


def liquidate(inputs: Inputs) -> Outputs:
    """One or several liquidations in a row; without amounts, of what restores initial margin.

    The venue's tests give the liquidator the same deposit as the account.
    """
    held, price, terms = position(inputs), inputs.need("mark"), rates(inputs)
    fund, earned, losses = inputs.get_any("insurance_fund", "insurance", default=0), 0.0, [0.0]
    amounts = inputs.get_any("amounts", default=[inputs.get_any("amount")])
    taken = 0.0
    for amount in amounts:
        size = mai.liquidation_amount(position=held, price=price, rates=terms) if amount is None else amount
        done = mai.liquidate(
            position=held,
            price=price,
            amount=size,
            rates=terms,
            fund=fund,
            counter_size=inputs.get_any("counter_open_interest", default=abs(held.size)),
        )
        held, fund = held._replace(cash=done.cash, size=done.size), done.fund
        earned, taken = earned + done.liquidator_penalty, taken + size
        losses.append(losses[-1] + done.social_loss_per_contract)
    return {
        "amount": taken,
        "social_loss_per_contract": losses[-1],
        "social_loss_after_each": losses[1:],
        "social_loss": one_or_all(losses[1:]),
        "liquidator_deposit_after": inputs.get_any("liquidator_deposit", default=inputs.get_any("cash", default=0))
        + earned,
        "liquidator_penalty": earned,
        "insurance_fund_after": fund,
        "size_after": abs(held.size),
        "size_left": abs(held.size),
        "cash_after": held.cash,
        "trader_cash_after": held.cash,
        "liquidated_cash_after": held.cash,
    }


def profit(inputs: Inputs) -> Outputs:
    held = position(inputs)
    value = mai.profit(
        size=held.size,
        entry=held.entry,
        price=inputs.need("mark"),
        social_loss=held.social_loss,
        funding=held.funding,
    )
    return {"pnl": value}


RULES: dict[str, Adapter] = {
    "oi_socialization_counter_side": social_loss,
    "liquidation_amount_to_restore_im": liquidation_amount,
    "insurance_then_counter_side_social": liquidate,
    "pnl_with_social_loss": profit,
}
