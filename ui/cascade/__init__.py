"""The page Live cascade."""
