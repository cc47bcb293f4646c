"""engine.allocate, asked by the venues' numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import Allocation, Book, allocate, default_waterfall, equity
from tests.vectors.model.ask_margin import account_values
from tests.vectors.model.setup import Question
from tests.vectors.reading import Inputs, Outputs, one_or_all, signed_size

OPPOSITE = {"long": "short", "short": "long"}


def shared(
    asked: Question, otherwise: str, options: Mapping[str, float | str] | None = None, **given: Any
) -> Allocation:
    """The amount shared by the preset's policy and options, those of the vector on top."""
    own = dict(asked.venue().policy_options) if asked.preset else {}
    return allocate(policy=asked.policy(otherwise), options={**own, **(options or {})}, **given)


def both_sides(asked: Question) -> Outputs:
    inputs = asked.inputs
    holders = inputs.get_any("holders", default=[])
    sides = [inputs.get_any("open_interest_long"), -inputs.get_any("open_interest_short", default=0)]
    sizes = [holder["base"] for holder in holders] or [size for size in sides if size] or [0.0]
    amount = abs(inputs.get_any("loss", "bankrupt_quote"))
    done = shared(asked, "open_interest_both_sides", amount=amount, size=sizes)
    if done.unallocated == amount:
        return {"error": True}  # nobody was left to charge
    each = done.charge / np.abs(sizes)
    after = [{**h, "quote": h["quote"] - paid} for h, paid in zip(holders, done.charge.tolist(), strict=False)]
    return {
        "loss_per_base_unit": float(each[0]),
        "per_base_loss": float(each[0]),
        "social_loss": float(done.charge.sum()),
        "holders_after": after,
        "cum_funding_long_delta": float(each[0]),
        "cum_funding_short_delta": -float(each[-1]),
        "bankrupt_quote_after": -float(done.unallocated),
    }


def half_each_side(asked: Question) -> Outputs:
    interest = asked.inputs["open_interest_one_side"]
    paid = shared(asked, "open_interest_both_sides", amount=asked.inputs["loss"], size=[interest, -interest]).charge
    return {"funding_per_share_delta": paid[0] / interest, "long_loss": paid[0], "short_loss": paid[1]}


def counter_side(asked: Question) -> Outputs:
    inputs = asked.inputs
    side, size = inputs["paying_side"], inputs["paying_side_total_size"]
    sizes = [size if side == "long" else -size, size if side == "short" else -size]
    done = shared(asked, "open_interest_counter_side", amount=inputs["loss"], size=sizes, bankrupt_side=OPPOSITE[side])
    if done.unallocated == inputs["loss"]:
        return {"error": True}  # nobody was left to charge
    return {"social_loss_per_contract": float(done.charge[0]) / size}


def profit_after_social_loss(asked: Question) -> Outputs:
    inputs = asked.inputs
    size = signed_size(inputs)
    paid = shared(
        asked, "open_interest_counter_side", amount=inputs["social_loss_per_contract"] * abs(size), size=[size]
    )
    book = Book(size=[size], entry_price=[inputs["entry"]], collateral=[0.0])
    return {"pnl": float((equity(book=book, price=inputs["mark"]) - paid.charge)[0])}


def deposit_index(asked: Question) -> Outputs:
    """Token losses are a rule of their own beside the preset's, named in its note."""
    inputs = asked.inputs
    loss = max(inputs.need("loss", "bad_borrow") - inputs.get_any("insurance", default=0), 0)
    deposits = inputs["total_deposits"]
    paid = float(allocate(policy="deposit_prorata", amount=loss, cash=[float(deposits)]).charge[0])
    index = inputs.get_any("index", default=1)
    return {"index_delta": paid / deposits * index if deposits else 0, "deposits_after": deposits - paid}


def payout_cap(asked: Question) -> Outputs:
    """GMX: each close shares the whole profit of the side against the pool; then the pool has paid one of them."""
    inputs = asked.inputs
    price = 1.0 + inputs["price_change"]
    sizes = [signed_size(Inputs(trader)) for trader in inputs["traders"]]
    book = Book(size=sizes, entry_price=np.ones(len(sizes)), collateral=np.zeros(len(sizes)))
    profit, pool, paid = equity(book=book, price=price), inputs["pool_per_side_usd"], []
    for first in range(profit.size):
        options = {"pool": pool, "pool_cap": inputs["max_pnl_factor_traders"]}
        left = profit[first:]
        charge = shared(asked, "lp_pool", options, amount=left.sum(), profit=left).charge
        paid.append(float(left[0] - charge[0]))
        pool -= paid[-1] * (0.5 if inputs["same_token_both_sides"] else 1.0)
    collateral = [trader["collateral"] for trader in inputs["traders"]]
    return {
        "profit_paid": paid,
        "received": [held + got for held, got in zip(collateral, paid, strict=True)],
        "full_profit_each": float(profit[0]),
    }


def pool_value(asked: Question) -> Outputs:
    """Pool less what it would pay on the pending profit; each close pays and ends an equal part of that profit."""
    inputs = asked.inputs
    paid, pending, values = inputs["profit_paid"], sum(inputs["pending_pnl"]), []
    for number in range(len(paid) + 1):
        pool, left = inputs["pool_usd"] - sum(paid[:number]), pending * (1 - number / len(paid))
        options = {"pool": pool / 2, "pool_cap": inputs["max_pnl_factor_withdrawals"]}
        values.append(pool - shared(asked, "lp_pool", options, amount=left, profit=[left]).paid_by_pool)
    return {"pool_value": values, "lp_token_price": [value / inputs["pool_usd"] for value in values]}


def pool_cap_reached(asked: Question) -> Outputs:
    """Deleveraging is on where the pool's cap leaves part of the side's profit to the winners."""
    inputs, outputs = asked.inputs, []
    for price in inputs.get("prices", [inputs.get("price")]):
        tokens = inputs.get_any("size_tokens", default=inputs["size_usd"] / inputs.get_any("entry", default=1))
        book = Book(size=[tokens], entry_price=[inputs["size_usd"] / tokens], collateral=[0.0])
        profit = float(equity(book=book, price=price)[0])
        pool = inputs.get_any("pool_side_usd", default=inputs.get_any("pool_tokens", default=0) * price)
        options = {"pool": pool, "pool_cap": inputs["max_pnl_factor_for_adl"]}
        held = max(profit, 0.0)
        charge = shared(asked, "lp_pool", options, amount=held, profit=[held]).charge
        outputs.append({"pnl": profit, "adl_enabled": bool(charge[0] > 0)})
    if "prices" not in inputs:
        return outputs[0]
    return {name: [one[name] for one in outputs] for name in outputs[0]}


def gains_haircut(asked: Question) -> Outputs:
    entries = asked.inputs["longs"]
    book = Book(
        size=[e["qty"] for e in entries], entry_price=[e["entry"] for e in entries], collateral=[0.0] * len(entries)
    )
    profit = equity(book=book, price=entries[0]["settle"])
    after = profit - shared(asked, "profit_prorata", amount=asked.inputs["deficit"], profit=profit).charge
    return {
        "entry_shifted": one_or_all((entries[0]["settle"] - after / book.size).tolist()),
        "profit_before": one_or_all(profit.tolist()),
        "profit_after": one_or_all(after.tolist()),
    }


def floor_rate(asked: Question) -> Outputs:
    profits = asked.inputs["profits"]
    options = {"floor": asked.inputs["floor_rate"]}
    amount = asked.inputs["uncovered_loss"]
    done = shared(asked, "profit_prorata_floor", options, amount=amount, profit=list(profits.values()))
    return {
        "shared_loss": dict(zip(profits, done.charge.tolist(), strict=True)),
        "total_collected": float(done.charge.sum()),
        "surplus_to_fund": done.surplus,
    }


def withdrawal_factor(asked: Question) -> Outputs:
    """Shortfall / (balances + shortfall): every claim pays that share, so the claims are balances + shortfall."""
    inputs = asked.inputs
    fund = {"name": "insurance fund", "capacity": inputs["insurance"]}
    lacking = default_waterfall(loss=inputs["total_user_bankruptcy"], layers=[fund]).unallocated
    amount = inputs.get_any("withdraw", default=500)  # of the document's Charlie
    claims = inputs["total_usdc"] + lacking
    charge = shared(asked, "equity_prorata", amount=lacking, equity=[amount, claims - amount]).charge
    return {
        "exchange_bankruptcy": lacking,
        "slf_formula": float(charge[0]) / amount,
        "withdraw": amount,
        "received_formula": amount - float(charge[0]),
    }


def matured_profit(asked: Question) -> Outputs:
    inputs = asked.inputs
    residual = inputs["vault"] - inputs["capital_total"] - inputs["insurance"]
    profit = inputs["positive_pnl"]
    paid = shared(asked, "profit_prorata", amount=profit - residual, profit=[profit]).charge
    return {"residual": residual, "h": float((profit - paid[0]) / profit)}


def balance_haircut(asked: Question) -> Outputs:
    paid = float(shared(asked, "equity_prorata", amount=asked.inputs["haircut"], equity=[1.0]).charge[0])
    return {"available_fraction": 1.0 - paid, "token_claim_fraction": paid, "locked_fraction": paid}


def first_come(asked: Question) -> Outputs:
    """The last in line bear what the vault lacks; a second round shares what the first left owed."""
    inputs = asked.inputs
    if "continues" in inputs:  # of the first round nothing is left in the vault but the bailout
        accounts, first_order = INSOLVENT["accounts"], INSOLVENT["withdraw_order"]
        owed = first_round(accounts, INSOLVENT["price"], INSOLVENT["vault"], first_order)
        vault, names = inputs["bailout"], list(accounts)
        order = [names.index(name) for name in inputs["withdraw_order"]]
        due = owed[order]
        charge = allocate(policy="first_come", amount=due.sum() - vault, equity=due, order=range(len(order))).charge
        return {"withdrawn": (due - charge).tolist()}
    names, order = list(inputs["accounts"]), inputs["withdraw_order"]
    left = first_round(inputs["accounts"], inputs["price"], inputs["vault"], order)
    due = values_of(inputs["accounts"], inputs["price"])
    paid = due - left
    return {"withdrawn": [paid[names.index(name)] for name in order], "owed_after": left.tolist()}


INSOLVENT: dict[str, Any] = {  # P1FinalSettlement's "insolvent due to underwater accounts", which final.2 continues
    "accounts": {
        "long": {"margin": -2500, "size": 30},
        "short": {"margin": 1500, "size": -10},
        "A": {"margin": 1500, "size": -10},
        "B": {"margin": 1500, "size": -10},
    },
    "price": 40,
    "vault": 2000,
    "withdraw_order": ["long", "short", "A", "B"],
}


def values_of(accounts: dict[str, Any], price: float) -> Any:
    state = Question(inputs=Inputs({"accounts": list(accounts.values()), "price": price}), venue_name="", preset="")
    return np.array(account_values(state)["withdrawable"])


def first_round(accounts: dict[str, Any], price: float, vault: float, order: Sequence[str]) -> Any:
    due, names = values_of(accounts, price), list(order)
    places = [names.index(name) for name in accounts]
    return allocate(policy="first_come", amount=due.sum() - vault, equity=due, order=places).charge


def awards(rule: str) -> Any:
    """A claims rule shares an estate as it shares a loss: what each gets is its part of the amount."""

    def adapter(asked: Question) -> Outputs:
        claims, estate = asked.inputs["claims"], asked.inputs["estate"]
        got, pro_rata = (
            [round(part, 7) for part in allocate(policy=name, amount=estate, profit=claims).charge.tolist()]
            for name in (rule, "profit_prorata")
        )
        return {"awards": got, "proportional_coincides": got == pro_rata}

    return adapter


RULES: dict[str, Any] = {
    "oi_socialization_both_sides": both_sides,
    "oi_socialization_half_each_side": half_each_side,
    "oi_socialization_counter_side": counter_side,
    "pnl_with_social_loss": profit_after_social_loss,
    "deposit_index_haircut": deposit_index,
    "profit_cap_lp_pool": payout_cap,
    "lp_pool_value_with_capped_pnl": pool_value,
    "adl_trigger_pnl_factor": pool_cap_reached,
    "profit_haircut_entry_shift": gains_haircut,
    "socialised_loss_floor_rate": floor_rate,
    "withdrawal_socialized_loss_factor": withdrawal_factor,
    "global_haircut_ratio": matured_profit,
    "generalised_balance_haircut": balance_haircut,
    "final_settlement_first_come": first_come,
    "claims_rule_talmud": awards("talmud"),
}
