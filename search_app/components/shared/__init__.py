"""What every page has: its layout, its URL, its links, and the words and colours of the app."""
