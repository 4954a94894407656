"""The pieces that pages are made of, by the page they belong to."""
