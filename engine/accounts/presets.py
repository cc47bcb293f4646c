"""Presets of accounts whose margin is in an asset, read from data/collateral/*.toml."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.accounts.markets import Asset, VenueMarket
from engine.accounts.run import AccountRun, simulate_accounts
from engine.book import Book, Floats
from engine.errors import Checker, require_choice
from engine.venue import Venue

COLLATERAL = Path(__file__).parents[2] / "data" / "collateral"
WORDS = ("name", "title", "date", "summary", "venue", "by_default")
TABLES = {  # the keys that each table of a file has, no more and no fewer
    "": {*WORDS, "is_cross_by_default", "sources", "assumptions", "market", "asset", "account", "path"},
    "market": {"name", "maintenance_rate"},
    "asset": {"name", "haircut"},
    "account": {"label", "size", "entry_price", "cash", "units"},
    "path": {"times", "market", "asset"},
}


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CollateralPreset:
    """Accounts of one position each, some with an asset as margin, on prices on record.

    Parameters
    ----------
    name, title, date, summary : str
    venue_name : str
        Name of a venue preset, whose accounts may hold the asset as margin.
    is_cross_by_default, by_default : bool, str
        Whether an account there is margined across assets unless its trader asks for something else, and how it is.
    sources, assumptions, times, labels : tuple of str
        What is recorded where; what is not; when each price was; the accounts in words.
    book, venue : Book, Venue
    prices, asset_prices : (1, n_steps + 1)
        USD per coin, and per unit of the asset.
    """

    name: str
    title: str
    date: str
    summary: str
    venue_name: str
    is_cross_by_default: bool
    by_default: str
    sources: tuple[str, ...]
    assumptions: tuple[str, ...]
    times: tuple[str, ...]
    labels: tuple[str, ...]
    book: Book
    venue: Venue
    prices: Floats
    asset_prices: Floats

    def run(self) -> AccountRun:
        """Return what became of the accounts."""
        return simulate_accounts(self.book, self.venue, self.prices, None, self.asset_prices, None)


def collateral_preset_names() -> tuple[str, ...]:
    """Return the names of the presets of accounts with an asset as margin."""
    return tuple(sorted(path.stem for path in COLLATERAL.glob("*.toml")))


@lru_cache(maxsize=8)
def load_collateral_preset(name: str) -> CollateralPreset:
    """Return a preset of accounts with an asset as margin.

    Raises
    ------
    UnknownNameError
        When there is none of this name.
    InputError
        That names file and key, for what the file has wrong.

    Examples
    --------
    >>> preset = load_collateral_preset("usde-2025")
    >>> dict(zip(preset.labels, preset.run().liquidated_at.tolist()))
    {'short, margin in USDe': 5, 'the same short, margin in dollars': -1}
    """
    require_choice("collateral_preset", name, collateral_preset_names())
    return preset_of(f"data/collateral/{name}.toml", tomllib.loads((COLLATERAL / f"{name}.toml").read_text("utf-8")))


def preset_of(file: str, document: Mapping[str, Any]) -> CollateralPreset:
    """Return the preset of a document."""
    _check_document(Checker(file), document)
    rows, path = document["account"], document["path"]
    book = Book(
        size=[row["size"] for row in rows],
        entry_price=[row["entry_price"] for row in rows],
        cash=[row["cash"] for row in rows],
        account=np.arange(len(rows)),
        units=[[row["units"]] for row in rows],
        trader_id=[row["label"] for row in rows],
    )
    venue = Venue(
        markets=(VenueMarket(depth=math.inf, **document["market"]),),
        assets=(Asset(depth=math.inf, **document["asset"]),),
        residual_margin="trader",
        policy="none",
    )
    return CollateralPreset(
        **{key: str(document[key]) for key in WORDS if key != "venue"},
        venue_name=document["venue"],
        is_cross_by_default=document["is_cross_by_default"],
        sources=tuple(document["sources"]),
        assumptions=tuple(document["assumptions"]),
        times=tuple(path["times"]),
        labels=tuple(row["label"] for row in rows),
        book=book,
        venue=venue,
        prices=_row(path["market"]),
        asset_prices=_row(path["asset"]),
    )


def _check_document(check: Checker, document: Mapping[str, Any]) -> None:
    """Raise InputError where tables, keys or prices are missing, or are not known."""
    _check_keys(check, "", document)
    check.raise_if_any()
    for table in ("market", "asset", "path"):
        _check_keys(check, table, document[table])
    for row in document["account"]:
        _check_keys(check, "account", row)
    check.raise_if_any()
    path = document["path"]
    for key in ("market", "asset"):
        if len(path[key]) != len(path["times"]):
            check.add(f"path.{key}", f"of {len(path['times'])} prices, one a time", len(path[key]))
    check.raise_if_any()


def _check_keys(check: Checker, table: str, given: Mapping[str, Any]) -> None:
    """Report keys that are unknown or missing."""
    for key in sorted(TABLES[table] ^ set(given)):
        place = f"{table}.{key}".lstrip(".")
        check.add(place, "given" if key in TABLES[table] else "a key of a preset of collateral", given.get(key))


def _row(prices: list[float]) -> Floats:
    row = np.array([prices], dtype=np.float64)
    row.setflags(write=False)
    return row
