"""Shortfall's engine: liquidation cascades, insurance funds and loss sharing, every dollar accounted for."""

from engine.book import Book
from engine.drawing.books import BookModel, Position, draw_book
from engine.drawing.paths import PathModel, draw_paths
from engine.errors import ConservationError, EngineError, InputError, UnknownNameError
from engine.ledger import Flow, Ledger
from engine.margin import bankruptcy_price, equity, liquidation_price
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate
from engine.placement import CLEARING_ORDERS, apply_venue, ordered_layers, with_own_capital
from engine.presets import (
    ClearingHouse,
    Preset,
    Recorded,
    VenuePreset,
    clearing_house_names,
    load_clearing_house,
    load_preset,
    load_venue_preset,
    preset_names,
    venue_preset_names,
)
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
from engine.scenario import Scenario, run_scenario
from engine.sharing.allocation import Allocation, allocate
from engine.sharing.deleveraging import Deleveraging, auto_deleverage
from engine.sharing.policies import POLICIES
from engine.sharing.waterfall import DefaultWaterfall, Layer, default_waterfall
from engine.simulation import Run, simulate
from engine.venue import Venue
from engine.warm_up import warm_up

__all__ = [
    "CLEARING_ORDERS",
    "POLICIES",
    "Allocation",
    "Book",
    "BookModel",
    "BreakingPath",
    "ClearingHouse",
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
    "PathModel",
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
    "UnknownNameError",
    "Venue",
    "VenuePreset",
    "airport_shares",
    "allocate",
    "apply_venue",
    "auto_deleverage",
    "bankruptcy_price",
    "clearing_house_names",
    "contribution_rate",
    "cost_curve",
    "cover",
    "default_waterfall",
    "draw_book",
    "draw_paths",
    "equity",
    "estimate",
    "grid",
    "largest_crash",
    "leverage_equilibrium",
    "likeliest_break",
    "liquidation_price",
    "load_clearing_house",
    "load_preset",
    "load_venue_preset",
    "margin_shares",
    "ordered_layers",
    "position_cost",
    "preset_names",
    "run_scenario",
    "shapley_shares",
    "shapley_value",
    "simulate",
    "size_fund",
    "solve_setting",
    "sweep",
    "systemic_report",
    "venue_preset_names",
    "warm_up",
    "what_halves",
    "with_own_capital",
]
