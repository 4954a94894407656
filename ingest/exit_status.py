"""The exit statuses of the `nearspace` command."""

ALL_WELL, SOME_FAILED, NOTHING_DONE = 0, 1, 2
INTERRUPTED = 130
"""Ended by Ctrl-C, as a shell reports it."""
