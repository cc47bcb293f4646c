"""Presets of one's own: a book, prices or a venue, kept in memory under a name for as long as somebody wants them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TypeVar

from engine.book import Book
from engine.errors import Checker, UnknownNameError, wrong_input
from engine.own_book import OwnBook
from engine.presets import Preset, VenuePreset
from engine.presets import load_venue_preset as recorded_venue

PREFIX = "mine-"
T = TypeVar("T")

_presets: dict[str, Preset] = {}
_venues: dict[str, VenuePreset] = {}


def own_name() -> str:
    """Return a name that nobody else has and nobody can guess."""
    return f"{PREFIX}{secrets.token_hex(8)}"


def is_own(name: object) -> bool:
    """Return whether a name is that of somebody's own preset or venue, whether or not it is still kept."""
    return isinstance(name, str) and name.startswith(PREFIX)


def keep_preset(preset: Preset) -> None:
    """Keep a preset: `load_preset` finds it by its name until `forget`."""
    _presets[preset.name] = preset


def keep_venue(venue: VenuePreset) -> None:
    """Keep a venue: `load_venue_preset` finds it by its name until `forget`."""
    _venues[venue.name] = venue


def forget(names: Sequence[str]) -> None:
    """Forget presets and venues; a name that is not kept is none."""
    for name in names:
        _presets.pop(name, None)
        _venues.pop(name, None)


def kept_preset(name: str) -> Preset:
    """Return a preset of one's own; UnknownNameError once it is forgotten."""
    return _kept(_presets, name)


def load_venue_preset(name: str) -> VenuePreset:
    """Return a venue preset by name, one's own while it is kept; an unknown name raises UnknownNameError."""
    return _kept(_venues, name) if is_own(name) else recorded_venue(name)


def _kept(what: Mapping[str, T], name: str) -> T:
    if name not in what:
        bound = "one that is kept: what is somebody's own ends with the session"
        raise wrong_input("preset", bound, name, UnknownNameError)
    return what[name]


def scaled_book(own: OwnBook, *, price: float, open_interest: float) -> Book:
    """Return a linear book at another price and open interest: money in proportion, leverage as it is.

    Parameters
    ----------
    own : OwnBook
        Of linear contracts.
    price, open_interest : float
        USD per coin, and USD of its larger side, > 0.
    """
    check = Checker()
    check.choice("own.contract", own.contract, ("linear",))
    check.number("price", price, above=0)
    check.number("open_interest", open_interest, above=0)
    check.raise_if_any()
    book, per_price, per_money = own.book, price / own.price, open_interest / own.open_interest
    return Book(
        size=book.size * (per_money / per_price),
        entry_price=book.entry_price * per_price,
        collateral=book.collateral * per_money,
        maintenance_rate=book.maintenance_rate,
        stop_price=None if book.stop_price is None else book.stop_price * per_price,
        trader_id=book.trader_id,
    )
