"""The panel in which a visitor designs a rule: three exponents and a cap."""

from __future__ import annotations

from ui.frame import layout
from ui.live import slider_panel
from ui.settings.page_settings import OnRelease, Slider, Switch, draw_panel


def _exponent(name: str, label: str, start: float, text: str) -> Slider:
    return Slider(
        key=f"own:{name}", name=f"own.{name}", label=f"{label}, exponent", low=-3.0, high=3.0, start=start, step=0.1,
        digits=1, help=text,
    )  # fmt: skip


EXPONENTS = (
    _exponent(
        "profit",
        "Profit",
        1.0,
        "1: in proportion to profit. 0: profit does not matter. 2: large profits pay more than in proportion.",
    ),
    _exponent("leverage", "Leverage", 1.0, "1: twice the leverage pays twice as much. Negative: low leverage pays."),
    _exponent("notional", "Position value", 0.0, "1: twice the position pays twice as much."),
)
CAP = Slider(
    key="own:kappa", name="own.kappa", label="Cap", low=0.0, high=100.0, start=100.0, step=1.0, unit=" %",
    help="The largest share of a profit that is taken.",
)  # fmt: skip
USED = Switch(
    key="own:used", name="own", label="Compare my own rule", start=False, help="Adds it to all charts below."
)  # fmt: skip
SLIDERS = (*EXPONENTS, CAP)
SETTINGS = (USED, *SLIDERS)


def own_options() -> dict[str, float]:
    """Return the options of the visitor's rule as `risk_weighted` takes them, also in the middle of a drag."""
    options = {slider.key.removeprefix("own:"): slider.value for slider in EXPONENTS}
    return options | {"kappa": CAP.value / 100.0}


def own_rule_panel(on_release: OnRelease) -> None:
    """Draw the panel."""
    is_used = USED.draw(on_release)
    with slider_panel("own"):
        draw_panel((("", SLIDERS),), on_release)
    o = own_options()
    layout.caption(
        ("" if is_used else "Not compared yet. ")
        + f"A winner pays by profit^{o['profit']:g} x leverage^{o['leverage']:g} x position value^{o['notional']:g}, "
        f"at most {100 * o['kappa']:g} % of its profit; what a cap frees is spread over the rest."
    )
