"""Importance sampling: estimates of what plain paths hardly ever see."""
