"""Every registered rule keeps every law that it claims, on generated markets; what it breaks comes with an example."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from engine import POLICIES, InputError
from engine.laws import checks as law_checks
from engine.laws.cases import Case, Trader, law_cases
from engine.laws.checks import LAW_TABLE
from engine.laws.matrix import counterexample, law_matrix, try_laws, verdicts
from engine.sharing import policies
from engine.sharing.policy_record import LAWS, Policy

OPTIONS: dict[str, list[dict[str, float | str]]] = {
    "profit_prorata_floor": [{"floor": 0.5}],
    "capped_prorata": [{"kappa": 0.1}, {"kappa": 0.0}],
    "risk_weighted": [{"profit": 0.0, "leverage": -1.0, "kappa": 0.5}, {"profit": 2.0, "notional": 1.0}],
    "default_fund": [{"assessment_cap": 2.0}],
    "lp_pool": [{"pool": 3.0, "pool_cap": 0.5}],
    "first_come": [{"order": "size"}],
    "adl_queue": [{"score": score, "price": "blend"} for score in ("binance", "okx", "hyperliquid", "hyperliquid_one")],
    "adl_prorata": [{"price": "mark"}],
    "adl_scan": [{"seed": 2}],
}
MONEY_BOUND = {
    "lp_pool": {"unit_free", "order_preserving"}
}  # an option that is an amount of money has a unit of its own


def test_the_table_of_laws_is_the_list_that_policies_claim_from() -> None:
    assert tuple(LAW_TABLE) == LAWS


@pytest.mark.parametrize("name", POLICIES)
def test_claimed_laws_hold(name: str) -> None:
    policy = POLICIES[name]
    assert set(policy.laws) <= set(LAW_TABLE)
    for law, verdict in try_laws(policy, law_cases(200, seed=1)).items():
        assert verdict.is_kept or law not in policy.laws, f"{name} claims {law}: {verdict.counterexample}"
        assert not verdict.is_kept or verdict.n_cases >= 50


@pytest.mark.parametrize(("name", "options"), [(n, o) for n, many in OPTIONS.items() for o in many])
def test_claimed_laws_hold_for_other_options(name: str, options: dict[str, float | str]) -> None:
    policy = POLICIES[name]
    found = try_laws(policy, law_cases(40, seed=3)[::2], options)
    for law in set(policy.laws) - MONEY_BOUND.get(name, set()):
        assert found[law].is_kept, f"{name} {options} claims {law}: {found[law].counterexample}"


def test_the_matrix_has_a_small_counterexample_for_every_broken_law() -> None:
    matrix = law_matrix()
    assert set(matrix) == set(POLICIES)
    for name, row in matrix.items():
        assert set(row) == set(LAWS)
        for law, verdict in row.items():
            assert verdict.is_kept == (verdict.counterexample is None)
            if not verdict.is_kept:
                assert law not in POLICIES[name].laws
                example = counterexample(POLICIES[name], law)
                assert len(example.case.traders) == 3
                assert example.case.weight <= verdict.counterexample.case.weight


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("equal_losses", "split_proof"),
        ("equal_awards", "split_proof"),
        ("talmud", "merge_proof"),
        ("first_come", "anonymous"),
        ("adl_queue", "anonymous"),
        ("equity_prorata", "spares_losers"),
        ("open_interest_both_sides", "order_preserving"),
        ("open_interest_both_sides", "merge_proof"),
        ("profit_prorata", "leaves_hedges_whole"),
        ("adl_prorata", "leaves_hedges_whole"),
    ],
)
def test_known_breaches_are_found(name: str, law: str) -> None:
    assert not verdicts(POLICIES[name])[law].is_kept


def test_splitting_under_equal_losses_by_hand() -> None:
    """Deficit 6 over profits 8, 8, 8: 2 each; A as two accounts with 4 each pays 2 x 1.5."""
    traders = tuple(Trader(name, -2.0, 4.0, 10.0) for name in "ABC")
    verdict = try_laws(POLICIES["equal_losses"], [Case(traders, 3.0, 2.0)])["split_proof"]
    breach = verdict.counterexample.breach
    assert (breach.who, breach.first, breach.second) == pytest.approx((0, 2, 3))


def test_profit_pro_rata_in_exact_fractions() -> None:
    for case in law_cases(60, 5):
        gains = [max(Fraction(t.profit), Fraction(0)) for t in case.traders]
        total, due = sum(gains), Fraction(case.deficit)
        exact = [float(g * min(Fraction(1), due / total)) if total else 0.0 for g in gains]
        verdict = try_laws(POLICIES["profit_prorata"], [case])["within_claim"]
        assert verdict.is_kept
        assert law_checks.outcomes(POLICIES["profit_prorata"], [case])[0].taken == pytest.approx(exact, abs=1e-9)


def test_a_false_claim_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = replace(POLICIES["equal_losses"], name="liar", laws=LAWS)
    monkeypatch.setitem(policies._REGISTRY, "liar", liar)
    row = law_matrix()["liar"]
    broken = {law for law in liar.laws if not row[law].is_kept}
    assert broken == {"split_proof", "merge_proof", "leaves_hedges_whole"}


def test_a_rule_that_creates_money_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def generous(policy: Policy, cases: list[Case], values: object) -> list[law_checks.Outcome]:
        return [replace_raised(outcome) for outcome in real(policy, cases, values)]

    def replace_raised(o: law_checks.Outcome) -> law_checks.Outcome:
        return law_checks.Outcome(o.taken, o.claim, o.charge, o.amount, o.raised * 1.01, o.left)

    real = law_checks._share
    monkeypatch.setattr(law_checks, "_share", generous)
    assert not try_laws(POLICIES["profit_prorata"], law_cases(5, 0))["conserves_money"].is_kept


def test_unknown_options_are_refused() -> None:
    with pytest.raises(InputError, match="kappa"):
        try_laws(POLICIES["equal_losses"], law_cases(5, 0), {"kappa": 0.5})
