"""Contagion: what a crash in one coin liquidates in the others."""
