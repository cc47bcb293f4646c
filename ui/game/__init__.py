"""Run the venue: a game of five seasons."""
