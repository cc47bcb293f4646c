"""Sharing a loss: claims, rules, the registry of policies, auto-deleveraging, layers of a default waterfall."""
