"""Which rule and which law are looked at."""

from __future__ import annotations

from engine import LAW_TABLE, POLICIES
from ui.settings.page_settings import Pick

RULE = Pick(
    key="laws:rule", name="rule", label="Rule", start="adl_queue", choices=lambda: POLICIES,
    show=lambda name: POLICIES[name].label, help="How the loss is shared.",
)  # fmt: skip
LAW = Pick(
    key="laws:law", name="law", label="Law", start="leaves_hedges_whole", choices=lambda: LAW_TABLE,
    show=lambda name: LAW_TABLE[name].label, help="The promise that is put to the test.",
)  # fmt: skip

SETTINGS = (RULE, LAW)
