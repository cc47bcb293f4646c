"""The page of one's own data: positions, prices and a venue from files, kept in the session alone."""
