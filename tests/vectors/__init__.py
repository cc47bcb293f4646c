"""The venues' own worked numbers, and the runner that holds engine/venues to them."""
