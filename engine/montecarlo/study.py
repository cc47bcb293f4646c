"""A study: a book on a venue along paths of a price model. Every question over many paths is asked of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.blocks import BLOCK, draw_block, first_price
from engine.drawing.gaps import has_gaps
from engine.drawing.path_settings import GIVEN_MODELS, PathModel
from engine.errors import Checker
from engine.kernel.state import Floats, Table
from engine.montecarlo.many_paths import check_paths
from engine.montecarlo.risk import Estimated
from engine.montecarlo.workspace import Request, Source
from engine.venue import Venue

_ONES = np.ones(BLOCK)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Study:
    """A book on a venue along paths of a price model.

    Parameters
    ----------
    book, venue, model, n_paths, seed, n_threads
        As in `engine.estimate`; the model is a PathModel.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong.

    Examples
    --------
    >>> import engine
    >>> book = engine.draw_book(model=engine.BookModel(n_traders=50, entry_price=100.0), seed=1)
    >>> study = Study(book=book, venue=engine.Venue(depth=1e7), model=engine.PathModel(n_steps=12), n_paths=100)
    >>> round(study.start, 2)
    100.49
    """

    book: Book
    venue: Venue
    model: PathModel
    n_paths: int = 10_000
    seed: int = 0
    n_threads: int | None = None
    start: float = field(init=False)  # first price of the paths, USD per coin

    def __post_init__(self) -> None:
        """Validate every field, and find where paths start."""
        check = Checker()
        kinds = (("book", self.book, Book), ("venue", self.venue, Venue), ("model", self.model, PathModel))
        for name, value, kind in kinds:
            if not isinstance(value, kind):
                check.add(name, f"an engine.{kind.__name__}", value)
        check.whole("seed", self.seed, least=0)
        n_steps = self.model.n_steps if isinstance(self.model, PathModel) else 1
        check_paths(check, self.n_paths, self.n_threads, n_steps)
        check.raise_if_any()
        is_given = self.model.model in GIVEN_MODELS or self.model.initial_price is not None
        start = first_price(self.model, None if is_given else self.book.mean_entry_price)
        object.__setattr__(self, "start", start)

    @property
    def is_certain(self) -> bool:
        """Whether the price model has nothing random in it, so that one path is every path."""
        return self.model.is_certain

    @property
    def n_run(self) -> int:
        """How many paths have to run: 1 where one is the answer."""
        return 1 if self.is_certain else self.n_paths

    def with_book(self, book: Book) -> Study:
        """Return the study of another book on the same paths."""
        is_given = self.model.model in GIVEN_MODELS
        return replace(self, book=book, model=self.model if is_given else replace(self.model, initial_price=self.start))

    def sampled(self, importance: Sampler | None, **changes: Any) -> Request:
        """Return the request that runs the paths of a way to sample, None: the study's own."""
        source = {} if importance is None else {"source": importance.source(self)}
        return self.request(**source, **changes)

    def request(self, **changes: Any) -> Request:
        """Return the request that runs the study's paths once, with some of its fields replaced."""
        fields: dict[str, Any] = {
            "book": self.book,
            "venue": self.venue,
            "source": plain_source(self.model, self.start, self.seed),
            "n_steps": self.model.n_steps,
            "n_paths": self.n_run,
            "first_price": self.start,
            "has_gaps": has_gaps(self.model),
            "n_threads": self.n_threads,
        }
        return Request(**(fields | changes))


class Sampler(Protocol):
    """A way to sample paths with likelihood ratios (engine.TiltPlan), and what it has to say of their worth."""

    def source(self, study: Study) -> Source:
        """Return the source of the paths of a study and their likelihood ratios."""

    def report(self, weights: Floats, is_short: NDArray[np.bool_], chance: Estimated) -> Any:
        """Return what the likelihood ratios are worth for the chance of being short, or refuse them."""


def plain_source(model: PathModel, start: float, seed: int) -> Source:
    """Return the source of the paths of draw_paths for this seed, all of weight 1."""

    def fill(block: int, out: Table, opens: Table) -> Floats:
        draw_block(model=model, initial_price=start, seed=seed, block=block, out=out, opens=opens)
        return _ONES[: out.shape[0]]

    return fill
