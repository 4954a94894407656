"""Latent spaces of several kinds, one module each: words, image features, topics, autoencoders, compression."""
