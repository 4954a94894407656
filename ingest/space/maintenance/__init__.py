"""Checks a space, and repairs what a check finds."""
