"""Query, ranking and projection: plain Python over a space's vectors, without Streamlit."""
