"""What charts of more than one page share. Streamlit is imported in board.py alone."""
