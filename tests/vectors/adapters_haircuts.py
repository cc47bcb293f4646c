"""Injective, Vertex, Orderly, Paradex, Percolator, Vega, Derive: vectors to engine calls."""

from __future__ import annotations

from typing import Any

from tests.reference.venues import derive, injective, orderly, paradex, percolator, vega, vertex
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs, one_or_all

VENUE = ""
CHARLIES_WITHDRAWAL = 500  # USDC, in the text of Paradex's example


def entry_shift(inputs: Inputs) -> Outputs:
    entries = [(p, 1) for p in inputs.get_any("longs", default=[])]
    entries += [(p, -1) for p in inputs.get_any("shorts", default=[])]
    price = inputs.get_any("settle", "settlement_price", default=entries[0][0].get("settle"))
    settled, left = injective.settle(
        quantities=[sign * abs(p["qty"]) for p, sign in entries],
        entries=[p["entry"] for p, _ in entries],
        price=price,
        deficit=inputs.get_any("deficit", default=0),
    )
    return {
        "entry_shifted": one_or_all([one.entry for one in settled]),
        "profit_before": one_or_all([one.profit_before for one in settled]),
        "profit_after": one_or_all([one.profit_after for one in settled]),
        "deficit_left": left,
    }


def half_each_side(inputs: Inputs) -> Outputs:
    done = vertex.socialize_perp(loss=inputs.need("loss"), open_interest=inputs.need("open_interest_one_side"))
    return {
        "funding_per_share_delta": done.per_unit,
        "long_loss": done.long_loss,
        "short_loss": done.short_loss,
    }


def operator_transfer(inputs: Inputs) -> Outputs:
    """Every entry but the transfer itself moves by it; funding is the rise of the unitary sum since the last charge."""
    moved, after = inputs.need("adl"), {}
    for name, entry in inputs.items():
        if name == "adl" or not isinstance(entry, dict):
            continue
        start, end = Inputs(entry), Inputs({**inputs, **moved})
        last = start.get_any("last_sum_unitary_fundings", "last_funding_sum", "last_sum_unitary_funding")
        now = end.get_any("sum_unitary_fundings", "funding_sum", "sum_unitary_funding")
        given = start.get_any("funding", "funding_delta", default=end.get_any("funding_delta", "funding", default=0))
        funding = exact(now) - exact(last) if last is not None and now is not None else given
        done = orderly.transfer(
            quantity=entry["qty"],
            cost=entry["cost"],
            moved_quantity=moved["qty"],
            moved_cost=moved["cost"],
            funding=funding,
        )
        after[name] = {"qty": done.quantity, "cost": done.cost}
    return after


def loss_factor(inputs: Inputs) -> Outputs:
    balances = [b for b in inputs.get_any("account_settlement_balances", default=[]) if b is not None]
    users = inputs.get_any("total_user_bankruptcy", default=sum(max(0, -balance) for balance in balances))
    lacking = paradex.exchange_bankruptcy(user_bankruptcy=users, insurance=inputs.need("insurance"))
    total, amount = inputs.need("total_usdc"), inputs.get_any("withdraw", "withdrawal", default=CHARLIES_WITHDRAWAL)
    formula = paradex.loss_factor(bankruptcy=lacking, total_balance=total)
    example = paradex.loss_factor_of_example(bankruptcy=lacking, total_balance=total)
    received, charge = paradex.withdraw(amount=amount, factor=formula)
    received_doc, charge_doc = paradex.withdraw(amount=amount, factor=example)
    return {
        "exchange_bankruptcy": lacking,
        "slf": formula,
        "slf_formula": formula,
        "slf_doc_number": example,
        "withdraw": amount,
        "received": received,
        "received_formula": received,
        "received_doc": received_doc,
        "charge_to_fund": charge,
        "charge_to_fund_formula": charge,
        "charge_to_fund_doc": charge_doc,
    }


def liquidation_share(inputs: Inputs) -> Outputs:
    positions, rate = inputs.need("positions"), inputs.get_any("mmf", default=0.01)
    profit = sum(p["size"] * (p["mark"] - p["entry"]) for p in positions)
    value = inputs.need("collateral") + profit
    requirement = sum(rate * abs(p["size"]) * p["mark"] for p in positions)
    fee = inputs.get_any("penalty_rate_assumed", "penalty_rate", default=0.7)
    chosen = paradex.smallest_share(value=value, requirement=requirement, penalty_rate=fee)
    share = inputs.get_any("share", default=chosen)
    done = paradex.liquidate_share(value=value, requirement=requirement, share=share, penalty_rate=fee)
    return {
        "account_value": value,
        "mmr": requirement,
        "penalty": done.penalty,
        "new_mmr": done.requirement,
        "new_account_value": done.value,
        "margin_ratio": done.margin_ratio,
        "margin_ratio_doc": f"{done.margin_ratio:.1%}",
        "chosen_share": chosen,
        "smallest_share": chosen,
    }


def crisis(inputs: Inputs) -> Outputs:
    def run(*, is_insurance_counted_once: bool) -> percolator.Crisis:
        return percolator.crisis(
            principal=inputs.get_any("principal", default=0),
            realized=inputs.get_any("realized_pnl", default=0),
            warming=inputs.get_any("warming_pnl", default=0),
            insurance=inputs.get_any("insurance", default=0),
            collateral=inputs.get_any("collateral", default=0),
            is_insurance_counted_once=is_insurance_counted_once,
        )

    done = run(is_insurance_counted_once=False)
    return {
        "warming_burned": done.warming_burned,
        "insurance_drawn": done.insurance_drawn,
        "equity_haircut": done.equity_haircut,
        "equity_haircut_single_count": run(is_insurance_counted_once=True).equity_haircut,
        "is_solvent": done.is_solvent,
        "solvent": done.is_solvent,
    }


def global_ratio(inputs: Inputs) -> Outputs:
    residual, ratio = percolator.haircut_ratio(
        vault=inputs.need("vault"),
        capital=inputs.get_any("capital_total", "capital", default=0),
        insurance=inputs.get_any("insurance", default=0),
        positive_profit=inputs.get_any("positive_pnl", default=0),
    )
    profit = inputs.get_any("profit", "account_pnl", default=0)
    return {"residual": residual, "h": ratio, "effective_pnl": profit * ratio}


def floored_wins(inputs: Inputs) -> Outputs:
    wins = inputs.need("wins", "winners", "gains", "profits")
    named: Any = wins if isinstance(wins, dict) else dict(enumerate(wins))
    network = inputs.get_any("network", "network_index")
    paid = vega.distribute(
        wins=list(named.values()),
        collected=inputs.need("collected", "total_collected"),
        network=list(named).index(network) if network in named else network,
    )
    shown: Any = dict(zip(named, paid, strict=True)) if isinstance(wins, dict) else paid
    return {"paid": shown, "payouts": shown, "distribution": shown, "sum": sum(paid)}


def cash_rate(inputs: Inputs) -> Outputs:
    stable, claims = inputs.need("stable", "stable_balance"), inputs.need("claims", "total_claims")
    rate = derive.withdrawal_rate(stable=stable, claims=claims)
    amount = inputs.get_any("withdraw", "withdrawal", default=0)
    burned = derive.claims_burned(withdrawal=amount, stable=stable, claims=claims)
    return {"rate": rate, "exchange_rate": rate, "withdrawal_rate": rate, "burned": burned}


RULES: dict[str, Adapter] = {
    "profit_haircut_entry_shift": entry_shift,
    "oi_socialization_half_each_side": half_each_side,
    "operator_adl_cost_transfer": operator_transfer,
    "withdrawal_socialized_loss_factor": loss_factor,
    "liquidation_share_discrete": liquidation_share,
    "crisis_waterfall_warming_insurance_equity": crisis,
    "global_haircut_ratio": global_ratio,
    "profit_haircut_floor_remainder": floored_wins,
    "withdrawal_exchange_rate": cash_rate,
}
