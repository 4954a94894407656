"""The pieces of the map page, and the map itself."""
