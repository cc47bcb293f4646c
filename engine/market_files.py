"""Market files: what is known of a venue in a coin, as data/markets has it, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from engine.data_files import document_of
from engine.errors import Checker, is_number
from engine.history import recorded_coins
from engine.presets import venue_preset_names

KINDS = ("recorded", "derived", "assumed")
RANGE_ENDS = ("low", "best", "high")

# What a market file gives as a range, and whether more of it makes it likelier that winners pay (+1) or less (-1).
RANGES: Mapping[str, int] = MappingProxyType(
    {
        "open_interest": 1,
        "depth": -1,
        "fund": -1,
        "leverage": 1,
        "leverage_dispersion": 1,
        "size_tail": -1,
        "accounts": -1,
        "holding_hours": 1,
        "half_life_minutes": 1,
        "depth_floor": -1,
        "usual_volatility": -1,
    }
)
WORK_MINUTES = "fund_work_minutes"  # of a market alone whose venue limits the positions that its fund may hold
RULE_FIELDS = frozenset(("preset", "contract", "symbol", "start_hour", "maintenance_per_coin", "settings"))
RULE_WORDS = frozenset(("fund_layer", "fund_scope", "fund_drawdown", "kind", "date", "source", "note"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """What is known of one figure: low <= best <= high, its unit, and where it is from.

    `kind` is "recorded" (printed by a source), "derived" (arithmetic on such figures) or "assumed" (no record).
    """

    low: float
    best: float
    high: float
    unit: str
    kind: str
    date: str
    source: tuple[str, ...]
    note: str


def read_range(row: Mapping[str, Any]) -> Range:
    """Return a range of a market file."""
    numbers: dict[str, Any] = {key: float(row[key]) for key in RANGE_ENDS}
    return Range(**numbers, source=tuple(row["source"]), **{key: row[key] for key in ("unit", "kind", "date", "note")})


@lru_cache(maxsize=64)
def read_market(name: str) -> Mapping[str, Any]:
    """Return the checked document of a market, by the name of its file."""
    return check_market(name, document_of("markets", name))


def check_market(name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document of a market file, or raise one InputError with a sentence for everything that is wrong."""
    check = Checker(f"market {name}")
    texts = {key: document.get(key) for key in ("venue", "coin", "title", "prices", "since", "until", "note")}
    for key, text in texts.items():
        if not isinstance(text, str):
            check.add(key, "a text", text)
    for key in sorted(set(document) - set(texts) - {"tradable", "rules", "leverage_cap"} - set(ranges_of(document))):
        check.add(key, "a field of a market", document[key])
    if not isinstance(document.get("tradable"), bool):
        check.add("tradable", "true or false", document.get("tradable"))
    if texts["prices"] not in recorded_coins():
        check.add("prices", f"a coin with recorded prices ({', '.join(recorded_coins())})", texts["prices"])
    _check_rules(check, parts_of(document)["rules"])
    for key, part in parts_of(document).items():
        _check_source(check, key, part)
        if key in ranges_of(document):
            _check_range(check, key, part)
    check.raise_if_any()
    return document


def ranges_of(document: Mapping[str, Any]) -> Mapping[str, int]:
    """Return the ranges that a market file gives, each with its sign."""
    return {**RANGES, WORK_MINUTES: 1} if WORK_MINUTES in document else RANGES


def parts_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the parts of a market file that have sources; an empty one where a part is missing."""
    given = {key: document.get(key, {}) for key in ("rules", "leverage_cap", *ranges_of(document))}
    return {key: part if isinstance(part, Mapping) else {} for key, part in given.items()}


def _check_rules(check: Checker, rules: Mapping[str, Any]) -> None:
    check.choice("rules.fund_layer", rules.get("fund_layer"), ("fund", "vault"))
    check.choice("rules.preset", rules.get("preset"), venue_preset_names())
    check.whole("rules.start_hour", rules.get("start_hour"), least=0, most=23)
    for key in ("fund_scope", "fund_drawdown"):
        if not rules.get(key):
            check.add(f"rules.{key}", "a text", rules.get(key))
    for key in sorted(set(rules) - RULE_FIELDS - RULE_WORDS):
        check.add(f"rules.{key}", "a field of rules", rules[key])


def _check_source(check: Checker, key: str, part: Mapping[str, Any]) -> None:
    check.choice(f"{key}.kind", part.get("kind"), KINDS)
    sources = part.get("source")
    if not (isinstance(sources, list) and sources and all(_is_address(source) for source in sources)):
        check.add(f"{key}.source", "a list of addresses (https://... or data/...)", sources)
    if not part.get("date"):
        check.add(f"{key}.date", "when the figure was so", part.get("date"))
    if part.get("kind") == "assumed" and not part.get("note"):
        check.add(f"{key}.note", "the reason of what is assumed", part.get("note"))


def _is_address(source: object) -> bool:
    return isinstance(source, str) and source.startswith(("https://", "http://", "data/"))


def _check_range(check: Checker, key: str, part: Mapping[str, Any]) -> None:
    ends: list[Any] = [part.get(end) for end in RANGE_ENDS]
    wrong = [(end, value) for end, value in zip(RANGE_ENDS, ends, strict=True) if not is_number(value) or value <= 0]
    for end, value in wrong:
        check.add(f"{key}.{end}", "a number > 0", value)
    if not wrong and ends != sorted(ends):
        check.add(key, "low <= best <= high", ends)
    if not part.get("unit"):
        check.add(f"{key}.unit", "a text", part.get("unit"))
