"""Shortfall's engine: liquidation cascades, insurance funds and loss sharing, every dollar accounted for."""

from engine.allocation import Allocation, allocate
from engine.behavior import Equilibrium, LeverageGroup, leverage_equilibrium
from engine.book import Book
from engine.contributions import ContributionRate, contribution_rate
from engine.crash_limit import LargestCrash, largest_crash
from engine.deleveraging import Deleveraging, auto_deleverage
from engine.drawing import BookModel, Position, draw_book
from engine.errors import ConservationError, EngineError, InputError, UnknownNameError
from engine.estimates import Estimate
from engine.importance import DegenerateWeightsError, TiltPlan
from engine.inverse import Solution, solve_setting
from engine.ledger import Flow, Ledger
from engine.margin import bankruptcy_price, equity, liquidation_price
from engine.montecarlo import estimate
from engine.paths import PathModel, draw_paths
from engine.policies import POLICIES
from engine.position import PositionCost, position_cost
from engine.position_changes import Halving, cost_curve, what_halves
from engine.presets import Preset, load_preset, preset_names
from engine.reverse_stress import BreakingPath, likeliest_break
from engine.risk import Estimated
from engine.scenario import Scenario, run_scenario
from engine.settings import Venue
from engine.shapley import airport_shares, shapley_value
from engine.simulation import Run, simulate
from engine.sizing import FundSizes, cover, size_fund
from engine.sweep import SweepError, grid, sweep
from engine.systemic import SystemicReport, margin_shares, shapley_shares, systemic_report
from engine.tilts import Tilt
from engine.warm_up import warm_up
from engine.waterfall import DefaultWaterfall, Layer, default_waterfall

__all__ = [
    "POLICIES",
    "Allocation",
    "Book",
    "BookModel",
    "BreakingPath",
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
    "Run",
    "Scenario",
    "Solution",
    "SweepError",
    "SystemicReport",
    "Tilt",
    "TiltPlan",
    "UnknownNameError",
    "Venue",
    "airport_shares",
    "allocate",
    "auto_deleverage",
    "bankruptcy_price",
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
    "load_preset",
    "margin_shares",
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
    "warm_up",
    "what_halves",
]
