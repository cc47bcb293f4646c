"""What would it take: settings that bring the chance down, the largest crash survived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from engine import Estimated, LargestCrash, Solution, largest_crash, solve_setting
from ui.frame.formats import duration, multiple, percent, usd
from ui.fund.answers import DRAFT, FEWEST, FundQuery, sizes_of, usable_share, whole_study, with_whole_fund
from ui.settings.market import n_draft_paths
from ui.settings.reproduce import file_name

TITLE = "What would it take"
N_PATHS = 512
CAVEAT = f"Draft: {N_PATHS} paths, the same for every setting."
NAMES = {"leverage_cap": "leverage cap", "maintenance_rate": "maintenance margin", "depth": "market depth"}
SETTINGS = tuple(NAMES)
CRASH_STEPS = 36  # over which the engine lets the price fall


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Backward:
    """Answers to questions asked backward.

    `target` is the chance asked for, raised to what the paths can show; `now` the chance with the present settings;
    `solutions` what each of SETTINGS would have to be; `fund` the fund that would do.
    """

    query: FundQuery
    n_paths: int
    target: float
    now: Estimated
    fund: Estimated
    solutions: Mapping[str, Solution]
    crash: LargestCrash

    @property
    def minutes(self) -> float:
        """Length of a step of the paths."""
        return self.query.market.minutes


@lru_cache(maxsize=16)
def answer(query: FundQuery) -> Backward:
    """Return the answers on the first paths of the draft."""
    market = query.market
    n_paths = n_draft_paths(market, N_PATHS)
    study = replace(whole_study(market, n_paths), n_threads=None)
    sizes = sizes_of(replace(market, fund=0.0), n_draft_paths(market, DRAFT))  # those that the headline quotes
    target = max(query.target, 0.0 if study.is_certain else FEWEST / n_paths)
    return Backward(
        query=query,
        n_paths=n_paths,
        target=target,
        now=sizes.shortfall_probability(market.fund_money),
        fund=sizes.size(target),
        solutions={name: solve_setting(study, setting=name, target=target) for name in SETTINGS},
        crash=largest_crash(book=study.book, venue=study.venue),
    )


def strictness(name: str, solution: Solution) -> tuple[float, float]:
    """Return the present setting, and how many times as strict the solution is (0 where there is none)."""
    loose = float(solution.settings[-1] if name == "leverage_cap" else solution.settings[0])
    if solution.value is None:
        return loose, 0.0
    return loose, loose / solution.value if name == "leverage_cap" else solution.value / loose


def change(name: str, solution: Solution) -> str:
    """Return what a setting would have to become, in words; nothing where no value is enough."""
    loose, times = strictness(name, solution)
    if solution.value is None:
        return ""
    if name == "leverage_cap":
        return f"a leverage cap of {multiple(solution.value)} (the highest is {multiple(loose)})"
    if name == "maintenance_rate":
        return f"a maintenance margin of {percent(solution.value)} (now {percent(loose)})"
    return f"a market {times:.1f} times as deep"


def sentence(found: Backward) -> str:
    """Return what it would take, in a sentence."""
    target = f"{100 * found.target:.3g} %"
    if found.now.value <= found.target:
        text = f"Nothing has to change: the chance of a shortfall is {percent(found.now.value)}, the target {target}."
    else:
        words = [f"a fund of {usd(found.fund.value)} (now {usd(found.query.market.fund_money)})"]
        words += [text for name, one in found.solutions.items() if (text := change(name, one))]
        either = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        text = f"From {percent(found.now.value)} to {target} it takes one of these alone: {either}."
    if found.target > found.query.target:
        text += f" Asked at {target}, the smallest chance that {found.n_paths:,d} paths show."
    return text


def settings_words(found: Backward) -> str:
    """Return how much stricter the settings would have to be, in a sentence."""
    if found.now.value <= found.target:
        return "The target is met with the settings as they are."
    times = {NAMES[name]: strictness(name, one)[1] for name, one in found.solutions.items()}
    enough = [f"{name} {factor:.1f} times as strict" for name, factor in times.items() if factor]
    never = [name for name, factor in times.items() if not factor]
    text = f"Enough: {', '.join(enough)}." if enough else ""
    return f"{text} Never enough: {', '.join(never)}.".strip() if never else text


def crash_words(found: Backward) -> str:
    """Return how far a straight fall may go, in a sentence."""
    span, crash = duration(CRASH_STEPS * found.minutes), found.crash
    holds = usd(crash.capacity / usable_share(found.query.market))
    if crash.depth <= 0:
        return f"A fund of {holds} survives no straight fall over {span}."
    if crash.depth >= float(crash.depths[-1]):
        return f"A fund of {holds} survives every straight fall over {span} that was tried."
    return f"A fund of {holds} survives a straight fall over {span} of up to {percent(crash.depth)}."


def commands(query: FundQuery) -> str:
    """Return the commands that ask the same."""
    file, n_paths = file_name(with_whole_fund(query.market)), n_draft_paths(query.market, N_PATHS)
    target = max(query.target, FEWEST / n_paths)
    lines = [
        f"python -m engine limit --scenario {file} --setting {name} --target {target:g} --paths {n_paths}"
        for name in SETTINGS
    ]
    return "\n".join([*lines, f"python -m engine break --scenario {file}"])
