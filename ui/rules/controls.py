"""What is compared on Rules side by side, and every setting of the page in the order of its link."""

from __future__ import annotations

from ui.rules import clearing_house, own_rule
from ui.rules.answers import DEFAULT, LIST, MOST, OWN, choices, label_of
from ui.settings.own import own_venues
from ui.settings.page_settings import Several

CHOSEN = Several(
    key="compare:chosen",
    name="compare",
    label="Rules and venues to compare",
    start=DEFAULT,
    choices=lambda: [*choices(), *(f"venue:{name}" for name in own_venues())],
    most=MOST,
    show=label_of,
    help="The first is the one that the others are measured against. A venue brings its margin, fund rule and "
    "settlement along; traders, shocks and the size of the fund stay the same.",
)

SETTINGS = (CHOSEN, *own_rule.SETTINGS, *clearing_house.SETTINGS)


def chosen_keys(*, is_list: bool) -> list[str]:
    """Return what is compared, in order: rules and venues chosen, then one's own rule, and the list if one is used."""
    return [*CHOSEN.value, *([OWN] if own_rule.USED.value else []), *([LIST] if is_list else [])]
