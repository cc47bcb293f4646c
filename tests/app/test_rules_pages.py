"""Laws and rules side by side through the router: every widget at both ends, a rule that is new, wrong settings."""

from __future__ import annotations

import csv
import re
import shlex
from dataclasses import replace
from html import escape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine import (
    CLEARING_ORDERS,
    LAW_TABLE,
    POLICIES,
    clearing_house_names,
    law_matrix,
    load_preset,
    profit_before_charges,
    venue_numbers,
    venue_preset_names,
)
from engine.sharing import policies
from tests.app.boards import boards, clean, move, notices, open_link, open_page, pick, text_of
from tests.commands import answer, denial
from ui.frame.formats import money
from ui.laws import controls
from ui.laws.texts import LAW_TEXTS
from ui.rules import answers, texts
from ui.rules.answers import DEFAULT, FEWEST, MOST
from ui.rules.charts import all_charts
from ui.settings.sidebar import WITHOUT_CONTROL

LAWS, RULES = "pages/laws.py", "pages/rules_side_by_side.py"


def opened(page: str) -> AppTest:
    return clean(open_page(page))


def text(at: AppTest) -> str:
    parts = [element.value for kind in (at.warning, at.success, at.info, at.caption, at.error) for element in kind]
    return "\n".join([*parts, text_of(at), *(element.proto.body for element in at.get("html"))])


@pytest.fixture(scope="module")
def laws() -> AppTest:
    return opened(LAWS)


@pytest.fixture(scope="module")
def rules() -> AppTest:
    return opened(RULES)


@pytest.mark.parametrize("rule", [next(iter(POLICIES)), "adl_queue", "first_come", list(POLICIES)[-1]])
def test_every_law_of_a_rule_opens_its_verdict(laws: AppTest, rule: str) -> None:
    laws.selectbox(key="laws:rule").set_value(rule)
    for law in LAW_TABLE:
        clean(laws.selectbox(key="laws:law").set_value(law).run())
        is_kept = law_matrix()[rule][law].is_kept
        assert (len(laws.success), len(laws.warning)) == ((1, 0) if is_kept else (0, 1))
        assert is_kept == ("Kept in all" in text(laws))


def test_large_type_and_phones_get_the_matrix_as_text(laws: AppTest) -> None:
    def cells(at: AppTest) -> list[bool]:
        table = next(element.proto.body for element in at.get("html") if "<table" in element.proto.body)
        assert all(f">{policy.label}</th>" in table for policy in POLICIES.values())
        return [sign == "\N{CHECK MARK}" for sign in re.findall(r"<td[^>]*>(.)</td>", table)]

    expected = [law_matrix()[rule][law].is_kept for rule in POLICIES for law in LAW_TABLE]
    assert cells(laws) == expected
    assert laws.dataframe
    large = clean(open_link(LAWS, look="large"))
    assert cells(large) == expected
    assert not large.dataframe


def test_each_column_says_below_what_it_promises(laws: AppTest) -> None:
    page = text(laws)
    for law in LAW_TABLE:
        assert f"<dt>{LAW_TEXTS[law].head}</dt><dd>{escape(LAW_TEXTS[law].short)}</dd>" in page


def test_the_page_opens_on_a_promise_that_is_broken(laws: AppTest) -> None:
    assert not law_matrix()[controls.RULE.start][controls.LAW.start].is_kept
    assert controls.RULE.start == "adl_queue"


def test_the_pair_outlives_a_page_change(laws: AppTest) -> None:
    laws.selectbox(key="laws:rule").set_value("talmud")
    laws.selectbox(key="laws:law").set_value("merge_proof").run()
    laws.switch_page(RULES).run()
    clean(laws.switch_page(LAWS).run())
    assert (laws.selectbox(key="laws:rule").value, laws.selectbox(key="laws:law").value) == ("talmud", "merge_proof")


def test_a_pair_that_is_gone_gives_way(laws: AppTest) -> None:
    pick(laws, {"laws:rule": "gone", "laws:law": "split_proof"})
    clean(laws.run())
    assert laws.selectbox(key="laws:rule").value == "adl_queue"


def test_the_laws_page_says_what_the_venues_numbers_come_to(laws: AppTest) -> None:
    shown, rows = text(clean(laws.run())), venue_numbers()
    total = {name: sum(getattr(row, name) for row in rows) for name in ("asked", "agree", "differ")}
    assert f"{total['asked']} were put to the simulator" in shown
    assert f"{total['agree']} agree" in shown
    assert f"{total['differ']} differ" in shown
    for row in rows:
        assert f"<td>{escape(row.venue)}</td>" in shown
        assert not row.differ or escape(row.note) in shown


def choose(at: AppTest, keys: list[str]) -> AppTest:
    return clean(at.multiselect(key="compare:chosen").set_value(keys).run())


def test_four_rules_are_drawn_with_sentence_charts_and_differences(rules: AppTest) -> None:
    choose(rules, list(DEFAULT))
    charts = boards(rules)[0]["charts"]
    assert [chart["id"] for chart in charts] == [
        *("compare_price", "compare_fund", "compare_profit", "compare_leverage", "compare_size", "compare_side"),
        *("compare_lorenz", "compare_trilemma"),
    ]
    assert all(chart["takeaway"] for chart in charts)
    page = text(rules)
    preset = rules.selectbox(key="choice:preset").value
    chosen = answers.contenders(DEFAULT, preset, load_preset(preset).scenario, {})
    assert all(texts.sentence(contender) in text_of(rules) for contender in chosen)
    assert page.count('class="sf-letter"') == MOST
    assert "<th" in page
    assert "D \N{MINUS SIGN} A" in page


def test_sentence_and_table_say_the_same() -> None:
    """Net gains stand beside what is charged: a rule under which some pay is never "at a price no worse"."""
    keys = ("venue:binance", "venue:bybit", "rule:adl_queue", "rule:profit_prorata")
    for contender in answers.contenders(keys, "hyperliquid-2025", load_preset("hyperliquid-2025").scenario, {}):
        said, figures = texts.sentence(contender), contender.figures
        assert ("none at a price worse" in said) == (figures.charged == 0 and figures.closed_early > 0)
        assert (f"charged {money(figures.charged, contender.view.currency)}" in said) == (figures.charged > 0)
        charge = contender.view.run.charge
        assert charge.sum() == pytest.approx(figures.charged - contender.gained, abs=1e-6 * abs(charge).sum())


def test_haircuts_are_of_profits_above_a_floor() -> None:
    """A tenth of the median profit; what is beyond ten times a profit is written in times, never as "over"."""
    keys = ("rule:adl_queue", "rule:open_interest_both_sides")
    for contender in answers.contenders(keys, "hyperliquid-2025", load_preset("hyperliquid-2025").scenario, {}):
        profit = profit_before_charges(contender.view.run)
        is_counted = profit > 0.1 * np.median(profit[profit > 0])
        charge = np.maximum(contender.view.run.charge, 0.0)
        expected = float((charge[is_counted] / profit[is_counted]).max())
        assert contender.measures["largest_haircut"] == pytest.approx(expected)
        assert contender.measures["largest_haircut"] <= contender.figures.largest_haircut
    assert texts.written(2133.6, "share", "USD") == "2,134 times"
    assert texts.difference(3e-4, "share", "USD") == texts.difference(-0.004, "money", "USD") == "same"
    assert texts.difference(6e-4, "share", "USD") == "+0.1 pp"
    assert texts.difference(-2083.0, "share", "USD") == "\N{MINUS SIGN}2,083 times"


def test_charts_of_rules_have_a_key_and_named_points() -> None:
    scenario = load_preset("bitmex-2020").scenario
    scenario = replace(scenario, venue=replace(scenario.venue, fund=0.0))
    chosen, every = answers.contenders(DEFAULT, "bitmex-2020", scenario, {}), answers.everybody(scenario)
    assert set(every) == {policy.label for policy in POLICIES.values()}
    charts = {chart["id"]: chart["layout"] for chart in all_charts(chosen, every)}
    assert re.search(
        '<span style="color:#\\w+">\N{BLACK SQUARE}</span>', charts["compare_profit"]["xaxis"]["title"]["text"]
    )
    trilemma = charts["compare_trilemma"]
    assert "shared alike" in trilemma["xaxis"]["title"]["text"]
    assert "one pays all" in trilemma["xaxis"]["title"]["text"]
    named = [note["text"] for note in trilemma["annotations"]]
    others = sum(1 + int((re.search(r" \+(\d+)$", text) or [0, 0])[1]) for text in named if not text.startswith("<b>"))
    assert others == len(POLICIES) - len(DEFAULT)  # a name for every point, those at one place together


def test_fewer_than_two_are_answered_at_the_control(rules: AppTest) -> None:
    for keys in ([], ["rule:none"]):
        choose(rules, keys)
        assert rules.info[0].value == f"Choose {FEWEST} to {MOST} rules or venues; {len(keys)} chosen."


@pytest.mark.parametrize("start", range(0, len(POLICIES), MOST - 1))
def test_every_rule_can_be_compared(rules: AppTest, start: int) -> None:
    some = [f"rule:{name}" for name in list(POLICIES)[start : start + MOST - 1]]
    chosen = list(dict.fromkeys(["rule:profit_prorata", *some, "rule:none"]))[:MOST]
    choose(rules, chosen)
    page = text(rules)
    assert page.count('class="sf-letter"') == len(chosen)
    assert all(POLICIES[key.removeprefix("rule:")].label in page for key in chosen)


@pytest.mark.parametrize("start", range(0, len(venue_preset_names()), MOST))
def test_every_venue_can_be_compared_and_says_what_is_unverified(rules: AppTest, start: int) -> None:
    names = list(venue_preset_names())[start : start + MOST]
    choose(rules, [*(f"venue:{name}" for name in names), "rule:none"][:MOST])
    if "okx" in names:
        assert "Unverified: policy options score, maintenance rate" in text(rules)


def test_the_own_rule_at_both_ends(rules: AppTest) -> None:
    choose(rules, list(DEFAULT))
    assert "Not compared yet. A winner pays" in text(rules)  # it can be designed at once
    rules.toggle(key="own:used").set_value(True).run()
    assert "Not compared yet" not in text(rules)
    for name, ends in {
        "own:profit": (-3, 3),
        "own:leverage": (-3, 3),
        "own:notional": (-3, 3),
        "own:kappa": (0, 100),
    }.items():
        for end in ends:
            clean(move(rules, name, end))
            assert "Your own rule" in text(rules)
    rules.toggle(key="own:used").set_value(False).run()
    assert "Your own rule" not in text(rules)


@pytest.mark.parametrize("preset", ["calm", "hyperliquid-2025", "bitvc-2014"])
def test_other_replays_are_shared_with_the_first_page(rules: AppTest, preset: str) -> None:
    choose(rules, list(DEFAULT))
    clean(rules.selectbox(key="choice:preset").set_value(preset).run())
    assert boards(rules)[0]["charts"][0]["takeaway"]
    clean(rules.selectbox(key="choice:preset").set_value("okex-2018").run())


def test_settings_that_cannot_be_run_keep_the_last_picture(rules: AppTest) -> None:
    choose(rules, list(DEFAULT))
    rules.session_state[WITHOUT_CONTROL] = {"venue.depth_of_sea": 1.0}
    clean(rules.run())
    assert "cannot be run" in notices(rules)[0]
    assert boards(rules)
    rules.session_state[WITHOUT_CONTROL] = {}
    clean(rules.run())
    assert not notices(rules)


@pytest.mark.parametrize("house", clearing_house_names())
def test_clearing_houses_in_every_order_at_both_ends(rules: AppTest, house: str) -> None:
    clean(rules.selectbox(key="house:name").set_value(house).run())
    for order in CLEARING_ORDERS:
        clean(rules.radio(key="house:order").set_value(order).run())
    for slider in ("loss", "own", "cap"):
        for end in rules.session_state[f"live:house:{house}:{slider}"]["bounds"]:
            clean(move(rules, f"house:{house}:{slider}", end))
    assert boards(rules)[-1]["charts"][0]["id"] == "house"


def test_files_hold_measures_groups_and_traders_with_their_units() -> None:
    chosen = answers.contenders(DEFAULT[:2], "bitvc-2014", load_preset("bitvc-2014").scenario, {})
    text = texts.figures_csv(chosen)
    assert "# money: in BTC, prices in CNY" in text
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert 11 <= len(rows) < 60  # a table to read, not every step of every run
    assert {row["unit"] for row in rows} == {"BTC", "fraction", "number"}
    (deficit,) = (row for row in rows if row["measure"] == "Deficit")
    assert float(deficit[f"A {chosen[0].label}"]) == pytest.approx(float(chosen[0].view.run.deficit.sum()))
    traders = [line for line in texts.traders_csv(chosen).splitlines() if not line.startswith("#")]
    assert len(traders) == 1 + chosen[0].view.run.book.n_traders
    assert traders[0].startswith("trader,size (CNY),entry_price (CNY),collateral (BTC),profit under A (BTC)")


def test_the_commands_give_the_same_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for keys, preset in (
        (answers.DEFAULT, "cascade"),
        (("venue:bybit", "venue:hyperliquid", answers.OWN), "okex-2018"),
    ):
        chosen = answers.contenders(list(keys), preset, load_preset(preset).scenario, {"kappa": 0.5})
        names, lines = texts.commands(chosen).splitlines()[::2], texts.commands(chosen).splitlines()[1::2]
        assert names == [f"# {each.letter}: {each.label}" for each in chosen]
        for each, line in zip(chosen, lines, strict=True):
            found = answer(capsys, *shlex.split(line)[3:])
            run = each.view.run  # under deleveraging `charged` is less what closing prices gave
            assert [found["deficit"], found["charged"]] == pytest.approx([run.deficit.sum(), run.charge.sum()])
    assert any(each.value.startswith("# A: ") and "engine run --preset" in each.value for each in opened(RULES).code)


def test_a_new_rule_is_one_entry(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Registered once, a rule stands in the laws, on both pages and on the command line."""
    halves = replace(POLICIES["capped_prorata"], name="half_at_most", label="Half at most", laws=())
    with monkeypatch.context() as patch:
        patch.setitem(policies._REGISTRY, halves.name, halves)
        assert set(law_matrix()["half_at_most"]) == set(LAW_TABLE)
        page = opened(LAWS)
        clean(page.selectbox(key="laws:rule").set_value("half_at_most").run())
        assert "Half at most" in text(page)
        page = clean(page.switch_page(RULES).run())
        choose(page, ["rule:profit_prorata", "rule:half_at_most"])
        assert "Half at most" in text(page)
        command = ["run", "--preset", "bitvc-2014", "--set", "venue.policy=half_at_most"]
        found = answer(capsys, *command, "--set", "venue.depth=100")  # shallow enough for a loss beyond the cap
        assert found["largest_haircut_rate"] == pytest.approx(0.4)
        assert found["scenario"]["venue"]["policy"] == "half_at_most"
    assert "a name from engine.POLICIES" in denial(capsys, "run", "--set", "venue.policy=half_at_most")


def test_captions_explain_terms_and_write_bold_and_dollars(rules: AppTest) -> None:
    choose(rules, list(DEFAULT))
    captions = [body for each in rules.get("html") if "sf-caption" in (body := each.proto.body)]
    assert len(captions) >= 4
    assert any("sf-term" in body for body in captions)
    assert any("<b>Recorded</b>" in body for body in captions)
    assert not any("**" in body or "\\$" in body for body in captions)
