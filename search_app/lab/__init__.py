"""What the closeness lab computes: plain Python over a space's vectors and its encoder, without Streamlit."""
