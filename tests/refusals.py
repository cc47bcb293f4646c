"""What the engine refuses, and the sentence that it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import InputError


def refused(make: Callable[..., Any], *args: Any, **given: Any) -> str:
    """Return the message of the error that the call must raise."""
    with pytest.raises(InputError) as caught:
        make(*args, **given)
    return str(caught.value)
