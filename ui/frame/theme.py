"""Colors: one per party on every page (Okabe-Ito); the live board translates them for the dark theme."""

from __future__ import annotations

WINNERS = "#0072B2"
DEFAULTERS = "#D55E00"
INSURANCE_FUND = "#E69F00"
VENUE_CAPITAL = "#999999"
BACKSTOP = "#CC79A7"
MARKET_MAKERS = "#009E73"
REFERENCE = "#56B4E9"

# No party: legible on near-white and on near-black (contrast 4.5 and 4.2).
NEUTRAL = "#70767d"
FAINT = "rgba(112,118,125,0.45)"
BAND = "rgba(86,180,233,0.16)"

# Low to high leverage: each stop has contrast of at least 3.6 on both grounds, and differs in lightness for no one.
LEVERAGE_SCALE = ((0.0, "#2c7fb8"), (0.5, "#8c6bb1"), (1.0, "#d7301f"))
