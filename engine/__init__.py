"""Shortfall's engine: liquidation cascades, insurance funds and loss sharing, every dollar accounted for."""

from engine.book import Book
from engine.drawing.books import BookModel, Position, draw_book
from engine.drawing.paths import PathModel, draw_paths
from engine.errors import ConservationError, EngineError, InputError, UnknownNameError
from engine.kernel.state import TradeKind
from engine.ledger import Flow, Ledger
from engine.margin import bankruptcy_price, equity, liquidation_price
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.many_paths import default_threads
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate
from engine.presets import Preset, Recorded, load_preset, preset_names
from engine.questions.behavior import Equilibrium, LeverageGroup, leverage_equilibrium
from engine.questions.contributions import ContributionRate, contribution_rate
from engine.questions.crash_limit import LargestCrash, largest_crash
from engine.questions.inverse import Solution, solve_setting
from engine.questions.position import PositionCost, position_cost
from engine.questions.position_changes import Halving, cost_curve, what_halves
from engine.questions.reverse_stress import BreakingPath, likeliest_break
from engine.questions.shapley import airport_shares, shapley_value
from engine.questions.sizing import FundSizes, cover, size_fund
from engine.questions.sweep import SweepError, grid, sweep
from engine.questions.systemic import SystemicReport, margin_shares, shapley_shares, systemic_report
from engine.rare_events.importance import DegenerateWeightsError, TiltPlan
from engine.rare_events.tilts import Tilt
from engine.scenario import (
    SECTIONS,
    Scenario,
    fall_of,
    run_scenario,
    scenario_book,
    to_document,
    with_depth,
    with_values,
)
from engine.sharing.allocation import Allocation, allocate
from engine.sharing.deleveraging import Deleveraging, auto_deleverage
from engine.sharing.policies import POLICIES
from engine.sharing.policy_record import Claim, Option, Policy
from engine.sharing.waterfall import DefaultWaterfall, Layer, default_waterfall
from engine.simulation import Run, simulate
from engine.venue import Venue
from engine.venue_presets import apply_venue, load_venue_preset, venue_preset_names
from engine.warm_up import warm_up

__all__ = [
    "POLICIES",
    "SECTIONS",
    "Allocation",
    "Book",
    "BookModel",
    "BreakingPath",
    "Claim",
    "ConservationError",
    "ContributionRate",
    "DefaultWaterfall",
    "DegenerateWeightsError",
    "Deleveraging",
    "EngineError",
    "Equilibrium",
    "Estimate",
    "Estimated",
    "Flow",
    "FundSizes",
    "Halving",
    "InputError",
    "LargestCrash",
    "Layer",
    "Ledger",
    "LeverageGroup",
    "Option",
    "PathModel",
    "Policy",
    "Position",
    "PositionCost",
    "Preset",
    "Recorded",
    "Run",
    "Scenario",
    "Solution",
    "SweepError",
    "SystemicReport",
    "Tilt",
    "TiltPlan",
    "TradeKind",
    "UnknownNameError",
    "Venue",
    "airport_shares",
    "allocate",
    "apply_venue",
    "auto_deleverage",
    "bankruptcy_price",
    "contribution_rate",
    "cost_curve",
    "cover",
    "default_threads",
    "default_waterfall",
    "draw_book",
    "draw_paths",
    "equity",
    "estimate",
    "fall_of",
    "grid",
    "largest_crash",
    "leverage_equilibrium",
    "likeliest_break",
    "liquidation_price",
    "load_preset",
    "load_venue_preset",
    "margin_shares",
    "position_cost",
    "preset_names",
    "run_scenario",
    "scenario_book",
    "shapley_shares",
    "shapley_value",
    "simulate",
    "size_fund",
    "solve_setting",
    "sweep",
    "systemic_report",
    "to_document",
    "venue_preset_names",
    "warm_up",
    "what_halves",
    "with_depth",
    "with_values",
]
