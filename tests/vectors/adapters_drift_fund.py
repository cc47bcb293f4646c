"""Drift v2, bankruptcy and insurance fund: vectors to engine calls."""

from __future__ import annotations

from tests.reference.venues import drift_fund
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "drift"


def socialize(inputs: Inputs) -> Outputs:
    holders = inputs.get_any("holders", default=[])
    longs = sum(exact(h["base"]) for h in holders if h["base"] > 0)
    shorts = -sum(exact(h["base"]) for h in holders if h["base"] < 0)
    loss = exact(inputs.get_any("loss", default=-inputs.get_any("bankrupt_quote", default=0)))
    done = drift_fund.resolve_perp(
        loss=abs(loss),
        fund=inputs.get_any("insurance_available", "insurance", "insurance_fund", default=0),
        fee_pool=inputs.get_any("fee_pool", default=0),
        open_interest_long=inputs.get_any("open_interest_long", default=longs),
        open_interest_short=inputs.get_any("open_interest_short", default=shorts),
        market_cap=inputs.get_any("quote_max_insurance", "max_insurance"),
        already_settled=inputs.get_any("quote_settled_insurance", default=0),
    )
    after = [{**h, "quote": exact(h["quote"]) - done.per_base * abs(exact(h["base"]))} for h in holders]
    return {
        "loss_per_base_unit": done.per_base,
        "per_base_loss": done.per_base,
        "rounding": drift_fund.LOSS_ROUNDING,
        "social_loss": done.social_loss,
        "socialized_loss": done.social_loss,
        "insurance_used": done.from_fund,
        "if_payment": done.from_fund,
        "fee_pool_used": done.from_fee_pool,
        "fee_pool_payment": done.from_fee_pool,
        "fee_pool_after": exact(inputs.get_any("fee_pool", default=0)) - done.from_fee_pool,
        "cum_funding_long_delta": done.per_base,
        "cum_funding_short_delta": -done.per_base,
        "holders_after": after,
        "bankrupt_quote_after": 0,
    }


def deposit_index(inputs: Inputs) -> Outputs:
    deposits, index = inputs.need("total_deposits"), inputs.get_any("index", default=1)
    loss = exact(inputs.need("loss", "bad_borrow")) - exact(inputs.get_any("insurance", default=0))
    cut = drift_fund.deposit_index_cut(loss=max(loss, exact(0)), deposits=deposits, index=index)
    return {
        "index_delta": cut,
        "index_after": exact(index) - cut,
        "deposits_after": exact(deposits) * (1 - cut / exact(index)),
    }


def claimable(inputs: Inputs) -> Outputs:
    net = inputs.get_any("net_user_pnl")
    if net is None:
        worth = exact(inputs.need("market_net_base")) * exact(inputs.need("oracle_price"))
        net = worth + exact(inputs.need("market_net_quote"))
    excess, claim = drift_fund.claimable_profit(
        profit=inputs.need("user_unrealized_pnl"),
        realized=inputs.get_any("user_quote_minus_entry", default=0),
        pnl_pool=inputs.need("pnl_pool"),
        net_user_profit=net,
        fee_pool=inputs.get_any("fee_pool", default=0),
    )
    return {"net_user_pnl": net, "pool_excess": excess, "claimable": claim}


def redeem_shares(inputs: Inputs) -> Outputs:
    shares, total, vault = inputs.need("shares"), inputs.need("total_shares"), inputs.need("vault")
    return {"amount": drift_fund.share_value(shares=shares, total_shares=total, vault=vault)}


def shares_lost(inputs: Inputs) -> Outputs:
    lost = drift_fund.shares_lost(
        vault=inputs.need("vault"),
        total_shares=inputs.need("total_shares"),
        shares=inputs.need("request_shares"),
        requested_value=inputs.need("request_value"),
    )
    return {"shares_lost": lost}


def fee_pool(inputs: Inputs) -> Outputs:
    moved = drift_fund.fee_pool_surplus(
        fee_pool=inputs.need("fee_pool"),
        total_social_loss=inputs.get_any("total_social_loss", default=0),
        threshold=inputs.get_any("fee_pool_threshold", "threshold", default=drift_fund.FEE_POOL_THRESHOLD),
        most=inputs.get_any("max_revenue_to_settle", "max_revenue_withdraw_per_period", "max_withdraw", "max_transfer"),
    )
    return {"transfer": moved}


RULES: dict[str, Adapter] = {
    "oi_socialization_both_sides": socialize,
    "deposit_index_haircut": deposit_index,
    "positive_pnl_claim_limited_by_pool": claimable,
    "insurance_share_redeem": redeem_shares,
    "insurance_unstake_gains_forfeited": shares_lost,
    "fee_pool_to_revenue_pool": fee_pool,
}
