"""What an earlier version wrote, printed and linked to keeps its meaning; `make_space` and `record` make the data."""
