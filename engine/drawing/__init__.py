"""What a run starts from: books of traders and price paths, drawn from settings and named random streams."""
