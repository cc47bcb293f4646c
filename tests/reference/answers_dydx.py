"""dYdX v4 and v1: what the venues' own arithmetic answers to their vectors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.reference.venues import dydx_v1, dydx_v4
from tests.reference.venues import dydx_v4_deleveraging as adl
from tests.reference.venues.exact import exact
from tests.vectors.model.ask_allocate import INSOLVENT
from tests.vectors.reading import Adapter, Inputs, Outputs


def to_account(entry: dict[str, Any]) -> dydx_v4.Account:
    """An account from {"usdc": ..., "BTC": ...}; a balance that is not given does not matter."""
    return dydx_v4.account(entry["usdc"] or 0, {name: size for name, size in entry.items() if name != "usdc"})


def shown(holder: dydx_v4.Account, market: str) -> dict[str, Fraction]:
    """Balance and open positions; the closed market at 0 when no position is left."""
    return {"usdc": holder.usdc, **(dict(holder.positions) or {market: Fraction(0)})}


def bankruptcy_quote(inputs: Inputs) -> Outputs:
    """Of the close that is given, else of the whole first position."""
    holder = dydx_v4.account(inputs["usdc"], inputs["positions"])
    market = inputs.get_any("close_market", default=next(iter(holder.positions)))
    quote = dydx_v4.bankruptcy_quote(
        holder=holder,
        market=market,
        size_delta=inputs.get_any("close_delta", default=-holder.positions[market]),
        prices=inputs["prices"],
        maintenance_rate=inputs["mmr"],
    )
    return {"quote_received": quote}


def insurance_delta(inputs: Inputs) -> Outputs:
    delta = dydx_v4.insurance_delta(
        fill_quote=inputs["fill_quote"],
        bankrupt_quote=bankruptcy_quote(inputs)["quote_received"],
        max_fee_rate=inputs["max_liquidation_fee"],
    )
    return {"insurance_delta": delta}


def market_of(inputs: Inputs, holder: dydx_v4.Account) -> adl.Market:
    """The market closed; without an oracle price, the price at which the account has no equity."""
    name = next(iter(holder.positions))
    price = inputs.get_any("oracle_price", default=-holder.usdc / holder.positions[name])
    return adl.Market(
        name=name,
        prices=inputs.get_any("oracle_prices", default={name: price}),
        initial_rate=inputs.get_any("imr", default=0.2),
        maintenance_rate=inputs.get_any("mmr", default=0.1),
    )


def transfer(inputs: Inputs, closed: dydx_v4.Account, *, at_oracle_price: bool) -> tuple[adl.Transfer, bool]:
    done = adl.transfer(
        closed=closed,
        offset=to_account(inputs["offset"]),
        market=market_of(inputs, closed),
        amount=inputs["amount"],
        at_oracle_price=at_oracle_price,
    )
    return done, done.outcome is dydx_v4.Transition.SUCCESS


def at_bankruptcy_price(inputs: Inputs) -> Outputs:
    closed = to_account(inputs["bankrupt"])
    (done, is_valid), name = transfer(inputs, closed, at_oracle_price=False), next(iter(closed.positions))
    return {
        "valid": is_valid,
        "transfer_price": abs(done.quote / exact(inputs["amount"])),
        "outcome": done.outcome,
        "bankrupt_after": shown(done.closed_after, name) if is_valid else None,
        "offset_after": shown(done.offset_after, name) if is_valid else None,
    }


def at_oracle_price(inputs: Inputs) -> Outputs:
    done, is_valid = transfer(inputs, to_account(inputs["settled"]), at_oracle_price=True)
    after = {"settled_usdc": done.closed_after.usdc, "offset_usdc": done.offset_after.usdc}
    return {"valid": is_valid, "after": after if is_valid else None}


def scan(inputs: Inputs) -> Outputs:
    closed, entries = to_account(inputs["bankrupt"]), inputs["offsets"]
    market = market_of(inputs, closed)
    done = adl.scan(closed=closed, offsets=[to_account(entry) for entry in entries], market=market)
    after = [
        shown(account, market.name) if fill else entry
        for account, fill, entry in zip(done.offsets_after, done.fills, entries, strict=True)
    ]
    return {
        "offsets_after": after,
        "bankrupt_after": shown(done.closed_after, market.name),
        "remaining": done.remaining,
    }


def v1_balance(entry: dict[str, Any]) -> dydx_v1.Balance:
    return dydx_v1.balance(entry["margin"], entry["size"])


def v1_deleverage(inputs: Inputs) -> Outputs:
    accounts = inputs.get_any("accounts", default={name: inputs[name] for name in ("long", "short") if name in inputs})
    price = inputs["oracle_price"]
    under = next(name for name in accounts if dydx_v1.is_underwater(holder=v1_balance(accounts[name]), price=price))
    maker = str(inputs.get_any("underwater", default=under))
    (taker,) = (name for name in accounts if name != maker)
    after = dydx_v1.deleverage(
        maker=v1_balance(accounts[maker]), taker=v1_balance(accounts[taker]), amount=inputs["amount"]
    )
    return {name: {"margin": b.margin, "size": b.size} for name, b in zip((maker, taker), after, strict=True)}


def v1_value(inputs: Inputs) -> Outputs:
    holders = [v1_balance(entry) for entry in inputs["accounts"]]
    return {"withdrawable": [dydx_v1.withdrawable(holder=h, price=inputs["price"]) for h in holders]}


def v1_settlement(inputs: Inputs) -> Outputs:
    """A settlement that continues another one begins with what that left owed, and left in the vault."""
    state = Inputs({**INSOLVENT, **inputs})
    names, price = list(state["accounts"]), state["price"]
    holders = [v1_balance(entry) for entry in state["accounts"].values()]
    owed = [dydx_v1.withdrawable(holder=holder, price=price) for holder in holders]
    vault = exact(state["vault"])
    if "continues" in inputs:
        first = [names.index(name) for name in INSOLVENT["withdraw_order"]]
        _, owed, vault = dydx_v1.settle(owed=owed, vault=vault, order=first)
    order = [names.index(name) for name in state["withdraw_order"]]
    paid, left, _ = dydx_v1.settle(owed=owed, vault=vault, order=order, bailout=state.get_any("bailout", default=0))
    return {"withdrawn": paid, "owed_after": left}


RULES: dict[tuple[str, str], Adapter] = {
    ("dydx_v4", "bankruptcy_price"): bankruptcy_quote,
    ("dydx_v4", "insurance_fund_delta"): insurance_delta,
    ("dydx_v4", "adl_transfer_at_bankruptcy_price"): at_bankruptcy_price,
    ("dydx_v4", "adl_transfer_at_oracle_price_final_settlement"): at_oracle_price,
    ("dydx_v4", "adl_skip_nonoverlapping_bankruptcy_price"): scan,
    ("dydx_v4", "adl_skip_same_side"): scan,
    ("dydx_perpetual_v1", "adl_transfer_margin_pro_rata"): v1_deleverage,
    ("dydx_perpetual_v1", "adl_bounds_by_position"): v1_deleverage,
    ("dydx_perpetual_v1", "final_settlement_first_come"): v1_settlement,
    ("dydx_perpetual_v1", "account_value_floor"): v1_value,
}
