"""Settings: declared once, shown as controls, kept over pages, written into links."""
