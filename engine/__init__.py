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
from engine.montecarlo.study import Study
from engine.presets import Preset, load_preset, preset_names
from engine.questions.backward import Solution, solve_setting
from engine.questions.contributions import ContributionRate, contribution_rate
from engine.questions.crash_limit import LargestCrash, largest_crash
from engine.questions.fairness import profit_before_charges, recorded_value, winners
from engine.questions.figures import study_of
from engine.questions.fund import FundSizes, cover, size_fund
from engine.questions.position import (
    CostReduction,
    PositionCost,
    PositionSpec,
    cost_reductions,
    place_position,
    position_cost,
    trader_cost,
)
from engine.questions.reaction import Equilibrium, LeverageGroup, leverage_equilibrium, reaction_groups
from engine.questions.reverse_stress import BreakingPath, likeliest_break
from engine.questions.shapley import airport_shares, shapley_value
from engine.questions.sweep import SweepError, grid, sweep
from engine.questions.systemic import ContributionShares, SystemicReport, contribution_shares, systemic_report
from engine.rare_events.pilot import plan_tilts
from engine.rare_events.plans import DegenerateWeightsError, TiltPlan
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
    "POLICIES",
    "Allocation",
    "Book",
    "BookModel",
    "BreakingPath",
    "ConservationError",
    "ContributionRate",
    "ContributionShares",
    "CostReduction",
    "DefaultWaterfall",
    "DegenerateWeightsError",
    "Deleveraging",
    "EngineError",
    "Equilibrium",
    "Estimate",
    "Estimated",
    "Flow",
    "FundSizes",
    "InputError",
    "LargestCrash",
    "Layer",
    "Ledger",
    "LeverageGroup",
    "PathModel",
    "Position",
    "PositionCost",
    "PositionSpec",
    "Preset",
    "Run",
    "Scenario",
    "Solution",
    "Study",
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
    "contribution_shares",
    "cost_reductions",
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
    "place_position",
    "plan_tilts",
    "position_cost",
    "preset_names",
    "profit_before_charges",
    "reaction_groups",
    "recorded_value",
    "run_scenario",
    "shapley_value",
    "simulate",
    "size_fund",
    "solve_setting",
    "study_of",
    "sweep",
    "systemic_report",
    "trader_cost",
    "warm_up",
    "winners",
]
