"""What every page stands in: layout, theme, server, jobs, formats."""
