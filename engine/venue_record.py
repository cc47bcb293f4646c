"""A venue as compiled code reads it: its settings as one record, the tiers of its fund as a table."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Floats
from engine.conditions import FOLLOWED, Follow
from engine.contracts import INVERSE
from engine.impact import LINEAR_LAW
from engine.kernel.state import VENUE_DTYPE, Record
from engine.venue import FUND_KEYS, FUND_PAYOUTS, Venue

_SAME_NAME = (
    "liquidation_fee",
    "liquidation_fraction",
    "min_size",
    "depth",
    "thinning",
    "index_weight",
    "fund",
    "fund_max_drawdown",
    "venue_capital",
    "backstop",
    "depth_floor",
    "halt_steps",
    "is_penalty_beyond_equity",
    "settlement_interval",
)


def venue_record(venue: Venue, contract: str, pool_cap: float) -> NDArray[np.void]:
    """Return the settings of a venue as a one-element structured array for the kernel."""
    record = np.zeros(1, VENUE_DTYPE)
    row = record[0]
    for name in _SAME_NAME:
        row[name] = getattr(venue, name)
    row["backstop_kept"] = (1.0 - pool_cap) * venue.vault
    row["decay"] = 2.0 ** (-1.0 / venue.impact_half_life)
    _write_follow(row, "margin", venue.maintenance_scale or Follow(1.0, low=1.0, high=venue.dynamic_margin_cap))
    row["has_margin_scale"] = venue.maintenance_scale is not None or venue.dynamic_margin_cap > 1.0
    row["has_band_follow"] = isinstance(venue.price_band, Follow)
    if isinstance(venue.price_band, Follow):
        _write_follow(row, "band", venue.price_band)
    else:
        row["band_base"] = venue.price_band
    row["fund_target"] = venue.fund_target or 0.0
    row["fund_key"], row["is_pooled"] = FUND_KEYS.index(venue.fund_key), venue.fund_payout == FUND_PAYOUTS[1]
    row["margin_decay"] = 2.0 ** (-1.0 / venue.dynamic_margin_half_life)
    row["reference_variance"] = venue.reference_volatility**2
    row["has_volatility"] = _looks_at_volatility(venue) or row["has_margin_scale"] or row["has_band_follow"]
    row["is_inverse"] = contract == INVERSE
    row["is_linear_impact"] = venue.impact == LINEAR_LAW
    row["is_residual_to_trader"] = venue.residual_margin == "trader"
    row["is_entry_maintenance"] = venue.maintenance_basis == "entry"
    write_position_limit(row, venue)
    row["has_peak_window"] = venue.fund_peak_window is not None
    row["peak_window"] = venue.fund_peak_window or 0
    row["is_entry_base"] = venue.profit_base == "entry"
    return record


def write_position_limit(row: Record, venue: Venue) -> None:
    """Write into a record what the fund keeps of its positions over a step, and of those that it takes over in it.

    They come in evenly over the step and leave by half in a half-life: (1 - d) / -ln d of them are left at its end.
    """
    decay = 2.0 ** (-1.0 / venue.fund_position_half_life)
    row["has_position_limit"] = venue.fund_position_limit < math.inf
    row["fund_position_limit"], row["fund_position_decay"] = venue.fund_position_limit, decay
    row["fund_intake"] = 1.0 if decay == 1.0 else (1.0 - decay) / -math.log(decay) if decay > 0.0 else 0.0


def _write_follow(row: Record, name: str, follow: Follow) -> None:
    """Write a setting that follows the market into the fields of a record that begin with its name."""
    for part in ("base", "slope", "low", "high"):
        row[f"{name}_{part}"] = getattr(follow, part)
    row[f"is_{name}_by_liquidity"] = follow.by == FOLLOWED[1]


def _looks_at_volatility(venue: Venue) -> bool:
    """Tell whether depth or a rule needs the volatility of the mark."""
    triggers = [rule.trigger for rule in venue.rules if rule.trigger is not None]
    is_triggered = any(one.quantity in FOLLOWED for one in triggers)
    return venue.depth_floor < 1.0 or is_triggered or any(rule.follows for rule in venue.rules)


def tiers_of(venue: Venue) -> Floats:
    """Return the fund's tiers, (m, 2): money below which each acts, and its rate."""
    tiers = np.array(venue.fund_tiers, dtype=np.float64).reshape(-1, 2)
    tiers[:, 0] *= venue.fund_target or 1.0
    return tiers
