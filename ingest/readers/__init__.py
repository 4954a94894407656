"""Readers: each turns one kind of file into drafts of items, not yet encoded."""
