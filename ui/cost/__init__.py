"""The page What it costs me."""
