"""Worked numbers of accounts in several markets."""
