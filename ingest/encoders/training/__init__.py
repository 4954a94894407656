"""Trains the image tower of `lite` from start to end; needs the extra `train` (torch) and the captioned pictures."""
