"""Accounts that margin their positions in several markets together: their columns, markets, margin, run and ledger."""
