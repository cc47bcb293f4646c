"""The compiled liquidation cascade: one path, and many paths one after the other."""
