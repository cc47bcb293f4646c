"""The preparation of a run of accounts: a book and a venue become the records and arrays that its kernel works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.accounts.markets import LIQUIDATION_ORDERS, Asset, VenueMarket, markets_of
from engine.accounts.opening import AccountOpening, Room, account_opening, make_buffers
from engine.book import Book, Floats
from engine.conditions import Follow
from engine.contracts import value_of
from engine.errors import Checker
from engine.impact import LINEAR_LAW
from engine.intrinsics import address_of
from engine.kernel.accounts.adl import deleverage
from engine.kernel.accounts.settlement import account_charges
from engine.kernel.accounts.state import (
    ACCOUNT_STATE_DTYPE,
    ACCOUNT_VENUE_DTYPE,
    MARKET_DTYPE,
    AccountBuffers,
)
from engine.kernel.state import PLACE, RECORD, Record, Rows
from engine.offset_rules import rule_records
from engine.sharing.policies import withdrawal_places
from engine.sharing.policy_record import ADL, MONEY, AdlMethod, Weight
from engine.venue import FUND_PAYOUTS, Venue
from engine.venue_record import write_position_limit

NO_PRICES: Floats = np.empty(0)
NOT_KNOWN = "which a run of accounts does not know yet"


@dataclass(frozen=True, slots=True)
class AccountInputs:
    """All that a run of accounts needs to start."""

    book: Book
    venue: Venue
    opening: AccountOpening
    venue_record: Rows
    markets: Rows
    assets: Rows
    policy: Rows
    places: Floats

    def new_run(self, n_steps: int, n_events: int, n_settlements: int) -> tuple[AccountBuffers, Rows]:
        """Return buffers and state of a run at its start, with room for so many events and settlements."""
        is_adl = self.policy["family"][0] == ADL
        room = Room(n_steps, n_events, n_settlements)
        room.has_stops = self.book.stop_price is not None
        room.n_side = int(np.diff(self.opening.side_first).max()) if is_adl else 0
        room.is_ranked = is_adl and self.policy["adl_method"][0] == AdlMethod.QUEUE
        buffers = make_buffers(self.opening, self.markets.copy(), self.assets.copy(), room)
        if self.places.size:
            buffers.measures[PLACE] = self.places
        if (self.policy["record_exponent"] != 0.0).any():
            buffers.measures[RECORD] = 1.0
        state = np.zeros(1, ACCOUNT_STATE_DTYPE)
        self._dispatch(buffers, state[0])
        return buffers, state

    def _dispatch(self, buffers: AccountBuffers, state: Record) -> None:
        """Write into the policy's record where the kernels are that a run under it calls by their address."""
        policy, venue = self.policy[0], self.venue_record[0]
        if policy["family"] == MONEY:
            policy["charges_at"] = address_of(account_charges, 0.0, 0.0, buffers, policy)
        elif policy["family"] == ADL:
            policy["deleverage_at"] = address_of(deleverage, np.int64(0), buffers, state, venue, policy)


def prepare_accounts(
    book: Book, venue: Venue, first_prices: Floats, first_asset_prices: Floats = NO_PRICES
) -> AccountInputs:
    """Return what runs of a book's accounts on a venue start from; the book's part is cached as long as it lives.

    Parameters
    ----------
    book : Book
    venue : Venue
    first_prices : (K,) float
        USD per coin, one for each market.
    first_asset_prices : (J,) float
        Settlement currency per unit, one for each asset.
    """
    refuse_unknown(book, venue)
    policy, _ = rule_records(venue.rules)
    record = _venue_record(venue, book, float(policy["pool_cap"].min()))
    markets, assets = _market_records(book, venue), _asset_records(venue)
    opening = account_opening(book, venue, record, (markets, assets), (first_prices, first_asset_prices))
    markets["maker_size"] = -opening.net_size
    in_line = policy[policy["weight"] == Weight.TIER_ORDER]
    gross = np.zeros(opening.cash.size)
    if in_line.size:
        value = np.abs(value_of(first_prices, book.is_inverse))
        owner, market = opening.terms["account"], opening.terms["market"]
        gross += np.bincount(owner, opening.size * value[market], gross.size)
    return AccountInputs(
        book=book,
        venue=venue,
        opening=opening,
        venue_record=record,
        markets=markets,
        assets=assets,
        policy=policy,
        places=withdrawal_places(in_line, gross) if in_line.size else np.empty(0),
    )


def refuse_unknown(book: Book, venue: Venue) -> None:
    """Raise InputError for what a run of accounts does not know yet, and for markets that are not there."""
    check = Checker()
    plain = {"is_penalty_beyond_equity": False, "offset_rules": None, "fund_tiers": (), "maintenance_scale": None}
    for name, value in (plain | {"fund_payout": FUND_PAYOUTS[0]}).items():
        if getattr(venue, name) != value:
            check.add(f"venue.{name}", f"{value!r}, not one {NOT_KNOWN}", getattr(venue, name))
    options = {f"policy_options.{name}": value for name, value in venue.policy_options.items()}
    for name, value in {"price_band": venue.price_band, **options}.items():
        if isinstance(value, Follow):
            check.add(f"venue.{name}", f"no Follow, {NOT_KNOWN}", value)
    for name in ("track_record", "contribution_weight"):
        if getattr(book, name) is not None:
            check.add(f"book.{name}", f"None, not one {NOT_KNOWN}", "given")
    n_markets = len(markets_of(venue))
    if book.accounts is not None and (book.accounts.market >= n_markets).any():
        at = int(np.argmax(book.accounts.market >= n_markets))
        bound = f"< {n_markets}, the number of the venue's markets"
        check.add(f"book.market[{at}]", bound, int(book.accounts.market[at]))
    if book.units is not None and book.units.shape[1] != len(venue.assets):
        bound = f"of {len(venue.assets)} columns, one for each asset of the venue"
        check.add("book.units", bound, f"shape {book.units.shape}")
    check.raise_if_any()


def _venue_record(venue: Venue, book: Book, pool_cap: float) -> Rows:
    record = np.zeros(1, ACCOUNT_VENUE_DTYPE)
    row = record[0]
    names = "liquidation_fee liquidation_fraction fund fund_max_drawdown venue_capital backstop settlement_interval"
    for name in names.split():
        row[name] = getattr(venue, name)
    row["target"], row["piece"] = venue.liquidation_target, venue.piece
    row["is_at_once"] = np.isinf(venue.piece)
    row["backstop_kept"] = (1.0 - pool_cap) * venue.vault
    row["margin_cap"] = venue.dynamic_margin_cap
    row["margin_decay"] = 2.0 ** (-1.0 / venue.dynamic_margin_half_life)
    has_floor = any(market.depth_floor < 1.0 for market in markets_of(venue))
    row["has_volatility"] = venue.dynamic_margin_cap > 1.0 or has_floor
    row["is_inverse"] = book.is_inverse
    row["is_residual_to_trader"] = venue.residual_margin == "trader"
    row["is_entry_maintenance"] = venue.maintenance_basis == "entry"
    write_position_limit(row, venue)
    row["has_peak_window"], row["peak_window"] = venue.fund_peak_window is not None, venue.fund_peak_window or 0
    row["is_entry_base"] = venue.profit_base == "entry"
    row["order"], row["seed"] = LIQUIDATION_ORDERS.index(venue.liquidation_order), venue.liquidation_seed
    return record


def _write_order_book(row: Record, one: VenueMarket | Asset) -> None:
    row["thinning"], row["index_weight"] = one.thinning, one.index_weight
    row["is_linear_impact"] = one.impact == LINEAR_LAW
    row["depth_usual"] = row["depth"] = one.depth
    row["decay"] = 2.0 ** (-1.0 / one.impact_half_life)


def _asset_records(venue: Venue) -> Rows:
    assets = np.zeros(len(venue.assets), MARKET_DTYPE)
    for row, asset in zip(assets, venue.assets, strict=True):
        _write_order_book(row, asset)
        row["haircut"] = asset.haircut
        row["depth_floor"] = row["margin_scale"] = row["reference_variance"] = 1.0
    return assets


def _market_records(book: Book, venue: Venue) -> Rows:
    given = markets_of(venue)
    markets = np.zeros(len(given), MARKET_DTYPE)
    for row, market in zip(markets, given, strict=True):
        _write_order_book(row, market)
        for name in ("min_size", "price_band", "depth_floor", "halt_steps"):
            row[name] = getattr(market, name)
        usual = venue.reference_volatility if market.reference_volatility is None else market.reference_volatility
        row["reference_variance"], row["margin_scale"] = usual**2, 1.0
        row["is_inverse"] = book.is_inverse
    return markets
