"""The venues' published numbers, asked of the simulator through its public functions with the venue's preset."""
