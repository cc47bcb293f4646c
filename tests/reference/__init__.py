"""The venues' own arithmetic, written apart from the engine."""
