"""Settings that consist of parts as trees of mappings, lists and plain values, as files, links and --set have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from engine.conditions import Follow, Trigger
from engine.errors import Checker
from engine.offset_rules import OffsetRule


def with_part(check: Checker, name: str, tree: object, parts: list[str], value: object) -> object:
    """Return a tree of mappings and lists with the value at the end of a path replaced; lists go by number."""
    if not parts:
        return value
    first, *rest = parts
    if not isinstance(tree, list):
        known = tree if isinstance(tree, dict) else {}
        return known | {first: with_part(check, name, known.get(first), rest, value)}
    if not first.isdecimal() or int(first) >= len(tree):
        check.add(name, f"a place in a list of {len(tree)}, counted from 0", first)
        return tree
    at = int(first)
    return [*tree[:at], with_part(check, name, tree[at], rest, value), *tree[at + 1 :]]


def tree_of(value: object) -> object:
    """Return a setting as mappings, lists and plain values, as files have them."""
    if isinstance(value, OffsetRule | Trigger | Follow):
        return {f.name: tree_of(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): tree_of(item) for key, item in value.items()}
    return [tree_of(item) for item in value] if isinstance(value, tuple | list) else value
