"""Recorded markets: a venue's rules with what is known of its open interest, depth, fund and traders in one coin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.arrays import Floats
from engine.contracts import INVERSE
from engine.data_files import names_in
from engine.drawing.book_settings import BookModel, Position
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, UnknownNameError, is_number, wrong_input
from engine.history import recorded_prices, usual_step
from engine.market_files import WORK_MINUTES, Range, parts_of, ranges_of, read_market, read_range
from engine.placement import apply_venue
from engine.presets import VenuePreset, load_venue_preset, margin_table
from engine.scenario import Scenario
from engine.venue import Venue

INDEX_WEIGHT = 2.0 / 3.0  # of a venue that does not say: a median of its own book and two references is common
VOLATILITY_MINUTES = 60.0  # half-life of the volatility that depth follows: assumed
ENDS = ("low", "best", "high", "safest", "riskiest")

Values = Mapping[str, Any]

NONE: Values = MappingProxyType({})


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LeverageCap:
    """The largest leverage by size of position: a table by notional, or 1 / (initial rate + rate per coin x coins)."""

    floor: Floats  # (k,) USD
    most: Floats  # (k,)
    initial_rate: float
    initial_per_coin: float

    def at(self, notional: ArrayLike, coins: ArrayLike) -> Floats:
        """Return the cap for positions of so much notional (USD) and so many coins, of their common shape."""
        place = np.maximum(np.searchsorted(self.floor, notional, side="right") - 1, 0)
        rate = np.maximum(self.initial_rate + self.initial_per_coin * np.asarray(coins, dtype=np.float64), 1e-9)
        return np.asarray(np.minimum(self.most[place], 1.0 / rate), dtype=np.float64)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Market:
    """A venue and a coin as recorded, placed at a price.

    Parameters
    ----------
    name, coin, title, note : str
        `name` is "deribit-btc", the file in data/markets.
    prices : str
        Coin whose recorded days are used: `coin`, but for a coin that has none of its own.
    since, until : str
        First and last day that the figures are of; "" where they hold to this day.
    is_tradable : bool
        False for what a venue was in earlier years.
    at : str
        End of the ranges that was taken.
    start_hour : int
        Hour, UTC, at which the venue's day starts.
    price, minutes_per_step : float
        Price that `venue` and `book` are placed at, USD per coin, and the length of a step.
    venue : Venue
    book : BookModel
    maintenance_per_coin : float
        What the maintenance rate grows by with every coin of a position.
    cap : LeverageCap
    ranges : mapping of name to Range
        What is known, `market_files.RANGES`; shares of open interest where the unit says so.
    values : mapping of name to float
        What was taken from them, or set instead (`changed`).
    changed_names : tuple of str
        Which values are not the file's.
    fund_layer : str
        "fund", or "vault" for a vault of liquidity providers in its place.
    sources : tuple of str
        Every address that the file names.
    own_rules : mapping
        Fields of `Venue` that replace the venue's rules (`with_rules`).
    """

    name: str
    coin: str
    title: str
    note: str
    prices: str
    since: str
    until: str
    is_tradable: bool
    at: str
    start_hour: int
    price: float
    minutes_per_step: float
    venue: Venue
    book: BookModel
    maintenance_per_coin: float
    cap: LeverageCap
    ranges: Mapping[str, Range]
    values: Mapping[str, float]
    changed_names: tuple[str, ...]
    fund_layer: str
    sources: tuple[str, ...]
    own_rules: Mapping[str, Any]

    def at_end(self, at: str) -> Market:
        """Return the same market at another end of its ranges; changed values stay as they were set."""
        return self._rebuilt(at=at)

    def changed(self, **values: float) -> Market:
        """Return the market with other values, each by its name in `ranges`; an unknown one is an error."""
        return self._rebuilt(values=values)

    def with_rules(self, **rules: Any) -> Market:
        """Return the market under other rules: fields of Venue, `fund_target` in USD; wrong ones raise as Venue does.

        Rates of tiers are per step: a minute on real days, `minutes_per_step` in `venue`.
        """
        return self._rebuilt(rules=rules)

    def position(self, *, usd: float, leverage: float) -> Position:
        """Return a position of so much notional (signed, long > 0) at this market's price, in its kind of contract."""
        size = usd if self.book.contract == INVERSE else usd / self.price
        return Position(trader_id="own", size=size, entry_price=self.price, leverage=leverage)

    def placed(self, price: float, minutes_per_step: float) -> Market:
        """Return the market placed at another price, USD per coin, for steps of another length."""
        return self._rebuilt(price=price, minutes=minutes_per_step)

    def _rebuilt(self, *, values: Values = NONE, rules: Values = NONE, **terms: Any) -> Market:
        """Return the market with values, rules and terms of `_build` on top of its own."""
        own: dict[str, Any] = {"at": self.at, "price": self.price, "minutes": self.minutes_per_step, **terms}
        changes = {name: self.values[name] for name in self.changed_names} | dict(values)
        return _build(self.name, changes=changes, own_rules={**self.own_rules, **rules}, **own)


@lru_cache(maxsize=1)
def market_names() -> tuple[str, ...]:
    """Return the names of all recorded markets: those that can be traded today first, then by name."""
    return tuple(sorted(names_in("markets"), key=lambda name: (not read_market(name)["tradable"], name)))


def load_market(
    venue: str,
    coin: str,
    at: str = "best",
    *,
    price: float | None = None,
    minutes_per_step: float = 5.0,
) -> Market:
    """Return a recorded market.

    Parameters
    ----------
    venue, coin : str
        "deribit", "BTC"; an earlier time of a venue has a name of its own, as "deribit-2019".
    at : {"low", "best", "high", "safest", "riskiest"}
        Which end of what is not known exactly: the low or high end of every range, or the end at which, as a rule,
        winners are less or more likely to pay ("riskiest": most leverage, least depth and fund). It is a rule for each
        figure alone: more liquidations also leave more margin to a fund.
    price : float or None
        Price to place it at, USD per coin; None: the coin's last recorded close within the market's years.
    minutes_per_step : float
        Length of a step, for half-lives and intervals.

    Raises
    ------
    UnknownNameError
        When there is no such market, naming those there are.
    InputError
        When the file has a range that is none, a figure without a source, ... : one sentence for each.

    Notes
    -----
    Depth and fund are shares of open interest, so ranges of open interest do not thin the book out.

    Examples
    --------
    >>> load_market("deribit", "BTC").venue.policy
    'profit_prorata'
    """
    name = f"{venue}-{str(coin).lower()}"
    if not isinstance(coin, str) or not coin.isupper() or name not in names_in("markets"):
        raise wrong_input("market", f"one of {', '.join(market_names())}", f"{venue}-{coin}", UnknownNameError)
    return _build(name, at, price, minutes_per_step, NONE, NONE)


def _build(name: str, at: str, price: float | None, minutes: float, changes: Values, own_rules: Values) -> Market:
    document = read_market(name)
    check = Checker("market")
    signs = ranges_of(document)
    check.choice("at", at, ENDS)
    for key in changes:
        check.choice("value", key, signs)
    check.raise_if_any()
    ranges = {key: read_range(document[key]) for key in signs}
    values = {key: _end(known, at, signs[key]) for key, known in ranges.items()} | dict(changes)
    rules = document["rules"]
    start = _last_price(document) if price is None else float(price)
    preset = _preset(rules, values)
    book = _book(values, preset, start)
    return Market(
        name=name,
        **{key: document[key] for key in ("coin", "title", "note", "prices", "since", "until")},
        is_tradable=document["tradable"],
        at=at,
        start_hour=rules["start_hour"],
        price=start,
        minutes_per_step=minutes,
        venue=_under(own_rules, _venue(values, preset, book, rules, minutes), preset.contract, start),
        book=book,
        maintenance_per_coin=float(rules.get("maintenance_per_coin", 0.0)),
        cap=_cap(document["leverage_cap"]),
        ranges=MappingProxyType(ranges),
        values=MappingProxyType(values),
        changed_names=tuple(changes),
        fund_layer=rules["fund_layer"],
        sources=tuple(dict.fromkeys(source for part in parts_of(document).values() for source in part["source"])),
        own_rules=MappingProxyType(dict(own_rules)),
    )


def _under(rules: Mapping[str, Any], venue: Venue, contract: str, price: float) -> Venue:
    """Return the venue under other rules, a target in USD brought into the settlement currency."""
    check, known = Checker("venue"), [field.name for field in fields(Venue)]
    for name in rules:
        if name not in known:
            check.add(name, "a field of engine.Venue", rules[name])
    check.raise_if_any()
    target = rules.get("fund_target")
    if contract == INVERSE and is_number(target):
        rules = {**rules, "fund_target": target / price}
    return replace(venue, **rules)


def _end(known: Range, at: str, danger: int) -> float:
    """Return a range's value at an end; more of the figure is more dangerous where `danger` is +1."""
    if at in ("safest", "riskiest"):
        return known.high if (danger > 0) == (at == "riskiest") else known.low
    return float(getattr(known, at))


def _preset(rules: Mapping[str, Any], values: Mapping[str, float]) -> VenuePreset:
    """Return the venue's rules with what the market file puts in their place."""
    preset = load_venue_preset(rules["preset"])
    settings = dict(preset.settings) | rules.get("settings", {})
    brackets = preset.brackets
    if "symbol" in rules:
        brackets = margin_table(f"data/venues/{preset.name}.toml", dict(preset.margin) | {"symbol": rules["symbol"]})
    if "brackets" in settings:
        brackets = tuple(settings.pop("brackets"))
    terms: dict[str, Any] = {"settings": MappingProxyType(settings), "fund": MappingProxyType(_fund(preset, values))}
    return replace(preset, brackets=brackets, contract=rules.get("contract", preset.contract), **terms)


def _fund(preset: VenuePreset, values: Mapping[str, float]) -> dict[str, Any]:
    """Return the fund's rules; a limit on its positions is of the whole fund, and not of a market's part of it."""
    fund = dict(preset.fund)
    if WORK_MINUTES not in values:
        fund.pop("position_limit", None)
        return fund
    if "position_limit" not in fund:
        bound = f"left out: {preset.title} limits no positions of its fund"
        raise wrong_input(f"market.{WORK_MINUTES}", bound, values[WORK_MINUTES])
    return fund | {"work_minutes": values[WORK_MINUTES]}


def _book(values: Mapping[str, float], preset: VenuePreset, price: float) -> BookModel:
    rate = preset.brackets[0][1] if preset.brackets else float(preset.settings.get("maintenance_rate", 0.005))
    return BookModel(
        n_traders=round(values["accounts"]),
        open_interest=values["open_interest"],
        entry_price=price,
        leverage=values["leverage"],
        leverage_dispersion=values["leverage_dispersion"],
        leverage_cap=1000.0,  # what the venue allows depends on the size: LeverageCap
        size_tail=values["size_tail"],
        holding_hours=values["holding_hours"],
        maintenance_rate=rate,
        contract=preset.contract,
    )


def _venue(
    values: Mapping[str, float], preset: VenuePreset, book: BookModel, rules: Mapping[str, Any], minutes: float
) -> Venue:
    """Return the venue's settings: the preset's rules on the market's depth, fund and half-life."""
    fund = values["fund"] * values["open_interest"] / (book.entry_price if preset.contract == INVERSE else 1.0)
    layer: dict[str, Any] = {rules["fund_layer"]: fund}
    plain = Venue(
        depth=values["depth"] * values["open_interest"],
        impact_half_life=values["half_life_minutes"] / minutes,
        index_weight=INDEX_WEIGHT,
        maintenance_rate=book.maintenance_rate,
        dynamic_margin_half_life=VOLATILITY_MINUTES / minutes,
        reference_volatility=usual_step(values["usual_volatility"], minutes),
        depth_floor=values["depth_floor"],
        **layer,
    )
    scenario = Scenario(book=book, path=PathModel(minutes_per_step=minutes), venue=plain)
    return apply_venue(preset, scenario).venue


def _cap(row: Mapping[str, Any]) -> LeverageCap:
    table = np.array(row.get("table", [[0.0, math.inf]]), dtype=np.float64)
    rates = {key: float(row.get(key, 0.0)) for key in ("initial_rate", "initial_per_coin")}
    return LeverageCap(floor=table[:, 0].copy(), most=table[:, 1].copy(), **rates)


def _last_price(document: Mapping[str, Any]) -> float:
    """Return the last recorded close within the market's years."""
    prices = recorded_prices(document["prices"])
    if not document["until"]:
        return float(prices.close[-1])
    end = (np.datetime64(document["until"], "D") + 1).astype("datetime64[s]").astype(np.int64)
    return float(prices.close[np.searchsorted(prices.start, end) - 1])
