"""dYdX v4: vectors to engine calls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.venues import dydx_v4
from tests.reference.venues import dydx_v4_deleveraging as adl
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "dydx"


def to_account(entry: dict[str, Any]) -> dydx_v4.Account:
    """An account from {"usdc": ..., "BTC": ...}; a balance that is not given does not matter."""
    sizes = {name: size for name, size in entry.items() if name not in ("usdc", "USDC", "price", "amount", "id")}
    return dydx_v4.account(entry.get("usdc", entry.get("USDC")) or 0, sizes)


def shown(holder: dydx_v4.Account, market: str) -> dict[str, Fraction]:
    """Balance and open positions; the closed market at 0 when no position is left."""
    return {"usdc": holder.usdc, **(dict(holder.positions) or {market: Fraction(0)})}


def holder_of(inputs: Inputs) -> dydx_v4.Account:
    return dydx_v4.account(inputs.need("usdc"), inputs.need("positions"))


def market_of(inputs: Inputs, holder: dydx_v4.Account) -> str:
    return str(inputs.get_any("close_market", "market", default=next(iter(holder.positions), "BTC")))


def delta_of(inputs: Inputs, holder: dydx_v4.Account, market: str) -> Any:
    return inputs.get_any("close_delta", "delta", default=-holder.positions.get(market, Fraction(0)))


def bankruptcy_price(inputs: Inputs) -> Outputs:
    holder = holder_of(inputs)
    market = market_of(inputs, holder)
    quote = dydx_v4.bankruptcy_quote(
        holder=holder,
        market=market,
        size_delta=delta_of(inputs, holder, market),
        prices=inputs.need("prices"),
        maintenance_rate=inputs.get_any("mmr", default=0.1),
    )
    return {"quote_received": quote, "price": abs(quote / exact(delta_of(inputs, holder, market)))}


def fillable_price(inputs: Inputs) -> Outputs:
    holder = holder_of(inputs)
    market = market_of(inputs, holder)
    dydx_v4.check_size_delta(holder, market, exact(delta_of(inputs, holder, market)))
    price = dydx_v4.fillable_price(
        holder=holder,
        market=market,
        prices=inputs.need("prices"),
        maintenance_rate=inputs.get_any("mmr", default=0.1),
        bankruptcy_adjustment=inputs.get_any("bankruptcy_adjustment", default=1),
        spread_to_maintenance=inputs.get_any("spread_to_maint_margin_ratio", default=0.1),
    )
    return {"price": price, "fillable_price": price}


def insurance_delta(inputs: Inputs) -> Outputs:
    holder = holder_of(inputs)
    bankrupt = bankruptcy_price(inputs)["quote_received"] if holder.positions else Fraction(0)
    delta = dydx_v4.insurance_delta(
        fill_quote=inputs.need("fill_quote"),
        bankrupt_quote=bankrupt,
        max_fee_rate=inputs.get_any("max_liquidation_fee", "max_liq_fee", default=0.005),
    )
    return {"insurance_delta": delta}


def insurance_validity(inputs: Inputs) -> Outputs:
    balance, delta = inputs.need("insurance_balance", "balance"), inputs.need("delta", "insurance_delta")
    return {"valid": dydx_v4.is_insurance_delta_valid(balance=balance, delta=delta)}


def prices_of(inputs: Inputs, market: str, fallback: Any) -> dict[str, Any]:
    prices = inputs.get_any("oracle_prices", "prices")
    return dict(prices) if prices else {market: inputs.get_any("oracle_price", default=fallback)}


def eligibility(inputs: Inputs) -> Outputs:
    holder = holder_of(inputs)
    market = market_of(inputs, holder)
    state = dydx_v4.risk(holder=holder, prices=prices_of(inputs, market, 50000), initial_rate=0.2, maintenance_rate=0.1)
    at_bankruptcy, at_oracle = dydx_v4.deleveraging_prices(
        net_collateral=state.net_collateral, is_final_settlement=inputs.get("market_status") == "final_settlement"
    )
    return {"deleverage_at_bankruptcy_price": at_bankruptcy, "deleverage_at_oracle_price": at_oracle}


def market_terms(inputs: Inputs, holder: dydx_v4.Account) -> adl.Market:
    """The market closed; without an oracle price, the price at which the account has no equity."""
    name = str(inputs.get_any("market", default="BTC" if "BTC" in holder.positions else next(iter(holder.positions))))
    size = holder.positions[name]
    return adl.Market(
        name=name,
        prices=prices_of(inputs, name, -holder.usdc / size),
        initial_rate=inputs.get_any("imr", default=0.2),
        maintenance_rate=inputs.get_any("mmr", default=0.1),
    )


def transfer(inputs: Inputs, *, at_oracle_price: bool) -> tuple[adl.Transfer, adl.Market, Any]:
    closed = to_account(inputs.need("bankrupt", "settled", "liquidated", "deleveraged"))
    market = market_terms(inputs, closed)
    amount = abs(inputs.get_any("amount", "close_delta", default=abs(closed.positions[market.name])))
    offset = to_account(inputs.need("offset", "offsetting"))
    done = adl.transfer(closed=closed, offset=offset, market=market, amount=amount, at_oracle_price=at_oracle_price)
    return done, market, amount


def transfer_at_bankruptcy_price(inputs: Inputs) -> Outputs:
    done, market, amount = transfer(inputs, at_oracle_price=False)
    is_valid = done.outcome is dydx_v4.Transition.SUCCESS
    return {
        "valid": is_valid,
        "transfer_price": abs(done.quote / exact(amount)),
        "outcome": done.outcome,
        "error": None if is_valid else done.outcome,
        "bankrupt_after": shown(done.closed_after, market.name) if is_valid else None,
        "offset_after": shown(done.offset_after, market.name) if is_valid else None,
    }


def transfer_at_oracle_price(inputs: Inputs) -> Outputs:
    done, _, amount = transfer(inputs, at_oracle_price=True)
    is_valid = done.outcome is dydx_v4.Transition.SUCCESS
    after = {"settled_usdc": done.closed_after.usdc, "offset_usdc": done.offset_after.usdc}
    return {
        "valid": is_valid,
        "transfer_price": abs(done.quote / exact(amount)),
        "outcome": done.outcome,
        "error": None if is_valid else done.outcome,
        "after": after if is_valid else None,
    }


def scan(inputs: Inputs) -> Outputs:
    closed = to_account(inputs.need("bankrupt", "liquidated", "settled"))
    entries = inputs.get_any("offsets", "counterparties") or [inputs.need("offset")]
    market = market_terms(inputs, closed)
    offsets = [to_account(entry) for entry in entries]
    done = adl.scan(closed=closed, offsets=offsets, market=market, amount=inputs.get_any("amount"))
    after = [
        shown(account, market.name) if fill else entry
        for account, fill, entry in zip(done.offsets_after, done.fills, entries, strict=True)
    ]
    return {
        "offsets_after": after,
        "offset_after": after[0],
        "bankrupt_after": shown(done.closed_after, market.name),
        "fills": done.fills,
        "remaining": done.remaining,
        "filled": sum(done.fills),
    }


def waterfall(inputs: Inputs) -> Outputs:
    closed = to_account(inputs.need("liquidated", "bankrupt"))
    single = inputs.get_any("counterparty_order")
    makers = inputs.get_any("counterparties") or [inputs.get_any("counterparty", default=single)]
    listed = inputs.get_any("orders", default=[single] if single else [])
    orders = [adl.Order(exact(o["price"]), exact(o["amount"]), int(o.get("maker", 0))) for o in listed]
    market = market_terms(Inputs({"oracle_price": 50000, **inputs}), closed)
    done = adl.liquidate(
        closed=closed,
        makers=[to_account(maker) for maker in makers],
        orders=orders,
        market=market,
        insurance_balance=inputs.get_any("insurance", "insurance_balance", default=0),
        max_fee_rate=inputs.get_any("max_liq_fee", "max_liquidation_fee", default=0.005),
        limit_price=inputs.get_any("limit_price", "liquidation_price"),
        is_fee_credited=False,  # the venue's tests hold the fund's balance fixed
    )
    net = sum(done.fund_deltas, Fraction(0))
    lost = -sum((delta for delta in done.fund_deltas if delta < 0), Fraction(0))
    after = [shown(maker, market.name) for maker in done.makers_after]
    return {
        "filled": done.filled,
        "remaining": done.remaining,
        "insurance_delta": net,
        "insurance_delta_of_first_fill": done.fund_deltas[0] if done.fund_deltas else Fraction(0),
        "insurance_lost": lost,
        "insurance_after": exact(inputs.get_any("insurance", "insurance_balance", default=0)) + net,
        "liquidated_after": shown(done.closed_after, market.name),
        "counterparty_after": after[0],
        "counterparties_after": after,
        "deleveraged": done.deleveraged > 0,
        "deleveraged_amount": done.deleveraged,
        "adl_price": abs(market.bankruptcy_quote(closed, -closed.positions[market.name]))
        / abs(closed.positions[market.name]),
    }


def caps(inputs: Inputs) -> Outputs:
    if "max_notional_per_block" in inputs:
        is_done = bool(inputs.get("same_market_already_liquidated"))
        notional, lost = dydx_v4.block_limits(
            max_notional=inputs.need("max_notional_per_block"),
            max_insurance_lost=inputs.need("max_insurance_lost_per_block"),
            notional_done=inputs.get_any("notional_already_liquidated", default=0),
            insurance_lost=inputs.get_any("insurance_already_lost", default=0),
        )
        return {
            "max_liquidatable_notional": None if is_done else notional,
            "max_insurance_lost": None if is_done else lost,
            "error": is_done,
            "allowed": not is_done,
        }
    largest, smallest = dydx_v4.position_limits(
        notional=exact(inputs.need("position", "size")) * exact(inputs.need("price", "oracle_price")),
        max_portion=inputs.get_any("max_position_portion", default=1),
        min_notional=inputs.get_any("min_notional", default=0),
    )
    return {"max_notional": largest, "min_notional": smallest}


RULES: dict[str, Adapter] = {
    "bankruptcy_price": bankruptcy_price,
    "fillable_price": fillable_price,
    "insurance_fund_delta": insurance_delta,
    "insurance_delta_validity": insurance_validity,
    "adl_eligibility": eligibility,
    "adl_transfer_at_bankruptcy_price": transfer_at_bankruptcy_price,
    "adl_transfer_at_oracle_price_final_settlement": transfer_at_oracle_price,
    "adl_skip_nonoverlapping_bankruptcy_price": scan,
    "adl_skip_same_side": scan,
    "adl_skip_no_position": scan,
    "adl_split_over_offsets": scan,
    "adl_multiple_offsets": scan,
    "adl_partial_offset": scan,
    "adl_not_enough_offsets": scan,
    "waterfall_liquidation_if_adl": waterfall,
    "liquidation_caps": caps,
}
