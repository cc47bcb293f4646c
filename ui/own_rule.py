"""The panel in which a visitor designs a rule: three exponents and a cap."""

from __future__ import annotations

import streamlit as st

from ui.live import live_slider, slider_panel, slider_value

EXPONENTS = (
    (
        "profit",
        "Profit",
        1.0,
        "1: in proportion to profit. 0: profit does not matter. 2: large profits pay more than in proportion.",
    ),
    ("leverage", "Leverage", 1.0, "1: twice the leverage pays twice as much. Negative: low leverage pays."),
    ("notional", "Position value", 0.0, "1: twice the position pays twice as much."),
)
USED, KEPT = "own:used", "own:kept"


def is_used() -> bool:
    """Tell whether the visitor's own rule is compared."""
    return bool(st.session_state.get(KEPT, False))


def own_options() -> dict[str, float]:
    """Return the options of the visitor's rule as `risk_weighted` takes them, also in the middle of a drag."""
    options = {name: slider_value(f"own:{name}", default) for name, _, default, _ in EXPONENTS}
    return options | {"kappa": slider_value("own:kappa", 100.0) / 100.0}


def own_rule_panel() -> None:
    """Draw the panel."""
    st.session_state[USED] = is_used()

    def changed() -> None:
        st.session_state[KEPT] = st.session_state[USED]

    st.toggle("Compare my own rule", key=USED, on_change=changed, help="Adds it to all charts below.")
    if not is_used():
        return
    with slider_panel("own"):
        for name, label, default, text in EXPONENTS:
            live_slider(f"{label}, exponent", -3.0, 3.0, default, 0.1, key=f"own:{name}", digits=1, help=text)
        live_slider(
            "Cap",
            0.0,
            100.0,
            100.0,
            1.0,
            key="own:kappa",
            unit=" %",
            help="The largest share of a profit that is taken.",
        )
    o = own_options()
    st.caption(
        f"A winner pays by profit^{o['profit']:g} x leverage^{o['leverage']:g} x position value^{o['notional']:g}, "
        f"at most {100 * o['kappa']:g} % of its profit; what a cap frees is spread over the rest."
    )
