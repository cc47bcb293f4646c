"""What arrays hold, as annotations name it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]  # half the memory, for books that are kept
Whole = NDArray[np.int64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
