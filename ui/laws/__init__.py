"""The page Laws."""
