"""A page with everything that the live components can do, on a model of a few lines. Only test_live.py serves it."""

import numpy as np
import streamlit as st

from ui.live import chart_board, live_slider, player, set_slider, slider_fold, slider_note, slider_panel

STEPS = np.arange(200)
NOISE = np.random.default_rng(0).standard_normal(STEPS.size).cumsum() / 20
LEVERAGE = np.random.default_rng(1).uniform(1, 100, 300)
PAYS = {
    "color": LEVERAGE,
    "colorscale": [[0, "#2c7fb8"], [1, "#d7301f"]],
    "cmin": 1,
    "cmax": 100,
    "showscale": True,
    "symbol": np.where(LEVERAGE > 50, "triangle-down", "circle"),
}


def traces(leverage: float, volatility: float) -> list[dict]:
    price = 100 - leverage * STEPS / 200 + volatility * NOISE * 5
    layers = np.array([leverage, leverage / 2, leverage / 3])
    colors = ["#D55E00", "#E69F00", "#0072B2"]
    line = {"type": "scatter", "mode": "lines", "x": STEPS, "y": price, "line": {"color": "#D55E00"}}
    bars = {
        "type": "bar",
        "x": np.arange(3),
        "y": layers,
        "marker": {"color": colors, "pattern": {"shape": ["", "", "/"]}},
    }
    points = {"type": "scatter", "mode": "markers", "x": LEVERAGE, "y": LEVERAGE * leverage, "marker": PAYS}
    axis = {"title": {"text": "USD"}}
    winners = "winners" if leverage < 60 else "few winners"
    return [
        {
            "id": "price",
            "title": "Price",
            "takeaway": f"It ends at {price[-1]:.1f}.",
            "traces": [line],
            "layout": {"yaxis": axis},
        },
        {
            "id": "layers",
            "title": "Where the money goes",
            "traces": [bars],
            "layout": {"xaxis": {"tickvals": [0, 1, 2], "ticktext": ["deficit", "fund", winners]}, "yaxis": axis},
        },
        {
            "id": "pays",
            "title": "Who pays",
            "traces": [points | {"customdata": 1000 + np.arange(300)}],
            "layout": {"xaxis": {"type": "log"}, "shapes": [{"type": "line", "x0": 2, "x1": 50, "y0": 9, "y1": 99}]},
        },
        {"id": "heat", "title": "Heat", "traces": [{"type": "heatmap", "z": [[leverage, 1], [2, 3]]}], "layout": {}},
    ]


def picture(leverage: float, volatility: float) -> dict:
    headline = f"At leverage {leverage:g} and volatility {volatility:g} it falls."
    return {"charts": traces(leverage, volatility), "headline": headline, "numbers": [("Leverage", f"{leverage:g}")]}


def redraw(values: dict[str, float]) -> dict:
    if values["lev"] > 100:
        raise ValueError("only the fragment can say why")
    return picture(values["lev"], values["vol"]) | {"labels": {"fund": f"Fund at {values['lev']:g}x"}}


def committed() -> None:
    st.session_state.commits = st.session_state.get("commits", 0) + 1


@st.fragment
def lab() -> None:
    if st.button("Preset"):
        set_slider("lev", 77)
    with st.sidebar, slider_panel("settings"):
        leverage = live_slider(
            "Leverage",
            1,
            125,
            20,
            0.5,
            key="lev",
            unit="x",
            help="How much larger the position is.",
            on_release=committed,
        )
        volatility = live_slider("Volatility", 0, 3, 1, 0.01, key="vol")
        with slider_fold("More settings"):
            live_slider("Fund", 0.01, 100, 1, 0.01, key="fund", unit=" %", scale="log")
        if leverage > 120:
            slider_note("lev", "Above 120x this venue opens no position.")
    short = {"panel": "settings", "redraw": redraw} if st.query_params.get("channel") else {}
    click = chart_board(**picture(leverage, volatility), key="board", **short)
    if click:
        st.session_state.click = f"clicked trader {click.custom}"
    st.text(st.session_state.get("click", "clicked nobody"))
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    st.text(f"{st.session_state.get('commits', 0)} commits, {st.session_state.runs} runs")


@st.fragment
def film() -> None:
    steps = np.arange(30)
    line = {"type": "scatter", "mode": "lines+markers", "x": steps, "y": 100.0 - steps, "upto": steps + 1}
    bars = {"type": "bar", "x": np.arange(2), "frames": {"y": np.stack([steps, steps / 2], axis=1)}}
    charts = [
        {"id": "film-price", "title": "Price so far", "traces": [line], "layout": {}},
        {"id": "film-haircut", "title": "Haircut so far", "traces": [bars], "layout": {}},
    ]
    sentences = ["Nothing has happened."] + [f"Trader {step} is liquidated." for step in steps[1:]]
    player(sentences, (steps + 9) // 10, charts, key="film")


lab()
film()
