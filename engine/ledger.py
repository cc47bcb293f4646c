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
FLOWS = (  # source, target, what, and the sum that it is; a ledger lists those whose sum it has
    ("traders", "insurance_fund", "liquidation fees", "fees"),
    ("traders", "insurance_fund", "margin left after liquidations", "kept"),
    ("traders", "insurance_fund", "surplus of deleveraged positions", "surplus"),
    ("traders", "insurance_fund", "contributions to the fund", "contributed"),
    ("insurance_fund", "traders", "deficits paid by the insurance fund", "fund_paid"),
    ("venue_capital", "traders", "deficits paid by the venue's capital", "venue_paid"),
    ("backstop", "traders", "deficits paid by the backstop", "backstop_paid"),
    ("traders", "traders", "deficits paid by charged traders", "shared"),
    ("traders", "insurance_fund", "charges above the deficit", "to_fund"),
    ("traders", "traders", "transferred by auto-deleveraging", "charge"),
    ("unfunded", "traders", "deficits that nobody paid", "unfunded"),
    ("traders", "market_makers", "trading profit of market makers", "market_makers"),
    ("collateral_makers", "traders", "collateral sold", "sold"),
)


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


def booked_sums(steps: Rows, state: Record) -> dict[str, float]:
    """Return what the layers paid and traders were charged, as the kernel booked it."""
    sums = {name: float(steps[name].sum()) for name in ("fund_paid", "venue_paid", "backstop_paid")}
    to_fund = float(state["charged_to_fund"])
    return sums | {"to_fund": to_fund, "shared": float(state["charged"]) - to_fund}


def recomputed_layers(sums: dict[str, float], venue: Venue) -> dict[str, float]:
    """Return what each layer must have in the end by the log and by what was booked, and what must be unfunded."""
    income = sums["fees"] + sums["kept"] + sums["surplus"] + sums["to_fund"] + sums.get("contributed", 0.0)
    paid = sums["fund_paid"] + sums["venue_paid"] + sums["backstop_paid"]
    return {
        "insurance_fund": venue.fund + income - sums["fund_paid"],
        "venue_capital": venue.venue_capital - sums["venue_paid"],
        "backstop": venue.backstop - sums["backstop_paid"],
        "unfunded": sums["deficit"] + sums["maker_unfunded"] - paid - sums["shared"],
    }


def listed_flows(sums: dict[str, float]) -> tuple[Flow, ...]:
    """Return the flows of a run by its sums."""
    return tuple(Flow(source=a, target=b, what=what, amount=sums[name]) for a, b, what, name in FLOWS if name in sums)


def refuse(wrong: list[str], residual: float) -> None:
    """Raise ConservationError with what is wrong, if anything is, the residual included."""
    if not abs(residual) <= TOLERANCE:
        wrong.append(f"residual {residual:.3g} of the sum of wealth")
    if wrong:
        raise ConservationError("money appeared or vanished: " + "; ".join(wrong))


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
    effect, total, equity = np.zeros(book.n_traders), np.zeros(len(SUMS)), np.empty(book.n_traders)
    _replay(events, book.entry_price, last, inverse, venue.residual_margin == "fund", effect, total)
    sums = dict(zip(SUMS, total.tolist(), strict=True)) | booked_sums(buffers.steps, state)
    sums["contributed"] = float(buffers.steps["contributed"].sum())
    if venue.fund_tiers:
        effect -= buffers.measures[CONTRIBUTION]
    opening_equity, closing_equity, recomputed_equity, gap, who, scale = _sum_up(
        book.size, book.entry_price, book.collateral, buffers.positions, first, last, inverse, effect, equity
    )
    opening = dict.fromkeys(PARTIES, 0.0) | {"traders": opening_equity, "insurance_fund": venue.fund}
    opening |= {"venue_capital": venue.venue_capital, "backstop": venue.backstop}
    makers = float(state["maker_size"] * last - state["maker_cost"])
    reported = {"traders": closing_equity, "market_makers": makers}
    reported |= {name: float(state[field]) for name, field in STATE_FIELDS.items()}
    made = float(-book.size.sum() * (last - first)) + sums["makers"]
    recomputed = {"traders": recomputed_equity, "market_makers": made} | recomputed_layers(sums, venue)
    scale = max(scale, *(abs(wealth) for wealth in (*opening.values(), *reported.values())), 1e-300)
    residual = (signed_sum(reported) - signed_sum(opening)) / scale
    _verify(recomputed, reported, gap, who, scale, residual)
    return Ledger(opening=opening, closing=reported, flows=listed_flows(sums | reported), residual=residual), equity


SUMS = ("makers", "fees", "kept", "surplus", "charge", "deficit", "maker_unfunded")
MAKER, FEES, KEPT, ADL_TO_FUND, ADL_CHARGE, DEFICIT, MAKER_UNFUNDED = range(len(SUMS))


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
    refuse(wrong, residual)
