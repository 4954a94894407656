"""The embedded encoder `lite`: its two towers, and the encoders `lite:NAME` that were tuned from it."""
