"""The commands of the command line that build a space, one module each, with a function `run`."""
