"""Builds latent spaces: reads files, encodes them and writes the vectors.  Knows nothing of the app."""

__version__ = "0.1.0"
