"""The ledger: sources, their outcomes, items and vectors in one SQLite file."""
