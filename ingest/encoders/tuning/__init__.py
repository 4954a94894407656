"""Tuning `lite` to a person's own captioned pictures: pairs, features, training in numpy, and retrieval figures."""
