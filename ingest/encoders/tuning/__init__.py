"""Tuning `lite` to captioned pictures: pairs, features, training in numpy, and retrieval figures."""
