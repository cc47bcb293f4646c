"""How often somebody may ask: a bucket for each, filled at a rate; when there are many the oldest is forgotten."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 20_000  # who is remembered


@dataclass(slots=True)
class Limit:
    """At most `burst` at once, and `rate` a second afterwards, for each key."""

    burst: float
    rate: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def is_free(self, key: str) -> bool:
        """Take one, and tell whether there was one."""
        now = time.monotonic()
        left, at = self._left.pop(key, (self.burst, now))
        left = min(self.burst, left + self.rate * (now - at))
        self._left[key] = (left - 1.0 if left >= 1.0 else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return left >= 1.0
