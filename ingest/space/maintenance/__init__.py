"""Checking a space, and repairing what is found."""
