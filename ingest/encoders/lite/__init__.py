"""The embedded encoder `lite`: its two towers, and aligners of a person's own."""
