"""engine.auto_deleverage, asked by the venues' numbers."""

from __future__ import annotations

import math
from typing import Any

from engine import POLICIES, Book, Deleveraging, auto_deleverage, bankruptcy_price, equity
from tests.vectors.model.setup import Question, account, book_of
from tests.vectors.reading import Inputs, Outputs

Entry = dict[str, Any]


def cash_and_size(entry: Entry) -> tuple[Any, float]:
    """Cash (None where not given) and size of an account of one market; several are cross margin."""
    ((_, size),) = ((name, size) for name, size in entry.items() if name not in ("usdc", "margin"))
    return entry.get("usdc", entry.get("margin")), size


def chosen(asked: Question, otherwise: str, **given: Any) -> Deleveraging:
    """The preset's way to choose accounts, its score and its price, on top of them what is given."""
    venue = asked.venue(**({} if asked.preset else {"policy": otherwise}))
    own = {name: venue.policy_options[name] for name in ("score", "price") if name in venue.policy_options}
    return auto_deleverage(rule=POLICIES[venue.policy].adl_method.name.lower(), **(own | given))


def close(
    asked: Question, bankrupt: Entry, offsets: list[Entry], **given: Any
) -> tuple[Deleveraging, Outputs, list[Entry]]:
    """What the bankrupt account and each offsetting one hold afterwards: cash = equity - charge - size * mark."""
    inputs = asked.inputs
    cash, size = cash_and_size(bankrupt)
    mark = inputs.get_any("oracle_price", "price", default=-cash / size)
    amount = abs(inputs.get_any("amount", default=size))
    held = [cash_and_size(offset) for offset in offsets]
    book = book_of([account(*entry, mark) for entry in held])
    at = float(bankruptcy_price(book=book_of([account(cash, size, mark)]))[0]) or mark  # 0: never bankrupt
    given |= {"size": math.copysign(amount, size), "bankruptcy_price": at, "mark": mark, "book": book}
    done = chosen(asked, "adl_scan", **given)  # dYdX v1 has no order: the keeper names the account
    taken = float(done.closed.sum())
    left = book.size + math.copysign(1.0, size) * done.closed
    cash_after = equity(book=book, price=mark) - done.charge - left * mark
    after = [{"cash": c, "size": s} for c, s in zip(cash_after.tolist(), left.tolist(), strict=True)]
    return (
        done,
        {"cash": cash + math.copysign(taken, size) * done.price, "size": size - math.copysign(taken, size)},
        after,
    )


def named(state: Entry) -> Entry:
    return {"usdc": state["cash"], "BTC": state["size"]}


def at_bankruptcy_price(asked: Question) -> Outputs:
    inputs = asked.inputs
    done, bankrupt, (offset,) = close(asked, inputs["bankrupt"], [inputs["offset"]])
    is_valid = done.unfilled == 0
    return {
        "valid": is_valid,
        "bankrupt_after": named(bankrupt) if is_valid else None,
        "offset_after": named(offset) if is_valid else None,
    }


def at_oracle_price(asked: Question) -> Outputs:
    inputs = asked.inputs
    done, settled, (offset,) = close(asked, inputs["settled"], [inputs["offset"]], price="mark")
    is_valid = done.unfilled == 0
    after = {"settled_usdc": settled["cash"], "offset_usdc": offset["cash"]}
    return {"valid": is_valid, "after": after if is_valid else None}


def scan(asked: Question) -> Outputs:
    """An account without a position in the market is not in its book; what was not touched is as it was given."""
    inputs = asked.inputs
    (market,) = (name for name in inputs["bankrupt"] if name != "usdc")
    entries = inputs["offsets"]
    holders = [entry for entry in entries if market in entry]
    done, bankrupt, after = close(asked, inputs["bankrupt"], holders)
    states = {id(e): named(a) for e, a, closed in zip(holders, after, done.closed, strict=True) if closed > 0}
    return {
        "offsets_after": [states.get(id(entry), entry) for entry in entries],
        "bankrupt_after": named(bankrupt),
        "remaining": done.unfilled,
    }


def named_accounts(asked: Question) -> Outputs:
    """dYdX v1: the account under water against the other one."""
    inputs = asked.inputs
    accounts = inputs.get_any("accounts", default={name: inputs[name] for name in ("long", "short") if name in inputs})
    price = inputs["oracle_price"]

    def value(name: str) -> float:
        return float(equity(book=book_of([account(*cash_and_size(accounts[name]), price)]), price=price)[0])

    under = inputs.get_any("underwater", default=min(accounts, key=value))
    (other,) = (name for name in accounts if name != under)
    asked_for = min(inputs["amount"], abs(accounts[under]["size"]))
    question = Question(inputs=Inputs({**inputs, "amount": asked_for}), venue_name=asked.venue_name, preset="")
    _, closed, (offset,) = close(question, accounts[under], [accounts[other]])
    return {
        name: {"margin": state["cash"], "size": state["size"]} for name, state in ((under, closed), (other, offset))
    }


def queue(asked: Question) -> Outputs:
    """Accounts whose profit of 10 % and leverage give the scores of the example, up to one factor."""
    inputs = asked.inputs
    liquidated, accounts, profit = inputs["liquidated"], inputs["accounts"], 0.1
    at, ids = liquidated["bankruptcy_price"], [row["id"] for row in accounts]
    mark = 1.02 * at
    opened = mark / (1 + profit)
    sizes = [row["qty"] for row in accounts]
    equities = [size * mark / row["score"] for size, row in zip(sizes, accounts, strict=True)]
    collateral = [e - size * (mark - opened) for e, size in zip(equities, sizes, strict=True)]
    book = Book(size=sizes, entry_price=[opened] * len(sizes), collateral=collateral)
    done = chosen(asked, "adl_queue", size=-liquidated["qty"], bankruptcy_price=at, mark=mark, book=book)
    closed = {str(name): float(size) for name, size in zip(ids, done.closed, strict=True) if size > 0}
    left = {str(n): float(s - c) for n, s, c in zip(ids, sizes, done.closed, strict=True) if c > 0}
    return {
        "order": [ids[number] for number in done.order],
        "closed_qty": closed,
        "remaining_qty": left,
        "close_price": done.price,
    }


def contract_space(asked: Question) -> Outputs:
    bankrupt, top = asked.inputs["bankrupt"], asked.inputs["top_of_queue"]
    mark = top["notional_usd"] / top["qty_eth"]
    book = Book(size=[top["qty_eth"]] * 2, entry_price=[mark] * 2, collateral=[top["equity_usd"]] * 2)
    size = bankrupt["qty_eth"]
    done = auto_deleverage(size=-size, bankruptcy_price=mark - bankrupt["deficit_usd"] / size, mark=mark, book=book)
    return {
        "top_absorbs_qty": float(done.closed[0]),
        "top_absorbs_loss_usd": float(done.charge[0]),
        "next_in_queue_loss_usd": float(done.charge[1]),
    }


RULES: dict[str, Any] = {
    "adl_transfer_at_bankruptcy_price": at_bankruptcy_price,
    "adl_transfer_at_oracle_price_final_settlement": at_oracle_price,
    "adl_skip_nonoverlapping_bankruptcy_price": scan,
    "adl_skip_same_side": scan,
    "adl_transfer_margin_pro_rata": named_accounts,
    "adl_bounds_by_position": named_accounts,
    "adl_rank_queue_and_quintile": queue,
    "adl_contract_space_vs_equity_space": contract_space,
}
