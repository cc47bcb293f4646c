"""The Streamlit code that the pages share."""

import os

# Before NumPy is loaded: after each product of two arrays a thread of its linear algebra waits, spinning, for the next
# one, and takes the processor that the browser or another session draws with. Nothing here multiplies matrices.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
