"""The venues' own formulas, one small module each; checked against the venues' own numbers in tests/vectors."""
