"""The ledger: every party's wealth before and after, and each flow between parties, recomputed apart from the kernel.

It replays the event log with closed-form profit and loss, so a kernel that loses or invents money is caught twice: by
the conservation law of docs/MODEL.md section 1, and by the party whose wealth differs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book import Book, Floats
from engine.compile import compiled
from engine.contracts import unit_value, value_of
from engine.errors import ConservationError
from engine.kernel.state import CONTRIBUTION, COUNTERPARTY, DELEVERAGED, LIQUIDATION, STOP, Record, Rows, RunBuffers
from engine.venue import Venue

TOLERANCE = 1e-9
STATE_FIELDS = {
    "insurance_fund": "fund",
    "venue_capital": "venue_capital",
    "backstop": "backstop",
    "unfunded": "unfunded",
}
PARTIES = ("traders", "market_makers", "insurance_fund", "venue_capital", "backstop", "unfunded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Money that one party passed to another, settlement currency, >= 0 where the direction is terms."""

    source: str
    target: str
    what: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Opening and closing wealth of every party, the flows between them, and what does not add up.

    `opening` and `closing` map a party to its wealth in the settlement currency, marked at the first and the last mark
    price; `unfunded` enters the sum with a minus sign. `residual` is the change of the sum, relative to all wealth.
    """

    opening: dict[str, float]
    closing: dict[str, float]
    flows: tuple[Flow, ...]
    residual: float

    @property
    def total(self) -> float:
        """The conserved sum at the end, settlement currency."""
        return signed_sum(self.closing)


def signed_sum(wealth: dict[str, float]) -> float:
    """Return what is conserved: all wealth less what is unfunded."""
    return sum(-amount if party == "unfunded" else amount for party, amount in wealth.items())


@compiled
def _sum_up(
    size: Floats,
    entry_price: Floats,
    collateral: Floats,
    positions: Rows,
    first: float,
    last: float,
    is_inverse: bool,
    effect: Floats,
    equity: Floats,
) -> tuple[float, float, float, float, int, float]:
    """Fill each trader's equity by the kernel, and compare it with the one that the event log gives.

    `effect` is what events did to each trader compared with holding the opening position, charges left out. Returns
    opening equity, closing equity, recomputed closing equity, the largest gap, whose it is, and the sum of wealth.
    """
    opening, closing, recomputed, largest, who, scale = 0.0, 0.0, 0.0, 0.0, 0, 0.0
    for i in range(size.size):
        entry = unit_value(entry_price[i], is_inverse)
        position = positions[i]
        open_size = position.size if size[i] > 0.0 else -position.size
        value = position.wallet + position.collateral + open_size * (last - entry)
        replayed = collateral[i] + size[i] * (last - entry) + effect[i] - position.charge
        start = collateral[i] + size[i] * (first - entry)
        gap = abs(value - replayed)
        if not gap <= largest:
            largest, who = gap, i
        equity[i] = value
        opening += start
        closing += value
        recomputed += replayed
        scale += max(abs(start), abs(value), abs(size[i] * (last - first)))
    return opening, closing, recomputed, largest, who, scale


def settle_accounts(
    *, book: Book, venue: Venue, prices: Floats, buffers: RunBuffers, state: Record
) -> tuple[Ledger, Floats]:
    """Return the ledger of a run and each trader's equity, or raise ConservationError when money appeared or vanished.

    Parameters
    ----------
    book, venue : Book, Venue
    prices : (n_steps + 1,) float
    buffers, state : RunBuffers, record of STATE_DTYPE
        As the kernel left them, with the complete event log.
    """
    inverse = book.is_inverse
    last_mark = float(buffers.steps["mark"][-1])
    last, first = (value_of(price, inverse) for price in (last_mark, float(prices[0])))
    events = buffers.events[: int(state["n_events"])]
    effect, flows, equity = np.zeros(book.n_traders), np.zeros(7), np.empty(book.n_traders)
    _replay(events, book.entry_price, last, inverse, venue.residual_margin == "fund", effect, flows)
    contributed = float(buffers.steps["contributed"].sum())
    if venue.fund_tiers:
        effect -= buffers.measures[CONTRIBUTION]
    opening_equity, closing_equity, recomputed_equity, gap, who, scale = _sum_up(
        book.size, book.entry_price, book.collateral, buffers.positions, first, last, inverse, effect, equity
    )
    paid = {name: float(buffers.steps[name].sum()) for name in ("fund_paid", "venue_paid", "backstop_paid")}
    charged, to_fund = float(state["charged"]), float(state["charged_to_fund"])
    opening = dict.fromkeys(PARTIES, 0.0) | {"traders": opening_equity, "insurance_fund": venue.fund}
    opening |= {"venue_capital": venue.venue_capital, "backstop": venue.backstop}
    makers = float(state["maker_size"] * last - state["maker_cost"])
    reported = {"traders": closing_equity, "market_makers": makers}
    reported |= {name: float(state[field]) for name, field in STATE_FIELDS.items()}
    income = float(flows[FEES] + flows[KEPT] + flows[ADL_TO_FUND]) + to_fund + contributed
    layers = paid["fund_paid"] + paid["venue_paid"] + paid["backstop_paid"]
    recomputed = {
        "traders": recomputed_equity,
        "market_makers": float(-book.size.sum() * (last - first)) + float(flows[MAKER]),
        "insurance_fund": venue.fund + income - paid["fund_paid"],
        "venue_capital": venue.venue_capital - paid["venue_paid"],
        "backstop": venue.backstop - paid["backstop_paid"],
        "unfunded": float(flows[DEFICIT] + flows[MAKER_UNFUNDED]) - layers - (charged - to_fund),
    }
    scale = max(scale, *(abs(wealth) for wealth in (*opening.values(), *reported.values())), 1e-300)
    residual = (signed_sum(reported) - signed_sum(opening)) / scale
    _verify(recomputed, reported, gap, who, scale, residual)
    listed = _flow_list(flows, paid | {"contributed": contributed}, charged, to_fund, reported)
    return Ledger(opening=opening, closing=reported, flows=listed, residual=residual), equity


MAKER, FEES, KEPT, ADL_TO_FUND, ADL_CHARGE, DEFICIT, MAKER_UNFUNDED = range(7)


@compiled
def _replay(
    events: Rows, entry_price: Floats, last: float, is_inverse: bool, is_kept: bool, effect: Floats, total: Floats
) -> None:
    """Add up what the events did, from prices and sizes alone.

    `effect` (n,): each trader's equity compared with holding the opening position, charges left out. `total` (7,): what
    market makers gained, and the sums that reached other parties.
    """
    for at in range(events.size):
        row = events[at]
        i, size = row.trader, row.size
        fill = unit_value(row.fill, is_inverse)
        mark = unit_value(row.mark_before, is_inverse)
        if row.kind == LIQUIDATION or row.kind == STOP:
            kept = row.residual if is_kept and row.kind == LIQUIDATION else 0.0
            effect[i] += row.deficit - size * (last - fill) - row.fee - kept
            total[MAKER] += size * (last - fill)
            total[FEES] += row.fee
            total[KEPT] += kept
            total[DEFICIT] += row.deficit
        elif row.kind == COUNTERPARTY:
            effect[i] -= size * (last - mark)
            total[ADL_CHARGE] += row.charge
        elif row.kind == DELEVERAGED:
            entry = unit_value(entry_price[i], is_inverse)
            taken = row.realized if size > 0.0 else -row.realized
            rest = size - taken
            share = taken / size
            left = 0.0  # at the bankruptcy price nothing is left but rounding
            if row.fill != row.bankruptcy:
                left = row.collateral * share + taken * (fill - entry)
            left_of_rest = row.collateral * (1.0 - share) + rest * (mark - entry)
            effect[i] -= taken * (last - fill) + rest * (last - mark) + left + left_of_rest
            total[MAKER] += rest * (last - mark)
            total[ADL_TO_FUND] += max(left, 0.0) + max(left_of_rest, 0.0)
            total[DEFICIT] += max(-left, 0.0)
            total[MAKER_UNFUNDED] += max(-left_of_rest, 0.0)


def _verify(
    recomputed: dict[str, float], reported: dict[str, float], gap: float, who: int, scale: float, residual: float
) -> None:
    wrong = [
        f"{party} recomputed {recomputed[party]:.12g}, reported {reported[party]:.12g}"
        for party in PARTIES
        if not abs(recomputed[party] - reported[party]) <= TOLERANCE * scale
    ]
    if not gap <= TOLERANCE * scale:
        wrong.append(f"equity of trader {who} differs by {gap:.3g}")
    if not abs(residual) <= TOLERANCE:
        wrong.append(f"residual {residual:.3g} of the sum of wealth")
    if wrong:
        raise ConservationError("money appeared or vanished: " + "; ".join(wrong))


def _flow_list(
    total: Floats, paid: dict[str, float], charged: float, to_fund: float, reported: dict[str, float]
) -> tuple[Flow, ...]:
    rows = [
        ("traders", "insurance_fund", "liquidation fees", float(total[FEES])),
        ("traders", "insurance_fund", "margin left after liquidations", float(total[KEPT])),
        ("traders", "insurance_fund", "surplus of deleveraged positions", float(total[ADL_TO_FUND])),
        ("traders", "insurance_fund", "contributions to the fund", paid["contributed"]),
        ("insurance_fund", "traders", "deficits paid by the insurance fund", paid["fund_paid"]),
        ("venue_capital", "traders", "deficits paid by the venue's capital", paid["venue_paid"]),
        ("backstop", "traders", "deficits paid by the backstop", paid["backstop_paid"]),
        ("traders", "traders", "deficits paid by charged traders", charged - to_fund),
        ("traders", "insurance_fund", "charges above the deficit", to_fund),
        ("traders", "traders", "transferred by auto-deleveraging", float(total[ADL_CHARGE])),
        ("unfunded", "traders", "deficits that nobody paid", reported["unfunded"]),
        ("traders", "market_makers", "trading profit of market makers", reported["market_makers"]),
    ]
    return tuple(Flow(source=a, target=b, what=what, amount=amount) for a, b, what, amount in rows)
