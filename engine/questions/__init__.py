"""What people ask of many paths: fund sizes, the cost of a position, who causes and who pays, sweeps."""
