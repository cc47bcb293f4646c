"""What real days would have done to a portfolio at a venue: as a draft of the wildest days, and on all days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from engine import InputError, Leg, Others, Portfolio, PortfolioDays, RecordedFrequency, portfolio_days, recorded_coins
from ui.cost.real_answers import record_of
from ui.frame.apart import Progress
from ui.settings.recorded import SINCE, recorded_market

WILDEST = 40  # days of a draft
WILDEST_AT_ENDS = 300  # days at the ends of what is assumed, of the whole answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioQuery:
    """A portfolio at a venue; `moves` is times what is recorded, gains and shares are fractions."""

    venue: str = "hyperliquid"
    legs: tuple[Leg, ...] = (Leg(coin="ETH", side="long", usd=1e6), Leg(coin="BTC", side="short", usd=1e6))
    cash: float = 2.5e5
    margin: str = "cross"
    moves: float = 1.0
    several: float = Others().several_share
    hedged: float = Others().hedged_share

    @property
    def portfolio(self) -> Portfolio:
        """The portfolio; InputError where it is none."""
        return Portfolio(legs=self.legs, cash=self.cash, margin=self.margin)

    @property
    def others(self) -> Others:
        """What is assumed of the other accounts."""
        return Others(several_share=self.several, hedged_share=self.hedged)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PortfolioResult:
    """What the page shows; in a draft `found` and its ends have run the wildest days alone."""

    query: PortfolioQuery
    found: PortfolioDays
    record: RecordedFrequency | None
    is_draft: bool

    @property
    def shown(self) -> PortfolioDays:
        """What the chart shows: the days at recorded values, or the riskiest end where nothing happens at those."""
        own, riskiest = self.found, self.found.riskiest
        return riskiest if riskiest is not None and not has_hits(own) and has_hits(riskiest) else own


def has_hits(days: PortfolioDays) -> bool:
    """Tell whether a leg is taken or a charge made on any day."""
    return days.deleveraging.days("n_taken") + days.haircut.days("charge") > 0


def asked(query: PortfolioQuery, wildest: int | None, *, has_ends: bool, progress: Progress | None) -> PortfolioDays:
    """Return the answer of the engine."""
    return portfolio_days(
        venue=query.venue,
        portfolio=query.portfolio,
        since=SINCE,
        moves=query.moves,
        others=query.others,
        wildest=wildest,
        has_ends=has_ends,
        progress=progress,
    )


@lru_cache(maxsize=32)
def draft(query: PortfolioQuery) -> PortfolioResult:
    """Return what the wildest days say, at both ends of what is assumed as well."""
    return _result(query, asked(query, WILDEST, has_ends=True, progress=None), is_draft=True)


def whole(query: PortfolioQuery, progress: Progress) -> PortfolioResult:
    """Return what all days say, and the wildest of them at both ends of what is assumed."""
    at_ends = 3 * WILDEST_AT_ENDS  # which run after all days, at the recorded values once more
    found = asked(query, None, has_ends=False, progress=lambda done, days: progress(done, days + at_ends))
    ends = asked(query, WILDEST_AT_ENDS, has_ends=True, progress=None)
    return _result(query, replace(found, safest=ends.safest, riskiest=ends.riskiest), is_draft=False)


def _result(query: PortfolioQuery, found: PortfolioDays, *, is_draft: bool) -> PortfolioResult:
    record = record_of(f"{query.venue}-btc")
    return PortfolioResult(query=query, found=found, record=record, is_draft=is_draft)


def legs_text(legs: tuple[Leg, ...]) -> str:
    """Return legs as a link has them: long.ETH.1000000_short.BTC.1000000.20, the last a gain in percent."""
    return "_".join(
        f"{leg.side}.{leg.coin.lower()}.{leg.usd:.0f}" + (f".{100 * leg.gain:.0f}" if leg.gain else "") for leg in legs
    )


def read_legs(text: str) -> tuple[Leg, ...]:
    """Return the legs that a text of a link gives; ValueError with a sentence where it gives none."""
    legs = []
    for word in text.split("_"):
        side, coin, usd, gain = [*word.split("."), "0"][:4] if word.count(".") in (2, 3) else ("", "", "", "")
        try:
            leg = Leg(coin=coin.upper(), side=side, usd=float(usd), gain=float(gain) / 100)
            Portfolio(legs=(leg,), cash=1.0)
        except (ValueError, InputError) as error:
            detail = f": {error}" if isinstance(error, InputError) else ""
            reason = f"A leg must be a side, a coin and USD, as long.eth.1000000, was {word[:40]!r}{detail}."
            raise ValueError(reason) from None
        if leg.coin not in recorded_coins():
            raise ValueError(f"A coin must be one of {', '.join(recorded_coins())}, was {coin[:20]!r}.")
        legs.append(leg)
    return tuple(legs)


def kept_legs(text: str) -> str:
    """Return a text of legs as it is kept; ValueError where it is none."""
    return legs_text(read_legs(text))


def venue_title(venue: str) -> str:
    """Return a venue's name for people."""
    return recorded_market(f"{venue}-btc").title.split(" BTC")[0]
