"""The market that questions about many paths are asked of: 120 traders, a thin book, five hours of jumps, all gaps."""

from __future__ import annotations

from typing import Any

import engine

BOOK = engine.draw_book(model=engine.BookModel(n_traders=120, open_interest=1e7), seed=0)
MODEL = engine.PathModel(model="merton", volatility=1.2, jump_intensity=2000.0, jump_volatility=0.04, n_steps=60)
THIN: dict[str, Any] = {"depth": 1e6, "residual_margin": "trader", "impact_half_life": 20.0}
