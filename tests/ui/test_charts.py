"""Charts are plain figures: valid plotly, few points, axes with units, a takeaway, finite numbers."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from engine import POLICIES, Position, Scenario, Venue, load_preset, preset_names
from tests.ui.replays import run as view
from ui.cascade.charts import Figure, flow, fund, ladder, main_charts, more_charts, payers, price, when
from ui.cascade.charts.flow import layers
from ui.charts.common import MOST_POINTS, axis, end_labels, enlarge, thin, time_axis
from ui.charts.run_view import RunView, view_of
from ui.cost.charts.ranking import wrapped
from ui.live import pack
from ui.settings.sidebar import by_year

UI = Path(__file__).parents[2] / "ui"


def quiet() -> RunView:
    """A calm day on which nobody is liquidated."""
    return view("calm", book__leverage=1.0, book__leverage_cap=1.5, path__volatility=0.05)


CASES = {
    **{name: lambda name=name: view(name) for name in preset_names()},
    "quiet": quiet,
    "one side": lambda: view("calm", book__long_share=1.0),
    "two traders": lambda: view("calm", book__n_traders=2),
    "a short path": lambda: view("calm", path__n_steps=1),
    "many traders": lambda: view("okex-2018", book__n_traders=20_000),
    "wild": lambda: view("calm", path__volatility=3.0, book__leverage=40.0, venue__depth=1e6),
}


@pytest.mark.parametrize("case", CASES)
def test_figures_are_valid_small_labeled_and_finite(case: str) -> None:
    made = CASES[case]()
    for chart in main_charts(made) + more_charts(made):
        figure = valid(chart)
        assert all(len(trace.x) <= MOST_POINTS for trace in figure.data), chart["id"]
        assert sum(len(trace.x) for trace in figure.data) <= 2 * MOST_POINTS + 800
        assert chart["title"]
        assert len(chart["takeaway"]) <= 150
        assert chart["takeaway"].endswith(".")
        assert not any(word in str(chart["takeaway"]).lower().split() for word in ("nan", "inf"))
        assert chart["layout"]["xaxis"]["title"]["text"]
        pack(chart)
        for name in ("xaxis", "yaxis"):
            low, high = chart["layout"][name].get("range", (0, 1))
            assert math.isfinite(low)
            assert math.isfinite(high)
            assert low != high
        for trace in chart["traces"]:
            assert np.isfinite(np.asarray(trace["x"], dtype=float)).all()
            assert np.isfinite(np.asarray(trace["y"], dtype=float)).all()


def valid(chart: Figure) -> go.Figure:
    """The chart as plotly's own figure, which raises on an unknown property; the one key that is ours left out."""
    layout = plain(chart["layout"])
    for name in ("xaxis", "yaxis"):
        assert not str(layout[name].get("tickformat", "")).endswith("s"), f"{chart['id']}: thousands as k, M, G"
        layout[name] = {key: value for key, value in layout[name].items() if key != "money"}
    return go.Figure(data=plain(chart["traces"]), layout=layout)


def test_an_axis_of_money_names_its_currency_and_a_flat_line_gets_room() -> None:
    assert axis("charge (USD)", range=[0.0, 1e-9], tickformat="~s", nticks=5)["range"] == [0.0, 1.0]
    assert axis("charge (USD)", range=[0.0, 250.0], tickformat=".2~s")["range"] == [0.0, 250.0]
    assert axis("who pays (BTC)", tickformat=".2~s")["money"] == "BTC"
    with pytest.raises(ValueError, match="currency in brackets"):
        axis("charge", tickformat="~s")


def plain(value: Any) -> Any:
    """The same with lists for nested arrays of lists, as plotly's validators like it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_figures_and_sentences_of_many_paths_are_made_without_streamlit() -> None:
    """Also through what they import."""
    names = "cost.charts.ranking cost.drawn_texts fund.charts.causes fund.texts laws.texts rules.charts rules.texts"
    code = f"import sys, {', '.join('ui.' + name for name in names.split())}; print('streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=UI.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_streamlit_in_what_draws() -> None:
    files = [
        *sorted(file for file in (UI / "charts").glob("*.py") if file.name != "board.py"),  # it shows
        *sorted((UI / "cascade" / "charts").glob("*.py")),
        UI / "cascade" / "headline.py",
        UI / "settings" / "run_settings.py",
    ]
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not [name for name in names if name.startswith(("streamlit", "ui.live"))], file.name


@pytest.mark.parametrize("preset", preset_names())
def test_layers_sum_to_what_had_to_be_covered(preset: str) -> None:
    rows = layers(view(preset))
    assert sum(row.amount for row in rows[1:]) == pytest.approx(rows[0].amount, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("preset", preset_names())
def test_who_took_the_other_side_is_in_the_chart(preset: str) -> None:
    made = view(preset)
    names = flow(made)["layout"]["yaxis"]["ticktext"]
    assert names[-1] == "market makers"
    gained = next(each.amount for each in made.run.ledger.flows if each.target == "market_makers")
    shown = max(gained, 0.0) if gained > 1e-3 * made.summary.forced_notional else 0.0
    assert flow(made)["traces"][0]["x"][-1] == pytest.approx(shown, rel=1e-9, abs=1e-9)
    assert "closed early" not in [row.name for row in layers(made)]


def test_names_of_positions_do_not_lie_over_each_other() -> None:
    made = view("hyperliquid-jelly-2025")
    notes = ladder(made)["layout"]["annotations"]
    longs = next(note for note in notes if note["text"] == "▲ longs")
    named = [note for note in notes if "own long" in note["text"]]
    assert len(named) <= 1
    low, high = ladder(made)["layout"]["yaxis"]["range"]
    for note in named:
        pixels = (note["y"] - low) / (high - low) * 150 + note["yshift"]
        assert abs(pixels - 7) >= 14 or longs["xanchor"] == "left"


@pytest.mark.parametrize("policy", POLICIES)
def test_layers_sum_under_every_policy(policy: str) -> None:
    scenario = load_preset("bitvc-2014").scenario
    made = view_of("bitvc-2014", replace(scenario, venue=replace(scenario.venue, policy=policy, policy_options={})))
    rows = layers(made)
    assert sum(row.amount for row in rows[1:]) == pytest.approx(rows[0].amount, rel=1e-9, abs=1e-9)
    assert payers(made)["takeaway"]


def test_markers_of_liquidations_are_up_for_longs_and_down_for_shorts() -> None:
    both = price(view("calm", path__volatility=3.0, book__leverage=20.0))
    symbols = {trace["name"]: trace["marker"]["symbol"] for trace in both["traces"] if "marker" in trace}
    assert symbols == {"longs liquidated": "triangle-up", "shorts liquidated": "triangle-down"}


def test_liquidations_beyond_what_a_screen_shows_are_gathered_by_step() -> None:
    made = view("calm", book__n_traders=20_000, path__volatility=2.0, book__leverage=20.0)
    assert made.run.n_liquidated > MOST_POINTS
    traces = [trace for trace in price(made)["traces"] if "liquidated" in trace["name"]]
    counted = sum(int(trace["customdata"][:, 0].sum()) for trace in traces)
    assert counted == int((made.run.events["kind"] == 0).sum())


def test_positions_on_record_are_named() -> None:
    texts = [note["text"] for chart in (price, ladder) for note in chart(view("okex-2018"))["layout"]["annotations"]]
    assert texts.count("user 2051247") == 2


def test_reference_and_mark_are_one_line_where_nothing_moves_the_price() -> None:
    names = [trace["name"] for trace in price(view("okex-2018"))["traces"]]
    assert "mark" not in names
    assert "mark" in [trace["name"] for trace in price(view("hyperliquid-2025"))["traces"]]


def test_the_ladder_holds_all_notional_within_its_range() -> None:
    made = view("hyperliquid-2025")
    chart = ladder(made)
    low, high = chart["layout"]["yaxis"]["range"]
    trigger, book = made.run.trigger, made.run.book
    inside = (trigger > low) & (trigger < high)
    total = float((np.abs(book.size) * trigger)[inside].sum())
    assert sum(float(trace["x"].sum()) for trace in chart["traces"]) == pytest.approx(total)


def test_empty_charts_say_why() -> None:
    made = quiet()
    assert made.run.n_liquidated == 0
    assert texts(when(made)) == ["Nobody was liquidated."]
    assert texts(flow(made)) == ["No deficit: nothing to pass on."]
    assert any("keeps its profit" in text for text in texts(payers(made)))
    assert texts(fund(view("bitvc-2014"))) == ["This venue has no fund."]


def texts(chart: Figure) -> list[str]:
    return [note["text"] for note in chart["layout"]["annotations"]]


def test_no_winners_at_all() -> None:
    scenario = Scenario(
        venue=Venue(depth=math.inf),
        book=replace(load_preset("calm").scenario.book, n_traders=0),
        path=replace(load_preset("calm").scenario.path, volatility=0.0),
        positions=(Position(trader_id="alone", size=1.0, entry_price=60_000.0, leverage=2.0),),
    )
    chart = payers(view_of("calm", scenario))
    assert texts(chart) == ["No winners in this run."]


def test_thinning_keeps_the_extremes() -> None:
    values = np.sin(np.arange(50_000.0))
    values[12_345], values[40_000] = 9.0, -9.0
    index = thin(values)
    assert index.size <= MOST_POINTS + 2
    assert {0, 12_345, 40_000, 49_999} <= set(index.tolist())


def test_a_time_axis_says_when_its_last_step_is_days_long() -> None:
    def title(preset: str) -> str:
        return time_axis(view_of(preset, load_preset(preset).scenario))["title"]["text"]

    assert title("okex-2018") == "time, steps of 15 minutes, the last of 2.8 days"
    assert title("bitmex-2020") == "time, steps of 3 minutes"


@pytest.mark.parametrize("preset", preset_names())
def test_words_at_the_right_of_the_ladder_do_not_touch(preset: str) -> None:
    notes = ladder(view_of(preset, load_preset(preset).scenario))["layout"]
    low, high = notes["yaxis"]["range"]
    outside = [note for note in notes["annotations"] if note.get("xanchor") == "left"]
    places = sorted((note["y"] - low) / (high - low) * 150.0 + note["yshift"] for note in outside)
    assert len(places) >= 2
    assert all(above - below >= 2 * 14.0 - 1e-9 for below, above in pairwise(places))
    assert places[0] >= 0.0


def test_replays_are_listed_by_their_year() -> None:
    """Preset names are cut by the list box: the year comes first, and no name is longer than it shows."""
    for name in preset_names():
        title, listed = load_preset(name).title, by_year(load_preset(name).title)
        assert len(listed) <= 29, listed
        assert name in ("calm", "cascade", "dozen") or listed[:4] == title[-4:]


def test_labels_at_the_ends_of_lines_never_touch() -> None:
    values = {"a": 100.0, "b": 100.1, "c": 100.2, "d": 50.0, "e": 0.0}
    labels = end_labels(values, 0.0, 150.0)
    places = [label["y"] + label["yshift"] for label in labels]
    assert [label["text"] for label in labels] == ["e", "d", "a", "b", "c"]
    assert all(high - low >= 14.0 - 1e-9 for low, high in pairwise(places))
    assert places[:2] == pytest.approx([5.0, 50.0])  # a word at the floor stands on it, not across the axis
    assert sum(places[2:]) == pytest.approx(300.3)


def test_large_type_breaks_long_texts_beside_bars_and_leaves_room_for_them() -> None:
    chart = flow(view("okex-2018"))
    large = enlarge(chart)
    texts = large["traces"][0]["text"]
    assert any("<br>" in text for text in texts)
    assert [text.replace("<br>", " ") for text in texts] == chart["traces"][0]["text"]
    assert large["layout"]["xaxis"]["range"][1] > chart["layout"]["xaxis"]["range"][1]
    assert "<br>" not in "".join(chart["traces"][0]["text"])  # the chart itself is left alone


@pytest.mark.parametrize("longest", [18, 26])
def test_names_in_rankings_are_whole(longest: int) -> None:
    for policy in POLICIES.values():
        lines = wrapped(policy.label, longest).split("<br>")
        assert " ".join(lines) == policy.label
        assert all(len(line) <= longest for line in lines)
