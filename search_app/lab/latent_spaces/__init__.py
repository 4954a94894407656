"""The family of latent spaces: words, image features, topics, autoencoders, each made from a collection's own items."""
