"""Encoders: each turns texts and images into unit vectors of one shared latent space."""
