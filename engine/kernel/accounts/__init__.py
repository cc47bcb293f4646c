"""The kernel of accounts that margin positions in several markets together (docs/MODEL.md section 8)."""
