"""BitMEX, its followers, and Crypto.com: vectors to engine calls."""

from __future__ import annotations

from typing import Any

from tests.reference.venues import bitmex, crypto_com
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = ""


def pro_rata_profit(inputs: Inputs) -> Outputs:
    """Given profits and a loss, each winner's share; given a trade and margins, BitMEX's settlement of two traders."""
    if "profits" in inputs:
        return floor_rate(inputs)
    trade, price = inputs.need("trades")[0], inputs.need("settlement_price")
    gain = trade["qty"] * (price - trade["price"])
    results = {trade["buyer"]: gain, trade["seller"]: -gain}
    margins = inputs.need("initial_margin")
    winner, loser = sorted(results, key=lambda name: -results[name])
    paid = bitmex.collectable_loss(profit=results[loser], margin=margins[loser])
    done = bitmex.equalize(loss=-results[loser] - paid, profits=[results[winner]])
    return {
        f"profit_{winner}_before": results[winner],
        f"loss_collectable_{loser}": paid,
        "system_loss": done.loss,
        "total_profit": done.profit,
        "profit_adjustment": done.rate,
        f"profit_{winner}_after": done.kept[0],
    }


def floor_rate(inputs: Inputs) -> Outputs:
    listed = inputs.need("profits")
    profits: Any = listed if isinstance(listed, dict) else {str(n): profit for n, profit in enumerate(listed)}
    fund = inputs.get_any("fund", "insurance_fund", default=0)
    loss = max(0, inputs.need("uncovered_loss", "loss", "system_loss") - fund)
    done = crypto_com.share_loss(
        loss=loss, profits=profits, floor_rate=inputs.get_any("floor_rate", "min_rate", default=0)
    )
    after = {name: profits[name] - charge for name, charge in done.charges.items()}
    charges: Any = done.charges if isinstance(listed, dict) else list(done.charges.values())
    return {
        "shared_loss": charges,
        "charges": charges,
        "profit_after": after if isinstance(listed, dict) else list(after.values()),
        "total_collected": done.collected,
        "surplus_to_fund": done.to_fund,
        "unpaid": done.unpaid,
        "rate": done.rate,
        "profit_adjustment": done.rate,
        "total_profit": sum(max(0, profit) for profit in profits.values()),
    }


def adl_queue(inputs: Inputs) -> Outputs:
    """Ids and percentiles of all accounts; sizes closed and left of those that were touched."""
    accounts, liquidated = inputs.need("accounts"), Inputs(inputs.need("liquidated"))
    ids = [account["id"] for account in accounts]
    sizes = [account["qty"] for account in accounts]
    done = bitmex.deleverage(
        sizes=sizes, scores=[account["score"] for account in accounts], amount=liquidated.need("qty", "size")
    )
    touched = [n for n, closed in enumerate(done.closed) if closed > 0]
    return {
        "order": [ids[n] for n in done.order],
        "percentile": {str(ids[n]): done.percentile[n] for n in done.order},
        "closed_qty": {str(ids[n]): done.closed[n] for n in touched},
        "remaining_qty": {str(ids[n]): sizes[n] - done.closed[n] for n in touched},
        "unfilled_qty": done.unfilled,
        "close_price": liquidated.get_any("bankruptcy_price", "price"),
    }


def two_traders(inputs: Inputs) -> Outputs:
    margins = inputs.need("margin_btc")
    winner = "A" if (inputs["price_usd"] >= inputs["entry_usd"]) == (inputs.get("A", "long") == "long") else "B"
    loser = "B" if winner == "A" else "A"
    done = bitmex.two_trader_deficit(
        margin_coin=margins[loser],
        notional_coin=inputs.get_any("notional_btc", default=margins[loser] * inputs.get_any("leverage", default=1)),
        entry=inputs["entry_usd"],
        price=inputs["price_usd"],
        is_long_winning=inputs["price_usd"] >= inputs["entry_usd"],
    )
    return {
        f"expected_profit_{winner}_usd": done.profit,
        f"collateral_{loser}_usd": done.collateral,
        "deficit_usd": done.deficit,
    }


def fund_flow(inputs: Inputs) -> Outputs:
    """The side is told by the liquidation price: above the bankruptcy price for a long."""
    bankruptcy = inputs.need("bankruptcy_price")
    is_long = inputs.get_any("liquidation_price", "entry", default=bankruptcy) >= bankruptcy
    path, has_adl = bitmex.fund_after_fills(
        fund=inputs.get_any("fund0", "fund", default=0),
        bankruptcy_price=bankruptcy,
        fills=inputs.need("fills"),
        size=inputs.get_any("qty", default=1),
        is_long=str(inputs["side"]) == "long" if "side" in inputs else is_long,
    )
    return {"fund_path": path, "fund_after": path[-1], "adl": has_adl}


def contract_queue(inputs: Inputs) -> Outputs:
    bankrupt, top = inputs.need("bankrupt"), inputs.need("top_of_queue")
    size = bankrupt["qty_eth"]
    rest = max(0.0, size - top["qty_eth"])
    taken = min(size, top["qty_eth"])
    shares = bitmex.share_of_contracts(deficit=bankrupt["deficit_usd"], liquidated=size, sizes=[top["qty_eth"], rest])
    return {
        "top_absorbs_qty": taken,
        "top_absorbs_loss_usd": shares[0],
        "next_in_queue_loss_usd": shares[1],
    }


def loss_event(inputs: Inputs) -> Outputs:
    """A rate needs a loss and a profit; the reports of two settlements give neither."""
    if not {"system_loss", "total_profit"} <= inputs.keys():
        return {}
    return {"profit_adjustment": bitmex.equalize(loss=inputs["system_loss"], profits=[inputs["total_profit"]]).rate}


RULES: dict[str, Adapter] = {
    "socialised_loss_pro_rata_profit": pro_rata_profit,
    "socialised_loss_pro_rata": pro_rata_profit,
    "socialised_loss_floor_rate": floor_rate,
    "socialised_loss_event": loss_event,
    "adl_rank_queue_and_quintile": adl_queue,
    "adl_contract_space_vs_equity_space": contract_queue,
    "bankrupt_deficit": two_traders,
    "insurance_fund_flow": fund_flow,
}
