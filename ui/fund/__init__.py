"""The page Fund size."""
