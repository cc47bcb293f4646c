"""How it works and how it was checked: one document, for the page and for docs/method.md."""
