"""dYdX perpetual contracts v1: vectors to engine calls."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.venues import dydx_v1
from tests.reference.venues.exact import exact
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "dydx"
TOKEN = 1  # the v1 tests count whole token units


# State of P1FinalSettlement's "insolvent due to underwater accounts", which its later cases continue.
INSOLVENT: dict[str, Any] = {
    "accounts": {
        "long": {"margin": -2500, "size": 30},
        "short": {"margin": 1500, "size": -10},
        "A": {"margin": 1500, "size": -10},
        "B": {"margin": 1500, "size": -10},
    },
    "price": 40,
    "withdraw_order": ["long", "short", "A", "B"],
}


def v1_balance(entry: dict[str, Any]) -> dydx_v1.Balance:
    return dydx_v1.balance(entry["margin"], entry["size"])


def v1_deleverage(inputs: Inputs) -> Outputs:
    accounts = inputs.get_any("accounts", default={n: inputs[n] for n in ("long", "short") if n in inputs})
    price = inputs.need("oracle_price", "price")
    names = list(accounts)
    under = next((n for n in names if dydx_v1.is_underwater(holder=v1_balance(accounts[n]), price=price)), names[0])
    maker = str(inputs.get_any("underwater", "maker", default=under))
    taker = str(inputs.get_any("offset", "taker", default=next(name for name in names if name != maker)))
    done = dydx_v1.deleverage(
        maker=v1_balance(accounts[maker]),
        taker=v1_balance(accounts[taker]),
        price=price,
        amount=inputs.need("amount"),
        is_all_or_nothing=bool(inputs.get_any("all_or_nothing", default=False)),
        unit=TOKEN,
    )
    is_done = done.outcome is dydx_v1.Outcome.DONE
    return {
        maker: {"margin": done.maker.margin, "size": done.maker.size},
        taker: {"margin": done.taker.margin, "size": done.taker.size},
        "valid": is_done,
        "accepted": is_done,
        "reverts": not is_done,
        "error": None if is_done else done.outcome,
    }


def v1_settlement(inputs: Inputs) -> Outputs:
    state = Inputs({**INSOLVENT, **inputs})
    listed = state.need("accounts")
    accounts = listed if isinstance(listed, dict) else {str(n): entry for n, entry in enumerate(listed)}
    names, price = list(accounts), state.need("price", "settlement_price", "oracle_price")
    holders = [v1_balance(entry) for entry in accounts.values()]
    owed = [dydx_v1.withdrawable(holder=holder, price=price, unit=TOKEN) for holder in holders]
    vault = exact(state.get_any("vault", "contract_balance", default=sum(entry.margin for entry in holders)))
    if "continues" in inputs:
        first = [names.index(name) for name in INSOLVENT["withdraw_order"]]
        _, owed, vault = dydx_v1.settle(owed=owed, vault=vault, order=first)
    order = [names.index(str(name)) for name in state.get_any("withdraw_order", "order", default=names)]
    paid, left, held = dydx_v1.settle(owed=owed, vault=vault, order=order, bailout=state.get_any("bailout", default=0))
    return {
        "withdrawn": paid,
        "withdrawable": owed,
        "owed_after": left,
        "remaining_owed": left,
        "still_owed": left,
        "vault_after": held,
        "shortfall": sum(left, Fraction(0)),
    }


def v1_value(inputs: Inputs) -> Outputs:
    listed = inputs.need("accounts")
    entries = list(listed.values()) if isinstance(listed, dict) else listed
    price = inputs.need("price", "settlement_price")
    return {"withdrawable": [dydx_v1.withdrawable(holder=v1_balance(e), price=price, unit=TOKEN) for e in entries]}


RULES: dict[str, Adapter] = {
    "adl_transfer_margin_pro_rata": v1_deleverage,
    "adl_bounds_by_position": v1_deleverage,
    "final_settlement_first_come": v1_settlement,
    "account_value_floor": v1_value,
}
