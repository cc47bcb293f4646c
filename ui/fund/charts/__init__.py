"""The charts of Fund size, as plain plotly figures. Streamlit is not imported here."""
