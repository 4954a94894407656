"""The sections of the closeness lab, a module each, and what they share."""
