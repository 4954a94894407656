"""The commands of the command line that ask a space, one module each, with a function `run`."""
