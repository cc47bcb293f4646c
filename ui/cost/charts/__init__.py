"""The charts of What it costs me, as plain plotly figures. Streamlit is not imported here."""
