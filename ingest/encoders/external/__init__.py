"""Encoders from weights that a person names: OpenCLIP and sentence-transformers models."""
