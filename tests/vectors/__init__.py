"""The venues' own worked numbers, and the runner that holds tests/reference/venues to them."""
