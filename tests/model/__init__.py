"""The model read one trader at a time, the kernel held to it, and named cases."""
