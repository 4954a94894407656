"""Which files there are, what belongs to them, and where their bytes are."""
