"""A worked line for a term: small sums, each asked of the engine; none of their figures is typed.

A line is a function of nothing in `WORKED`, by the word that data/glossary.toml gives a term as `worked`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from engine import (
    Book,
    Layer,
    Run,
    allocate,
    auto_deleverage,
    bankruptcy_price,
    default_waterfall,
    equity,
    expected_shortfall,
    liquidation_price,
    load_preset,
    simulate,
    value_at_risk,
    who_pays,
)
from ui.frame.formats import multiple, percent, price, usd
from ui.glossary.more_worked import MORE
from ui.glossary.sums import COINS, ENTRY, LOW, OWN, PRESET, dozen, gap_run, one


def fallen(run: Run) -> str:
    """Return how far a run's price ends below its start."""
    return percent(1.0 - float(run.mark[-1]) / float(run.mark[0]))


def _side() -> str:
    long, short = (float(equity(book=one(side), price=LOW)[0]) - OWN for side in (1.0, -1.0))
    return f"{COINS:g} coins from {price(ENTRY, 0)} to {price(LOW, 0)}: the long {usd(long)}, the short {usd(short)}."


def _leverage() -> str:
    whole = COINS * ENTRY
    return f"{usd(whole)} carried by {usd(OWN)}: {multiple(whole / OWN)}."


def _notional() -> str:
    return f"{COINS:g} coins at {price(LOW, 0)}: {usd(COINS * LOW)}, whoever paid what for them."


def _equity() -> str:
    left = float(equity(book=one(), price=LOW)[0])
    return f"{usd(OWN)} behind {COINS:g} coins bought at {price(ENTRY, 0)}: at {price(LOW, 0)} {usd(left)} are left."


def _maintenance() -> str:
    venue = load_preset(PRESET).scenario.venue
    at = float(liquidation_price(book=one(), venue=venue)[0])
    left = float(equity(book=one(), price=at)[0])
    return (
        f"At {price(at, 2)} {usd(left)} are left of {usd(OWN)}, {percent(venue.maintenance_rate)} of "
        f"{usd(COINS * at)}: the position is sold."
    )


def _bankruptcy() -> str:
    at = float(bankruptcy_price(book=one())[0])
    return f"{price(ENTRY, 0)} − {usd(OWN)} / {COINS:g} coins = {price(at, 2)}."


def _gap() -> str:
    low = float(bankruptcy_price(book=one())[0]) - 5.0
    missing = float(gap_run(OWN, low, fund=0.0).deficit.sum())
    return f"Bankrupt at {price(low + 5.0, 0)}, sold at {price(low, 0)}: {COINS:g} coins leave {usd(missing)} unpaid."


def _hedge() -> str:
    both = sum(float(equity(book=one(side), price=LOW)[0]) - OWN for side in (1.0, -1.0))
    return f"Long and short {COINS:g} coins, from {price(ENTRY, 0)} to {price(LOW, 0)}: together {usd(both)}."


def _interest() -> str:
    scenario, run = load_preset(PRESET).scenario, dozen()
    size = float(run.book.size[run.book.size > 0].sum())
    return f"{size:g} coins long, {size:g} short, at {price(ENTRY, 0)}: {usd(scenario.open_interest)}."


def _impact() -> str:
    run = dozen()
    first = run.trades[0]
    before, after, size = (float(first[name]) for name in ("mark_before", "mark_after", "size"))
    depth = usd(run.venue.depth)
    return f"Depth {depth}: selling {abs(size):g} coins at {price(before, 2)} takes the price to {price(after, 2)}."


def _partial() -> str:
    whole, part = dozen(), dozen(liquidation_fraction=0.25)
    return (
        f"In the market of a dozen a quarter at a time: the deficit is {usd(float(part.deficit.sum()))} instead of "
        f"{usd(float(whole.deficit.sum()))}, in {part.trades.size} orders instead of {whole.trades.size}."
    )


def _cascade() -> str:
    run = dozen()
    outside = percent(1.0 - float(run.prices[-1]) / float(run.prices[0]))
    return (
        f"In the market of a dozen a first fall of {outside} forces out {run.n_liquidated}, and ends at {fallen(run)}."
    )


def _tipping() -> str:
    at = 0.0
    book, venue = dozen().book, replace(load_preset(PRESET).scenario.venue, settlement_interval=1)
    run = None
    while run is None or run.n_liquidated == 0:
        at += 0.1
        run = simulate(book=book, prices=[ENTRY, ENTRY - at], venue=venue)
    before = percent((at - 0.1) / ENTRY)
    return (
        f"In the market of a dozen: {before} and nothing happens; {percent(at / ENTRY)}, and the price falls "
        f"{fallen(run)}."
    )


def _band() -> str:
    free, held = dozen(), dozen(price_band=0.05)
    return (
        f"In the market of a dozen the price falls {fallen(free)} without a band, {fallen(held)} with one of "
        f"{percent(0.05, 0)}."
    )


def _waterfall() -> str:
    run = dozen(venue_capital=10.0)
    whole = float(run.deficit.sum())
    fund, venue, rest = (float(x.sum()) for x in (run.fund_paid, run.venue_paid, run.charged))
    return f"{usd(whole)} missing: fund {usd(fund)}, venue {usd(venue)}, winners {usd(rest)}."


def _fund() -> str:
    run = dozen()
    paid, held = float(run.fund_paid.sum()), float(run.fund[0])
    return f"A fund of {usd(held)} pays {usd(paid)} of a deficit of {usd(float(run.deficit.sum()))}, and is empty."


def _default() -> str:
    members = np.array([60.0, 30.0, 10.0])
    loss = 50.0
    layers = [Layer(name="own", kind="capital", capacity=20.0), Layer(name="members", contributions=members)]
    paid = default_waterfall(loss=loss, layers=layers)
    own, rest = paid.by_layer["own"], paid.by_layer["members"]
    each = percent(rest / float(members.sum()))
    return (
        f"A loss of {usd(loss)}: the house pays {usd(own)}, and every member {each} of its contribution, {usd(rest)} "
        "together."
    )


def _haircut() -> str:
    profit, amount = np.array([300.0, 200.0, 100.0]), 60.0
    charge = allocate(policy="profit_prorata", amount=amount, profit=profit).charge
    amounts = ", ".join(usd(float(x)) for x in charge)
    rate = percent(float(charge[0] / profit[0]))
    return f"{usd(amount)} over profits of {', '.join(map(usd, profit))}: each gives up {rate}, {amounts}."


def _winners() -> Book:
    return Book(size=[-10.0, -10.0, -20.0], entry_price=[ENTRY] * 3, collateral=[50.0, 200.0, 1000.0])


def _queue() -> str:
    done = auto_deleverage(size=COINS, bankruptcy_price=95.0, mark=90.0, book=_winners())
    first = int(done.order[0])
    held = abs(float(_winners().size[first])) * 90.0 / float(equity(book=_winners(), price=90.0)[first])
    return (
        f"Of three shorts the one with {multiple(held)} stands first: {done.closed[first]:g} coins of it are closed "
        f"at {price(done.price, 0)} while the price is {price(90.0, 0)}, and {usd(float(done.charge[first]))} of "
        "profit are gone."
    )


def _tearup() -> str:
    done = auto_deleverage(size=COINS, bankruptcy_price=95.0, mark=90.0, book=_winners(), rule="prorata")
    return (
        f"{COINS:g} coins torn up, pro rata to size: {', '.join(f'{x:g}' for x in done.closed)} coins of three winners."
    )


def _rules() -> str:
    hit = {
        name: int((dozen(policy=name).charge > 0.005).sum()) for name in ("profit_prorata", "open_interest_both_sides")
    }
    first, second = hit.values()
    return f"The same loss of the dozen: shared by profit {first} pay, by the size of every open position {second} do."


def _unfunded() -> str:
    run = dozen(policy="none", fund=0.0)
    return f"Without a fund and a rule, {usd(run.unfunded)} of the dozen's claims are paid by nobody."


def _hazard() -> str:
    few, many = (float(gap_run(own, 85.0, fund=0.0).deficit.sum()) for own in (500.0, 50.0))
    return (
        f"The same fall to {price(85.0, 0)}: with {multiple(COINS * ENTRY / 500.0)} others pay {usd(few)} for a "
        f"trader, with {multiple(COINS * ENTRY / 50.0)} they pay {usd(many)}."
    )


def _var() -> str:
    losses = np.arange(1.0, 101.0)
    at, beyond = value_at_risk(losses, 0.95).value, expected_shortfall(losses, 0.95).value
    return (
        f"Of losses of {usd(losses[0])} to {usd(losses[-1])}, one as likely as the other: VaR at {percent(0.95, 0)} "
        f"is {usd(at)}, ES {usd(beyond)}."
    )


def _gini() -> str:
    equal, queue = who_pays(dozen(fund=0.0)).gini, who_pays(dozen(fund=0.0, policy="equal_awards")).gini
    return (
        f"Charges of the dozen: Gini {equal:.2f} when all give up the same share, {queue:.2f} when the largest pay "
        "first."
    )


def _conserved() -> str:
    ledger = dozen().ledger
    return (
        f"In the run of the dozen all parties together have {usd(ledger.total)}, before and after; off by "
        f"{ledger.residual:.0e}."
    )


WORKED: dict[str, Callable[[], str]] = {
    "side": _side, "notional": _notional, "leverage": _leverage, "equity": _equity,
    "maintenance": _maintenance, "bankruptcy": _bankruptcy,
    "gap": _gap, "hedge": _hedge, "interest": _interest, "impact": _impact, "partial": _partial, "cascade": _cascade,
    "tipping": _tipping, "band": _band, "waterfall": _waterfall, "fund": _fund, "default": _default,
    "haircut": _haircut, "queue": _queue, "tearup": _tearup, "rules": _rules, "unfunded": _unfunded,
    "hazard": _hazard, "var": _var, "gini": _gini, "conserved": _conserved, **MORE,
}  # fmt: skip


@cache
def worked(name: str) -> str:
    """Return a worked line; empty where a term has none."""
    return WORKED[name]() if name else ""
