"""The former home of the public Python API, kept for programs that import it: use `search_app.search` instead."""

from search_app.search import Filters, Listing, Part, Result, Space

__all__ = ["Filters", "Listing", "Part", "Result", "Space"]
