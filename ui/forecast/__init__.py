"""The page Forecast against record."""
