"""From a market to what is run on its real days: days, books, a position of one's own placed in each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Floats
from engine.book import Book
from engine.contracts import INVERSE
from engine.drawing.book_settings import Position
from engine.drawing.day_books import LONGEST_PAST, DayBooks, Traders
from engine.errors import wrong_input
from engine.history import LEG_MINUTES, RecordedDays, kept_days, recorded_prices, walked
from engine.margin import liquidation_price
from engine.markets import Market
from engine.montecarlo.real_days import DayRequest, prepare_books
from engine.sharing.deleveraging import auto_deleverage
from engine.sharing.policies import get_policy
from engine.sharing.policy_record import SCORES, AdlMethod
from engine.venue import Venue

STEP_MINUTES = 1.0  # a third of the half-life that impact is taken to have
PIECES = round(LEG_MINUTES / STEP_MINUTES)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PreparedDays:
    """Books of a market's days under seed 0, kept: 24 bytes a trader a day."""

    key: tuple[object, ...]
    books: tuple[DayBooks, ...]


def prepare_days(*, market: Market, since: str | None = None, until: str | None = None, every: int = 1) -> PreparedDays:
    """Return the books of a market's days: depth, fund, half-life and volatility then move without drawing them."""
    days = market_days(market, since=since, until=until, every=every)
    request = day_request(market, days)
    return PreparedDays(key=_key(market, days), books=prepare_books(request))


def _key(market: Market, days: RecordedDays) -> tuple[object, ...]:
    """Return what books depend on."""
    names = ("open_interest", "leverage", "leverage_dispersion", "size_tail", "accounts", "holding_hours")
    return (market.name, *(market.values[name] for name in names), days.date.tobytes())


def market_days(
    market: Market, *, since: str | None, until: str | None, every: int = 1, volatility: float | None = None
) -> RecordedDays:
    """Return the days of a market that have enough recorded hours before them; None: the market's own years."""
    window = (since or market.since or None, until or market.until or None)
    days = kept_days(market.prices, *window, market.start_hour, volatility, LEG_MINUTES)
    needed = math.ceil(LONGEST_PAST * market.values["holding_hours"]) + 1
    kept = np.flatnonzero((days.date.astype(np.int64) % every == 0) & (days.first_bar >= needed))
    if kept.size == 0:
        bound = f"early enough for a day with {needed} recorded hours before it, every {every}"
        raise wrong_input("hindcast.since", bound, since)
    return days.take(kept)


def day_request(
    market: Market,
    days: RecordedDays,
    *,
    position: Position | None = None,
    seed: int = 0,
    prepared: PreparedDays | None = None,
) -> DayRequest:
    """Return the request that runs a market's books on these days."""
    here = market.placed(1.0, STEP_MINUTES)
    if prepared is not None and (seed != 0 or prepared.key != _key(market, days)):
        raise wrong_input("hindcast.prepared", "books of this market, these days and one seed", market.name)
    return DayRequest(
        venue=here.venue,
        contract=here.book.contract,
        traders=_traders(here),
        n_traders=here.book.n_traders,
        days=days,
        n_pieces=PIECES,
        prices=recorded_prices(market.prices),
        seed=seed,
        own=None if position is None else _own_rows(here, days, position),
        books=None if prepared is None else prepared.books,
    )


def _brackets(venue: Venue) -> Floats:
    return np.array(venue.brackets or ((0.0, venue.maintenance_rate, 0.0),), dtype=np.float64)


def _lines(here: Market) -> Floats:
    """Return the table's rates and amounts (k, 2); none where each position has its own, which grows by coin."""
    table = np.array(here.venue.brackets, dtype=np.float64).reshape(-1, 3)
    return np.ascontiguousarray(table[: 0 if here.maintenance_per_coin else None, 1:])


def _traders(here: Market) -> Traders:
    values, cap = here.values, here.cap
    return Traders(
        open_interest=values["open_interest"],
        leverage=values["leverage"],
        leverage_dispersion=values["leverage_dispersion"],
        size_tail=values["size_tail"],
        holding_hours=values["holding_hours"],
        brackets=_brackets(here.venue),
        lines=_lines(here),
        rate_per_coin=here.maintenance_per_coin,
        cap_floor=cap.floor,
        cap_most=cap.most,
        initial_rate=cap.initial_rate,
        initial_per_coin=cap.initial_per_coin,
        is_inverse=here.book.contract == INVERSE,
        is_entry_maintenance=here.venue.maintenance_basis == "entry",
    )


def _own_rows(here: Market, days: RecordedDays, position: Position) -> Floats:
    """Return the position's size, collateral, rate and amount on each day, (d, 4), or refuse it as the venue would."""
    inverse = here.book.contract == INVERSE
    notional = abs(position.size) * (1.0 if inverse else position.entry_price)
    margin = position.margin(is_inverse=inverse) * (position.entry_price if inverse else 1.0)
    leverage = notional / margin if margin > 0 else math.inf
    rate, amount, allowed = own_terms(here, days, notional)
    worst = int(np.argmin(allowed))
    if leverage > allowed[worst] * (1 + 1e-9):
        size = f"{notional:,.0f} USD at {here.name} on {days.date[worst]}"
        raise wrong_input("position.leverage", f"<= {allowed[worst]:g}, what is allowed for {size}", leverage)
    own = np.empty((len(days), 4))
    own[:, 0], own[:, 1] = math.copysign(notional, position.size), margin
    own[:, 2], own[:, 3] = rate, amount
    return own


def own_terms(here: Market, days: RecordedDays, notional: float) -> tuple[Floats, float, Floats]:
    """Return maintenance rate (d,), amount and largest leverage (d,) of a position of so much notional, USD."""
    table, price = _brackets(here.venue), days.closes[:, 0]
    row = max(int(np.searchsorted(table[:, 0], notional, side="right")) - 1, 0)
    rate = table[row, 1] + here.maintenance_per_coin * notional / price
    allowed = np.minimum(here.cap.at(notional, notional / price), notional / (rate * notional - table[row, 2]))
    return rate, float(table[row, 2]), allowed


def day_book(*, market: Market, date: str, seed: int = 0) -> tuple[Book, RecordedDays, Venue]:
    """Return the book, the path and the venue of one real day at its own prices, for `simulate` and Live cascade."""
    day = market_days(market, since=date, until=date)
    price = float(day.closes[0, 0])
    drawn = prepare_books(day_request(market, day, seed=seed))[0]
    inverse = market.book.contract == INVERSE
    per_coin, per_usd = (1.0, price) if inverse else (price, 1.0)
    there = market.placed(price, STEP_MINUTES)
    size, entry, collateral, rate, amount = (values[0].astype(np.float64) for values in drawn[:5])
    own = {"maintenance_rate": rate, "maintenance_amount": amount / per_usd}
    book = Book(
        size=size / per_coin,
        entry_price=entry * price,
        collateral=collateral / per_usd,
        contract=market.book.contract,
        **({} if _lines(there).size else own),
    )
    closes, opens = walked(day.closes, day.opens, PIECES)
    return book, replace(day, closes=closes, opens=opens), there.venue


class Standing(NamedTuple):
    """Where a position stands that is opened now."""

    price: float  # it is opened at, USD per coin
    liquidation_price: float  # USD per coin; 0 (long) or infinity (short) where it can never be reached
    place: float  # share of the accounts on its side that are deleveraged before it; NaN where nobody is ranked


def standing(*, market: Market, position: Position, date: str | None = None, seed: int = 0) -> Standing:
    """Return where a position stands that is opened at a day's first price: in the queue, and to its liquidation.

    Parameters
    ----------
    market : Market
    position : Position
        As in `hindcast`.
    date : str or None
        The day whose book it stands in; None: the last recorded one.

    Raises
    ------
    InputError
        For more leverage than the venue allows for its size.
    """
    last = date or str(market_days(market, since=None, until=None).date[-1])
    book, day, _ = day_book(market=market, date=last, seed=seed)
    here, price = market.placed(1.0, STEP_MINUTES), float(day.closes[0, 0])
    size, margin, rate, amount = _own_rows(here, day, position)[0].tolist()
    own: dict[str, Any] = {} if _lines(here).size else {"maintenance_rate": [rate], "maintenance_amount": [amount]}
    mine = Book(size=[size], entry_price=[1.0], collateral=[margin], contract=book.contract, **own)
    level = float(liquidation_price(book=mine, venue=here.venue)[0])
    return Standing(price, price * level, _place(market, book, price, size, margin))


def _place(market: Market, book: Book, price: float, usd: float, margin: float) -> float:
    """Return a position's place in the queue of a book at a price; NaN where nobody is ranked."""
    policy = get_policy(market.venue.rules[0].policy)
    if policy.family != "adl" or policy.adl_method != AdlMethod.QUEUE:
        return math.nan
    per_coin, per_usd = (1.0, price) if book.is_inverse else (price, 1.0)
    size, rates, amounts = usd / per_coin, book.maintenance_rate, book.maintenance_amount
    whole = replace(
        book,
        size=np.append(book.size, size),
        entry_price=np.append(book.entry_price, price),
        collateral=np.append(book.collateral, margin / per_usd),
        maintenance_rate=None if rates is None else np.append(rates, np.median(rates)),
        maintenance_amount=None if amounts is None else np.append(amounts, 0.0),
    )
    score = str(market.venue.rules[0].options.get("score", SCORES[0]))
    done = auto_deleverage(size=-size, bankruptcy_price=price, mark=price, book=whole, score=score)
    order = done.order.tolist()
    return float(order.index(book.n_traders) / max(len(order) - 1, 1))
