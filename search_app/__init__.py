"""Asks a space: the Streamlit app of Nearspace."""
