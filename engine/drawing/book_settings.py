"""Settings of a drawn book, and of a position put into it by name."""

from __future__ import annotations

from dataclasses import dataclass

from engine.contracts import CONTRACTS
from engine.drawing.path_settings import PRICE_RANGE
from engine.errors import Checker, is_number

Brackets = tuple[tuple[float, float, float], ...]  # a margin table: notional floor, rate, amount

# A venue opens no position whose initial margin is below this multiple of the maintenance requirement.
INITIAL_OVER_MAINTENANCE = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class BookModel:
    """What the traders of a venue look like before a path starts.

    Parameters
    ----------
    n_traders : int
        How many traders are drawn.
    open_interest : float
        USD notional of each side, valued at `entry_price`, named positions included: all longs together and all shorts
        together have it, so the book is matched. A side without traders stays empty (market makers hold it).
    entry_price : float
        Price around which positions were entered, USD per coin, and the price at which they are solvent: start the path
        here.
    leverage, leverage_dispersion : float
        Median leverage at entry, and the standard deviation of its logarithm.
    leverage_floor, leverage_cap : float
        Bounds of every trader's leverage. The maintenance rate bounds it too: initial margin is at least 1.25 times
        maintenance, leverage at most 0.8 / maintenance_rate.
    long_share : float
        Share of the traders who are long.
    size_tail : float
        Pareto exponent of position sizes, >= 0.1: the smaller, the more a few traders hold; infinity: all of a side are
        alike.
    entry_dispersion : float
        Standard deviation of the log of entry price over `entry_price`, for traders whose margin has room for it. Not
        looked at in a book that has a past.
    holding_hours : float
        Mean age of a position in a book that has a past, hours > 0.
    stop_share, stop_distance : float
        Share of the traders who have a stop order, and its mean log distance from the worse (for its owner) of entry
        price and `entry_price`, in a book that has a past from the entry price; distances are uniform from half to one
        and a half times the mean.
    maintenance_rate : float
        The venue's rate, as a fraction, for placing entries where they are solvent.
    contract : {"linear", "inverse"}
        Margined in USD or in coin.

    Raises
    ------
    InputError
        With one sentence per violation. NaN is refused, infinity too but for `size_tail`.
    """

    n_traders: int = 2000
    open_interest: float = 1e8
    entry_price: float = 50_000.0
    leverage: float = 10.0
    leverage_dispersion: float = 0.6
    leverage_floor: float = 1.0
    leverage_cap: float = 100.0
    long_share: float = 0.5
    size_tail: float = 1.4
    entry_dispersion: float = 0.03
    holding_hours: float = 8.0
    stop_share: float = 0.0
    stop_distance: float = 0.05
    maintenance_rate: float = 0.005
    contract: str = "linear"

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("book")
        check.whole("n_traders", self.n_traders, least=0, most=10_000_000)
        check.number("open_interest", self.open_interest, above=0, most=1e30)
        check.number("entry_price", self.entry_price, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
        check.number("leverage", self.leverage, least=0.01, most=1e6)
        check.number("leverage_dispersion", self.leverage_dispersion, least=0, most=10)
        check.number("leverage_floor", self.leverage_floor, least=0.01, most=1e6)
        check.number("leverage_cap", self.leverage_cap, least=0.01, most=1e6)
        check.number("long_share", self.long_share, least=0, most=1)
        check.number("size_tail", self.size_tail, least=0.1, infinite=True)
        check.number("entry_dispersion", self.entry_dispersion, least=0, most=3)
        check.number("holding_hours", self.holding_hours, above=0, most=1e6)
        check.number("stop_share", self.stop_share, least=0, most=1)
        check.number("stop_distance", self.stop_distance, above=0, most=10)
        check.number("maintenance_rate", self.maintenance_rate, least=0, most=0.5)
        check.choice("contract", self.contract, CONTRACTS)
        if is_number(self.leverage_floor) and is_number(self.leverage_cap) and is_number(self.maintenance_rate):
            self._check_leverage_bounds(check)
        check.raise_if_any()

    def _check_leverage_bounds(self, check: Checker) -> None:
        if self.leverage_floor > self.leverage_cap:
            check.add("leverage_floor", f"<= leverage_cap = {self.leverage_cap:g}", self.leverage_floor)
        elif 0 < self.maintenance_rate <= 0.5 and self.leverage_floor > self.largest_leverage:
            check.add("leverage_floor", f"<= 0.8 / maintenance_rate = {self.largest_leverage:g}", self.leverage_floor)

    @property
    def largest_leverage(self) -> float:
        """The most leverage that a trader of this book can have."""
        if self.maintenance_rate == 0:
            return self.leverage_cap
        return min(self.leverage_cap, 1.0 / (INITIAL_OVER_MAINTENANCE * self.maintenance_rate))


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position put into a book by name.

    Parameters
    ----------
    trader_id : str
        Its label.
    size : float
        Signed, long > 0, never 0; coins (linear) or USD contracts (inverse).
    entry_price : float
        USD per coin.
    collateral, leverage : float or None
        Exactly one of them: collateral in USD (linear) or coin (inverse), or notional at entry over collateral.
    stop_price : float or None
        USD per coin; None for no stop.
    track_record : float
        >= 0, from earlier runs (engine.track_record); 1: nothing is known.
    """

    trader_id: str
    size: float
    entry_price: float
    collateral: float | None = None
    leverage: float | None = None
    stop_price: float | None = None
    track_record: float = 1.0

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("position")
        if not isinstance(self.trader_id, str) or not self.trader_id:
            check.add("trader_id", "a name", self.trader_id)
        if not is_number(self.size) or self.size == 0:
            check.add("size", "finite and not 0", self.size)
        check.number("entry_price", self.entry_price, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
        if (self.collateral is None) == (self.leverage is None):
            check.add("collateral", "given if and only if leverage is not", self.collateral)
        check.number("collateral", self.collateral, least=0, is_optional=True)
        check.number("leverage", self.leverage, above=0, is_optional=True)
        check.number("stop_price", self.stop_price, above=0, is_optional=True)
        check.number("track_record", self.track_record, least=0)
        check.raise_if_any()

    def margin(self, *, is_inverse: bool) -> float:
        """Return the collateral, in USD (linear) or coin (inverse)."""
        if self.collateral is not None:
            return float(self.collateral)
        assert self.leverage is not None
        notional = abs(self.size) / self.entry_price if is_inverse else abs(self.size) * self.entry_price
        return notional / self.leverage
