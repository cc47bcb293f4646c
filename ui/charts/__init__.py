"""What charts of more than one page share. Streamlit is not imported here."""
