"""Mango v4: vectors to engine calls."""

from __future__ import annotations

import math

from tests.reference.venues import mango
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "mango"
LOAN_FEE = 0.0005  # loan origination fee of the venue's test banks


def settle_insure_socialize(inputs: Inputs) -> Outputs:
    return from_balances(inputs) if "liqee" in inputs else from_health(inputs)


def common(inputs: Inputs) -> dict[str, object]:
    return {
        "settle_limit": abs(inputs.number("settle_limit", default=math.inf)),
        "max_transfer": inputs.number("max_liab_transfer", default=math.inf),
        "vault": inputs.get_any("insurance_vault", default=0),
        "insurance_price": inputs.get_any("insurance_token_price", default=1),
        "liquidation_fee": inputs.get_any("liquidation_fee", default=0),
        "open_interest": inputs.get_any("open_interest_lots", default=0),
    }


def from_balances(inputs: Inputs) -> Outputs:
    """The account by its balances: the settle token carries the perpetual's loss in its health."""
    account, token = inputs["liqee"], Inputs(inputs["settle_token"])
    spot, profit, other = exact(account["settle_token"]), exact(account["perp_quote"]), exact(account["other_health"])
    price = exact(token.get_any("price", default=1))
    weight = token.get_any("asset_weight", default=1)
    prices = {
        "asset_price": price * exact(weight),
        "liability_price": price * exact(token.get_any("liab_weight", default=2 - weight)),
    }

    def health(balance: object) -> object:
        return balance * prices["asset_price" if balance > 0 else "liability_price"] + other  # type: ignore[operator]

    done = mango.resolve_negative_profit(
        profit=profit,
        max_settle=mango.taken_for_health_zero(health=health(spot), balance=spot, **prices),
        needed=mango.given_for_health_zero(health=health(spot + profit), balance=spot + profit, **prices),
        settle_price=price,
        **common(inputs),
    )
    return {
        **outputs(done),
        "liqee_settle_token": spot - done.settled,
        "liqee_perp_quote": done.pnl_left,
        "liqor_settle_token": done.settled,
        "liqor_perp_quote": -done.settled - done.insured,
        "liqor_insurance_received": done.insurance_tokens,
    }


def from_health(inputs: Inputs) -> Outputs:
    """The account by its health, all weights and the settle price 1."""
    health, profit = exact(inputs.need("liqee_init_health")), exact(inputs.need("perp_pnl"))
    done = mango.resolve_negative_profit(
        profit=profit,
        max_settle=max(exact(0), health - profit),
        needed=max(exact(0), -health),
        **common(inputs),
    )
    return outputs(done)


def outputs(done: mango.Bankruptcy) -> Outputs:
    return {
        "settled": done.settled,
        "insurance_used": done.insurance_tokens,
        "insurance_liab_transfer": done.insured,
        "socialized_loss": done.socialized,
        "pnl_after": done.pnl_left,
        "long_funding_delta": done.long_funding_delta,
        "short_funding_delta": done.short_funding_delta,
    }


def liquidate_base(inputs: Inputs) -> Outputs:
    side = str(inputs.get_any("side", default="long"))
    size = exact(inputs.need("lots")) * exact(inputs.get_any("base_per_lot", default=1))
    done = mango.liquidate_base(
        base=size if side == "long" else -size,
        price=inputs.need("oracle_price"),
        liquidation_fee=inputs.get_any("liq_fee", "liquidation_fee", default=0),
        platform_fee=inputs.get_any("platform_fee", default=0),
    )
    liquidator, account = abs(done.liquidator_quote), abs(done.account_quote)
    return {
        "liqor_pays": liquidator,
        "liqor_receives": liquidator,
        "liqee_receives": account,
        "liqee_pays": account,
        "liqor_quote": done.liquidator_quote,
        "liqee_quote": done.account_quote,
        "platform_fee": done.platform_fee,
    }


def token_loss(inputs: Inputs) -> Outputs:
    deposits = inputs.need("total_deposits", "deposits")
    loss = max(exact(0), exact(inputs.need("bad_borrow", "loss")) - exact(inputs.get_any("insurance", default=0)))
    after = mango.deposits_after(deposits=deposits, loss=loss)
    return {
        "deposits_after": after,
        "index_factor": after / exact(deposits) if deposits else 1,
        "socialized_loss": exact(deposits) - after,
    }


def insured_token(inputs: Inputs) -> Outputs:
    """The borrow carries the loan fee, which the venue's tests round up by; an absent vault is large enough."""
    borrow = exact(inputs.need("borrow", "liability", "bad_borrow"))
    done = mango.resolve_token(
        borrow=borrow * (1 + exact(inputs.get_any("loan_fee", default=LOAN_FEE))),
        vault=inputs.get_any("insurance_vault", "insurance", default=10**18),
        liability_price=inputs.get_any("liability_price", "liab_price", "price", default=1),
        insurance_price=inputs.get_any("insurance_token_price", "insurance_price", default=1),
        liquidation_fee=inputs.get_any("liquidation_fee", "liq_fee", default=0),
        is_insurance_token=bool(inputs.get_any("liability_is_insurance_token", default=False)),
        max_transfer=inputs.number("max_liab_transfer", default=math.inf),
    )
    return {
        "insurance_used": done.insurance_tokens,
        "liability_repaid": done.repaid,
        "socialized_loss": done.socialized,
        "liquidator_involved": done.is_liquidator_involved,
    }


RULES: dict[str, Adapter] = {
    "settle_insurance_socialize": settle_insure_socialize,
    "liquidate_position_transfer": liquidate_base,
    "deposit_index_haircut": token_loss,
    "insurance_covers_liability": insured_token,
}
