"""Query, ranking and projection: plain Python over a space's vectors, without Streamlit.

The names that other programs use are here, and stay; each is loaded from its module at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search_app.search.api import Space
    from search_app.search.query_builder import Part
    from search_app.search.query_schema import Filters, Listing
    from search_app.search.results import Result

__all__ = ["Filters", "Listing", "Part", "Result", "Space"]

_HOMES = {
    "Filters": "query_schema",
    "Listing": "query_schema",
    "Part": "query_builder",
    "Result": "results",
    "Space": "api",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"search_app.search.{_HOMES[name]}"), name)
