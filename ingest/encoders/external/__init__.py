"""Encoders of named weights: OpenCLIP and sentence-transformers models."""
