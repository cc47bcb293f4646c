"""What columns are called: fields of a book and of a price path, and the layouts in which venues give positions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from engine.errors import Checker
from engine.own_data.records import Table, printable

Names = Mapping[str, tuple[str, ...]]


def _names(**fields: str) -> Names:
    return MappingProxyType({field: tuple(words.split()) for field, words in fields.items()})


# by field: names without capitals, spaces, signs and what stands in brackets; the first that a file has is taken
BOOK_FIELDS = _names(
    size="size positionsize positionamt positionamount qty quantity amount position contracts szi pos",
    side="side positionside posside direction holdside longshort",
    entry_price="entryprice avgentryprice averageentryprice entrypx avgprice avgpx averageprice openprice entry",
    collateral="collateral isolatedwallet isolatedmargin positionbalance positionmargin marginused margin",
    leverage="leverage lever leveragevalue lev",
    maintenance_rate="maintenancerate maintenancemarginrate maintenancemarginpercentage mmrate",
    stop_price="stopprice stop stoploss stoplossprice sl",
    trader_id="traderid trader id account accountid user userid address positionid",
    symbol="symbol market instrument instid pair coin contract",
    mark_price="markprice markpx mark lastprice",
)
PRICE_FIELDS = _names(
    time="time timestamp datetime date opentime t ts",
    price="price close closeprice last markprice mark indexprice c",
    open="open openprice o",
    high="high highprice h",
    low="low lowprice l",
)
MOST_NAMED = 12  # columns in a sentence
KLINE = ("time", "open", "high", "low", "price")  # candles without names, as Binance's files and ccxt have them


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a venue, or a library, gives positions.

    Parameters
    ----------
    name, source : str
        Whose, and where its fields are written down.
    needs : tuple of str
        The columns by which it is known.
    columns : mapping of str to str
        Column of each field; those of BOOK_FIELDS, and `contract_size`, `notional_usd`, `unrealized_pnl` and
        `margin_mode` ("cross" or "isolated").
    has_gain_in_collateral : bool
        The collateral of an isolated position has its unrealized profit in it, which is taken out.
    has_contracts : bool
        Sizes are contracts whose size stands nowhere: it is what makes the notional of them, a power of ten.
    inverse : str
        Which names of a market are coin-margined contracts, as a regular expression.
    """

    name: str
    source: str
    needs: tuple[str, ...]
    columns: Mapping[str, str]
    has_gain_in_collateral: bool = False
    has_contracts: bool = False
    inverse: str = "(?!)"


LAYOUTS = (
    Layout(
        name="ccxt fetchPositions",
        source="ccxt manual, position structure; ccxt 4.5",
        needs=("contracts", "entryPrice", "side", "symbol"),
        columns=MappingProxyType({
            "size": "contracts", "side": "side", "entry_price": "entryPrice", "collateral": "collateral",
            "leverage": "leverage", "maintenance_rate": "maintenanceMarginPercentage", "stop_price": "stopLossPrice",
            "symbol": "symbol", "mark_price": "markPrice", "contract_size": "contractSize",
            "unrealized_pnl": "unrealizedPnl", "margin_mode": "marginMode", "trader_id": "id",
        }),
        has_gain_in_collateral=True,
        inverse=r"(\w+)/USD:\1.*",
    ),
    Layout(
        name="Binance positionRisk",
        source="GET /fapi/v2/positionRisk, /fapi/v3/positionRisk and /dapi/v1/positionRisk, read 2026-11-28",
        needs=("positionAmt", "entryPrice", "unRealizedProfit"),
        columns=MappingProxyType({
            "size": "positionAmt", "side": "positionSide", "entry_price": "entryPrice", "collateral": "isolatedWallet",
            "leverage": "leverage", "symbol": "symbol", "mark_price": "markPrice", "margin_mode": "marginType",
            "initial_margin": "positionInitialMargin",
        }),
        inverse=r"\w+USD_(PERP|\d{6})",
    ),
    Layout(
        name="Bybit position list",
        source="GET /v5/position/list, read 2026-11-28",
        needs=("avgPrice", "positionValue", "positionIdx", "side", "size"),
        columns=MappingProxyType({
            "size": "size", "side": "side", "entry_price": "avgPrice", "collateral": "positionBalance",
            "leverage": "leverage", "stop_price": "stopLoss", "symbol": "symbol", "mark_price": "markPrice",
            "initial_margin": "positionIM",
        }),
        inverse=r"\w+USD([HMUZ]\d\d)?",
    ),
    Layout(
        name="OKX positions",
        source="GET /api/v5/account/positions, read 2026-11-28",
        needs=("avgPx", "instId", "pos", "posSide"),
        columns=MappingProxyType({
            "size": "pos", "side": "posSide", "entry_price": "avgPx", "collateral": "margin", "leverage": "lever",
            "symbol": "instId", "mark_price": "markPx", "notional_usd": "notionalUsd", "trader_id": "posId",
            "margin_mode": "mgnMode", "initial_margin": "imr",
        }),
        has_contracts=True,
        inverse=r"\w+-USD-(SWAP|\d{6})",
    ),
    Layout(
        name="Hyperliquid clearinghouseState",
        source="POST /info, type clearinghouseState, read 2026-11-28",
        needs=("entryPx", "marginUsed", "szi"),
        columns=MappingProxyType({
            "size": "szi", "entry_price": "entryPx", "collateral": "marginUsed", "leverage": "leverage.value",
            "symbol": "coin", "unrealized_pnl": "unrealizedPnl", "margin_mode": "leverage.type",
        }),
        has_gain_in_collateral=True,
    ),
)  # fmt: skip


def layout_of(table: Table) -> Layout | None:
    """Return the layout that a table has, None where it is no venue's."""
    return next((layout for layout in LAYOUTS if set(layout.needs) <= set(table.columns)), None)


def key_of(name: str) -> str:
    """Return a column's name as it is compared: "Entry Price (USDT)" is entryprice."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\([^)]*\)|\[[^]]*\]", "", name).lower())


def recognized(names: Iterable[str], fields: Names) -> dict[str, str]:
    """Return the column of each field whose name is known; no column is two fields."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(key_of(name), name)
    found: dict[str, str] = {}
    for field, words in fields.items():
        for word in words:
            if word in by_key and by_key[word] not in found.values():
                found[field] = by_key[word]
                break
    return found


def mapped(table: Table, fields: Names, mapping: Mapping[str, str] | None, layout: Layout | None) -> dict[str, str]:
    """Return the column of each field: as the mapping says ("": in none), else as the layout has it, else by name.

    Raises
    ------
    InputError
        For a field that there is none of, and for a column that the file has not.
    """
    own = {field: name for field, name in layout.columns.items() if name in table.columns} if layout else None
    found = recognized(table.columns, fields) if own is None else own
    check = Checker()
    for field, name in (mapping or {}).items():
        if field not in fields:
            check.add("mapping", f"of the fields {', '.join(fields)}", field)
        elif name and name not in table.columns:
            near = get_close_matches(name, list(table.columns), n=1)
            known = near[0] if near else first_names(table)
            check.add(f"mapping.{field}", f"a column of {table.file}, like {known}", name)
    check.raise_if_any()
    given = {field: name for field, name in (mapping or {}).items() if name}
    kept = {f: name for f, name in found.items() if f not in (mapping or {}) and name not in given.values()}
    return {**kept, **given}


def first_names(table: Table) -> str:
    """Return the names of the first columns, as a sentence lists them."""
    return ", ".join(printable(name) for name in list(table.columns)[:MOST_NAMED])


def missing(table: Table, fields: Names, wanted: str, columns: Mapping[str, str]) -> str:
    """Return the sentence that says that no column is a field (or one of two, "collateral or leverage")."""
    field = wanted.split(" or ")[0]
    like = printable(next(iter(columns.values()), next(iter(table.columns))))
    return (
        f"{table.file} must have a column of {wanted} (called {', '.join(fields[field][:4])} or alike), its columns "
        f'are {first_names(table)}: say which it is, e.g. mapping={{"{field}": "{like}"}}'
    )
