"""Settings of a venue: margin, liquidation, order book, fund, waterfall and loss-sharing policy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from engine.accounts.markets import LIQUIDATION_ORDERS, Asset, VenueMarket, check_listed, check_markets, read_listed
from engine.conditions import Follow, read_as
from engine.errors import Checker, is_number
from engine.impact import IMPACT_LAWS, SQUARE_ROOT
from engine.offset_rules import OffsetRule, check_follow, check_policy, check_rules, read_options, read_rules
from engine.sharing.policy_record import Policy

MAINTENANCE_BASES = ("mark", "entry")
RESIDUAL_MARGIN = ("fund", "trader")
PROFIT_BASES = ("entry", "settlement")
FUND_PAYOUTS = ("in_order", "pro_rata")
FUND_KEYS = ("size", "margin", "record", "weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A derivatives venue as docs/MODEL.md sections 2 to 5 describe it.

    Money is in the settlement currency (USD for linear, coin for inverse contracts), rates are fractions, time is in
    steps. Every violation is reported in one InputError.

    Parameters
    ----------
    maintenance_rate : float
        Maintenance margin as a fraction of notional, for books that bring no rate of their own.
    brackets : tuple of (notional floor, rate, amount)
        Margin table; when given it replaces `maintenance_rate`: the row that holds the notional of the moment. Rates
        must not fall, and amounts must join the rows: a_k = a_(k-1) + floor_k (m_k - m_(k-1)); None stands for
        that amount.
    maintenance_basis : {"mark", "entry"}
        Price at which the notional of the maintenance requirement is taken (Bybit: entry).
    liquidation_fee : float
        Fee on the notional of a forced trade, taken from what equity is left, paid to the fund.
    is_penalty_beyond_equity : bool
        True: the fee is due in full; what the equity left does not pay of it is a deficit (Perp v2).
    residual_margin : {"fund", "trader"}
        Who keeps the equity that a solvent liquidation leaves after the fee.
    liquidation_fraction, min_size : float
        Share of a position that one forced order closes, its margin staying with the rest; all of it for a stop, where
        the position is bankrupt at the mark, and when at most `min_size` would remain.
    depth : float
        USD that move the price 1 % (log); infinity for a market without price impact.
    impact : {"square_root", "linear"}
        Law of price impact: linear up to the depth and a square root of the net forced flow beyond it, or linear.
    depth_floor : float
        Depth x clip(reference volatility / EWMA volatility, floor, 1) at the start of each step; 1: constant depth.
    impact_half_life : float
        Steps in which the net forced flow (linear: the displacement) decays by half; infinity for permanent impact.
    thinning : float
        Depth is divided by 1 + thinning * 100 |impact|; the linear law alone has it.
    index_weight : float
        0 marks at the venue's own book, 1 at the reference price of other venues.
    price_band, halt_steps : float or Follow, int
        Largest |log displacement| before forced trading halts, and for how many further steps.
    fund, fund_max_drawdown, fund_peak_window : float, float, int or None
        Insurance fund, the share of its peak that it may lose, and the steps over which the peak is taken (None: all).
    fund_position_limit, fund_position_half_life : float, float
        Positions that the fund may hold at most, net, as a share of its money (infinity: no limit), and the steps in
        which half of what it has taken over is worked off. Deleveraging replaces an order beyond the limit.
    fund_target, fund_tiers : float or None, tuple of (level, rate)
        What the fund should hold, money > 0, and tiers: levels fall, rates rise. While the fund is below level * target
        open positions pay, at the end of each step, rate * notional into it in all; the deepest tier's rate counts.
    fund_key : {"size", "margin", "record", "weight"}
        What those contributions are shared by: notional, collateral at entry, notional x track record, or the book's
        own weights (component ES: engine.component_shortfall).
    fund_payout : {"in_order", "pro_rata"}
        Whether fund, capital and backstop pay deficits as they arise, or at the settlement the same share of each.
    venue_capital : float
        The venue's own capital in the waterfall.
    default_fund, assessment_cap, vault : tuple of float, float, float
        Backstop: members' contributions, assessments up to cap x contribution, equity of a liquidity-provider vault.
    policy, policy_options : str or Policy, mapping
        Loss-allocation policy, a name from engine.POLICIES or one of your own by value, and its parameters, of which a
        number may be a Follow.
    offset_rules : tuple of OffsetRule, or None
        Rules that are tried in order in place of `policy`, which is then not looked at.
    profit_base, settlement_interval : {"entry", "settlement"}, int
        What counts as chargeable profit, and every how many steps losses are shared.
    dynamic_margin_cap, dynamic_margin_half_life, reference_volatility : float
        Maintenance requirement x clip(EWMA volatility / reference volatility, 1, cap), a rate at most 0.999; cap 1
        switches it off. Volatilities are standard deviations of log returns per step, the half-life is in steps.
    maintenance_scale : Follow or None
        What the maintenance requirement is multiplied by in place of dynamic margin, a rate at most 0.999.
    markets : tuple of VenueMarket, or of mappings of its fields
        The contracts of a venue with several, in the order of `Book.market`; each has order book, minimum size and
        price band of its own, and the flat settings of those are left out.
    assets : tuple of Asset, or of mappings of its fields
        What margins accounts besides cash, in the order of the columns of `Book.units`.
    liquidation_order, liquidation_seed : {"pro_rata", "largest_loss", "largest_notional", "random"}, int
        What one turn of an account closes: a part of every position, or of the one that leads.
    liquidation_target : float
        An account in liquidation is left alone when its margin is above this many times its requirement, >= 1.
    piece : float
        Largest |log move| of any market between two looks at the accounts of `Book.account`; infinity: a step happens
        at once.
    """

    maintenance_rate: float = 0.005
    brackets: tuple[tuple[float, float, float], ...] = ()
    maintenance_basis: str = "mark"
    liquidation_fee: float = 0.0
    is_penalty_beyond_equity: bool = False
    residual_margin: str = "fund"
    liquidation_fraction: float = 1.0
    min_size: float = 0.0
    depth: float = cast(float, None)  # needed, but where `markets` have their own
    impact: str = SQUARE_ROOT
    depth_floor: float = 1.0
    impact_half_life: float = math.inf
    thinning: float = 0.0
    index_weight: float = 0.0
    price_band: float | Follow = math.inf
    halt_steps: int = 0
    fund: float = 0.0
    fund_max_drawdown: float = 1.0
    fund_peak_window: int | None = None
    fund_position_limit: float = math.inf
    fund_position_half_life: float = math.inf
    fund_target: float | None = None
    fund_tiers: tuple[tuple[float, float], ...] = ()
    fund_key: str = FUND_KEYS[0]
    fund_payout: str = FUND_PAYOUTS[0]
    venue_capital: float = 0.0
    default_fund: tuple[float, ...] = ()
    assessment_cap: float = 0.0
    vault: float = 0.0
    policy: str | Policy = "profit_prorata"
    policy_options: Mapping[str, Any] = field(default_factory=dict)
    offset_rules: tuple[OffsetRule, ...] | None = None
    profit_base: str = "entry"
    settlement_interval: int = 1
    dynamic_margin_cap: float = 1.0
    dynamic_margin_half_life: float = 12.0
    reference_volatility: float = 0.002
    maintenance_scale: Follow | None = None
    markets: tuple[VenueMarket, ...] = ()
    liquidation_order: str = LIQUIDATION_ORDERS[0]
    liquidation_seed: int = 0
    liquidation_target: float = 1.0
    piece: float = 0.001
    assets: tuple[Asset, ...] = ()

    def __post_init__(self) -> None:
        """Normalize containers and validate every field."""
        if self.depth is None and isinstance(self.markets, Sequence) and not self.markets:
            raise TypeError("Venue() missing 1 required keyword-only argument: 'depth'")
        check = Checker("venue")
        self._normalize(check)
        check.raise_if_any()
        self._check_margin(check)
        self._check_market(check)
        self._check_layers(check)
        self._check_tiers(check)
        self._check_rules(check)
        check_markets(check, self)
        check_listed(check, "assets", self.assets)
        check.raise_if_any()

    def _normalize(self, check: Checker) -> None:
        """Freeze the containers; what has the wrong shape is a violation."""
        brackets, members, options = self.brackets, self.default_fund, self.policy_options
        if _is_sequence(brackets) and all(_is_sequence(row) and len(row) == 3 for row in brackets):
            object.__setattr__(self, "brackets", _with_amounts(brackets))
        else:
            check.add("brackets", "rows of (notional floor, rate, amount)", brackets)
        if _is_sequence(members):
            object.__setattr__(self, "default_fund", tuple(members))
        else:
            check.add("default_fund", "a sequence of contributions", members)
        if isinstance(options, Mapping):
            object.__setattr__(self, "policy_options", MappingProxyType(read_options(check, "policy_options", options)))
        else:
            check.add("policy_options", "a mapping of option names to values", options)
        object.__setattr__(self, "offset_rules", read_rules(check, self.offset_rules))
        for name in ("markets", "assets"):
            object.__setattr__(self, name, read_listed(check, name, getattr(self, name)))
        for name in ("price_band", "maintenance_scale"):
            object.__setattr__(self, name, read_as(Follow, check, name, getattr(self, name)))
        tiers = self.fund_tiers
        if _is_sequence(tiers) and all(_is_sequence(row) and len(row) == 2 for row in tiers):
            object.__setattr__(self, "fund_tiers", tuple(tuple(row) for row in tiers))
        else:
            check.add("fund_tiers", "rows of (level, rate)", tiers)

    def __hash__(self) -> int:
        """Hash by value, the options included."""
        options = tuple(sorted(self.policy_options.items(), key=str))
        return hash((options, *(getattr(self, name) for name in _HASHED)))

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from plain values, so that settings cross process boundaries."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["policy_options"] = dict(self.policy_options)
        return partial(Venue, **values), ()

    def _check_margin(self, check: Checker) -> None:
        check.number("maintenance_rate", self.maintenance_rate, least=0, most=0.999)
        check.number("liquidation_fee", self.liquidation_fee, least=0, most=1)
        check.choice("maintenance_basis", self.maintenance_basis, MAINTENANCE_BASES)
        if not isinstance(self.is_penalty_beyond_equity, bool):
            check.add("is_penalty_beyond_equity", "True or False", self.is_penalty_beyond_equity)
        check.choice("residual_margin", self.residual_margin, RESIDUAL_MARGIN)
        check.number("liquidation_fraction", self.liquidation_fraction, above=0, most=1)
        check.number("min_size", self.min_size, least=0)
        check.number("dynamic_margin_cap", self.dynamic_margin_cap, least=1)
        check.number("dynamic_margin_half_life", self.dynamic_margin_half_life, above=0)
        check.number("reference_volatility", self.reference_volatility, above=0, most=1e6)
        self._check_brackets(check)

    def _check_brackets(self, check: Checker) -> None:
        """Require rising floors, rates that do not fall, and amounts that make the requirement continuous."""
        before: tuple[float, float, float] | None = None
        for row, (floor, rate, amount) in enumerate(self.brackets):
            name = f"brackets[{row}]"
            check.number(f"{name}.floor", floor, least=0)
            check.number(f"{name}.rate", rate, least=0, most=0.999)
            check.number(f"{name}.amount", amount, least=0)
            if not all(map(is_number, (floor, rate, amount))):
                return
            if before is not None and not floor > before[0]:
                check.add(f"{name}.floor", f"> {before[0]:g}", floor)
            elif before is not None and rate < before[1]:
                check.add(f"{name}.rate", f">= {before[1]:g}, that of the row before", rate)
            elif before is not None:
                right = _joining_amount(before, floor, rate)
                if abs(amount - right) > max(1e-6 * right, 1e-9 * floor):
                    check.add(f"{name}.amount", f"{right:.12g}, which joins it to the row before", amount)
            before = (floor, rate, amount)

    def _check_market(self, check: Checker) -> None:
        if not self.markets:
            check.number("depth", self.depth, above=0, infinite=True)
        check.number("impact_half_life", self.impact_half_life, above=0, infinite=True)
        check.choice("impact", self.impact, IMPACT_LAWS)
        check.number("depth_floor", self.depth_floor, above=0, most=1)
        check.number("thinning", self.thinning, least=0)
        if self.impact == SQUARE_ROOT and is_number(self.thinning) and self.thinning > 0:
            check.add("thinning", f"0 with impact {SQUARE_ROOT!r}", self.thinning)
        check.number("index_weight", self.index_weight, least=0, most=1)
        if isinstance(self.price_band, Follow):
            check_follow(check, "price_band", self.price_band, self, above=0)
        else:
            check.number("price_band", self.price_band, above=0, infinite=True)
        check.whole("halt_steps", self.halt_steps, least=0)

    def _check_layers(self, check: Checker) -> None:
        check.number("fund", self.fund, least=0)
        check.number("fund_max_drawdown", self.fund_max_drawdown, least=0, most=1)
        if self.fund_peak_window is not None:
            check.whole("fund_peak_window", self.fund_peak_window, least=0)
        check.number("fund_position_limit", self.fund_position_limit, above=0, infinite=True)
        check.number("fund_position_half_life", self.fund_position_half_life, above=0, infinite=True)
        if self.fund_payout in FUND_PAYOUTS[1:] and self.fund_position_limit != math.inf:
            check.add(
                "fund_position_limit", f"infinity with fund_payout {self.fund_payout!r}", self.fund_position_limit
            )
        check.number("venue_capital", self.venue_capital, least=0)
        for member, contribution in enumerate(self.default_fund):
            check.number(f"default_fund[{member}]", contribution, least=0)
        check.number("assessment_cap", self.assessment_cap, least=0)
        check.number("vault", self.vault, least=0)
        check.choice("profit_base", self.profit_base, PROFIT_BASES)
        check.whole("settlement_interval", self.settlement_interval, least=1)

    def _check_tiers(self, check: Checker) -> None:
        """Require a target where there are tiers, levels that fall and rates that rise."""
        if self.fund_target is not None:
            check.number("fund_target", self.fund_target, above=0)
        elif self.fund_tiers:
            check.add("fund_target", "given where there are fund_tiers", None)
        check.choice("fund_key", self.fund_key, FUND_KEYS)
        check.choice("fund_payout", self.fund_payout, FUND_PAYOUTS)
        before: tuple[float, float] | None = None
        for row, (level, rate) in enumerate(self.fund_tiers):
            check.number(f"fund_tiers[{row}].level", level, above=0)
            check.number(f"fund_tiers[{row}].rate", rate, above=0, most=1)
            if not (is_number(level) and is_number(rate)):
                return
            if before is not None and not level < before[0]:
                check.add(f"fund_tiers[{row}].level", f"< {before[0]:g}: the levels of tiers fall", level)
            if before is not None and not rate > before[1]:
                check.add(f"fund_tiers[{row}].rate", f"> {before[1]:g}: the rates of tiers rise", rate)
            before = (level, rate)

    def _check_rules(self, check: Checker) -> None:
        """Require a policy or a list of rules that the engine knows, with settings that can follow the market."""
        if self.offset_rules is None:
            check_policy(check, "policy", "policy_options", self.policy, self.policy_options, self)
        check_rules(check, self)
        if self.maintenance_scale is None:
            return
        if not isinstance(self.maintenance_scale, Follow):
            check.add("maintenance_scale", "a Follow or None", self.maintenance_scale)
            return
        check_follow(check, "maintenance_scale", self.maintenance_scale, self, above=0)
        if self.dynamic_margin_cap != 1:
            check.add("dynamic_margin_cap", "1 with a maintenance_scale in its place", self.dynamic_margin_cap)

    @property
    def rules(self) -> tuple[OffsetRule, ...]:
        """The list of rules, of one where the policy stands alone."""
        return self.offset_rules or (OffsetRule(policy=self.policy, options=self.policy_options),)

    @property
    def is_plain(self) -> bool:
        """Whether one policy shares what the layers could not pay as deficits arose, and nothing of it follows."""
        has_follow = any(isinstance(value, Follow) for value in self.policy_options.values())
        return self.offset_rules is None and self.fund_payout == FUND_PAYOUTS[0] and not has_follow

    @property
    def has_changing_depth(self) -> bool:
        """Whether depth follows volatility, so that liquidity is measured."""
        return is_number(self.depth) and is_number(self.depth_floor) and self.depth_floor < 1.0

    @property
    def backstop(self) -> float:
        """What the backstop can pay at most: contributions, assessments and the vault."""
        return sum(self.default_fund) * (1.0 + self.assessment_cap) + self.vault


def _is_sequence(value: object) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def _joining_amount(before: tuple[float, float, float], floor: float, rate: float) -> float:
    """Return the amount of a row that makes the requirement continuous at its floor."""
    return before[2] + floor * (rate - before[1])


def _with_amounts(brackets: Sequence[Sequence[float | None]]) -> tuple[tuple[float, float, float], ...]:
    """Return the rows with the amounts that were left out."""
    rows: list[Any] = []
    for floor, rate, amount in brackets:
        if amount is None and is_number(floor) and is_number(rate):
            amount = _joining_amount(rows[-1], floor, rate) if rows and all(map(is_number, rows[-1])) else 0.0
        rows.append((floor, rate, amount))
    return tuple(rows)


_HASHED = tuple(field.name for field in fields(Venue) if field.name != "policy_options")  # values that hash themselves
