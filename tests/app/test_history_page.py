"""History: every event, replay and source opens; sentences and charts against the files by arithmetic of their own."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import replace
from html import escape
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine import (
    PAYERS,
    InputError,
    UnknownNameError,
    clearing_house_names,
    load_clearing_house,
    load_event,
    load_events,
    load_preset,
    preset_names,
    run_scenario,
)
from tests.app.boards import boards, check, clean, html_of, move, notices, open_link, open_page, parsed, plain, text_of
from ui.history import answers, charts, controls, replay_texts, texts
from ui.settings.link import decode_page

PAGE = "pages/history.py"
DATA = Path(__file__).parents[2] / "data"
OF_EVENTS = [*(name for name in preset_names() if load_preset(name).event), *clearing_house_names()]
ADDRESS = re.compile(r"https?://[^\s\"<>]+\.[^\s\"<>]+")


def file_rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_opens_with_all_events_and_their_charts() -> None:
    app = open_page(PAGE)
    board = check(app)[0]
    assert board["headline"] == texts.headline()
    assert [chart["id"] for chart in board["charts"]] == ["timeline", "haircuts", "payers", "funds"]
    assert len(app.dataframe[0].value) == 65
    assert next(iter(app.dataframe[0].value["Event"])) == load_events()[-1].title


def all_of_them() -> None:
    """A page that shows every event, one below the other."""
    from engine import load_events
    from ui.history import event_view

    for event in load_events():
        event_view.event(event.name)


def test_every_event_opens_with_figures_sources_and_its_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.page_link", lambda *given, **more: None)  # there is no router around them
    app = clean(AppTest.from_function(all_of_them, default_timeout=180).run())
    text, said = html_of(app), text_of(app)
    for event in load_events():
        assert event.mechanism in said, event.name
        for source in event.sources:
            assert ADDRESS.fullmatch(source), source
            assert f'href="{escape(source, quote=True)}"' in text, (event.name, source)
        assert not event.disputed or event.disputed in said
    opened = [answers.replays()[name] for name in OF_EVENTS]
    assert said.count("There is no replay") == 65 - len(opened)
    assert len({replay.event for replay in opened}) == len(opened) == 11
    for replay in opened:
        for row in answers.compared(replay):
            assert row["figure"] in said
            assert ADDRESS.fullmatch(row["source"])
            assert f'href="{escape(row["source"], quote=True)}"' in text
        assert all(sentence in said for sentence in replay.assumptions)


def test_every_event_and_replay_has_a_link_of_its_own() -> None:
    for event in load_events():
        found = decode_page({"v": "1", "event": event.name}, controls.SETTINGS, has_replay=False)
        assert {setting.name: value for setting, value in found.values}["event"] == event.name
        assert found.left_out == ()


@pytest.mark.parametrize("name", ["okex-2018", "krx-2013", "nasdaq-2018"])
def test_a_replay_is_reached_from_the_page_and_by_a_link(name: str) -> None:
    replay = answers.replays()[name]
    app = open_link(PAGE, v="1", event=replay.event)
    assert replay_texts.compared_sentence(answers.compared(replay)) in text_of(app)
    assert {button.label for button in app.button} >= {answers.replays()[each].title for each in OF_EVENTS}


def test_replays_without_an_event_are_assumed_and_linked() -> None:
    alone = [each.name for each in answers.replays().values() if not each.event]
    assert {"cascade", "calm"} <= set(alone)
    assert len(answers.replays()) == len(list((DATA / "replays").glob("*.toml")))
    rows = dict(zip(answers.replays(), texts.replay_rows(), strict=True))
    assert all(rows[name]["what it is"].startswith("assumed") for name in alone)


def test_what_the_charts_count_is_in_the_files() -> None:
    rows, stories = file_rows("events.csv"), {row["event_id"]: row for row in file_rows("event_stories.csv")}
    cut = sorted(float(row["haircut_winner_profit_pct"]) for row in rows if row["haircut_winner_profit_pct"])
    positive = [share for share in cut if share > 0]
    assert (len(positive), len(cut) - len(positive)) == (11, 5)
    assert f"11 haircuts on record, median {median(positive):.1f} %" in plain(texts.haircut_sentence())
    np.testing.assert_allclose(charts.haircuts()["traces"][0]["x"], cut[::-1])
    paid = [stories[row["event_id"]]["paid_by"].split(" | ") for row in rows]
    assert answers.by_payer() == {payer: sum(payer in each for each in paid) for payer in PAYERS}
    hit = sum(bool({"winners", "closed early"} & set(each)) for each in paid)
    assert f"Winners bore a part in {hit}: in 11 a share" in texts.headline()
    emptied = [row for row in rows if row["fund_after_native"] == "0" or row["derived_fund_drawdown_pct"] == "100"]
    assert len(emptied) == 5
    assert f"5 of {len(charts.funds()['traces'][0]['x'])} funds with figures were emptied" in texts.fund_sentence()
    assert "on 4,268 venue-days with a count a fund lost more than 5 % on 4, at most 63.2 %" in plain(
        texts.fund_sentence()
    )
    points = [name for trace in charts.timeline()["traces"] for name in trace["customdata"]]
    assert sorted(points) == sorted(row["event_id"] for row in rows)


def test_windows_of_the_record_count_no_day_twice() -> None:
    windows = answers.counted_windows()
    spans = [(row.venue, row.mechanism, row.since, row.until) for row in windows]
    assert len(set(spans)) == len(spans)
    deribit = [row for row in windows if row.venue == "Deribit"]
    assert [row.exposure for row in deribit] == [3136]
    days = [row for row in windows if row.unit == "days"]
    assert sum(row.exposure for row in days) == 3136 + 3520 + 536 + 2441 + 237 + 92 + 1080 + 900 + 1369
    assert sum(row.winner_events or 0 for row in days) == 4  # two of BitMEX in 2015, Binance 2020, Hyperliquid 2025
    assert "in 4 of 257 venue-weeks" in texts.window_sentence()


def test_a_fund_three_times_as_large_by_hand() -> None:
    """OKEx 2018: its fund was 10 BTC, so 20 BTC of some 1,200 are not taken from winners, and nothing else moves."""
    preset = load_preset("okex-2018")
    before = answers.as_it_was(preset)
    after = answers.changed(preset, answers.WhatIf("profit_prorata", 3.0))
    then, now = answers.shares(before), answers.shares(after)
    assert now["insurance fund"] - then["insurance fund"] == pytest.approx(20.0, abs=1e-9)
    assert then["traders"] - now["traders"] == pytest.approx(20.0, abs=1e-9)
    assert now["venue"] == then["venue"] == 2500.0
    assert (after.run.book.size == before.run.book.size).all()
    assert (after.run.prices == before.run.prices).all()
    three = answers.WhatIf("profit_prorata", 3.0)
    assert answers.elsewhere(preset, three) == pytest.approx([-20.0, -20.0], abs=1e-9)
    assert "traders bear 20 BTC less in both." in plain(replay_texts.elsewhere_sentence(preset, three))
    said = replay_texts.changed_sentence(before, after, "profit_prorata", "3x as large")
    assert plain(said).startswith("With an insurance fund 3x as large: the insurance fund bears 20 BTC more")


def test_another_rule_is_that_rule_on_the_same_traders() -> None:
    preset = load_preset("hyperliquid-2025")
    after = answers.changed(preset, answers.WhatIf("profit_prorata", 0.0))
    venue = preset.scenario.venue
    assert after.scenario.venue.policy == "profit_prorata"
    assert after.scenario.book == preset.scenario.book
    assert after.scenario.path == preset.scenario.path
    alone = run_scenario(after.scenario)
    assert answers.shares(after)["traders"] == pytest.approx(float(np.maximum(alone.charge, 0.0).sum()))
    assert after.summary.n_deleveraged == 0
    before = answers.as_it_was(preset)
    said = plain(replay_texts.changed_sentence(before, after, "profit_prorata", ""))
    assert said.startswith("With “Winners, pro rata to profit” instead of “Auto-deleveraging, by rank”: margin left by")
    assert "no positions are closed early instead of $650M" in said
    rows = {row["figure"]: row for row in replay_texts.changed_rows(before, after)}
    assert rows["Borne by margin left by the liquidated"]["changed"] == "$0"
    assert answers.buffer_of(preset) == ""
    funded = answers.changed(preset, answers.WhatIf(venue.policy, 0.01))
    assert funded.scenario.venue.fund == pytest.approx(0.01 * preset.scenario.open_interest)
    assert answers.buffer_of(load_preset("hyperliquid-eth-2025")) == "vault"


def test_the_members_fund_in_another_order_by_hand() -> None:
    """Nasdaq 2018: 114M after the defaulter; members first pay all of it out of 166M, and of half as much only 83M."""
    house = load_clearing_house("nasdaq-2018")
    _, members_first = answers.rearranged(house, "members_first", 1.0)
    assert members_first.by_layer["default fund"] == pytest.approx(114e6)
    assert members_first.by_layer["junior capital"] == 0.0
    _, half = answers.rearranged(house, "recorded", 0.5)
    assert half.by_layer["junior capital"] == 7e6
    assert half.by_layer["default fund"] == pytest.approx(83e6)
    assert half.unallocated == pytest.approx(114e6 - 7e6 - 83e6)


def test_recorded_and_computed_carry_their_marks() -> None:
    rows = replay_texts.compared_rows(load_preset("okex-2018"))
    assert {"on record (recorded)", "replay (computed)", "verdict"} <= set(rows[0])
    assert all(row["verdict"] == "the replay agrees" for row in rows)
    low, high = answers.spread(load_preset("okex-2018"), "charged")
    alone = [replace(load_preset("okex-2018").scenario, seed=seed) for seed in range(3)]
    charged = [float(run_scenario(scenario).charge.sum()) for scenario in alone]
    assert (low, high) == pytest.approx((min(charged), max(charged)))
    first = replay_texts.compared_rows(load_preset("hyperliquid-2025"))[0]["replay (computed)"]
    assert plain(first) == "$650M; $521M to $650M in 3 drawn books"
    outside = replay_texts.compared_rows(load_preset("dydx-yfi-2023"))
    assert any(row["verdict"].startswith("the replay misses it: outside by") for row in outside)
    figures = texts.figure_rows(load_event("nasdaq_aas_2018"))
    marks = {row["figure"]: (plain(row["value"]), row["mark"]) for row in figures}
    assert marks["Lost by the fund"] == ("64.5 %", "computed")
    assert marks["Taken from default fund"] == ("64.5 %", "recorded, see Disputed")
    clear = texts.figure_rows(load_event("deribit_2020"))
    assert {row["mark"] for row in clear} == {"recorded", "computed", "read off the mechanism"}


def test_a_link_opens_event_rule_and_fund_and_the_slider_moves_it() -> None:
    app = open_link(PAGE, v="1", event="okex_btc_2018", rule="adl_queue", fund="3")
    assert controls.changes_of("okex_btc_2018")[0].start == "profit_prorata"
    assert app.selectbox(key="history:okex-2018:rule").value == "adl_queue"
    chart = boards(app)[0]["charts"][0]
    assert "instead of" in chart["takeaway"]
    asked = parsed(app.code[0].value)
    assert asked.preset == "okex-2018"
    assert "venue.policy=adl_queue" in asked.set
    moved = move(app, "history:okex-2018:fund", 1.0)
    assert boards(moved)[0]["charts"][0]["takeaway"] != chart["takeaway"]
    wrong = open_link(PAGE, v="1", event="okx_btc_2018")
    assert any("Event must be" in notice for notice in notices(wrong))


def test_filters_narrow_the_list() -> None:
    app = open_link(PAGE, v="1", paid_by="members")
    assert list(app.dataframe[0].value["Event"]) == [
        load_event("nasdaq_aas_2018").title, load_event("krx_hanmag_2013").title,
    ]  # fmt: skip
    high = open_link(PAGE, v="1", kind="clearing-house", confidence="high")
    assert set(high.dataframe[0].value["Confidence"]) == {"high"}
    none = open_link(PAGE, v="1", kind="broker", paid_by="members")
    assert "0 of 65 events." in text_of(none)


def test_an_event_is_read_as_the_file_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    event = load_event("bitvc_2014")
    assert event.haircuts == (("winners' profit", pytest.approx(0.461)),)
    assert event.year == pytest.approx(2014 + 317 / 365.25)
    assert load_event("okex_btg_2018").year == pytest.approx(2018.5, abs=0.01)
    assert math.isnan(event.fund_before)
    assert load_event("binance_2020_05").drawdown == pytest.approx(0.632)
    with pytest.raises(UnknownNameError, match="event must be one of"):
        load_event("nothing")
    import engine.events as module

    monkeypatch.setattr(module, "PAYERS", {"winners": ""})
    with pytest.raises(InputError, match=r"paris_clam_1974\.paid_by must be"):
        module.load_events.__wrapped__()
