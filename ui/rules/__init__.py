"""The page Rules side by side."""
