"""Shortfall's engine: liquidation cascades, insurance funds and loss sharing, every dollar accounted for.

What is imported here is the public face: `__all__` follows from the imports.
"""

# ruff: noqa: F401

import inspect

from engine.accounts.ledger import AccountLedger
from engine.accounts.margin import AccountMargin, account_margin
from engine.accounts.markets import LIQUIDATION_ORDERS, Asset, VenueMarket
from engine.accounts.presets import CollateralPreset, collateral_preset_names, load_collateral_preset
from engine.accounts.run import AccountRun
from engine.book import Book
from engine.comparison import Beside, Figure, beside_record, compare_with_record, verdict
from engine.conditions import COMPARISONS, FOLLOWED, QUANTITIES, Follow, Trigger
from engine.day_presets import day_bounds, is_day, load_preset
from engine.day_requests import PreparedDays, Standing, prepare_days, standing
from engine.drawing.book_settings import BookModel, Position
from engine.drawing.books import draw_book
from engine.drawing.depeg import AssetModel
from engine.drawing.joint_settings import JointPathModel
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import draw_paths
from engine.errors import ConservationError, EngineError, InputError, UnknownNameError
from engine.events import KINDS as EVENT_KINDS
from engine.events import PAYERS, Event, load_event, load_events
from engine.hindcast import Hindcast, hindcast, safety_factor
from engine.history import RecordedDays, recorded_coins, recorded_days, recorded_prices
from engine.kernel.state import TradeKind
from engine.laws.cases import Case, law_cases
from engine.laws.checks import LAW_TABLE, Outcome
from engine.laws.matrix import SEARCHED as LAWS_SEARCHED
from engine.laws.matrix import (
    Counterexample,
    Verdict,
    counterexample,
    law_matrix,
    list_counterexample,
    list_verdicts,
)
from engine.laws.venue_numbers import VenueNumbers, venue_numbers
from engine.ledger import Flow, Ledger
from engine.margin import bankruptcy_price, equity, liquidation_price
from engine.market_files import Range
from engine.markets import Market, load_market, market_names
from engine.montecarlo.account_paths import AccountEstimate
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.many_paths import default_threads
from engine.montecarlo.risk import Estimated, expected_shortfall, mean, probability, value_at_risk
from engine.montecarlo.runs import estimate
from engine.montecarlo.study import Study
from engine.offset_rules import LIMITS, OffsetRule, tree_of
from engine.own_book import OwnBook, with_own_book, with_own_prices
from engine.own_data.doors import load_book, load_prices, own_book, read_book, read_prices, read_table
from engine.own_data.layouts import BOOK_FIELDS, LAYOUTS, PRICE_FIELDS
from engine.own_data.records import BookFile, PriceFile, Table, WrongCell, cell_text
from engine.own_data.venues import read_brackets, read_venue, with_table
from engine.own_presets import forget, is_own, keep_preset, keep_venue, load_venue_preset, own_name, scaled_book
from engine.placement import CLEARING_ORDERS, apply_venue, ordered_layers, with_own_capital
from engine.presets import (
    IDEAS,
    ClearingHouse,
    Preset,
    Recorded,
    Variant,
    VenuePreset,
    clearing_house_names,
    load_clearing_house,
    preset_names,
    venue_preset_names,
)
from engine.questions.backward import LargestCrash, Solution, largest_crash, solve_setting
from engine.questions.coin_accounts import measure_coins, naked_exposure
from engine.questions.contagion import COINS as CONTAGION_COINS
from engine.questions.contagion import CoinFall, Contagion, ContagionMatrix, coin_fall, coin_ladder, contagion
from engine.questions.fairness import (
    WhoPays,
    Winners,
    gain_before_charges,
    group_shares,
    lorenz,
    lost_shares,
    profit_before_charges,
    recorded_value,
    who_pays,
    winners,
)
from engine.questions.figures import estimate_scenario, study_of
from engine.questions.fund import ContributionRate, FundSizes, contribution_rate, cover, is_rare, size_fund
from engine.questions.game_search import GAME_CHOICES, SEARCHED, FoundPolicies, found_policies, searched_seeds
from engine.questions.game_seasons import GameSeason, game_seasons
from engine.questions.mutualization import RuleFlow, component_shortfall, rule_flows, track_record
from engine.questions.october_accounts import OctoberQuestion, OwnHedge, october_coins, october_run
from engine.questions.october_record import HedgeDay, OctoberRun
from engine.questions.portfolio import PortfolioDays, RuleDays, portfolio_days
from engine.questions.portfolio_books import Leg, Others, Portfolio
from engine.questions.position import (
    CostReduction,
    PositionCost,
    PositionSpec,
    cost_reductions,
    place_position,
    position_cost,
    trader_cost,
)
from engine.questions.season_spread import SeasonSpread, season_spread
from engine.questions.seasons import Seasons, seasons
from engine.questions.sweep import SweepError, sweep
from engine.questions.sweep_cells import grid
from engine.questions.systemic import (
    ContributionShares,
    SystemicReport,
    contribution_shares,
    shapley_value,
    systemic_report,
)
from engine.questions.venue_game import GAME, GamePolicy, PlayedSeason, coming, play_season
from engine.questions.waves import (
    WAVE_RULES,
    LossMeasure,
    Waves,
    WaveTotals,
    load_october,
    load_waves,
    path_length,
    regret_bound,
)
from engine.rare_events.plans import DegenerateWeightsError, TiltPlan, plan_tilts
from engine.rare_events.tilts import Tilt
from engine.record import Rate, RecordedDay, RecordedFrequency, frequency, load_record, load_record_days
from engine.run_record import Run
from engine.scenario import (
    SECTIONS,
    RunSize,
    Scenario,
    fall_of,
    run_scenario,
    run_size,
    scenario_book,
    to_document,
    with_depth,
    with_values,
)
from engine.sharing.allocation import Allocation, allocate
from engine.sharing.deleveraging import Deleveraging, auto_deleverage
from engine.sharing.policies import POLICIES
from engine.sharing.policy_record import AdlMethod, Claim, Option, Policy, Rule, Weight
from engine.sharing.waterfall import DefaultWaterfall, Layer, default_waterfall
from engine.simulation import simulate
from engine.stopping import RunStoppedError, Stop
from engine.venue import Venue
from engine.warm_up import compile_rest, is_compiled, warm_up

__all__ = sorted(name for name, value in globals().items() if not (name.startswith("_") or inspect.ismodule(value)))
