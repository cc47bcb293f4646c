"""Glossary: the field's terms, each with a line that the engine works out when the page is opened."""
