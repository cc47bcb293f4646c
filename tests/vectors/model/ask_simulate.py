"""engine.simulate, asked by the venues' numbers: one liquidation, its fee, its deficit, and who pays that."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Book
from tests.vectors.model.ask_margin import only_position
from tests.vectors.model.setup import SAFE, Question, account, at_once, book_of, closed_at
from tests.vectors.reading import Inputs, Outputs, signed_size

AMPLE = 1e6  # a fund that pays whatever it is asked for
WHOLE = {"liquidation_fraction": 1.0, "min_size": 0.0}  # the order of the vector is the whole position


def fund_delta(asked: Question) -> Outputs:
    """The order fills at one price; what the fund gets or pays."""
    inputs = asked.inputs
    _, size = only_position(inputs)
    fill = abs(inputs["fill_quote"] / size)
    venue = asked.venue(fund=AMPLE, liquidation_fee=inputs["max_liquidation_fee"], **WHOLE)
    run = closed_at(fill, [account(inputs["usdc"], size, fill)], venue)
    return {"insurance_delta": float(run.fund[-1] - run.fund[0])}


def fund_can_take(asked: Question) -> Outputs:
    """The order is filled, unless it would cost more than the fund has: then others are closed instead."""
    mark, delta = 100_000.0, asked.inputs["delta"]
    closing, other = account(delta - mark, 1.0, mark), (-1.0, mark, mark)
    run = closed_at(mark, [closing, other], asked.venue(fund=asked.inputs["insurance_balance"], **WHOLE))
    return {"valid": bool(run.open_size[1] == 1.0)}


def first_fill(asked: Question) -> Outputs:
    """An order that fills in part: the part is closed, the rest of the position waits with its share of the cash."""
    inputs = asked.inputs
    order, held = inputs["counterparty_order"], inputs["liquidated"]
    part = math.copysign(order["amount"], held["BTC"])
    rest, price = held["BTC"] - part, order["price"]
    share = part / held["BTC"]
    accounts = [account(held["usdc"] * share, part, price), account(held["usdc"] * (1 - share), rest, price)]
    run = closed_at(price, accounts, asked.venue(fund=0.0, liquidation_fee=inputs["max_liq_fee"], **WHOLE))
    return {
        "insurance_delta": float(run.fund[-1] - run.fund[0]),
        "liquidated_after": {"usdc": float(run.equity.sum()) - rest * price, "BTC": float(run.size.sum())},
    }


def taken_over(asked: Question) -> Outputs:
    """A liquidator takes the position over at the oracle price less its fee (more, for a short)."""
    inputs = asked.inputs
    price, worse = inputs["oracle_price"], 1.0
    if "lots" in inputs:
        size, fee = float(inputs["lots"] * inputs["base_per_lot"]), inputs["platform_fee"]
        cash, worse = -0.9 * size * price, worse - inputs["liq_fee"]  # the debt behind the lots is not given
    else:
        cash, size, fee = inputs["quote"] + inputs["deposit"], inputs["base"], inputs["max_if_fee"]
        worse -= inputs["liquidator_fee"]
    fill = price * worse
    run = closed_at(fill, [account(cash, size, fill)], asked.venue(fund=AMPLE, liquidation_fee=fee, **WHOLE))
    left = float(run.equity[0] - run.deficit.sum())
    collected = float(run.fund[-1] - run.fund[0] + run.deficit.sum())
    return {
        "user_after": {"base": float(run.size[0]), "quote": left},
        "liquidator_after": {"base": size, "quote": -float(run.forced.sum())},
        "if_fee": collected,
        "platform_fee": collected,
        "liqor_pays": float(run.forced.sum()),
        "liqee_receives": left - cash,
    }


def penalties(asked: Question) -> Outputs:
    """MAI: the liquidator's penalty is a worse price, the fund's the fee; the other side pays per contract.

    The liquidator begins with the deposit of the account, as in the venue's tests. Several amounts are as many accounts
    with their share of the cash, closed in steps one after the other.
    """
    inputs = asked.inputs
    penalty = inputs.get_any("liq_penalty", default=0.005)
    size, mark = signed_size(inputs), inputs["mark"]
    side = math.copysign(1.0, size)
    fill = mark * (1.0 - side * penalty)
    parts = np.array(inputs.get_any("amounts", default=[abs(size)]), dtype=float)
    interest = inputs["counter_open_interest"]
    book = Book(
        size=[*(side * parts), -side * interest],
        entry_price=[*[inputs["entry"]] * len(parts), fill],
        collateral=[*(inputs["cash"] * parts / abs(size)), 10.0 * fill * interest],
        maintenance_rate=[*[0.9] * len(parts), SAFE],
    )
    venue = asked.venue(fund=0.0, liquidation_fee=inputs.get_any("fund_penalty", default=0.005), **WHOLE)
    run = at_once(book, [fill, fill], venue)
    lost = np.cumsum(run.events["deficit"][: len(parts)]) / interest
    return {
        "social_loss_per_contract": float(run.charge[-1]) / interest,
        "social_loss_after_each": lost.tolist(),
        "liquidator_deposit_after": inputs["cash"] + abs(float(run.forced.sum()) - abs(size) * mark),
        "insurance_fund_after": float(run.fund[-1]),
    }


def liquidation_check(asked: Question) -> Outputs:
    """The preset does not record who keeps what a liquidation leaves; the vector says the trader."""
    inputs = asked.inputs
    entry = inputs["size_usd"] / inputs["size_tokens"]
    size = math.copysign(inputs["size_tokens"], signed_size(Inputs({"size": 1, "side": inputs.get("side", "long")})))
    price, worth = inputs["index_price"], inputs["collateral_price"]
    book = book_of([(size, entry, inputs["collateral_tokens"] * worth)])
    venue = asked.venue(maintenance_rate=inputs["min_collateral_factor"], residual_margin="trader")
    run = at_once(book, [price, price], venue)
    kept = float(run.equity[0])
    return {
        "pnl": kept - inputs["collateral_tokens"] * worth,
        "liquidatable": bool(run.liquidated_at[0] >= 0),
        "collateral_returned_tokens": kept / worth,
    }


def bad_debt(asked: Question) -> Outputs:
    """The whole penalty is the fee; the liquidator's part of it then leaves the fund."""
    inputs = asked.inputs
    price, penalty = inputs["index_price"], inputs["liquidation_penalty"]
    accounts = [account(inputs["deposit"] + inputs["open_notional"], inputs["size"], price)]
    run = closed_at(price, accounts, asked.venue(fund=AMPLE, liquidation_fee=penalty, **WHOLE))
    to_liquidator = (1.0 - inputs["insurance_share_of_penalty"]) * penalty * float(run.forced.sum())
    return {
        "bad_debt": float(run.deficit.sum()),
        "insurance_value_after": float(run.fund[-1] - run.fund[0]) - to_liquidator,
    }


def two_traders(asked: Question) -> Outputs:
    """BitMEX's settlement: the loser at its margin, the winner's profit cut by what that lacks."""
    inputs = asked.inputs
    trade, price, margin = inputs["trades"][0], inputs["settlement_price"], inputs["initial_margin"]
    sides = {trade["buyer"]: trade["qty"], trade["seller"]: -trade["qty"]}
    gains = {name: size * (price - trade["price"]) for name, size in sides.items()}
    loser, winner = sorted(sides, key=lambda name: gains[name])
    accounts = [(sides[name], trade["price"], margin[name]) for name in (loser, winner)]
    run = closed_at(price, accounts, asked.venue(), start=trade["price"])
    deficit = float(run.deficit.sum())
    return {
        f"profit_{winner}_before": float(run.profit[1]),
        f"loss_collectable_{loser}": float(run.book.collateral[0]),
        "system_loss": deficit,
        "total_profit": float(run.claim.sum()),
        "profit_adjustment": float(run.haircut_rate[1]),
        f"profit_{winner}_after": float(run.profit[1] - run.charge[1]),
    }


def coin_margined(asked: Question) -> Outputs:
    """Margin in coin: the contract is inverse, and dollars are coins at the last price."""
    inputs = asked.inputs
    size, price = inputs["notional_btc"] * inputs["entry_usd"], inputs["price_usd"]
    margin = inputs["margin_btc"]
    accounts = [(-size, inputs["entry_usd"], margin["B"]), (size, inputs["entry_usd"], margin["A"])]
    run = closed_at(price, accounts, asked.venue(), contract="inverse")
    return {
        "expected_profit_A_usd": float(run.profit[1]) * price,
        "collateral_B_usd": float(run.book.collateral[0]) * price,
        "deficit_usd": float(run.deficit.sum()) * price,
    }


def fills_in_turn(asked: Question) -> Outputs:
    """One account a fill, both due at the liquidation price: the second waits for the second price."""
    inputs = asked.inputs
    fills, zero = inputs["fills"], inputs["bankruptcy_price"]
    entry, others = inputs["entry"], float(len(inputs["fills"]))
    longs = [(float(inputs["qty"]), entry, inputs["qty"] * (entry - zero)) for _ in fills]
    rates = [0.5, *[0.0] * (len(fills) - 1)]  # without maintenance an account is due below its bankruptcy price
    book = book_of([*longs, (-others, entry, entry * others)], maintenance_rate=[*rates, SAFE])
    run = at_once(book, [entry, *fills], asked.venue(policy="adl_queue", index_weight=1.0, fund=inputs["fund0"]))
    return {"fund_path": run.fund[1:].tolist(), "adl": bool(run.open_size[-1] < others)}


def pool_drawdown(asked: Question) -> Outputs:
    """The pool at its peak meets the symbol's losses in defaults of 1,000 each; the rest closes against others."""
    inputs = asked.inputs
    peak = inputs["pool_8h_max"]
    loss = inputs.get_any("symbol_loss_after", default=-inputs.get_any("symbol_pnl_now", default=0))
    n, mark = round(loss / 1_000), 10_000.0
    holes = [(1.0, 2.0 * mark, mark - loss / n)] * n
    terms = {"fund": peak, "fund_max_drawdown": -inputs["pnl_ratio_threshold"]}
    book = book_of([*holes, (-float(n), 3.0 * mark, n * mark)], maintenance_rate=[*[0.9] * n, SAFE])
    run = at_once(book, [mark, mark], asked.venue(**terms))
    paid = float(run.fund[0] - run.fund[-1])
    return {
        "pnl_ratio": -loss / peak,
        "triggered": bool(run.open_size[-1] < n),
        "adl_absorbs": loss - paid,
        "pnl_ratio_after": -paid / peak,
    }


RULES: dict[str, Any] = {
    "insurance_fund_delta": fund_delta,
    "insurance_delta_validity": fund_can_take,
    "waterfall_liquidation_if_adl": first_fill,
    "liquidate_position_transfer": taken_over,
    "insurance_then_counter_side_social": penalties,
    "liquidation_check": liquidation_check,
    "insurance_absorbs_bad_debt": bad_debt,
    "socialised_loss_pro_rata_profit": two_traders,
    "bankrupt_deficit": coin_margined,
    "insurance_fund_flow": fills_in_turn,
    "adl_trigger_pool_drawdown": pool_drawdown,
}
