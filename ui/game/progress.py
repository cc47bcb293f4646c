"""How far a game is: its seed, the settings of now and of every season played; all in the link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from engine import GAME, GAME_CHOICES, POLICIES, GamePolicy
from ui.classroom.asked import BETWEEN
from ui.frame.formats import SPACE, multiple, percent, usd
from ui.settings.page_settings import Pick, Setting, Text, Whole

N_SEASONS = 5
NO_BAND = "none"
WORDS = {  # of each setting: its label, its word in a link, its help
    "maintenance_rate": ("Maintenance margin", "margin", "Below this share of its position a trader is forced out."),
    "leverage_cap": ("Leverage cap", "cap", "Nobody may hold more, and maintenance margin bounds it too."),
    "fund_fee": ("Fee to the fund", "fee", "What open positions pay into the fund a day."),
    "fund": ("Fund at start", "fund", "What you put into the insurance fund before the season."),
    "price_band": ("Price band", "band", "How far forced trading may move the price before it halts for an hour."),
    "rule": ("Loss sharing", "rule", "Who bears what the fund could not pay."),
}
SCALES = {"maintenance_rate": 100.0, "leverage_cap": 1.0, "fund_fee": 1e4, "fund": 100.0, "price_band": 100.0}


def word_of(field: str, value: Any) -> str:
    """Return a setting's value as a link has it."""
    if field == "rule":
        return str(value)
    return NO_BAND if value == math.inf else f"{SCALES[field] * value:.6g}"


VALUES: Mapping[str, Mapping[str, Any]] = {
    field: {word_of(field, value): value for value in values} for field, values in GAME_CHOICES.items()
}


def shown(field: str, word: str) -> str:
    """Return a setting's value as the page writes it."""
    value = VALUES[field][word]
    if field == "rule":
        return POLICIES[value].label
    if field == "leverage_cap":
        return multiple(value)
    if field == "price_band":
        return NO_BAND if value == math.inf else percent(value, 0)
    if field == "fund":
        return usd(value * GAME.wanted)
    text = f"{100.0 * value:.2f}".rstrip("0").rstrip(".")
    return f"{text}{SPACE}%"


START = {"maintenance_rate": "1", "leverage_cap": "50", "fund_fee": "1", "fund": "0.5", "price_band": NO_BAND,
         "rule": "profit_prorata"}  # fmt: skip
PICKS = {
    field: Pick(
        key=f"game:{field}", name=word, label=label, help=text, start=START[field],
        choices=partial(tuple, VALUES[field]), show=partial(shown, field),
    )
    for field, (label, word, text) in WORDS.items()
}  # fmt: skip
SEED = Whole(
    key="game:seed", name="seed", label="Seed", start=1, low=1, high=9999,
    help="The same seed gives everybody the same seasons.",
)  # fmt: skip


def checked(text: str) -> str:
    """Return the settings of a season as a link has them; ValueError with a sentence where they are none."""
    words = text.split(BETWEEN)
    if len(words) != len(VALUES):
        raise ValueError(f"A season must have {len(VALUES)} settings with {BETWEEN} between them, was {text[:40]!r}.")
    for (field, known), word in zip(VALUES.items(), words, strict=True):
        if word not in known:
            raise ValueError(f"{WORDS[field][0]} must be one of {', '.join(known)}, was {word[:20]!r}.")
    return text


PLAYED = tuple(
    Text(
        key=f"game:season:{number}", name=f"s{number}", label=f"Season {number}", check=checked,
        help="The settings that were played.",
    )
    for number in range(1, N_SEASONS + 1)
)  # fmt: skip
SETTINGS: tuple[Setting, ...] = (SEED, *PICKS.values(), *PLAYED)


def now() -> str:
    """Return the settings of now as a link has them."""
    return BETWEEN.join(pick.value for pick in PICKS.values())


def policy_of(words: str) -> GamePolicy:
    """Return the policy of a season's settings."""
    pairs = zip(VALUES.items(), words.split(BETWEEN), strict=True)
    return GamePolicy(**{field: known[word] for (field, known), word in pairs})


def played() -> tuple[str, ...]:
    """Return the settings of the seasons played, in order; what comes after a season that is missing does not count."""
    found: list[str] = []
    for season in PLAYED:
        if not season.value:
            break
        found.append(season.value)
    return tuple(found)


def left_over() -> bool:
    """Tell whether a link has a season without the ones before it."""
    return any(season.value for season in PLAYED[len(played()) :])


def open_next() -> None:
    """Play the season that is next with the settings of now."""
    n = len(played())
    if n < N_SEASONS:
        PLAYED[n].put(now())


def begin_anew() -> None:
    """Forget the seasons played."""
    for season in PLAYED:
        season.put("")
