"""What passed each offset rule, what traders left to others before, and who causes how much of a fund's need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import Checker
from engine.kernel.state import COUNTERPARTY, DELEVERAGED, Floats
from engine.montecarlo.risk import check_level
from engine.montecarlo.study import Study
from engine.questions.systemic import left_to_others, losing_accounts, tail_weights
from engine.sharing.policies import get_policy
from engine.simulation import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFlow:
    """What passed one rule of a venue's list over a run; money in the settlement currency.

    `came` to it, `charged` to traders, `to_fund` of that, `raised` for the loss, `left` for the next rule, or nobody
    after the last. `n_asked` and `n_met`: settlements (of a rule that closes positions: bankrupt positions that it was
    given) and those at which its trigger let it act; `first_step` of these, -1 for none.
    """

    policy: str
    label: str
    came: float
    charged: float
    to_fund: float
    raised: float
    left: float
    n_asked: int
    n_met: int
    first_step: int


def rule_flows(run: Run) -> tuple[RuleFlow, ...]:
    """Return what passed each rule of a run's venue, in their order; of one policy alone, what it did.

    Examples
    --------
    >>> import engine
    >>> book = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[10.0, 50.0])
    >>> half = engine.OffsetRule(policy="profit_prorata", limit=0.5)
    >>> venue = engine.Venue(depth=float("inf"), offset_rules=(half, engine.OffsetRule(policy="equity_prorata")))
    >>> run = engine.simulate(book=book, prices=[100.0, 80.0], opens=[100.0, 80.0], venue=venue)
    >>> [(flow.came, flow.raised, flow.left) for flow in engine.rule_flows(run)]
    [(10.0, 5.0, 5.0), (5.0, 5.0, 0.0)]
    """
    flows = []
    for place, rule in enumerate(run.venue.rules):
        policy = get_policy(rule.policy)
        if policy.family == "adl":
            flows.append(_closing_flow(run, policy.name, policy.label))
            continue
        if run.venue.is_plain:
            done = run.settlements
            sums = {name: float(done[name].sum()) for name in ("charged", "to_fund")}
            sums |= {"came": float(done["amount"].sum()), "left": float(done["unfunded"].sum())}
            sums["raised"] = sums["came"] - sums["left"]
            met = done["step"]
        else:
            done = run.passed[:, place]
            sums = {name: float(done[name].sum()) for name in ("came", "charged", "to_fund", "raised", "left")}
            met = done["step"][done["is_met"] > 0]
        first = int(met[0]) if met.size else -1
        whole = {"n_asked": int(done.size), "n_met": int(met.size), "first_step": first}
        flows.append(RuleFlow(policy=policy.name, label=policy.label, **sums, **whole))  # type: ignore[arg-type]
    return tuple(flows)


def _closing_flow(run: Run, name: str, label: str) -> RuleFlow:
    trades = run.trades
    defaults, others = trades[trades["kind"] == DELEVERAGED], trades[trades["kind"] == COUNTERPARTY]
    came, charged = float(np.maximum(-defaults["equity"], 0.0).sum()), float(np.maximum(others["charge"], 0.0).sum())
    n, first = int(defaults.size), int(defaults["step"][0]) if defaults.size else -1
    sums = {"came": came, "charged": charged, "to_fund": 0.0, "raised": charged, "left": max(came - charged, 0.0)}
    return RuleFlow(policy=name, label=label, **sums, n_asked=n, n_met=n, first_step=first)


def track_record(runs: Sequence[Run]) -> Floats:
    """Return the track record of traders from earlier runs, (n,) >= 1: 1 for who never left a deficit to others.

    Parameters
    ----------
    runs : sequence of Run
        Of the same traders in the same order, one or more.

    Raises
    ------
    InputError
        For no run, runs of other traders, and a deficit of a trader who had no margin to measure it against.

    Notes
    -----
    1 + the sum over runs of deficit / margin at the start of that run: docs/MODEL.md section 4, "track record".
    """
    check = Checker("track_record")
    if not runs:
        check.add("runs", "one or more", runs).raise_if_any()
    record = np.ones(runs[0].book.n_traders)
    for place, run in enumerate(runs):
        if run.book.n_traders != record.size or _labels(run) != _labels(runs[0]):
            check.add(f"runs[{place}]", "of the traders of the first", run.book.n_traders).raise_if_any()
        lacked, margin = left_to_others(run.trades, record.size), run.book.collateral
        without = np.flatnonzero((lacked > 0.0) & (margin <= 0.0))
        if without.size:
            bound = f"with margin of trader {run.book.label(int(without[0]))}, who left a deficit"
            check.add(f"runs[{place}]", bound, 0.0).raise_if_any()
        record += np.divide(lacked, margin, out=np.zeros_like(lacked), where=margin > 0.0)
    return record


def _labels(run: Run) -> list[object] | None:
    return None if run.book.trader_id is None else run.book.trader_id.tolist()


def component_shortfall(study: Study, *, level: float = 0.99) -> Floats:
    """Return each trader's component ES, (n,) >= 0: its mean deficit in the tail of all deficits, the weights of sum 1.

    Parameters
    ----------
    study : Study
        Paths with a loss run a second time, with the log of every forced trade.
    level : float
        Of the tail, 0 <= level < 1.

    Notes
    -----
    The parts add up to the Expected Shortfall of all deficits (`systemic_report` has them by group). As a book's
    `contribution_weight` they set what its traders pay into the fund.
    """
    check = Checker()
    check_level(check, "level", level)
    check.raise_if_any()
    lost, caused = np.zeros(study.n_run), {}
    for account in losing_accounts(study):
        caused[account.path] = account.caused
        lost[account.path] = account.caused.sum()
    losses = np.array(list(caused.values())).reshape(len(caused), study.book.n_traders)
    return np.asarray(tail_weights(lost, level)[list(caused)] @ losses)
